// winograd_vector: 3×3 convolution of stride 1 and its input gradient with 16 instead of 36 products
// per 2×2 outputs; the form for CPU devices.
//
// Y = Aᵀ[(G g Gᵀ) ⊙ (Bᵀ d B)]A for each tile of 4×4 inputs d and 2×2 outputs Y. A work-item
// transforms the tiles of a band, multiplies tiles × channels by channels × channels at each of the
// 16 positions, and transforms the products back.
//
// Shapes     input [images, IN_H, IN_W, IN_C]; c [images, OUT_H, OUT_W, N]. Forward: x and y; input
//            gradient: dy and dx. packed [N/WIDTH, 16, IN_C, WIDTH], WIDTH = 16·NV: the weights as
//            winograd_pack_vector leaves them.
// Launch     1-D, local 1: images·bands, bands = ceil(tile rows / BAND).
// Macros     IN_H IN_W IN_C OUT_H OUT_W PAD_Y PAD_X BAND: see winograd_inputs.
//            N         output channels, a multiple of WIDTH.
//            TILES NV  the register tile; TILES ≤ the tiles of the last band.
//            STORE_*   the epilogue; m = (image·OUT_H + y)·OUT_W + x, n = channel.
// Memory     Local: the transformed inputs, all channels, and the products of one panel.
// Numerics   fma in order of input channel; sums of at most 4 terms before and after.
// Source     Lavin, Gray 2015, https://arxiv.org/abs/1509.09308, section 4.1, F(2×2, 3×3).
// Called by  RetortOpenCL/Lowering/WinogradVector.swift

#include "winograd_inputs.cl"

#ifndef N
#define N 32
#define TILES 14
#define NV 2
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
      UNROLL for (int j = 0; j < NV; j++) acc[p][j] = fma(value, row[j], acc[p][j]);    \
    }                                                                                   \
  }

__kernel __attribute__((reqd_work_group_size(1, 1, 1)))
void winograd_vector(
    __global const float* restrict input, __global const float* restrict packed,
    __global float* restrict c STORE_PARAMETERS) {
  __local float v[16 * STRIDE(UNIT, IN_C)], products[16 * STRIDE(UNIT, WIDTH)];
  const int image = (int)get_global_id(0) / BANDS;
  const int firstRow = (int)get_global_id(0) % BANDS * BAND;
  const int rows = min(BAND, TILES_Y - firstRow);
  const int tiles = rows * TILES_X;
  transform_inputs(
      input + (size_t)image * IN_H * IN_W * IN_C, v, firstRow, rows, STRIDE(UNIT, IN_C));
  for (int n0 = 0; n0 < N; n0 += WIDTH) {
    for (int position = 0; position < 16; position++) {
      for (int from = 0; from < tiles; from += TILES) {
        const int t0 = min(from, tiles - TILES);  // the last register tile shifts back
        float16 acc[TILES][NV];
        UNROLL
        for (int p = 0; p < TILES; p++) {
          UNROLL
          for (int j = 0; j < NV; j++) acc[p][j] = 0.0f;
        }
        __local const float* a = v + position * STRIDE(UNIT, IN_C) + t0 * IN_C;
        __global const float* w = packed + ((size_t)n0 * 16 + position * WIDTH) * IN_C;
        for (int k = 0; k < IN_C; k += 4, a += 4, w += 4 * WIDTH) {
          MULTIPLY(4)
        }
        __local float* to = products + position * STRIDE(UNIT, WIDTH) + t0 * WIDTH;
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
      const int y = 2 * (firstRow + t / TILES_X), x = 2 * (t % TILES_X);
      for (int j = 0; j < NV; j++) {
        __local const float* from = products + t * WIDTH + 16 * j;
        float16 s[2][4];  // Aᵀ times the products
        UNROLL
        for (int column = 0; column < 4; column++) {
          float16 m[4];
          UNROLL
          for (int i = 0; i < 4; i++) {
            m[i] = load_local16(from + (4 * i + column) * STRIDE(UNIT, WIDTH));
          }
          s[0][column] = m[0] + m[1] + m[2];
          s[1][column] = m[1] - m[2] - m[3];
        }
        UNROLL
        for (int i = 0; i < 2; i++) {
          if (y + i >= OUT_H) continue;
          const int at = (image * OUT_H + y + i) * OUT_W + x;
          STORE_PART16(s[i][0] + s[i][1] + s[i][2], 16, at, n0 + 16 * j);
          if (x + 1 >= OUT_W) continue;
          STORE_PART16(s[i][1] - s[i][2] - s[i][3], 16, at + 1, n0 + 16 * j);
        }
      }
    }
  }
}
