// Convolutions with one input channel per group: output channel o reads channel o / multiplier.
// Weights lie as [kh, kw, out], so that a tap's weights meet a pixel's channels in order.

#define EACH_TAP                                                                            \
  for (int64_t oy = 0; oy < g->out_height; oy++)                                            \
    for (int64_t ox = 0; ox < g->out_width; ox++)                                           \
      for (int64_t ky = 0; ky < g->kernel_height; ky++)                                     \
        for (int64_t kx = 0; kx < g->kernel_width; kx++)
#define SOURCE_OR_NEXT                                                                      \
  const int64_t sy = oy * g->stride_y - g->pad_top + ky * g->dilation_y;                    \
  const int64_t sx = ox * g->stride_x - g->pad_left + kx * g->dilation_x;                   \
  if (sy < 0 || sy >= g->height || sx < 0 || sx >= g->width) continue;                      \
  const int64_t tap = ky * g->kernel_width + kx;                                            \
  const int64_t out = oy * g->out_width + ox, in = sy * g->width + sx;
// Runs BODY for every pair of an input channel c and one of its output channels o.
#define EACH_CHANNEL(BODY)                                                                  \
  if (g->multiplier == 1) {                                                                 \
    PARALLEL for (int64_t c = 0; c < g->channels; c++) {                                    \
      const int64_t o = c;                                                                  \
      BODY                                                                                  \
    }                                                                                       \
  } else {                                                                                  \
    for (int64_t c = 0, o = 0; c < g->channels; c++) {                                      \
      for (int64_t i = 0; i < g->multiplier; i++, o++) {                                    \
        BODY                                                                                \
      }                                                                                     \
    }                                                                                       \
  }

static void depthwise_forward(const retort_depthwise *g, const void *x, const void *w,
                              int64_t image, void *y) {
  const int64_t outputs = g->channels * g->multiplier;
  const real *source = (const real *)x + image * g->height * g->width * g->channels;
  memset(y, 0, (size_t)(g->out_height * g->out_width * outputs) * sizeof(real));
  EACH_TAP {
    SOURCE_OR_NEXT
    const real *from = source + in * g->channels, *weight = (const real *)w + tap * outputs;
    real *to = (real *)y + out * outputs;
    EACH_CHANNEL({ to[o] += from[c] * weight[o]; })
  }
}

static void depthwise_input(const retort_depthwise *g, const void *gradient, const void *w,
                            int64_t image, void *dx) {
  const int64_t outputs = g->channels * g->multiplier;
  const real *source = (const real *)gradient + image * g->out_height * g->out_width * outputs;
  memset(dx, 0, (size_t)(g->height * g->width * g->channels) * sizeof(real));
  EACH_TAP {
    SOURCE_OR_NEXT
    const real *from = source + out * outputs, *weight = (const real *)w + tap * outputs;
    real *to = (real *)dx + in * g->channels;
    EACH_CHANNEL({ to[c] += from[o] * weight[o]; })
  }
}

static void depthwise_weight(const retort_depthwise *g, const void *x, const void *gradient,
                             int64_t image_start, int64_t image_end, double *sums) {
  const int64_t outputs = g->channels * g->multiplier;
  for (int64_t i = 0; i < outputs * g->kernel_height * g->kernel_width; i++) sums[i] = 0;
  for (int64_t image = image_start; image < image_end; image++) {
    const real *source = (const real *)x + image * g->height * g->width * g->channels;
    const real *slope = (const real *)gradient + image * g->out_height * g->out_width * outputs;
    EACH_TAP {
      SOURCE_OR_NEXT
      const real *from = source + in * g->channels, *above = slope + out * outputs;
      double *to = sums + tap * outputs;
      EACH_CHANNEL({ to[o] += (double)from[c] * (double)above[o]; })
    }
  }
}

static void transpose(const void *x, int64_t rows, int64_t columns, void *y) {
  for (int64_t row = 0; row < rows; row++) {
    const real *from = (const real *)x + row * columns;
    for (int64_t column = 0; column < columns; column++) {
      ((real *)y)[column * rows + row] = from[column];
    }
  }
}
