// convolution_weight_sum_vector: dw = Σ partial over the parts, transposed; the second launch of
// the weight gradients of convolution_weight_gradient_vector and depthwise_vector.
//
// Shapes     partial [parts, GROUPS, WEIGHTS, LANES], LANES = GROUP_N rounded up to 16;
//            dw [GROUPS·GROUP_N, WEIGHTS].
// Launch     2-D, local 1×1: GROUPS·LANES/16 × ceil(WEIGHTS / 16).
// Macros     GROUPS, GROUP_N  groups, and output channels of one.
//            WEIGHTS          weights of one output channel.
// Numerics   Sums in order of the parts.
// Called by  RetortOpenCL/Lowering/ConvolutionVector.swift

#ifndef WEIGHTS
#define GROUPS 1
#define GROUP_N 32
#define WEIGHTS 144
#endif

#define BLOCKS ((GROUP_N + 15) / 16)
#define LANES (BLOCKS * 16)

__kernel __attribute__((reqd_work_group_size(1, 1, 1)))
void convolution_weight_sum_vector(
    __global const float* restrict partial, __global float* restrict dw, const int parts) {
  const int group = (int)get_global_id(0) / BLOCKS;
  const int n0 = (int)get_global_id(0) % BLOCKS * 16;
  const int first = (int)get_global_id(1) * 16;
  const int count = min(16, WEIGHTS - first);
  partial += ((size_t)group * WEIGHTS + first) * LANES + n0;
  float16 r[16];
  UNROLL
  for (int i = 0; i < 16; i++) {
    r[i] = 0.0f;
    for (int p = 0; p < parts && i < count; p++) {
      r[i] += load16(partial + ((size_t)p * GROUPS * WEIGHTS + i) * LANES);
    }
  }
  transpose16(r);
  UNROLL
  for (int i = 0; i < 16; i++) {
    if (n0 + i < GROUP_N) {
      store_part16(r[i], count, dw + (size_t)(group * GROUP_N + n0 + i) * WEIGHTS + first);
    }
  }
}
