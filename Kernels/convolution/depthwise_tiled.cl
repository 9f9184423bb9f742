// depthwise_tiled: NHWC depthwise convolution (as many groups as input channels) and both
// gradients, for devices whose caches serve neighbouring work-items.
//
// Shapes     input x [images, HEIGHT, WIDTH, CHANNELS], output y [images, OUT_HEIGHT, OUT_WIDTH,
//            OUT_CHANNELS], weights [OUT_CHANNELS, KERNEL_Y, KERNEL_X, 1]; float32, dense, element
//            counts below 2^31. OUT_CHANNELS is a multiple of CHANNELS; output channel o reads
//            input channel o / (OUT_CHANNELS / CHANNELS).
// Launch     depthwise_tiled, depthwise_input_gradient_tiled: 1-D, global a multiple of local
//            ≥ images · rows · ⌈columns / STRIP⌉ · channels of the result, local 64: one work-item
//            makes STRIP neighbouring columns of one channel.
//            depthwise_weight_gradient_tiled: 2-D, global ⌈OUT_CHANNELS / 64⌉ · 64 × chunks, local
//            64 × 1: chunk s sums output rows [s · chunk, (s + 1) · chunk) of the images ·
//            OUT_HEIGHT into c [s, OUT_CHANNELS, KERNEL_Y, KERNEL_X]; split_sum.cl adds the chunks.
// Macros     Geometry, set by the host. STRIP  default 4. STORE_*  the epilogue of the first two,
//            as in matmul_tiled: m a pixel, n a channel of the result.
// Memory     No local memory. Global, beside what caches hold: operands read once, result written
//            once; weights once per strip.
// Numerics   One fused multiply-add chain per element and chunk; deterministic.
// Called by  RetortOpenCL/Lowering/ConvolutionTiled.swift

#ifndef HEIGHT
#define HEIGHT 8
#define WIDTH 8
#define CHANNELS 4
#define OUT_HEIGHT 8
#define OUT_WIDTH 8
#define OUT_CHANNELS 4
#define KERNEL_Y 3
#define KERNEL_X 3
#define STRIDE_Y 1
#define STRIDE_X 1
#define PAD_TOP 1
#define PAD_LEFT 1
#define DILATION_Y 1
#define DILATION_X 1
#endif
#ifndef STRIP
#define STRIP 4
#endif
#ifndef STORE1
#define STORE_PARAMETERS
#define STORE1(value, m, n) c[(size_t)(m) * N + (n)] = (value)
#endif

#define TAPS (KERNEL_Y * KERNEL_X)
#define MULTIPLIER (OUT_CHANNELS / CHANNELS)
#define OUT_STRIPS ((OUT_WIDTH + STRIP - 1) / STRIP)
#define STRIPS ((WIDTH + STRIP - 1) / STRIP)

__kernel __attribute__((reqd_work_group_size(64, 1, 1)))
void depthwise_tiled(__global const float* restrict x, __global const float* restrict weights,
                     __global float* restrict c, const int images STORE_PARAMETERS) {
  const int N = OUT_CHANNELS;
  const int id = (int)get_global_id(0);
  const int channel = id % OUT_CHANNELS;
  const int column0 = id / OUT_CHANNELS % OUT_STRIPS * STRIP;
  const int row = id / (OUT_CHANNELS * OUT_STRIPS);  // image · OUT_HEIGHT + y
  if (row >= images * OUT_HEIGHT) return;
  const int y0 = row % OUT_HEIGHT * STRIDE_Y - PAD_TOP;
  x += (size_t)(row / OUT_HEIGHT) * (HEIGHT * WIDTH * CHANNELS) + channel / MULTIPLIER;

  float sum[STRIP] = {0.0f};
  for (int ky = 0; ky < KERNEL_Y; ++ky) {
    const int iy = y0 + ky * DILATION_Y;
    if ((uint)iy >= HEIGHT) continue;
    for (int kx = 0; kx < KERNEL_X; ++kx) {
      const float weight = weights[channel * TAPS + ky * KERNEL_X + kx];
      UNROLL for (int i = 0; i < STRIP; ++i) {
        const int ix = (column0 + i) * STRIDE_X - PAD_LEFT + kx * DILATION_X;
        if ((uint)ix < WIDTH) sum[i] = MAD(x[(iy * WIDTH + ix) * CHANNELS], weight, sum[i]);
      }
    }
  }
  UNROLL for (int i = 0; i < STRIP; ++i) {
    const int m = row * OUT_WIDTH + column0 + i;
    if (column0 + i < OUT_WIDTH) {
      STORE1(sum[i], m, channel);
    }
  }
}

__kernel __attribute__((reqd_work_group_size(64, 1, 1)))
void depthwise_input_gradient_tiled(__global const float* restrict gradient,
                                    __global const float* restrict weights,
                                    __global float* restrict c,
                                    const int images STORE_PARAMETERS) {
  const int N = CHANNELS;
  const int id = (int)get_global_id(0);
  const int channel = id % CHANNELS;
  const int column0 = id / CHANNELS % STRIPS * STRIP;
  const int row = id / (CHANNELS * STRIPS);  // image · HEIGHT + y
  if (row >= images * HEIGHT) return;
  gradient += (size_t)(row / HEIGHT) * (OUT_HEIGHT * OUT_WIDTH * OUT_CHANNELS);

  float sum[STRIP] = {0.0f};
  for (int o = channel * MULTIPLIER; o < (channel + 1) * MULTIPLIER; ++o) {
    for (int ky = 0; ky < KERNEL_Y; ++ky) {
      const int y = row % HEIGHT + PAD_TOP - ky * DILATION_Y;
      if (y < 0 || y % STRIDE_Y != 0 || y / STRIDE_Y >= OUT_HEIGHT) continue;
      for (int kx = 0; kx < KERNEL_X; ++kx) {
        const float weight = weights[o * TAPS + ky * KERNEL_X + kx];
        UNROLL for (int i = 0; i < STRIP; ++i) {
          const int x = column0 + i + PAD_LEFT - kx * DILATION_X;
          if (x >= 0 && x % STRIDE_X == 0 && x / STRIDE_X < OUT_WIDTH) {
            const int at = (y / STRIDE_Y * OUT_WIDTH + x / STRIDE_X) * OUT_CHANNELS + o;
            sum[i] = MAD(gradient[at], weight, sum[i]);
          }
        }
      }
    }
  }
  UNROLL for (int i = 0; i < STRIP; ++i) {
    const int m = row * WIDTH + column0 + i;
    if (column0 + i < WIDTH) {
      STORE1(sum[i], m, channel);
    }
  }
}

__kernel __attribute__((reqd_work_group_size(64, 1, 1)))
void depthwise_weight_gradient_tiled(__global const float* restrict x,
                                     __global const float* restrict gradient,
                                     __global float* restrict c, const int images,
                                     const int chunk) {
  const int channel = (int)get_global_id(0);
  if (channel >= OUT_CHANNELS) return;
  const int begin = (int)get_global_id(1) * chunk;
  const int end = min(images * OUT_HEIGHT, begin + chunk);

  float sum[TAPS] = {0.0f};  // in registers up to 11 × 11: the loops are unrolled
  for (int row = begin; row < end; ++row) {
    const int y0 = row % OUT_HEIGHT * STRIDE_Y - PAD_TOP;
    __global const float* image =
        x + (size_t)(row / OUT_HEIGHT) * (HEIGHT * WIDTH * CHANNELS) + channel / MULTIPLIER;
    for (int column = 0; column < OUT_WIDTH; ++column) {
      const float g = gradient[((size_t)row * OUT_WIDTH + column) * OUT_CHANNELS + channel];
      const int x0 = column * STRIDE_X - PAD_LEFT;
      UNROLL for (int tap = 0; tap < TAPS; ++tap) {
        const int iy = y0 + tap / KERNEL_X * DILATION_Y;
        const int ix = x0 + tap % KERNEL_X * DILATION_X;
        if ((uint)iy < HEIGHT && (uint)ix < WIDTH)
          sum[tap] = MAD(image[(iy * WIDTH + ix) * CHANNELS], g, sum[tap]);
      }
    }
  }
  c += (get_global_id(1) * OUT_CHANNELS + channel) * TAPS;
  UNROLL for (int tap = 0; tap < TAPS; ++tap) c[tap] = sum[tap];
}
