// winograd_weight_gradient_vector: partial weight gradients of a 3×3 convolution of stride 1 over
// runs of images, at the positions of F(M×M, 3×3); winograd_weight_sum_vector adds and transforms
// them. The form for CPU devices.
//
// dg = Gᵀ[Σ (Bᵀ d B) ⊙ (A dY Aᵀ)]G over tiles of inputs d and M×M gradients dY. A work-item transforms
// the tiles of a few units, and multiplies channels × tiles by tiles × channels at each position.
//
// Shapes     x [images, IN_H, IN_W, IN_C]; dy [images, OUT_H, OUT_W, N];
//            partial [parts, POSITIONS, IN_C, N].
// Launch     1-D, local 1: parts. Part p takes units p·unitsPerPart ..< (p + 1)·unitsPerPart of the
//            `units` = images·ceil(tile rows / BAND).
// Macros     IN_H IN_W IN_C OUT_H OUT_W PAD_Y PAD_X M BAND: see winograd_inputs.
//            N      output channels, a multiple of 16·NV.
//            UNITS  units in local memory at a time.
//            CHANNELS NV  the register tile: CHANNELS input channels, a divisor of 16, × 16·NV output channels.
// Memory     Local: the transformed inputs and gradients of UNITS units.
// Numerics   fma in order of tiles within a part.
// Source     Lavin, Gray 2015, https://arxiv.org/abs/1509.09308, section 4.
// Called by  RetortOpenCL/Lowering/WinogradVector.swift

#include "winograd_inputs.cl"

#ifndef N
#define N 32
#define UNITS 2
#define CHANNELS 8
#define NV 2
#endif

#define WIDTH (16 * NV)

// A dY Aᵀ of the tiles of `rows` tile rows from `row` on, to g[position][tile][channel].
static inline void transform_gradients(
    __global const float* dy, __local float* g, const int row, const int rows, const int stride) {
  for (int t = 0; t < rows * TILES_X; t++) {
    const int y = M * (row + t / TILES_X), x = M * (t % TILES_X);
    for (int channel = 0; channel < N; channel += 16) {
      __global const float* from = dy + (y * OUT_W + x) * N + channel;
      float16 columns[M][SIDE];  // of A dY
      UNROLL
      for (int j = 0; j < M; j++) {
        float16 d[M];
        UNROLL
        for (int i = 0; i < M; i++) {
          d[i] = 0.0f;
          if (y + i < OUT_H && x + j < OUT_W) d[i] = load16(from + (i * OUT_W + j) * N);
        }
        gradient_line(d, columns[j]);
      }
      UNROLL
      for (int i = 0; i < SIDE; i++) {
        float16 line[M], result[SIDE];
        UNROLL
        for (int j = 0; j < M; j++) line[j] = columns[j][i];
        gradient_line(line, result);
        __local float* at = g + t * N + channel + SIDE * i * stride;
        UNROLL
        for (int j = 0; j < SIDE; j++) store_local16(result[j], at + j * stride);
      }
    }
  }
}

__kernel __attribute__((reqd_work_group_size(1, 1, 1)))
void winograd_weight_gradient_vector(
    __global const float* restrict x, __global const float* restrict dy,
    __global float* restrict partial, const int units, const int unitsPerPart) {
  __local float v[POSITIONS * STRIDE(UNITS * UNIT, IN_C)];
  __local float g[POSITIONS * STRIDE(UNITS * UNIT, N)];
  const int firstUnit = (int)get_global_id(0) * unitsPerPart;
  const int unitEnd = min(firstUnit + unitsPerPart, units);
  partial += get_global_id(0) * POSITIONS * IN_C * N;
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
    for (int position = 0; position < POSITIONS; position++) {
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
              for (int j = 0; j < NV; j++) acc[i][j] = MAD(value, row[j], acc[i][j]);
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
