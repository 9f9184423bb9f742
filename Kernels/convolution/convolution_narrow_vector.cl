// convolution_narrow_vector: convolution_vector for few output channels: the 16 lanes are images.
//
// A work-item transposes its band of 16 images into local memory, image by lane, so that every
// read is one whole vector and no lane is lost at the images' edges; it computes some rows of the
// result, transposes them back, and stores them as runs of 16 neighbouring elements.
//
// Shapes     input [images, IN_H, IN_W, IN_C]; c [images, OUT_H, OUT_W, N], N < 16;
//            packed [taps, IN_C, 16] by convolution_pack_vector (NV 1).
// Launch     1-D, local 1: ceil(IMAGES / 16)·bands·strips, as convolution_vector.
// Macros     IN_H IN_W IN_C OUT_H OUT_W N PHASES_Y _X STEP_Y _X TAPS_Y _X LOW_Y _X SPAN_Y _X BAND
//            STRIP as in convolution_vector; GROUPS is 1.
//            IMAGES         how many there are.
//            TILE_Y TILE_X  the register tile's pixels, TILE_Y·TILE_X·N ≤ 24; divisors of BAND
//                           and STRIP.
//            STORE_PREPARE STORE_RUN16  the epilogue.
// Memory     Local: 16 times the padded band and TILE_Y rows of the result. Reads up to 64 floats
//            past the end of input.
// Numerics   fma in order of input row, input channel, input column.
// Source     Direct convolution.
// Called by  RetortOpenCL/Lowering/ConvolutionVector.swift

#ifndef IN_H
#define IN_H 28
#define IN_W 28
#define IN_C 16
#define OUT_H 28
#define OUT_W 28
#define N 6
#define PHASES_Y 1
#define PHASES_X 1
#define STEP_Y 1
#define STEP_X 1
#define TAPS_Y {{3, -1, 1}}
#define TAPS_X {{3, -1, 1}}
#define LOW_Y -1
#define LOW_X -1
#define SPAN_Y 3
#define SPAN_X 3
#define BAND 14
#define STRIP 28
#define IMAGES 20
#define TILE_Y 2
#define TILE_X 2
#endif
#ifndef STORE_RUN16
#define STORE_PARAMETERS
#define STORE_PREPARE
#define STORE_RUN16(value, count, m, n) store_part16(value, count, c + (size_t)(m) * N + (n))
#endif

#define BANDS (((OUT_H + PHASES_Y - 1) / PHASES_Y + BAND - 1) / BAND)
#define STRIPS (((OUT_W + PHASES_X - 1) / PHASES_X + STRIP - 1) / STRIP)
#define PATCH_H ((BAND - 1) * STEP_Y + SPAN_Y)
#define PATCH_ROW (((STRIP - 1) * STEP_X + SPAN_X) * IN_C)
#define LINE (STRIP * PHASES_X * N)  // results of one row

// The first tap that reads inside the image for some of `tile` outputs, and the end of those taps;
// `at` is where the first tap reads for the first output.
#define TAP_FROM(taps, at, tile, step) \
  max(0, ((taps)[2] - 1 - (at) - ((tile) - 1) * (step)) / (taps)[2])
#define TAP_END(taps, at, extent) min((taps)[0], ((taps)[2] - 1 - (at) + (extent)) / (taps)[2])

__constant int tapsOfPhaseY[PHASES_Y][3] = TAPS_Y;
__constant int tapsOfPhaseX[PHASES_X][3] = TAPS_X;

// Copies the padded window at (top, left) of `count` images. What a row's last vectors write
// beyond it is overwritten by what follows.
static inline void load_images(
    __global const float* input, __local float16* patch, const int count, const int top,
    const int left) {
  const int from = clamp(-left * IN_C, 0, PATCH_ROW);
  const int to = clamp((IN_W - left) * IN_C, 0, PATCH_ROW);
  for (int y = 0; y < PATCH_H; y++) {
    __local float16* row = patch + y * PATCH_ROW;
    const int inside = top + y >= 0 && top + y < IN_H;
    const int start = inside ? from : PATCH_ROW, end = inside ? to : PATCH_ROW;
    __global const float* source = input + ((top + y) * IN_W + left) * IN_C;
    for (int i = 0; i < start; i++) row[i] = 0.0f;
    for (int i = start; i < end; i += 16) {
      float16 r[16];
      UNROLL
      for (int j = 0; j < 16; j++) {
        r[j] = load16(source + i + (size_t)min(j, count - 1) * (IN_H * IN_W * IN_C));
      }
      transpose16(r);
      UNROLL
      for (int j = 0; j < 16; j++) row[i + j] = r[j];
    }
    for (int i = end; i < PATCH_ROW; i++) row[i] = 0.0f;
  }
}

__kernel __attribute__((reqd_work_group_size(1, 1, 1)))
void convolution_narrow_vector(
    __global const float* restrict input, __global const float* restrict packed,
    __global float* restrict c STORE_PARAMETERS) {
  __local float16 patch[PATCH_H * PATCH_ROW + 15];  // the last vectors of a row run over
  __local float16 lines[TILE_Y * LINE + 15];
  const int firstImage = (int)get_global_id(0) / (BANDS * STRIPS) * 16;
  const int count = min(IMAGES - firstImage, 16);
  const int firstRow = (int)get_global_id(0) / STRIPS % BANDS * BAND;
  const int firstColumn = (int)get_global_id(0) % STRIPS * STRIP;
  const int top = firstRow * STEP_Y + LOW_Y, left = firstColumn * STEP_X + LOW_X;
  const int length = min(STRIP * PHASES_X, OUT_W - firstColumn * PHASES_X) * N;
  STORE_PREPARE
  load_images(input + (size_t)firstImage * IN_H * IN_W * IN_C, patch, count, top, left);

  for (int phaseY = 0; phaseY < PHASES_Y; phaseY++) {
    __constant const int* tapsY = tapsOfPhaseY[phaseY];
    const int rowEnd = min(firstRow + BAND, (OUT_H - phaseY + PHASES_Y - 1) / PHASES_Y);
    for (int y0 = firstRow; y0 < rowEnd; y0 += TILE_Y) {
      const int row = y0 * STEP_Y + tapsY[1];
      const int tyFrom = TAP_FROM(tapsY, row, TILE_Y, STEP_Y);
      const int tyEnd = TAP_END(tapsY, row, IN_H);
      __global const float* weights = packed;
      for (int phaseX = 0; phaseX < PHASES_X; phaseX++) {
        __constant const int* tapsX = tapsOfPhaseX[phaseX];
        const int columnEnd = min(firstColumn + STRIP, (OUT_W - phaseX + PHASES_X - 1) / PHASES_X);
        for (int x0 = firstColumn; x0 < columnEnd; x0 += TILE_X) {
          const int column = x0 * STEP_X + tapsX[1];
          const int txFrom = TAP_FROM(tapsX, column, TILE_X, STEP_X);
          const int txEnd = TAP_END(tapsX, column, IN_W);
          float16 acc[TILE_Y * TILE_X][N];
          UNROLL
          for (int p = 0; p < TILE_Y * TILE_X; p++) {
            UNROLL
            for (int n = 0; n < N; n++) acc[p][n] = 0.0f;
          }
          for (int ty = tyFrom; ty < tyEnd; ty++) {
            for (int k = 0; k < IN_C; k++) {
              __global const float* w = weights + ((ty * tapsX[0] + txFrom) * IN_C + k) * 16;
              __local const float16* a = patch + (row - top + ty * tapsY[2]) * PATCH_ROW +
                  (column - left + txFrom * tapsX[2]) * IN_C + k;
              for (int tx = txFrom; tx < txEnd; tx++) {
                UNROLL
                for (int p = 0; p < TILE_Y * TILE_X; p++) {
                  const int y = p / TILE_X * STEP_Y, x = p % TILE_X * STEP_X;
                  const float16 pixels = a[y * PATCH_ROW + x * IN_C];
                  UNROLL
                  for (int n = 0; n < N; n++) acc[p][n] = MAD((float16)w[n], pixels, acc[p][n]);
                }
                a += tapsX[2] * IN_C;
                w += IN_C * 16;
              }
            }
          }
          UNROLL
          for (int p = 0; p < TILE_Y * TILE_X; p++) {
            const int x = x0 + p % TILE_X;
            if (x >= columnEnd) continue;
            __local float16* to =
                lines + p / TILE_X * LINE + ((x - firstColumn) * PHASES_X + phaseX) * N;
            UNROLL
            for (int n = 0; n < N; n++) to[n] = acc[p][n];
          }
        }
        weights += tapsY[0] * tapsX[0] * IN_C * 16;
      }

      for (int i = 0; i < min(TILE_Y, rowEnd - y0); i++) {
        const int y = (y0 + i) * PHASES_Y + phaseY;
        for (int f = 0; f < length; f += 16) {
          float16 r[16];
          UNROLL
          for (int j = 0; j < 16; j++) r[j] = lines[i * LINE + f + j];
          transpose16(r);
          float16 runs[16];
          UNROLL
          for (int j = 0; j < 16; j++) runs[j] = r[j];
          for (int j = 0; j < count; j++) {
            const int m = ((firstImage + j) * OUT_H + y) * OUT_W + firstColumn * PHASES_X;
            STORE_RUN16(runs[j], min(16, length - f), m + f / N, f % N);
          }
        }
      }
    }
    for (int i = 0; i < PHASES_X; i++) packed += tapsY[0] * tapsOfPhaseX[i][0] * IN_C * 16;
  }
}
