// max_pool: the maximum of each window of NHWC images; its derivative; and the derivative's own.
//
// Shapes     x, dx [images, HEIGHT, WIDTH, CHANNELS]; y, g [images, OUT_HEIGHT, OUT_WIDTH,
//            CHANNELS]; v of max_pool_select is like x. float32, dense, element counts below 2^31.
//            Every window meets at least one element.
// Launch     1-D: global a multiple of LOCAL ≥ ⌈units / share⌉, local LOCAL. A unit is LANES
//            channels of one pixel of the result: units = pixels · ⌈CHANNELS / LANES⌉. For
//            max_pool_backward_cells it is LANES channels of one cell, STRIDE_Y × STRIDE_X pixels
//            of dx: cells = images · ⌈HEIGHT / STRIDE_Y⌉ · ⌈WIDTH / STRIDE_X⌉. That entry is for
//            windows that do not overlap (stride ≥ window) and no padding.
// Macros     Geometry, set by the host.
//            LANES  1 (default, GPUs) or 16 (CPU devices); 16 reads up to 15 floats over the end.
//            LOCAL  work-items per group, default 64.
// Memory     No local memory. Global: each operand read once beside the caches, result written
//            once. max_pool_backward finds each window's maximum anew for each element of it.
// Numerics   Padding never wins. Of equal maxima the first in row-major order wins; NaN wins over
//            all, the last NaN of a window over others, as in PyTorch. Deterministic: gradients of
//            overlapping windows are added in row-major order.
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
#endif
#ifndef LANES
#define LANES 1
#define LOCAL 64
#endif

#define BLOCKS ((CHANNELS + LANES - 1) / LANES)
#define PLACE(unit) ((unit) / BLOCKS * CHANNELS + (unit) % BLOCKS * LANES)  // its first float

#if LANES == 16
typedef float16 lanes;
typedef int16 places;
#define LOAD(from) load16(from)
#define STORE(value, to) \
  store_part16(value, CHANNELS % 16 == 0 ? 16 : min(CHANNELS - channel, 16), to)
#else
typedef float lanes;
typedef int places;
#define LOAD(from) *(from)
#define STORE(value, to) *(to) = (value)
#endif

// What the window of output pixel (oy, ox) of an image has found: its maximum, the maximum's place
// y · WIDTH + x, and the element of v there.
typedef struct { lanes best; places place; lanes chosen; } winner;

static winner find(__global const float* x, __global const float* v, int oy, int ox) {
  const int y0 = oy * STRIDE_Y - PAD_TOP, x0 = ox * STRIDE_X - PAD_LEFT;
  const int first = max(y0, 0) * WIDTH + max(x0, 0);
  winner w = {(lanes)(-INFINITY), (places)(first), LOAD(v + first * CHANNELS)};
  for (int iy = max(y0, 0); iy < min(y0 + WINDOW_Y, HEIGHT); ++iy) {
    for (int ix = max(x0, 0); ix < min(x0 + WINDOW_X, WIDTH); ++ix) {
      const int at = iy * WIDTH + ix;
      const lanes value = LOAD(x + at * CHANNELS);
      const places wins = value > w.best || value != value;
      w.best = wins ? value : w.best;
      w.place = wins ? (places)(at) : w.place;
      w.chosen = wins ? LOAD(v + at * CHANNELS) : w.chosen;
    }
  }
  return w;
}

__kernel __attribute__((reqd_work_group_size(LOCAL, 1, 1)))
void max_pool(__global const float* restrict x, __global float* restrict y, const int images,
              const int share) {
  const int first = (int)get_global_id(0) * share;
  const int last = min(first + share, images * (OUT_HEIGHT * OUT_WIDTH) * BLOCKS);
  for (int unit = first; unit < last; ++unit) {
    const int pixel = unit / BLOCKS, channel = unit % BLOCKS * LANES;
    const int image = pixel / (OUT_HEIGHT * OUT_WIDTH);
    __global const float* from = x + (size_t)image * (HEIGHT * WIDTH * CHANNELS) + channel;
    const winner w = find(from, from, pixel / OUT_WIDTH % OUT_HEIGHT, pixel % OUT_WIDTH);
    STORE(w.best, y + PLACE(unit));
  }
}

__kernel __attribute__((reqd_work_group_size(LOCAL, 1, 1)))
void max_pool_select(__global const float* restrict x, __global const float* restrict v,
                     __global float* restrict y, const int images, const int share) {
  const int first = (int)get_global_id(0) * share;
  const int last = min(first + share, images * (OUT_HEIGHT * OUT_WIDTH) * BLOCKS);
  for (int unit = first; unit < last; ++unit) {
    const int pixel = unit / BLOCKS, channel = unit % BLOCKS * LANES;
    const int image = pixel / (OUT_HEIGHT * OUT_WIDTH);
    const size_t from = (size_t)image * (HEIGHT * WIDTH * CHANNELS) + channel;
    const winner w = find(x + from, v + from, pixel / OUT_WIDTH % OUT_HEIGHT, pixel % OUT_WIDTH);
    STORE(w.chosen, y + PLACE(unit));
  }
}

__kernel __attribute__((reqd_work_group_size(LOCAL, 1, 1)))
void max_pool_backward(__global const float* restrict x, __global const float* restrict g,
                       __global float* restrict dx, const int images, const int share) {
  const int first = (int)get_global_id(0) * share;
  const int last = min(first + share, images * (HEIGHT * WIDTH) * BLOCKS);
  for (int unit = first; unit < last; ++unit) {
    const int pixel = unit / BLOCKS, channel = unit % BLOCKS * LANES;
    const int image = pixel / (HEIGHT * WIDTH), place = pixel % (HEIGHT * WIDTH);
    const int iy = place / WIDTH + PAD_TOP, ix = place % WIDTH + PAD_LEFT;  // in padded images
    __global const float* from = x + (size_t)image * (HEIGHT * WIDTH * CHANNELS) + channel;
    __global const float* up = g + (size_t)image * (OUT_HEIGHT * OUT_WIDTH * CHANNELS) + channel;
    lanes sum = 0.0f;
    for (int oy = max(iy - WINDOW_Y + STRIDE_Y, 0) / STRIDE_Y;
         oy <= min(iy / STRIDE_Y, OUT_HEIGHT - 1); ++oy) {
      for (int ox = max(ix - WINDOW_X + STRIDE_X, 0) / STRIDE_X;
           ox <= min(ix / STRIDE_X, OUT_WIDTH - 1); ++ox) {
        const winner w = find(from, from, oy, ox);
        sum += w.place == place ? LOAD(up + (oy * OUT_WIDTH + ox) * CHANNELS) : (lanes)(0.0f);
      }
    }
    STORE(sum, dx + PLACE(unit));
  }
}

__kernel __attribute__((reqd_work_group_size(LOCAL, 1, 1)))
void max_pool_backward_cells(__global const float* restrict x, __global const float* restrict g,
                             __global float* restrict dx, const int images, const int share) {
  const int rows = (HEIGHT + STRIDE_Y - 1) / STRIDE_Y, columns = (WIDTH + STRIDE_X - 1) / STRIDE_X;
  const int first = (int)get_global_id(0) * share;
  const int last = min(first + share, images * rows * columns * BLOCKS);
  for (int unit = first; unit < last; ++unit) {
    const int cell = unit / BLOCKS, channel = unit % BLOCKS * LANES;
    const int image = cell / (rows * columns);
    const int oy = cell / columns % rows, ox = cell % columns;
    const size_t from = (size_t)image * (HEIGHT * WIDTH * CHANNELS) + channel;
    places winner_place = -1;
    lanes up = 0.0f;
    if (oy < OUT_HEIGHT && ox < OUT_WIDTH) {  // else left over at the edge: no window
      winner_place = find(x + from, x + from, oy, ox).place;
      up = LOAD(g + (size_t)image * (OUT_HEIGHT * OUT_WIDTH * CHANNELS)
                + (oy * OUT_WIDTH + ox) * CHANNELS + channel);
    }
    for (int iy = oy * STRIDE_Y; iy < min((oy + 1) * STRIDE_Y, HEIGHT); ++iy) {
      for (int ix = ox * STRIDE_X; ix < min((ox + 1) * STRIDE_X, WIDTH); ++ix) {
        const int place = iy * WIDTH + ix;
        STORE(winner_place == place ? up : (lanes)(0.0f), dx + from + place * CHANNELS);
      }
    }
  }
}
