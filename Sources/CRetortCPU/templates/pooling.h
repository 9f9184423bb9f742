// Pooling over windows of NHWC images, channels innermost.

// The part of a window that lies inside the image.
typedef struct {
  int64_t top, bottom, left, right, area;
} window;

INLINE window window_at(const retort_pooling *g, int64_t y, int64_t x) {
  const int64_t top = y * g->stride_y - g->pad_top, left = x * g->stride_x - g->pad_left;
  window w = {most(top, 0), least(top + g->window_height, g->height), most(left, 0),
              least(left + g->window_width, g->width), 0};
  const int64_t bottom = least(top + g->window_height, g->height + g->pad_bottom);
  const int64_t right = least(left + g->window_width, g->width + g->pad_right);
  w.area = g->counts_padding ? (bottom - top) * (right - left)
                             : most(w.bottom - w.top, 0) * most(w.right - w.left, 0);
  return w;
}

#define EACH_WINDOW                                        \
  for (int64_t image = start; image < end; image++)        \
    for (int64_t oy = 0; oy < g->out_height; oy++)         \
      for (int64_t ox = 0; ox < g->out_width; ox++)
#define EACH_PIXEL(W)                                      \
  for (int64_t sy = (W).top; sy < (W).bottom; sy++)        \
    for (int64_t sx = (W).left; sx < (W).right; sx++)
#define PIXEL ((image * g->height + sy) * g->width + sx)
#define PLACE ((image * g->out_height + oy) * g->out_width + ox)

static void max_pool(const retort_pooling *g, const void *x, int64_t start, int64_t end, void *y) {
  EACH_WINDOW {
    real *to = (real *)y + PLACE * g->channels;
    for (int64_t c = 0; c < g->channels; c++) to[c] = -INFINITY;
    const window w = window_at(g, oy, ox);
    EACH_PIXEL(w) {
      const real *from = (const real *)x + PIXEL * g->channels;
      PARALLEL for (int64_t c = 0; c < g->channels; c++) {
        to[c] = from[c] > to[c] || from[c] != from[c] ? from[c] : to[c];
      }
    }
  }
}

// The places of the maxima of one window for up to MOST_LANES channels from `channel` on: the first
// of equals; NaN counts as larger than everything, the last NaN largest, as in PyTorch. -1 where
// the window lies outside the image.
#define MOST_LANES 64

INLINE void find_maxima(const retort_pooling *g, const real *x, int64_t image, window w,
                        int64_t channel, int64_t count, int32_t *found) {
  real best[MOST_LANES];
  for (int64_t c = 0; c < count; c++) {
    best[c] = -INFINITY;
    found[c] = -1;
  }
  const real *whole = x + image * g->height * g->width * g->channels + channel;
  EACH_PIXEL(w) {
    const int32_t pixel = (int32_t)(sy * g->width + sx);
    const real *from = whole + pixel * g->channels;
    PARALLEL for (int64_t c = 0; c < count; c++) {
      const int better = found[c] < 0 || from[c] > best[c] || from[c] != from[c];
      best[c] = better ? from[c] : best[c];
      found[c] = better ? pixel : found[c];
    }
  }
}

static void max_pool_backward(const retort_pooling *g, const void *x, const void *gradient,
                              int64_t start, int64_t end, void *dx) {
  const int64_t whole = g->height * g->width * g->channels;
  memset((real *)dx + start * whole, 0, (size_t)((end - start) * whole) * sizeof(real));
  EACH_WINDOW {
    const window w = window_at(g, oy, ox);
    for (int64_t channel = 0; channel < g->channels; channel += MOST_LANES) {
      const int64_t count = least(MOST_LANES, g->channels - channel);
      int32_t found[MOST_LANES];
      find_maxima(g, x, image, w, channel, count, found);
      const real *from = (const real *)gradient + PLACE * g->channels + channel;
      real *to = (real *)dx + image * whole + channel;
      for (int64_t c = 0; c < count; c++) {
        if (found[c] >= 0) to[found[c] * g->channels + c] += from[c];
      }
    }
  }
}

static void max_pool_select(const retort_pooling *g, const void *x, const void *v, int64_t start,
                            int64_t end, void *y) {
  const int64_t whole = g->height * g->width * g->channels;
  EACH_WINDOW {
    const window w = window_at(g, oy, ox);
    for (int64_t channel = 0; channel < g->channels; channel += MOST_LANES) {
      const int64_t count = least(MOST_LANES, g->channels - channel);
      int32_t found[MOST_LANES];
      find_maxima(g, x, image, w, channel, count, found);
      const real *from = (const real *)v + image * whole + channel;
      real *to = (real *)y + PLACE * g->channels + channel;
      for (int64_t c = 0; c < count; c++) {
        to[c] = found[c] >= 0 ? from[found[c] * g->channels + c] : 0;
      }
    }
  }
}

static void average_pool(const retort_pooling *g, const void *x, int64_t start, int64_t end,
                         void *y) {
  EACH_WINDOW {
    real *to = (real *)y + PLACE * g->channels;
    for (int64_t c = 0; c < g->channels; c++) to[c] = 0;
    const window w = window_at(g, oy, ox);
    EACH_PIXEL(w) {
      const real *from = (const real *)x + PIXEL * g->channels;
      PARALLEL for (int64_t c = 0; c < g->channels; c++) to[c] += from[c];
    }
    const real area = (real)w.area;
    for (int64_t c = 0; c < g->channels; c++) to[c] /= area;
  }
}

static void average_pool_backward(const retort_pooling *g, const void *gradient, int64_t start,
                                  int64_t end, void *dx) {
  const int64_t whole = g->height * g->width * g->channels;
  memset((real *)dx + start * whole, 0, (size_t)((end - start) * whole) * sizeof(real));
  EACH_WINDOW {
    const window w = window_at(g, oy, ox);
    const real *from = (const real *)gradient + PLACE * g->channels;
    const real area = (real)w.area;
    EACH_PIXEL(w) {
      real *to = (real *)dx + PIXEL * g->channels;
      PARALLEL for (int64_t c = 0; c < g->channels; c++) to[c] += from[c] / area;
    }
  }
}
