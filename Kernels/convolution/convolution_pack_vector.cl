// convolution_pack_vector: weights in the order in which convolution_vector reads them.
//
// Shapes     weight [out, kh·kw, in/GROUPS] of the forward convolution;
//            packed [GROUPS, panels, kh·kw, C, WIDTH]: C input and WIDTH output channels of the
//            gather, which for the input gradient are the convolution's out and in/GROUPS.
//            Lanes beyond the last channel hold anything. panels = ceil(GROUP_N / WIDTH).
// Launch     2-D, local 1×1: GROUPS·panels × kh·kw.
// Macros     GROUP_C GROUP_N  input and output channels of one group of the gather.
//            GRADIENT         0: weight is [group·n][tap][c]; 1: [group·c][tap][n].
//            NV               WIDTH = 16·NV.
//            TAPS TAP_ORDER   kh·kw, and the kernel position of each tap in packed order.
// Memory     Reads up to 64 floats past the end of weight.
// Called by  RetortOpenCL/Lowering/ConvolutionVector.swift

#ifndef GROUP_C
#define GROUP_C 16
#define GROUP_N 32
#define GRADIENT 0
#define NV 2
#define TAPS 9
#define TAP_ORDER {0, 1, 2, 3, 4, 5, 6, 7, 8}
#endif

#define WIDTH (16 * NV)
#define PANELS ((GROUP_N + WIDTH - 1) / WIDTH)

__constant int kernelPosition[TAPS] = TAP_ORDER;

__kernel __attribute__((reqd_work_group_size(1, 1, 1)))
void convolution_pack_vector(
    __global const float* restrict weight, __global float* restrict packed) {
  const int group = (int)get_global_id(0) / PANELS;
  const int n0 = (int)get_global_id(0) % PANELS * WIDTH;
  const int tap = kernelPosition[get_global_id(1)];
  packed += (get_global_id(0) * TAPS + get_global_id(1)) * GROUP_C * WIDTH;
#if GRADIENT
  for (int k = 0; k < GROUP_C; k++) {
    __global const float* from =
        weight + ((size_t)(group * GROUP_C + k) * TAPS + tap) * GROUP_N + n0;
    UNROLL
    for (int j = 0; j < NV; j++) {
      if (n0 + 16 * j < GROUP_N) store16(load16(from + 16 * j), packed + (k * NV + j) * 16);
    }
  }
#else
  for (int j = 0; j < NV; j++) {
    for (int k = 0; k < GROUP_C; k += 16) {
      float16 r[16];
      UNROLL
      for (int i = 0; i < 16; i++) {
        const int n = group * GROUP_N + min(n0 + 16 * j + i, GROUP_N - 1);
        r[i] = load16(weight + ((size_t)n * TAPS + tap) * GROUP_C + k);
      }
      transpose16(r);
      const int count = min(16, GROUP_C - k);
      for (int i = 0; i < count; i++) store16(r[i], packed + ((k + i) * NV + j) * 16);
    }
  }
#endif
}
