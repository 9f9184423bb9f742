// winograd_weight_gradient_vector: partial weight gradients of a 3×3 convolution of stride 1 over
// runs of images, at the 16 positions of F(2×2, 3×3); winograd_weight_sum_vector adds and transforms
// them. The form for CPU devices.
//
// dg = Gᵀ[Σ (Bᵀ d B) ⊙ (A dY Aᵀ)]G over tiles of 4×4 inputs d and 2×2 gradients dY. A work-item
// transforms the tiles of a few units, and multiplies channels × tiles by tiles × channels at each
// position.
//
// Shapes     x [images, IN_H, IN_W, IN_C]; dy [images, OUT_H, OUT_W, N];
//            partial [parts, 16, IN_C, N].
// Launch     1-D, local 1: parts. Part p takes units p·unitsPerPart ..< (p + 1)·unitsPerPart of the
//            `units` = images·ceil(tile rows / BAND).
// Macros     IN_H IN_W IN_C OUT_H OUT_W PAD_Y PAD_X BAND: see winograd_inputs.
//            N      output channels, a multiple of 16·NV.
//            UNITS  units in local memory at a time.
//            NV     the register tile: 16/NV input channels × 16·NV output channels.
// Memory     Local: the transformed inputs and gradients of UNITS units.
// Numerics   fma in order of tiles within a part.
// Source     Lavin, Gray 2015, https://arxiv.org/abs/1509.09308, section 4.1.
// Called by  RetortOpenCL/Lowering/WinogradVector.swift

#include "winograd_inputs.cl"

#ifndef N
#define N 32
#define UNITS 2
#define NV 2
#endif

#define WIDTH (16 * NV)
#define CHANNELS (16 / NV)

// A dY Aᵀ of the tiles of `rows` tile rows from `row` on, to g[position][tile][channel].
static inline void transform_gradients(
    __global const float* dy, __local float* g, const int row, const int rows, const int stride) {
  for (int t = 0; t < rows * TILES_X; t++) {
    const int y = 2 * (row + t / TILES_X), x = 2 * (t % TILES_X);
    const int hasBelow = y + 1 < OUT_H, hasRight = x + 1 < OUT_W;
    for (int channel = 0; channel < N; channel += 16) {
      __global const float* from = dy + (y * OUT_W + x) * N + channel;
      float16 d[2][2];
      d[0][0] = load16(from);
      d[0][1] = d[1][0] = d[1][1] = 0.0f;
      if (hasRight) d[0][1] = load16(from + N);
      if (hasBelow) d[1][0] = load16(from + OUT_W * N);
      if (hasBelow && hasRight) d[1][1] = load16(from + (OUT_W + 1) * N);
      UNROLL
      for (int i = 0; i < 4; i++) {
        float16 e[2];  // row i of A dY
        UNROLL
        for (int j = 0; j < 2; j++) {
          e[j] = i == 0 ? d[0][j] : i == 1 ? d[0][j] + d[1][j]
              : i == 2 ? d[0][j] - d[1][j] : -d[1][j];
        }
        __local float* at = g + t * N + channel + 4 * i * stride;
        store_local16(e[0], at);
        store_local16(e[0] + e[1], at + stride);
        store_local16(e[0] - e[1], at + 2 * stride);
        store_local16(-e[1], at + 3 * stride);
      }
    }
  }
}

__kernel __attribute__((reqd_work_group_size(1, 1, 1)))
void winograd_weight_gradient_vector(
    __global const float* restrict x, __global const float* restrict dy,
    __global float* restrict partial, const int units, const int unitsPerPart) {
  __local float v[16 * STRIDE(UNITS * UNIT, IN_C)], g[16 * STRIDE(UNITS * UNIT, N)];
  const int firstUnit = (int)get_global_id(0) * unitsPerPart;
  const int unitEnd = min(firstUnit + unitsPerPart, units);
  partial += get_global_id(0) * 16 * IN_C * N;
  for (int unit0 = firstUnit; unit0 < unitEnd; unit0 += UNITS) {
    int tiles = 0;
    for (int unit = unit0; unit < min(unit0 + UNITS, unitEnd); unit++) {
      const int row = unit % BANDS * BAND, rows = min(BAND, TILES_Y - row);
      const size_t image = unit / BANDS;
      transform_inputs(
          x + image * IN_H * IN_W * IN_C, v + tiles * IN_C, row, rows,
          STRIDE(UNITS * UNIT, IN_C));
      transform_gradients(
          dy + image * OUT_H * OUT_W * N, g + tiles * N, row, rows, STRIDE(UNITS * UNIT, N));
      tiles += rows * TILES_X;
    }
    for (int position = 0; position < 16; position++) {
      for (int n0 = 0; n0 < N; n0 += WIDTH) {
        for (int channel = 0; channel < IN_C; channel += CHANNELS) {
          float16 acc[CHANNELS][NV];
          UNROLL
          for (int i = 0; i < CHANNELS; i++) {
            UNROLL
            for (int j = 0; j < NV; j++) acc[i][j] = 0.0f;
          }
          __local const float* a = v + position * STRIDE(UNITS * UNIT, IN_C) + channel;
          __local const float* b = g + position * STRIDE(UNITS * UNIT, N) + n0;
          for (int t = 0; t < tiles; t++, a += IN_C, b += N) {
            float16 row[NV];
            UNROLL
            for (int j = 0; j < NV; j++) row[j] = load_local16(b + 16 * j);
            UNROLL
            for (int i = 0; i < CHANNELS; i++) {
              const float16 value = a[i];
              UNROLL
              for (int j = 0; j < NV; j++) acc[i][j] = fma(value, row[j], acc[i][j]);
            }
          }
          __global float* s = partial + (position * IN_C + channel) * N + n0;
          UNROLL
          for (int i = 0; i < CHANNELS; i++) {
            UNROLL
            for (int j = 0; j < NV; j++) {
              __global float* sum = s + i * N + 16 * j;
              store16(unit0 > firstUnit ? acc[i][j] + load16(sum) : acc[i][j], sum);
            }
          }
        }
      }
    }
  }
}
