// winograd_vector: 3×3 convolution of stride 1 and its input gradient with (M + 2)² instead of 9 M²
// products per M×M outputs; the form for CPU devices.
//
// Y = Aᵀ[(G g Gᵀ) ⊙ (Bᵀ d B)]A for each tile of inputs d and M×M outputs Y. A work-item transforms
// the tiles of a band or of some images, multiplies tiles × channels by channels × channels at each
// position, and transforms the products back.
//
// Shapes     input [images, IN_H, IN_W, IN_C]; c [images, OUT_H, OUT_W, N]. Forward: x and y; input
//            gradient: dy and dx. packed [N/WIDTH, POSITIONS, IN_C, WIDTH], WIDTH = 16·NV: the
//            weights as winograd_pack_vector leaves them.
// Launch     1-D, local 1: images·bands / IMAGES, bands = ceil(tile rows / BAND).
// Macros     IN_H IN_W IN_C OUT_H OUT_W PAD_Y PAD_X M BAND: see winograd_inputs.
//            IMAGES    images of a work-item, a divisor of their number; 1 if there are bands.
//            N         output channels, a multiple of WIDTH.
//            TILES NV  the register tile; TILES ≤ the tiles of the last work-item.
//            STORE_*   the epilogue; m = (image·OUT_H + y)·OUT_W + x, n = channel.
// Memory     Local: the transformed inputs, all channels, and the products of one panel.
// Numerics   fma in order of input channel; winograd_transforms before and after.
// Source     Lavin, Gray 2015, https://arxiv.org/abs/1509.09308, section 4.
// Called by  RetortOpenCL/Lowering/WinogradVector.swift

#include "winograd_inputs.cl"

#ifndef N
#define N 32
#define TILES 7
#define NV 2
#define IMAGES 1
#endif
#ifndef STORE_PART16
#define STORE_PARAMETERS
#define STORE_PART16(value, count, m, n) store_part16(value, count, c + (size_t)(m) * N + (n))
#endif

#define WIDTH (16 * NV)

// Multiplies `steps` consecutive channels of each tile by as many rows of the panel.
#define MULTIPLY(steps)                                                                 \
  UNROLL for (int u = 0; u < steps; u++) {                                              \
    float16 row[NV];                                                                    \
    UNROLL for (int j = 0; j < NV; j++) row[j] = load16(w + (u * NV + j) * 16);         \
    UNROLL for (int p = 0; p < TILES; p++) {                                            \
      const float16 value = a[p * IN_C + u];                                            \
      UNROLL for (int j = 0; j < NV; j++) acc[p][j] = MAD(value, row[j], acc[p][j]);    \
    }                                                                                   \
  }

__kernel __attribute__((reqd_work_group_size(1, 1, 1)))
void winograd_vector(
    __global const float* restrict input, __global const float* restrict packed,
    __global float* restrict c STORE_PARAMETERS) {
  __local float v[POSITIONS * STRIDE(IMAGES * UNIT, IN_C)];
  __local float products[POSITIONS * STRIDE(IMAGES * UNIT, WIDTH)];
  const int firstImage = (int)get_global_id(0) / BANDS * IMAGES;
  const int firstRow = (int)get_global_id(0) % BANDS * BAND;
  const int rows = min(BAND, TILES_Y - firstRow);
  const int tiles = IMAGES * rows * TILES_X;
  for (int i = 0; i < IMAGES; i++) {
    transform_inputs(
        input + (size_t)(firstImage + i) * IN_H * IN_W * IN_C, v + i * UNIT * IN_C, firstRow, rows,
        STRIDE(IMAGES * UNIT, IN_C));
  }
  for (int n0 = 0; n0 < N; n0 += WIDTH) {
    for (int position = 0; position < POSITIONS; position++) {
      for (int from = 0; from < tiles; from += TILES) {
        const int t0 = min(from, tiles - TILES);  // the last register tile shifts back
        float16 acc[TILES][NV];
        UNROLL
        for (int p = 0; p < TILES; p++) {
          UNROLL
          for (int j = 0; j < NV; j++) acc[p][j] = 0.0f;
        }
        __local const float* a = v + position * STRIDE(IMAGES * UNIT, IN_C) + t0 * IN_C;
        __global const float* w =
            packed + ((size_t)n0 * POSITIONS + position * WIDTH) * IN_C;
        for (int k = 0; k < IN_C; k += 4, a += 4, w += 4 * WIDTH) {
          MULTIPLY(4)
        }
        __local float* to = products + position * STRIDE(IMAGES * UNIT, WIDTH) + t0 * WIDTH;
        UNROLL
        for (int p = 0; p < TILES; p++) {
          UNROLL
          for (int j = 0; j < NV; j++) {
            store_local16(acc[p][j], to + p * WIDTH + 16 * j);
          }
        }
      }
    }
    for (int t = 0; t < tiles; t++) {
      const int image = firstImage + t / (rows * TILES_X);
      const int y = M * (firstRow + t / TILES_X % rows), x = M * (t % TILES_X);
      for (int j = 0; j < NV; j++) {
        __local const float* from = products + t * WIDTH + 16 * j;
        float16 s[M][SIDE];  // Aᵀ times the products
        UNROLL
        for (int column = 0; column < SIDE; column++) {
          float16 m[SIDE], line[M];
          UNROLL
          for (int i = 0; i < SIDE; i++) {
            m[i] = load_local16(
                from + (SIDE * i + column) * STRIDE(IMAGES * UNIT, WIDTH));
          }
          output_line(m, line);
          UNROLL
          for (int i = 0; i < M; i++) s[i][column] = line[i];
        }
        UNROLL
        for (int i = 0; i < M; i++) {
          if (y + i >= OUT_H) continue;
          float16 line[M];
          output_line(s[i], line);
          const int at = (image * OUT_H + y + i) * OUT_W + x;
          UNROLL
          for (int column = 0; column < M; column++) {
            if (x + column < OUT_W) {
              STORE_PART16(line[column], 16, at + column, n0 + 16 * j);
            }
          }
        }
      }
    }
  }
}
