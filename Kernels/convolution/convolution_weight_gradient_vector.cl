// convolution_weight_gradient_vector: partial weight gradients of a convolution over runs of
// images; convolution_weight_sum_vector adds them. The form for CPU devices.
//
// A work-item copies a few images (or bands of one), zero-padded, into local memory and for each
// register tile of TILE_KY·TILE_J weights by NV·16 output channels walks their output pixels. The
// weights' index j counts (kernel column, input channel) where neighbouring taps touch, so that
// TILE_J of them lie side by side in the patch; otherwise input channels alone.
//
// Shapes     x [images, IN_H, IN_W, IN_C]; dy [images, OUT_H, OUT_W, N];
//            partial [parts, GROUPS, KERNEL_H·KERNEL_W·IN_C/GROUPS, LANES], LANES = N/GROUPS
//            rounded up to 16.
// Launch     2-D, local 1×1: parts × ceil(GROUPS·panels / panelsPerItem), panels =
//            ceil(N/GROUPS / (16·NV)). Part p takes units p·unitsPerPart ..< (p + 1)·unitsPerPart
//            of the `units` = images·ceil(OUT_H / BAND)·ceil(OUT_W / STRIP).
// Macros     IN_H IN_W IN_C OUT_H OUT_W N KERNEL_H KERNEL_W STRIDE_Y STRIDE_X PAD_Y PAD_X (top
//            and left) DILATION_Y DILATION_X GROUPS: the convolution.
//            BAND STRIP  output rows and columns of a unit.
//            UNITS     units in local memory at a time.
//            TILE_KY TILE_J NV   the register tile, TILE_KY·TILE_J·NV ≤ 28; TILE_J ≤ RUN, and
//                      TILE_KY > 1 only if TILE_J = RUN (RUN below) and it divides KERNEL_H.
// Memory     Local: UNITS·PATCH floats. Reads up to 64 floats past the end of dy.
// Numerics   fma in order of pixels within a part.
// Source     Direct convolution with register tiles.
// Called by  RetortOpenCL/Lowering/ConvolutionVector.swift

#ifndef IN_H
#define IN_H 28
#define IN_W 28
#define IN_C 16
#define OUT_H 28
#define OUT_W 28
#define N 32
#define KERNEL_H 3
#define KERNEL_W 3
#define STRIDE_Y 1
#define STRIDE_X 1
#define PAD_Y 1
#define PAD_X 1
#define DILATION_Y 1
#define DILATION_X 1
#define GROUPS 1
#define BAND 28
#define STRIP 28
#define UNITS 1
#define TILE_KY 1
#define TILE_J 12
#define NV 2
#endif

#include "padded_core.cl"

#define GROUP_C (IN_C / GROUPS)
#define GROUP_N (N / GROUPS)
#define PANELS ((GROUP_N + 16 * NV - 1) / (16 * NV))
#define LANES ((GROUP_N + 15) / 16 * 16)
#define WEIGHTS (KERNEL_H * KERNEL_W * GROUP_C)
#if GROUPS == 1 && DILATION_X == 1
#define RUN (KERNEL_W * GROUP_C)
#define RUNS 1
#else
#define RUN GROUP_C
#define RUNS KERNEL_W
#endif
#define TILE (TILE_KY * TILE_J)
#define BANDS ((OUT_H + BAND - 1) / BAND)
#define STRIPS ((OUT_W + STRIP - 1) / STRIP)
#define PATCH_W ((STRIP - 1) * STRIDE_X + (KERNEL_W - 1) * DILATION_X + 1)
#define PATCH_H ((BAND - 1) * STRIDE_Y + (KERNEL_H - 1) * DILATION_Y + 1)
#define PATCH (PATCH_H * PATCH_W * IN_C)

// One output pixel: acc += x values of the tile's weights × dy channels.
#define WEIGHT(i) (((i) / TILE_J) * DILATION_Y * PATCH_W * IN_C + (i) % TILE_J)
#define PIXEL(u)                                                                        \
  {                                                                                     \
    float16 g[NV];                                                                      \
    UNROLL for (int j = 0; j < NV; j++) g[j] = load16(d + (u) * N + 16 * j);                 \
    UNROLL for (int i = 0; i < TILE; i++) {                                             \
      const float16 value = a[WEIGHT(i) + (u) * STRIDE_X * IN_C];                       \
      UNROLL for (int j = 0; j < NV; j++) acc[i][j] = MAD(value, g[j], acc[i][j]);      \
    }                                                                                   \
  }

__kernel __attribute__((reqd_work_group_size(1, 1, 1)))
void convolution_weight_gradient_vector(
    __global const float* restrict x, __global const float* restrict dy,
    __global float* restrict partial, const int units, const int unitsPerPart,
    const int panelsPerItem) {
  __local float patches[UNITS * PATCH];
  const int firstUnit = (int)get_global_id(0) * unitsPerPart;
  const int unitEnd = min(firstUnit + unitsPerPart, units);
  const int firstPanel = (int)get_global_id(1) * panelsPerItem;
  const int panelEnd = min(firstPanel + panelsPerItem, GROUPS * PANELS);
  partial += get_global_id(0) * GROUPS * WEIGHTS * LANES;

  for (int unit0 = firstUnit; unit0 < unitEnd; unit0 += UNITS) {
    const int loaded = min(UNITS, unitEnd - unit0);
    for (int u = 0; u < loaded; u++) {
      const int unit = unit0 + u;
      load_padded(
          x + (size_t)(unit / (BANDS * STRIPS)) * IN_H * IN_W * IN_C, patches + u * PATCH,
          unit / STRIPS % BANDS * BAND * STRIDE_Y - PAD_Y, unit % STRIPS * STRIP * STRIDE_X - PAD_X,
          PATCH_H, PATCH_W, IN_H, IN_W, IN_C);
    }
    for (int panel = firstPanel; panel < panelEnd; panel++) {
      const int group = panel / PANELS, n0 = panel % PANELS * 16 * NV;
      for (int ky = 0; ky < KERNEL_H; ky += TILE_KY) {
        for (int kx = 0; kx < RUNS; kx++) {
          for (int j0 = 0; j0 < RUN; j0 += TILE_J) {
            const int from = min(j0, RUN - TILE_J);  // the last tile shifts back
            __global float* sums = partial +
                ((size_t)group * WEIGHTS + (ky * KERNEL_W + kx) * GROUP_C + from) * LANES + n0;
            float16 acc[TILE][NV];
            UNROLL
            for (int i = 0; i < TILE; i++) {
              UNROLL
              for (int j = 0; j < NV; j++) acc[i][j] = 0.0f;
            }
            for (int u = 0; u < loaded; u++) {
              const int image = (unit0 + u) / (BANDS * STRIPS);
              const int row0 = (unit0 + u) / STRIPS % BANDS * BAND;
              const int column0 = (unit0 + u) % STRIPS * STRIP;
              const int columns = min(STRIP, OUT_W - column0);
              // Rows whose taps all fall outside the image add nothing.
              const int highest = (ky + TILE_KY - 1) * DILATION_Y - PAD_Y;
              const int lowest = ky * DILATION_Y - PAD_Y;
              const int first = max(row0, (-highest + STRIDE_Y - 1) / STRIDE_Y);
              const int end = min(
                  min(row0 + BAND, OUT_H), (max(IN_H - lowest, 0) + STRIDE_Y - 1) / STRIDE_Y);
              __local const float* patch = patches + u * PATCH + group * GROUP_C + from +
                  (ky * DILATION_Y * PATCH_W + kx * DILATION_X) * IN_C;
              __global const float* gradient = dy + group * GROUP_N + n0 +
                  ((size_t)image * OUT_H * OUT_W + column0) * N;
              for (int y = first; y < end; y++) {
                __local const float* a = patch + (y - row0) * STRIDE_Y * PATCH_W * IN_C;
                __global const float* d = gradient + (size_t)y * OUT_W * N;
                int p = 0;
                for (; p + 2 <= columns; p += 2) {
                  PIXEL(0)
                  PIXEL(1)
                  a += 2 * STRIDE_X * IN_C;
                  d += 2 * N;
                }
                if (p < columns) PIXEL(0)
              }
            }
            UNROLL
            for (int i = 0; i < TILE; i++) {
              if (from + i % TILE_J < j0) continue;
              UNROLL
              for (int j = 0; j < NV; j++) {
                if (n0 + 16 * j >= GROUP_N) continue;
                __global float* s = sums + ((i / TILE_J) * RUN * RUNS + i % TILE_J) * LANES + 16 * j;
                store16(unit0 > firstUnit ? acc[i][j] + load16(s) : acc[i][j], s);
              }
            }
          }
        }
      }
    }
  }
}
