// average_pool: the mean of each window of NHWC images, and its derivative.
//
// Shapes     x, dx [images, HEIGHT, WIDTH, CHANNELS]; y, g [images, OUT_HEIGHT, OUT_WIDTH,
//            CHANNELS]; float32, dense, element counts below 2^31. Every window meets at least one
//            element.
// Launch     1-D, as max_pool: global a multiple of LOCAL ≥ ⌈units / share⌉, local LOCAL, with
//            units = pixels of the result · ⌈CHANNELS / LANES⌉.
// Macros     Geometry, set by the host. LANES, LOCAL  as max_pool.
//            COUNTS_PADDING  1 (default) divides by WINDOW_Y · WINDOW_X everywhere, 0 by the
//            number of elements that the window meets.
// Memory     No local memory. Global: operand read once beside the caches, result written once.
// Numerics   Sums in row-major order, one division per window; deterministic.
// Called by  RetortOpenCL/Lowering/Pooling.swift

#ifndef HEIGHT
#define HEIGHT 8
#define WIDTH 8
#define CHANNELS 4
#define OUT_HEIGHT 4
#define OUT_WIDTH 4
#define WINDOW_Y 2
#define WINDOW_X 2
#define STRIDE_Y 2
#define STRIDE_X 2
#define PAD_TOP 0
#define PAD_LEFT 0
#define COUNTS_PADDING 1
#endif
#ifndef LANES
#define LANES 1
#define LOCAL 64
#endif

#define BLOCKS ((CHANNELS + LANES - 1) / LANES)
#define PLACE(unit) ((unit) / BLOCKS * CHANNELS + (unit) % BLOCKS * LANES)  // its first float

#if LANES == 16
typedef float16 lanes;
#define LOAD(from) load16(from)
#define STORE(value, to) \
  store_part16(value, CHANNELS % 16 == 0 ? 16 : min(CHANNELS - channel, 16), to)
#else
typedef float lanes;
#define LOAD(from) *(from)
#define STORE(value, to) *(to) = (value)
#endif

// The number that the sum over the window whose corner is (y0, x0) is divided by.
static float divisor(int y0, int x0) {
  if (COUNTS_PADDING) return WINDOW_Y * WINDOW_X;
  const int high = min(y0 + WINDOW_Y, HEIGHT) - max(y0, 0);
  return high * (min(x0 + WINDOW_X, WIDTH) - max(x0, 0));
}

__kernel __attribute__((reqd_work_group_size(LOCAL, 1, 1)))
void average_pool(__global const float* restrict x, __global float* restrict y, const int images,
                  const int share) {
  const int first = (int)get_global_id(0) * share;
  const int last = min(first + share, images * (OUT_HEIGHT * OUT_WIDTH) * BLOCKS);
  for (int unit = first; unit < last; ++unit) {
    const int pixel = unit / BLOCKS, channel = unit % BLOCKS * LANES;
    const int image = pixel / (OUT_HEIGHT * OUT_WIDTH);
    __global const float* from = x + (size_t)image * (HEIGHT * WIDTH * CHANNELS) + channel;
    const int y0 = pixel / OUT_WIDTH % OUT_HEIGHT * STRIDE_Y - PAD_TOP;
    const int x0 = pixel % OUT_WIDTH * STRIDE_X - PAD_LEFT;
    lanes sum = 0.0f;
    for (int iy = max(y0, 0); iy < min(y0 + WINDOW_Y, HEIGHT); ++iy)
      for (int ix = max(x0, 0); ix < min(x0 + WINDOW_X, WIDTH); ++ix)
        sum += LOAD(from + (iy * WIDTH + ix) * CHANNELS);
    STORE(sum / divisor(y0, x0), y + PLACE(unit));
  }
}

__kernel __attribute__((reqd_work_group_size(LOCAL, 1, 1)))
void average_pool_backward(__global const float* restrict g, __global float* restrict dx,
                           const int images, const int share) {
  const int first = (int)get_global_id(0) * share;
  const int last = min(first + share, images * (HEIGHT * WIDTH) * BLOCKS);
  for (int unit = first; unit < last; ++unit) {
    const int pixel = unit / BLOCKS, channel = unit % BLOCKS * LANES;
    const int image = pixel / (HEIGHT * WIDTH);
    const int iy = pixel / WIDTH % HEIGHT + PAD_TOP, ix = pixel % WIDTH + PAD_LEFT;  // padded
    __global const float* up = g + (size_t)image * (OUT_HEIGHT * OUT_WIDTH * CHANNELS) + channel;
    lanes sum = 0.0f;
    for (int oy = max(iy - WINDOW_Y + STRIDE_Y, 0) / STRIDE_Y;
         oy <= min(iy / STRIDE_Y, OUT_HEIGHT - 1); ++oy)
      for (int ox = max(ix - WINDOW_X + STRIDE_X, 0) / STRIDE_X;
           ox <= min(ix / STRIDE_X, OUT_WIDTH - 1); ++ox)
        sum += LOAD(up + (oy * OUT_WIDTH + ox) * CHANNELS)
               / divisor(oy * STRIDE_Y - PAD_TOP, ox * STRIDE_X - PAD_LEFT);
    STORE(sum, dx + PLACE(unit));
  }
}
