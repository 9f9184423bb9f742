// winograd_weights_vector: the weights of F(M×M, 3×3) before, and their gradient after, the products
// at its positions.
//
// winograd_pack_vector        packed = G g Gᵀ for each pair of channels, in the order in which
//                             winograd_vector reads it.
// winograd_weight_sum_vector  dg = Gᵀ(Σ partial)G, the sum over the parts that
//                             winograd_weight_gradient_vector left.
//
// Shapes     weight, dw [out, 9, in]. packed [N/WIDTH, POSITIONS, C, WIDTH], WIDTH = 16·NV, of C
//            input and N output channels of the gather, which for the input gradient are the
//            convolution's out and in. partial [parts, POSITIONS, C, N]. C and N are multiples of 16.
// Launch     2-D, local 1×1: N/16 × C/16.
// Macros     C N NV M  the shapes.
//            GRADIENT  1 packs for the input gradient: transposed, and turned by 180°.
// Numerics   Sums in order of the parts.
// Source     Lavin, Gray 2015, https://arxiv.org/abs/1509.09308, section 4.
// Called by  RetortOpenCL/Lowering/WinogradVector.swift

#include "winograd_transforms.cl"

#ifndef C
#define C 16
#define N 32
#define NV 2
#define GRADIENT 0
#endif

#define WIDTH (16 * NV)

// G g Gᵀ of nine taps.
static inline void transform_weights(const float16* g, float16* to) {
  float16 columns[3][SIDE];  // of G g
  UNROLL
  for (int x = 0; x < 3; x++) {
    const float16 column[3] = {g[x], g[3 + x], g[6 + x]};
    weight_line(column, columns[x]);
  }
  UNROLL
  for (int i = 0; i < SIDE; i++) {
    const float16 row[3] = {columns[0][i], columns[1][i], columns[2][i]};
    weight_line(row, to + SIDE * i);
  }
}

__kernel __attribute__((reqd_work_group_size(1, 1, 1)))
void winograd_pack_vector(__global const float* restrict weight, __global float* restrict packed) {
  const int n0 = (int)get_global_id(0) * 16, c0 = (int)get_global_id(1) * 16;
  packed += (size_t)(n0 / WIDTH * POSITIONS) * C * WIDTH + n0 % WIDTH;
#if GRADIENT
  for (int k = c0; k < c0 + 16; k++) {
    float16 g[9], u[POSITIONS];
    UNROLL
    for (int tap = 0; tap < 9; tap++) g[tap] = load16(weight + ((size_t)k * 9 + 8 - tap) * N + n0);
    transform_weights(g, u);
    UNROLL
    for (int i = 0; i < POSITIONS; i++) store16(u[i], packed + (i * C + k) * WIDTH);
  }
#else
  float16 u[POSITIONS][16];  // of each output channel, lanes are input channels
  for (int n = 0; n < 16; n++) {
    float16 g[9], positions[POSITIONS];
    UNROLL
    for (int tap = 0; tap < 9; tap++) g[tap] = load16(weight + ((size_t)(n0 + n) * 9 + tap) * C + c0);
    transform_weights(g, positions);
    UNROLL
    for (int i = 0; i < POSITIONS; i++) u[i][n] = positions[i];
  }
  for (int i = 0; i < POSITIONS; i++) {
    transpose16(u[i]);
    for (int k = 0; k < 16; k++) store16(u[i][k], packed + (i * C + c0 + k) * WIDTH);
  }
#endif
}

__kernel __attribute__((reqd_work_group_size(1, 1, 1)))
void winograd_weight_sum_vector(
    __global const float* restrict partial, __global float* restrict dw, const int parts) {
  const int n0 = (int)get_global_id(0) * 16, c0 = (int)get_global_id(1) * 16;
  float16 g[9][16];  // of each input channel, lanes are output channels
  for (int k = 0; k < 16; k++) {
    float16 rows[3][SIDE];  // Gᵀ times the sums
    UNROLL
    for (int x = 0; x < SIDE; x++) {
      float16 m[SIDE], column[3];
      UNROLL
      for (int i = 0; i < SIDE; i++) {
        m[i] = 0.0f;
        for (int part = 0; part < parts; part++) {
          m[i] += load16(
              partial + (((size_t)part * POSITIONS + SIDE * i + x) * C + c0 + k) * N + n0);
        }
      }
      weight_gradient_line(m, column);
      UNROLL
      for (int i = 0; i < 3; i++) rows[i][x] = column[i];
    }
    UNROLL
    for (int i = 0; i < 3; i++) {
      float16 taps[3];
      weight_gradient_line(rows[i], taps);
      UNROLL
      for (int j = 0; j < 3; j++) g[3 * i + j][k] = taps[j];
    }
  }
  for (int tap = 0; tap < 9; tap++) {
    transpose16(g[tap]);
    for (int n = 0; n < 16; n++) store16(g[tap][n], dw + ((size_t)(n0 + n) * 9 + tap) * C + c0);
  }
}
