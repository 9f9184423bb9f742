// Convolutions with one input channel per group: output channel o reads channel o / multiplier.

#define EACH_TAP                                                                          \
  for (int64_t oy = 0; oy < g->out_height; oy++)                                          \
    for (int64_t ox = 0; ox < g->out_width; ox++)                                         \
      for (int64_t ky = 0; ky < g->kernel_height; ky++)                                   \
        for (int64_t kx = 0; kx < g->kernel_width; kx++)
#define SOURCE_OR_NEXT                                                                    \
  const int64_t sy = oy * g->stride_y - g->pad_top + ky * g->dilation_y;                  \
  const int64_t sx = ox * g->stride_x - g->pad_left + kx * g->dilation_x;                 \
  if (sy < 0 || sy >= g->height || sx < 0 || sx >= g->width) continue;                    \
  const int64_t tap = ky * g->kernel_width + kx, taps = g->kernel_height * g->kernel_width; \
  const int64_t out = oy * g->out_width + ox, in = sy * g->width + sx;

static void depthwise_forward(const retort_depthwise *g, const void *x, const void *w,
                              int64_t image, void *y) {
  const int64_t outputs = g->channels * g->multiplier;
  const real *source = (const real *)x + image * g->height * g->width * g->channels;
  real *to = y;
  memset(to, 0, (size_t)(g->out_height * g->out_width * outputs) * sizeof(real));
  EACH_TAP {
    SOURCE_OR_NEXT
    const real *from = source + in * g->channels, *weight = (const real *)w + tap;
    for (int64_t c = 0, o = 0; c < g->channels; c++) {
      for (int64_t i = 0; i < g->multiplier; i++, o++) {
        to[out * outputs + o] += from[c] * weight[o * taps];
      }
    }
  }
}

static void depthwise_input(const retort_depthwise *g, const void *gradient, const void *w,
                            int64_t image, void *dx) {
  const int64_t outputs = g->channels * g->multiplier;
  const real *source = (const real *)gradient + image * g->out_height * g->out_width * outputs;
  real *to = dx;
  memset(to, 0, (size_t)(g->height * g->width * g->channels) * sizeof(real));
  EACH_TAP {
    SOURCE_OR_NEXT
    const real *from = source + out * outputs, *weight = (const real *)w + tap;
    for (int64_t c = 0, o = 0; c < g->channels; c++) {
      for (int64_t i = 0; i < g->multiplier; i++, o++) {
        to[in * g->channels + c] += from[o] * weight[o * taps];
      }
    }
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
      for (int64_t c = 0, o = 0; c < g->channels; c++) {
        for (int64_t i = 0; i < g->multiplier; i++, o++) {
          sums[o * taps + tap] +=
              (double)source[in * g->channels + c] * (double)slope[out * outputs + o];
        }
      }
    }
  }
}
