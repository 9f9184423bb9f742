// convolution_narrow_vector: convolution_vector for few output channels: the 16 lanes are pixels.
//
// Shapes     input [images, IN_H, IN_W, IN_C]; c [images, OUT_H, OUT_W, N], N < 16;
//            packed [taps, IN_C, 16] by convolution_pack_vector (NV 1).
// Launch     1-D, local 1: images·bands·strips, as convolution_vector.
// Macros     IN_H IN_W IN_C OUT_H OUT_W N PHASES_Y _X STEP_Y TAPS_Y _X LOW_Y _X SPAN_Y _X BAND
//            STRIP as in convolution_vector; STEP_X is 1, GROUPS 1, STRIP a multiple of 16.
//            TILE_Y     rows of a register tile, TILE_Y·N ≤ 28; BAND is a multiple of it.
//            STORE_*    the epilogue: STORE1 if N is 1, else STORE_PART16.
// Memory     Local: the padded band, one plane per channel. Reads up to 64 floats past the
//            end of input.
// Numerics   fma in order of input channel, input row, input column.
// Source     Direct convolution over planes transposed 16 pixels by 16 channels at a time.
// Called by  RetortOpenCL/Lowering/ConvolutionVector.swift

#ifndef IN_H
#define IN_H 28
#define IN_W 28
#define IN_C 16
#define OUT_H 28
#define OUT_W 28
#define N 1
#define PHASES_Y 1
#define PHASES_X 1
#define STEP_Y 1
#define TAPS_Y {{3, -1, 1}}
#define TAPS_X {{3, -1, 1}}
#define LOW_Y -1
#define LOW_X -1
#define SPAN_Y 3
#define SPAN_X 3
#define BAND 28
#define STRIP 32
#define TILE_Y 7
#endif
#ifndef STORE_PART16
#define STORE_PARAMETERS
#define STORE1(value, m, n) c[(size_t)(m) * N + (n)] = (value)
#define STORE_PART16(value, count, m, n) store_part16(value, count, c + (size_t)(m) * N + (n))
#endif

#define BANDS (((OUT_H + PHASES_Y - 1) / PHASES_Y + BAND - 1) / BAND)
#define STRIPS (((OUT_W + PHASES_X - 1) / PHASES_X + STRIP - 1) / STRIP)
#define PATCH_W (STRIP + SPAN_X - 1)
#define PATCH_H ((BAND - 1) * STEP_Y + SPAN_Y)
#define PLANE (PATCH_H * PATCH_W + 16)  // the last vector of a row runs over

__constant int tapsOfPhaseY[PHASES_Y][3] = TAPS_Y;
__constant int tapsOfPhaseX[PHASES_X][3] = TAPS_X;

// Copies the padded window at (top, left) to [IN_C] planes of [PATCH_H, PATCH_W].
static inline void load_planes(
    __global const float* image, __local float* patch, const int top,
    const int left) {
#if IN_C == 1
  load_padded(image, patch, top, left, PATCH_H, PATCH_W, IN_H, IN_W, 1);
#else
  for (int y = 0; y < PATCH_H; y++) {
    const int inside = top + y >= 0 && top + y < IN_H;
    __global const float* row = image + (top + y) * IN_W * IN_C;
    for (int x = 0; x < PATCH_W; x += 16) {
      for (int k = 0; k < IN_C; k += 16) {
        float16 r[16];
        UNROLL
        for (int i = 0; i < 16; i++) {
          const int from = left + x + i;
          r[i] = 0.0f;
          if (inside && from >= 0 && from < IN_W) r[i] = load16(row + from * IN_C + k);
        }
        transpose16(r);
        __local float* to = patch + k * PLANE + y * PATCH_W + x;
        UNROLL
        for (int i = 0; i < 16; i++) {
          if (k + i < IN_C) *(__local float16_anywhere*)(to + i * PLANE) = r[i];
        }
      }
    }
  }
#endif
}

__kernel __attribute__((reqd_work_group_size(1, 1, 1)))
void convolution_narrow_vector(
    __global const float* restrict input, __global const float* restrict packed,
    __global float* restrict c STORE_PARAMETERS) {
  __local float patch[IN_C * PLANE];
  const int image = (int)get_global_id(0) / (BANDS * STRIPS);
  const int firstRow = (int)get_global_id(0) / STRIPS % BANDS * BAND;
  const int firstColumn = (int)get_global_id(0) % STRIPS * STRIP;
  const int top = firstRow * STEP_Y + LOW_Y, left = firstColumn + LOW_X;
  load_planes(input + (size_t)image * IN_H * IN_W * IN_C, patch, top, left);

  for (int phase = 0; phase < PHASES_Y * PHASES_X; phase++) {
    const int phaseY = phase / PHASES_X, phaseX = phase % PHASES_X;
    __constant const int* tapsY = tapsOfPhaseY[phaseY];
    __constant const int* tapsX = tapsOfPhaseX[phaseX];
    const int columnEnd = min(firstColumn + STRIP, (OUT_W - phaseX + PHASES_X - 1) / PHASES_X);
    const int rowEnd = min(firstRow + BAND, (OUT_H - phaseY + PHASES_Y - 1) / PHASES_Y);
    for (int y0 = firstRow; y0 < rowEnd; y0 += TILE_Y) {
      const int row = y0 * STEP_Y + tapsY[1];
      // Rows of taps that fall outside the image for the whole tile add nothing.
      const int above = -row - (TILE_Y - 1) * STEP_Y, below = IN_H - row;
      const int tyFrom = max(0, (above + tapsY[2] - 1) / tapsY[2]);
      const int tyEnd = min(tapsY[0], (below + tapsY[2] - 1) / tapsY[2]);
      for (int x0 = firstColumn; x0 < columnEnd; x0 += 16) {
        float16 acc[TILE_Y][N];
        UNROLL
        for (int i = 0; i < TILE_Y; i++) {
          UNROLL
          for (int n = 0; n < N; n++) acc[i][n] = 0.0f;
        }
        __local const float* plane =
            patch + (row - top) * PATCH_W + x0 + tapsX[1] - left;
        for (int k = 0; k < IN_C; k++) {
          for (int ty = tyFrom; ty < tyEnd; ty++) {
            __global const float* w = packed + (ty * tapsX[0] * IN_C + k) * 16;
            __local const float* a = plane + ty * tapsY[2] * PATCH_W;
            for (int tx = 0; tx < tapsX[0]; tx++) {
              UNROLL
              for (int i = 0; i < TILE_Y; i++) {
                const float16 pixels = *(__local const float16_anywhere*)(a + i * STEP_Y * PATCH_W);
                UNROLL
                for (int n = 0; n < N; n++) acc[i][n] = fma((float16)w[n], pixels, acc[i][n]);
              }
              a += tapsX[2];
              w += IN_C * 16;
            }
          }
          plane += PLANE;
        }
        const int columns = min(16, columnEnd - x0);
        UNROLL
        for (int i = 0; i < TILE_Y; i++) {
          if (y0 + i >= rowEnd) continue;
          const int m0 = (image * OUT_H + (y0 + i) * PHASES_Y + phaseY) * OUT_W + phaseX;
          float16 r[16];
          UNROLL
          for (int n = 0; n < 16; n++) r[n] = n < N ? acc[i][n < N ? n : 0] : 0.0f;
#if N == 1
          float sums[16];
          vstore16(r[0], 0, sums);
          for (int p = 0; p < columns; p++) STORE1(sums[p], m0 + (x0 + p) * PHASES_X, 0);
#else
          transpose16(r);
          float16 pixels[16];
          UNROLL
          for (int p = 0; p < 16; p++) pixels[p] = r[p];
          for (int p = 0; p < columns; p++) {
            STORE_PART16(pixels[p], N, m0 + (x0 + p) * PHASES_X, 0);
          }
#endif
        }
      }
    }
    packed += tapsY[0] * tapsX[0] * IN_C * 16;
  }
}
