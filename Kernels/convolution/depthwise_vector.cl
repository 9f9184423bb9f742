// depthwise_vector: NHWC convolution of each channel by itself and its gradients; CPU devices.
//
// A work-item copies 16 channels of its band of one image, zero-padded, into local memory, where
// they stay in the first-level cache. The input gradient is gathered phase by phase, as in
// convolution_vector.
//
// Shapes     input [images, IN_H, IN_W, CHANNELS]; c [images, OUT_H, OUT_W, CHANNELS];
//            packed [ceil(CHANNELS/16), TAPS, 16] by convolution_pack_vector (GROUP_C 1, NV 1);
//            partial [parts, TAPS, LANES], LANES = CHANNELS rounded up to 16, summed by
//            convolution_weight_sum_vector.
// Launch     depthwise_vector: 1-D, local 1: images·bands·strips, as convolution_vector.
//            depthwise_weight_gradient_vector: 1-D, local 1: parts; part p takes units
//            p·unitsPerPart ..< (p + 1)·unitsPerPart of the `units` = images·bands·strips.
// Macros     IN_H IN_W OUT_H OUT_W CHANNELS TAPS PHASES_Y _X STEP_Y _X TAPS_Y _X LOW_Y _X
//            SPAN_Y _X BAND STRIP: as in convolution_vector (the weight gradient has one phase).
//            TILE_X           pixels of a register tile, ≤ 14; 8 is enough to hide latency.
//            KERNEL_H KERNEL_W TILE_KY TILE_KX   taps of the weight gradient's register tile,
//                             ≤ 26, TILE_KX ≤ KERNEL_W, TILE_KY a divisor of KERNEL_H;
//            DISTANCE_Y _X    the dilation.
//            STORE_*          the epilogue of depthwise_vector; m = output pixel, n = channel.
// Memory     Local: 16 channels of the padded band. Reads up to 64 floats past the end of its operands.
//            Each line of 16 channels is asked for one pass ahead.
// Numerics   fma in order of taps; of pixels for the weight gradient.
// Source     Definition.
// Called by  RetortOpenCL/Lowering/ConvolutionVector.swift

#ifndef IN_H
#define IN_H 14
#define IN_W 14
#define OUT_H 14
#define OUT_W 14
#define CHANNELS 32
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
#define BAND 14
#define STRIP 14
#define TILE_X 7
#endif
#ifndef KERNEL_H
#define KERNEL_H 3
#define KERNEL_W 3
#define TILE_KY 3
#define TILE_KX 3
#define DISTANCE_Y 1
#define DISTANCE_X 1
#endif
#ifndef STORE_PART16
#define STORE_PARAMETERS
#define STORE_PART16(value, count, m, n) store_part16(value, count, c + (size_t)(m) * N + (n))
#endif

#define N CHANNELS
#define BANDS (((OUT_H + PHASES_Y - 1) / PHASES_Y + BAND - 1) / BAND)
#define STRIPS (((OUT_W + PHASES_X - 1) / PHASES_X + STRIP - 1) / STRIP)
#define PATCH_W ((STRIP - 1) * STEP_X + SPAN_X)
#define PATCH_H ((BAND - 1) * STEP_Y + SPAN_Y)
#define LANES ((CHANNELS + 15) / 16 * 16)

__constant int tapsOfPhaseY[PHASES_Y][3] = TAPS_Y;
__constant int tapsOfPhaseX[PHASES_X][3] = TAPS_X;

// Copies channels n ..< n + 16 of the padded window at (top, left) of one image.
static inline void load_channels(
    __global const float* image, __local float16* patch, const int top,
    const int left, const int n) {
  const int from = clamp(-left, 0, PATCH_W), to = clamp(IN_W - left, 0, PATCH_W);
  for (int y = 0; y < PATCH_H; y++) {
    __local float16* row = patch + y * PATCH_W;
    const int inside = top + y >= 0 && top + y < IN_H;
    const int start = inside ? from : PATCH_W, end = inside ? to : PATCH_W;
    __global const float* source = image + ((top + y) * IN_W + left) * CHANNELS + n;
    int x = 0;
    for (; x < start; x++) row[x] = 0.0f;
    for (; x < end; x++) {
      row[x] = load16(source + x * CHANNELS);
      FETCH(source + x * CHANNELS + 16);
    }
    for (; x < PATCH_W; x++) row[x] = 0.0f;
  }
}

__kernel __attribute__((reqd_work_group_size(1, 1, 1)))
void depthwise_vector(
    __global const float* restrict input, __global const float* restrict packed,
    __global float* restrict c STORE_PARAMETERS) {
  __local float16 patch[PATCH_H * PATCH_W];
  const int image = (int)get_global_id(0) / (BANDS * STRIPS);
  const int firstRow = (int)get_global_id(0) / STRIPS % BANDS * BAND;
  const int firstColumn = (int)get_global_id(0) % STRIPS * STRIP;
  const int top = firstRow * STEP_Y + LOW_Y, left = firstColumn * STEP_X + LOW_X;
  input += (size_t)image * IN_H * IN_W * CHANNELS;
  for (int n = 0; n < CHANNELS; n += 16) {
    load_channels(input, patch, top, left, n);
    const int count = min(16, CHANNELS - n);
    __global const float16* weights = (__global const float16*)packed + n / 16 * TAPS;
    for (int phase = 0; phase < PHASES_Y * PHASES_X; phase++) {
      const int phaseY = phase / PHASES_X, phaseX = phase % PHASES_X;
      __constant const int* tapsY = tapsOfPhaseY[phaseY];
      __constant const int* tapsX = tapsOfPhaseX[phaseX];
      const int columnEnd = min(firstColumn + STRIP, (OUT_W - phaseX + PHASES_X - 1) / PHASES_X);
      const int rowEnd = min(firstRow + BAND, (OUT_H - phaseY + PHASES_Y - 1) / PHASES_Y);
      for (int y = firstRow; y < rowEnd; y++) {
        const int m0 = (image * OUT_H + y * PHASES_Y + phaseY) * OUT_W + phaseX;
        for (int x0 = firstColumn; x0 < columnEnd; x0 += TILE_X) {
          __local const float16* corner = patch + (y * STEP_Y + tapsY[1] - top) * PATCH_W +
              x0 * STEP_X + tapsX[1] - left;
          __global const float16* w = weights;
          float16 acc[TILE_X];
          UNROLL
          for (int p = 0; p < TILE_X; p++) acc[p] = 0.0f;
          for (int ty = 0; ty < tapsY[0]; ty++) {
            __local const float16* a = corner + ty * tapsY[2] * PATCH_W;
            for (int tx = 0; tx < tapsX[0]; tx++) {
              const float16 weight = *w++;
              UNROLL
              for (int p = 0; p < TILE_X; p++) acc[p] = MAD(a[p * STEP_X], weight, acc[p]);
              a += tapsX[2];
            }
          }
          UNROLL
          for (int p = 0; p < TILE_X; p++) {
            if (x0 + p < columnEnd) STORE_PART16(acc[p], count, m0 + (x0 + p) * PHASES_X, n);
          }
        }
      }
      weights += tapsY[0] * tapsX[0];
    }
  }
}

// depthwise_weight_gradient_vector: partial [part, tap, channel] = Σ x(pixel + tap) · dy(pixel).
__kernel __attribute__((reqd_work_group_size(1, 1, 1)))
void depthwise_weight_gradient_vector(
    __global const float* restrict input, __global const float* restrict dy,
    __global float* restrict partial, const int units, const int unitsPerPart) {
  __local float16 patch[PATCH_H * PATCH_W];
  const int firstUnit = (int)get_global_id(0) * unitsPerPart;
  const int unitEnd = min(firstUnit + unitsPerPart, units);
  partial += get_global_id(0) * TAPS * LANES;
  for (int unit = firstUnit; unit < unitEnd; unit++) {
    const int image = unit / (BANDS * STRIPS);
    const int row0 = unit / STRIPS % BANDS * BAND, column0 = unit % STRIPS * STRIP;
    const int rows = min(BAND, OUT_H - row0), columns = min(STRIP, OUT_W - column0);
    for (int n = 0; n < CHANNELS; n += 16) {
      load_channels(
          input + (size_t)image * IN_H * IN_W * CHANNELS, patch, row0 * STEP_Y + LOW_Y,
          column0 * STEP_X + LOW_X, n);
      for (int ky = 0; ky < KERNEL_H; ky += TILE_KY) {
        for (int kx = 0; kx < KERNEL_W; kx += TILE_KX) {
          const int from = min(kx, KERNEL_W - TILE_KX);  // the last tile shifts back
          float16 acc[TILE_KY][TILE_KX];
          UNROLL
          for (int i = 0; i < TILE_KY; i++) {
            UNROLL
            for (int j = 0; j < TILE_KX; j++) acc[i][j] = 0.0f;
          }
          for (int y = 0; y < rows; y++) {
            __local const float16* a =
                patch + (y * STEP_Y + ky * DISTANCE_Y) * PATCH_W + from * DISTANCE_X;
            __global const float* d =
                dy + ((size_t)(image * OUT_H + row0 + y) * OUT_W + column0) * CHANNELS + n;
            for (int x = 0; x < columns; x++) {
              const float16 g = load16(d);
              FETCH(d + 16);
              UNROLL
              for (int i = 0; i < TILE_KY; i++) {
                UNROLL
                for (int j = 0; j < TILE_KX; j++) {
                  acc[i][j] = MAD(a[i * DISTANCE_Y * PATCH_W + j * DISTANCE_X], g, acc[i][j]);
                }
              }
              a += STEP_X;
              d += CHANNELS;
            }
          }
          UNROLL
          for (int i = 0; i < TILE_KY; i++) {
            UNROLL
            for (int j = 0; j < TILE_KX; j++) {
              if (from + j < kx) continue;
              __global float* s = partial + ((ky + i) * KERNEL_W + from + j) * LANES + n;
              store16(unit > firstUnit ? acc[i][j] + load16(s) : acc[i][j], s);
            }
          }
        }
      }
    }
  }
}
