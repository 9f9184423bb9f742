// convolution_tiled: NHWC convolution and both gradients as implicit GEMM, for devices with fast
// local memory. One core; a macro chooses what its rows, columns and depth are:
//
//   macro            a        b        c [M, N]   M               N         K
//   none: forward    x        weights  y          images·OH·OW    O         taps·C
//   INPUT_GRADIENT   dy       weights  dx         images·H·W      C         taps·O
//   WEIGHT_GRADIENT  dy       x        dw         O               taps·C    images·OH·OW
//
// Shapes     x [images, HEIGHT, WIDTH, CHANNELS], y [images, OUT_HEIGHT, OUT_WIDTH, OUT_CHANNELS],
//            weights [OUT_CHANNELS, KERNEL_Y, KERNEL_X, CHANNELS / CONV_GROUPS]; float32, dense,
//            element counts below 2^31. C and O are channels per group: groups never meet.
//            INPUT_GRADIENT serves transposed convolution too.
// Launch     3-D: global tiles · ITEMS × splits × parts, local ITEMS × 1 × 1; tiles and splits as
//            in matmul_tiled, of one part. parts = CONV_GROUPS, times STRIDE_Y · STRIDE_X for
//            INPUT_GRADIENT: positions of one phase (coordinates modulo the stride) meet the same
//            taps, so that no product is with zero; M is then that of the largest phase,
//            images · ⌈HEIGHT / STRIDE_Y⌉ · ⌈WIDTH / STRIDE_X⌉.
// Macros     TILE_*, ITEM_*, VECTOR_*, COMPUTE, MATRIX_CORE, EMULATED, PARTIAL, STORE_*  as
//            matmul_tiled; VECTOR_A 4 needs a multiple of 4 as C forward and as O otherwise,
//            VECTOR_B 4 as C. The rest is geometry.
//            LOADED_A(to, from), LOADED_B, LOADED_PARAMETERS  what operands become as they are loaded:
//            the VECTOR floats at `to` are from `from`, padding if that is null. Default: themselves.
//            OBSERVED, MOMENTS, FENCE  see ../matmul/statistics_core.cl; tiles of one phase follow those
//            of the one before. MOMENTS needs a single phase; WEIGHT_GRADIENT has neither.
// Memory     As matmul_tiled; x is read once per tap through the caches.
// Numerics   As matmul_tiled; padding takes part as zeros.
// Source     Implicit GEMM: Chetlur et al. 2014 (arXiv:1410.0759), section 3; phases as in
//            sub-pixel convolution, Shi et al. 2016.
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
#define CONV_GROUPS 1
#endif
#ifndef PARTIAL
#define PARTIAL 0
#endif
#if PARTIAL
#define STORE_PARAMETERS
#define STORE1(value, m, n) c[(get_group_id(1) * TOTAL_ROWS + (m)) * N + (n)] = (value)
#elif !defined(STORE1)
#define STORE_PARAMETERS
#define STORE1(value, m, n) c[(size_t)(m) * N + (n)] = (value)
#endif

#ifndef LOADED_PARAMETERS
#define LOADED_PARAMETERS
#endif
#ifndef LOADED_A
#define LOADED_A(to, from)
#endif
#ifndef LOADED_B
#define LOADED_B(to, from)
#endif

#define LOAD_1(to, from) *(to) = (from) ? *(from) : 0.0f
#define LOAD_4(to, from) vstore4((from) ? *(__global const float4*)(from) : (float4)(0.0f), 0, to)
#define PASTE(name, width) name##width
#define LOAD(width) PASTE(LOAD_, width)

#define C (CHANNELS / CONV_GROUPS)
#define O (OUT_CHANNELS / CONV_GROUPS)
#define TAPS (KERNEL_Y * KERNEL_X)

typedef __global const float* address;  // null where the element is padding or past the edge

#ifdef INPUT_GRADIENT
#define ENTRY convolution_input_gradient_tiled
#define COLUMNS C
#define TOTAL_COLUMNS CHANNELS
#define TOTAL_ROWS ((size_t)images * (HEIGHT * WIDTH))
#define A_ALONG_K 1
#define B_ALONG_K 0
#define Y_OF(p, m) (m / p.x.extent % p.y.extent * STRIDE_Y + p.y.phase)
#define X_OF(p, m) (m % p.x.extent * STRIDE_X + p.x.phase)
#define TAP_Y(p, k) (p.y.first + k / O / p.x.taps * p.y.step)
#define TAP_X(p, k) (p.x.first + k / O % p.x.taps * p.x.step)
#define ROW_OF(p, m) ((m / (p.y.extent * p.x.extent) * HEIGHT + Y_OF(p, m)) * WIDTH + X_OF(p, m))
#define COLUMN_OF(p, n) (p.group * C + n)
#define PHASES (STRIDE_Y * STRIDE_X)

// One axis of a phase: positions phase, phase + stride, … meet the taps first, first + step, ….
typedef struct { int phase, extent, first, step, taps; } axis;
typedef struct { int group, rows, depth; axis y, x; } part;

static axis axis_of(int phase, int size, int kernel_size, int stride, int pad, int dilation) {
  axis line = {phase, (size - phase + stride - 1) / stride, 0, 1, 0};
  while (line.step * dilation % stride != 0) ++line.step;
  while (line.first < line.step && (phase + pad - line.first * dilation) % stride != 0)
    ++line.first;
  if (line.first < min(line.step, kernel_size))
    line.taps = (kernel_size - line.first + line.step - 1) / line.step;
  return line;
}
static part part_of(int images, int id) {
  part p = {id / PHASES, 0, 0,
            axis_of(id / STRIDE_X % STRIDE_Y, HEIGHT, KERNEL_Y, STRIDE_Y, PAD_TOP, DILATION_Y),
            axis_of(id % STRIDE_X, WIDTH, KERNEL_X, STRIDE_X, PAD_LEFT, DILATION_X)};
  p.rows = images * p.y.extent * p.x.extent;
  p.depth = p.y.taps * p.x.taps * O;
  return p;
}
static address a_at(address gradient, part p, int m, int k) {
  // Both divisions are exact: the taps were matched to the phase.
  const int y = (Y_OF(p, m) + PAD_TOP - TAP_Y(p, k) * DILATION_Y) / STRIDE_Y;
  const int x = (X_OF(p, m) + PAD_LEFT - TAP_X(p, k) * DILATION_X) / STRIDE_X;
  if ((uint)y >= OUT_HEIGHT || (uint)x >= OUT_WIDTH) return 0;
  const int image = m / (p.y.extent * p.x.extent);
  return gradient + ((size_t)(image * OUT_HEIGHT + y) * OUT_WIDTH + x) * OUT_CHANNELS
         + p.group * O + k % O;
}
static address b_at(address weights, part p, int k, int n) {
  const int tap = TAP_Y(p, k) * KERNEL_X + TAP_X(p, k);
  return weights + ((size_t)(p.group * O + k % O) * TAPS + tap) * C + n;
}
#else
#define PHASES 1
typedef struct { int group, rows, depth; } part;

// The input element that output pixel `pixel` meets at column `k` of its unfolded window.
static address unfolded(address input, int group, int pixel, int k) {
  const int tap = k / C;
  const int y = pixel / OUT_WIDTH % OUT_HEIGHT * STRIDE_Y - PAD_TOP + tap / KERNEL_X * DILATION_Y;
  const int x = pixel % OUT_WIDTH * STRIDE_X - PAD_LEFT + tap % KERNEL_X * DILATION_X;
  if ((uint)y >= HEIGHT || (uint)x >= WIDTH) return 0;
  const int image = pixel / (OUT_HEIGHT * OUT_WIDTH);
  return input + ((size_t)(image * HEIGHT + y) * WIDTH + x) * CHANNELS + group * C + k % C;
}

#ifndef WEIGHT_GRADIENT
#define ENTRY convolution_tiled
#define COLUMNS O
#define TOTAL_COLUMNS OUT_CHANNELS
#define TOTAL_ROWS ((size_t)images * (OUT_HEIGHT * OUT_WIDTH))
#define A_ALONG_K 1
#define B_ALONG_K 1
#define ROW_OF(p, m) (m)
#define COLUMN_OF(p, n) (p.group * O + n)
static part part_of(int images, int id) {
  return (part){id, images * (OUT_HEIGHT * OUT_WIDTH), TAPS * C};
}
static address a_at(address input, part p, int m, int k) { return unfolded(input, p.group, m, k); }
static address b_at(address weights, part p, int k, int n) {
  return weights + (size_t)(p.group * O + n) * (TAPS * C) + k;
}
#else
#define ENTRY convolution_weight_gradient_tiled
#define COLUMNS (TAPS * C)
#define TOTAL_COLUMNS COLUMNS
#define TOTAL_ROWS OUT_CHANNELS
#define A_ALONG_K 0
#define B_ALONG_K 0
#define ROW_OF(p, m) (p.group * O + m)
#define COLUMN_OF(p, n) (n)
static part part_of(int images, int id) {
  return (part){id, O, images * (OUT_HEIGHT * OUT_WIDTH)};
}
static address a_at(address gradient, part p, int m, int k) {
  return gradient + (size_t)k * OUT_CHANNELS + p.group * O + m;
}
static address b_at(address input, part p, int k, int n) { return unfolded(input, p.group, k, n); }
#endif
#endif

#include "../matmul/tile_core.cl"
#include "../matmul/statistics_core.cl"

__kernel __attribute__((reqd_work_group_size(ITEMS, 1, 1))) TILE_ATTRIBUTES
void ENTRY(__global const float* restrict a, __global const float* restrict b,
           __global float* restrict c, const int images, const int chunk LOADED_PARAMETERS
           STORE_PARAMETERS) {
  __local word tiles[TILE_WORDS] __attribute__((aligned(16)));
  float a_next[COUNT_A], b_next[COUNT_B];  // the next tiles, on their way to local memory
  float sum[SUM_ROWS][SUM_COLUMNS] = {{0.0f}};  // registers: loops over private arrays are unrolled

  const int lane = (int)get_local_id(0);
  const int tiles_across = (COLUMNS + TILE_N - 1) / TILE_N;
  const int row0 = (int)get_group_id(0) / tiles_across * TILE_M;
  const int column0 = (int)get_group_id(0) % tiles_across * TILE_N;
  const part p = part_of(images, (int)get_group_id(2));
  const int N = TOTAL_COLUMNS;
  const int begin = (int)get_group_id(1) * chunk;
  const int end = row0 < p.rows ? min(p.depth, begin + chunk) : begin;  // small phases: idle tiles

  for (int k0 = begin;; k0 += TILE_K) {
    if (k0 < end) {  // start the loads of this tile; they overlap the arithmetic on the last one
      UNROLL for (int i = 0; i < COUNT_A; i += VECTOR_A) {
        const int m = row0 + A_ROW(i), k = k0 + A_DEPTH(i);
        const address from = m < p.rows && k < end ? a_at(a, p, m, k) : 0;
        LOAD(VECTOR_A)(a_next + i, from);
        LOADED_A(a_next + i, from);
      }
      UNROLL for (int i = 0; i < COUNT_B; i += VECTOR_B) {
        const int n = column0 + B_COLUMN(i), k = k0 + B_DEPTH(i);
        const address from = n < COLUMNS && k < end ? b_at(b, p, k, n) : 0;
        LOAD(VECTOR_B)(b_next + i, from);
        LOADED_B(b_next + i, from);
      }
    }
    if (k0 > begin) multiply_tiles(tiles, sum, lane);
    if (k0 >= end) break;
    barrier(CLK_LOCAL_MEM_FENCE);  // everyone has read the last tiles
    put_tiles(tiles, a_next, b_next, lane);
    barrier(CLK_LOCAL_MEM_FENCE);  // the tiles are complete
  }

  OBSERVER
  UNROLL for (int i = 0; i < SUM_ROWS; ++i) {
    const int m = row0 + SUM_ROW(i);
    if (m >= p.rows) continue;
    const int row = ROW_OF(p, m);
    UNROLL for (int j = 0; j < SUM_COLUMNS; ++j) {
      const int n = column0 + SUM_COLUMN(j);
      if (n < COLUMNS) {
        STORE1(sum[i][j], row, COLUMN_OF(p, n));
        OBSERVE(i, j);
      }
    }
  }
  const int tiles_down = (int)get_num_groups(0) / tiles_across;
  PUT_STATISTICS((int)get_group_id(2) % PHASES * tiles_down + row0 / TILE_M, PHASES * tiles_down,
                 min(p.rows - row0, TILE_M), p.rows, p.group * tiles_across + column0 / TILE_N,
                 COLUMN_OF(p, column0), min(COLUMNS - column0, TILE_N));
}
