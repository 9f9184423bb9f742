// winograd_inputs: Bᵀ d B, the transformed inputs of F(M×M, 3×3); included by winograd_vector and
// winograd_weight_gradient_vector.
//
// Macros     IN_H IN_W IN_C: the image; IN_C a multiple of 16. OUT_H OUT_W: the result.
//            PAD_Y PAD_X  zeros above and to the left, 0 to 2.
//            M            results of a tile along one side.
//            BAND         tile rows of a unit.
// Source     Lavin, Gray 2015, https://arxiv.org/abs/1509.09308, section 4.

#include "winograd_transforms.cl"

#ifndef IN_H
#define IN_H 28
#define IN_W 28
#define IN_C 16
#define OUT_H 28
#define OUT_W 28
#define PAD_Y 1
#define PAD_X 1
#define BAND 1
#endif

#define TILES_Y ((OUT_H + M - 1) / M)
#define TILES_X ((OUT_W + M - 1) / M)
#define BANDS ((TILES_Y + BAND - 1) / BAND)
#define UNIT (BAND * TILES_X)
// From one of the positions to the next; the extra 16 keep them out of each other's cache sets.
#define STRIDE(tiles, channels) ((tiles) * (channels) + 16)

static inline float16 load_local16(__local const float* from) {
  return *(__local const float16_anywhere*)from;
}
static inline void store_local16(float16 v, __local float* to) {
  *(__local float16_anywhere*)to = v;
}

// Bᵀ times one column of inputs; (y, x) is the uppermost, zero outside the image.
static inline void input_column(
    __global const float* image, const int y, const int x, float16* to) {
  float16 d[SIDE];
  UNROLL
  for (int i = 0; i < SIDE; i++) {
    const int inside = x >= 0 && x < IN_W && y + i >= 0 && y + i < IN_H;
    d[i] = 0.0f;
    if (inside) d[i] = load16(image + ((y + i) * IN_W + x) * IN_C);
  }
  input_line(d, to);
}

// Bᵀ d B of the tiles of `rows` tile rows from `row` on, to v[position][tile][channel]; positions
// are `stride` apart.
static inline void transform_inputs(
    __global const float* image, __local float* v, const int row, const int rows,
    const int stride) {
  for (int ty = 0; ty < rows; ty++) {
    const int y = M * (row + ty) - PAD_Y;
    for (int channel = 0; channel < IN_C; channel += 16) {
      float16 t[SIDE][SIDE];  // columns of Bᵀd; neighbouring tiles share two
      input_column(image + channel, y, -PAD_X, t[0]);
      input_column(image + channel, y, 1 - PAD_X, t[1]);
      __local float* to = v + ty * TILES_X * IN_C + channel;
      for (int tx = 0; tx < TILES_X; tx++, to += IN_C) {
        UNROLL
        for (int j = 2; j < SIDE; j++) {
          input_column(image + channel, y, M * tx + j - PAD_X, t[j]);
        }
        UNROLL
        for (int i = 0; i < SIDE; i++) {
          float16 line[SIDE], result[SIDE];
          UNROLL
          for (int j = 0; j < SIDE; j++) line[j] = t[j][i];
          input_line(line, result);
          UNROLL
          for (int j = 0; j < SIDE; j++) store_local16(result[j], to + (SIDE * i + j) * stride);
        }
        UNROLL
        for (int i = 0; i < SIDE; i++) {
          t[0][i] = t[M][i];
          t[1][i] = t[M + 1][i];
        }
      }
    }
  }
}
