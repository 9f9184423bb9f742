// convolution_vector: NHWC convolution and its input gradient; the form for CPU devices.
//
// Both gather: an output pixel sums taps of an input image. The input gradient of a strided
// convolution falls into phases, output pixels of equal remainder, and each phase is a
// convolution of stride 1 with the taps that reach it. A work-item copies its band of one image,
// zero-padded, into local memory and walks register tiles of TILE_Y × TILE_X pixels by NV·16
// channels.
//
// Shapes     input [images, IN_H, IN_W, IN_C]; c [images, OUT_H, OUT_W, N]. Forward: x and y;
//            input gradient and transposed convolution: dy and dx.
//            packed [GROUPS, panels, taps, IN_C/GROUPS, 16·NV]: the weights as
//            convolution_pack_vector leaves them, panels = ceil(N/GROUPS / (16·NV)).
// Launch     2-D, local 1×1: images·bands·strips × ceil(GROUPS·panels / panelsPerItem), with
//            bands = ceil(ceil(OUT_H / PHASES_Y) / BAND), strips likewise of OUT_W and STRIP.
// Macros     IN_H IN_W IN_C OUT_H OUT_W N GROUPS: the shapes.
//            TAPS         taps in all phases: kernel height · kernel width.
//            PHASES_Y _X  phases; output row j of phase p is j·PHASES_Y + p.   Forward 1.
//            STEP_Y _X    input rows from one row of a phase to the next.      Gradient 1.
//            TAPS_Y _X    per phase {count, first, distance}: tap t of row j reads input row
//                         j·STEP_Y + first + t·distance.
//            LOW_Y _X     the least `first`.
//            SPAN_Y _X    input rows that row j of any phase may touch, from j·STEP_Y + LOW_Y on.
//            BAND STRIP   rows and columns of a phase per work-item, multiples of TILE_Y, TILE_X.
//            TILE_Y _X NV the register tile, TILE_Y·TILE_X·NV ≤ 28.
//            DIRECT       1 reads the input where it lies. Only if no tap of any tile falls outside:
//                         tiles divide all phases, and LOW and SPAN stay inside the image.
//            STORE_*      the epilogue; m = (image·OUT_H + y)·OUT_W + x, n = channel.
// Memory     Local: the padded band, PATCH floats. Reads ≤ 64 floats past the end of `packed`.
// Numerics   fma in order of input row, input column, input channel.
// Source     Direct convolution with register tiles; the phases are the polyphase decomposition.
// Called by  RetortOpenCL/Lowering/ConvolutionVector.swift

#ifndef IN_H
#define IN_H 28
#define IN_W 28
#define IN_C 16
#define OUT_H 28
#define OUT_W 28
#define N 32
#define GROUPS 1
#define TAPS 9
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
#define BAND 28
#define STRIP 28
#define TILE_Y 1
#define TILE_X 14
#define NV 2
#define DIRECT 0
#endif
#ifndef STORE_PART16
#define STORE_PARAMETERS
#define STORE_PART16(value, count, m, n) store_part16(value, count, c + (size_t)(m) * N + (n))
#endif

#include "padded_core.cl"

#define WIDTH (16 * NV)
#define PIXELS (TILE_Y * TILE_X)
#define GROUP_C (IN_C / GROUPS)
#define GROUP_N (N / GROUPS)
#define PANELS ((GROUP_N + WIDTH - 1) / WIDTH)
#define BANDS (((OUT_H + PHASES_Y - 1) / PHASES_Y + BAND - 1) / BAND)
#define STRIPS (((OUT_W + PHASES_X - 1) / PHASES_X + STRIP - 1) / STRIP)
#define PATCH_H ((BAND - 1) * STEP_Y + SPAN_Y)
#if DIRECT
#define PATCH_SPACE __global
#define PATCH_W IN_W
#else
#define PATCH_SPACE __local
#define PATCH_W ((STRIP - 1) * STEP_X + SPAN_X)
#endif
#define PATCH (PATCH_H * PATCH_W * IN_C)

__constant int tapsOfPhaseY[PHASES_Y][3] = TAPS_Y;
__constant int tapsOfPhaseX[PHASES_X][3] = TAPS_X;

// Multiplies `steps` consecutive inputs of each pixel by as many rows of the panel.
#define PIXEL(p) ((((p) / TILE_X) * STEP_Y * PATCH_W + ((p) % TILE_X) * STEP_X) * IN_C)
#define MULTIPLY(steps)                                                               \
  UNROLL for (int u = 0; u < steps; u++) {                                            \
    float16 row[NV];                                                                  \
    UNROLL for (int j = 0; j < NV; j++) row[j] = load16(w + (u * NV + j) * 16);              \
    UNROLL for (int p = 0; p < PIXELS; p++) {                                         \
      const float16 value = a[PIXEL(p) + u];                                          \
      UNROLL for (int j = 0; j < NV; j++) acc[p][j] = MAD(value, row[j], acc[p][j]);  \
    }                                                                                 \
  }                                                                                   \
  a += steps;                                                                         \
  w += steps * WIDTH

__kernel __attribute__((reqd_work_group_size(1, 1, 1)))
void convolution_vector(
    __global const float* restrict input, __global const float* restrict packed,
    __global float* restrict c, const int panelsPerItem STORE_PARAMETERS) {
  const int image = (int)get_global_id(0) / (BANDS * STRIPS);
  const int firstRow = (int)get_global_id(0) / STRIPS % BANDS * BAND;
  const int firstColumn = (int)get_global_id(0) % STRIPS * STRIP;
  const int top = firstRow * STEP_Y + LOW_Y, left = firstColumn * STEP_X + LOW_X;
  input += (size_t)image * IN_H * IN_W * IN_C;
#if DIRECT
  __global const float* patch = input + (top * IN_W + left) * IN_C;
#else
  __local float patch[PATCH];
  load_padded(input, patch, top, left, PATCH_H, PATCH_W, IN_H, IN_W, IN_C);
#endif

  const int firstPanel = (int)get_global_id(1) * panelsPerItem;
  const int panelEnd = min(firstPanel + panelsPerItem, GROUPS * PANELS);
  for (int panel = firstPanel; panel < panelEnd; panel++) {
    const int group = panel / PANELS, n0 = panel % PANELS * WIDTH;
    __global const float* weights = packed + (size_t)panel * TAPS * GROUP_C * WIDTH;
    for (int phase = 0; phase < PHASES_Y * PHASES_X; phase++) {
      const int phaseY = phase / PHASES_X, phaseX = phase % PHASES_X;
      __constant const int* tapsY = tapsOfPhaseY[phaseY];
      __constant const int* tapsX = tapsOfPhaseX[phaseX];
      // Neighbouring taps of a row lie side by side in the patch: one long run.
      const int whole = GROUPS == 1 && tapsX[2] == 1;
      const int runs = whole ? min(tapsX[0], 1) : tapsX[0];
      const int run = whole ? tapsX[0] * GROUP_C : GROUP_C;
      const int columnEnd =
          min(firstColumn + STRIP, (OUT_W - phaseX + PHASES_X - 1) / PHASES_X);
      const int rowEnd = min(firstRow + BAND, (OUT_H - phaseY + PHASES_Y - 1) / PHASES_Y);
      for (int y0 = firstRow; y0 < rowEnd; y0 += TILE_Y) {
        for (int x0 = firstColumn; x0 < columnEnd; x0 += TILE_X) {
          float16 acc[PIXELS][NV];
          UNROLL
          for (int p = 0; p < PIXELS; p++) {
            UNROLL
            for (int j = 0; j < NV; j++) acc[p][j] = 0.0f;
          }
          const int row = y0 * STEP_Y + tapsY[1], column = x0 * STEP_X + tapsX[1];
          // Rows of taps that fall outside the image for the whole tile add nothing.
          const int above = -row - (TILE_Y - 1) * STEP_Y, below = IN_H - row;
          const int tyFrom = max(0, (above + tapsY[2] - 1) / tapsY[2]);
          const int tyEnd = min(tapsY[0], (below + tapsY[2] - 1) / tapsY[2]);
          __global const float* w = weights + tyFrom * tapsX[0] * GROUP_C * WIDTH;
          for (int ty = tyFrom; ty < tyEnd; ty++) {
            for (int tx = 0; tx < runs; tx++) {
              PATCH_SPACE const float* a = patch + group * GROUP_C +
                  ((row - top + ty * tapsY[2]) * PATCH_W + column - left + tx * tapsX[2]) * IN_C;
              int i = 0;
              for (; i + 4 <= run; i += 4) {
                MULTIPLY(4);
              }
              for (; i < run; i++) {
                MULTIPLY(1);
              }
            }
          }
          UNROLL
          for (int p = 0; p < PIXELS; p++) {
            const int y = y0 + p / TILE_X, x = x0 + p % TILE_X;
            if (y >= rowEnd || x >= columnEnd) continue;
            const int m = (image * OUT_H + y * PHASES_Y + phaseY) * OUT_W + x * PHASES_X + phaseX;
            UNROLL
            for (int j = 0; j < NV; j++) {
              const int count = min(16, GROUP_N - n0 - 16 * j);
              if (count > 0) STORE_PART16(acc[p][j], count, m, group * GROUP_N + n0 + 16 * j);
            }
          }
        }
      }
      weights += tapsY[0] * tapsX[0] * GROUP_C * WIDTH;
    }
  }
}
