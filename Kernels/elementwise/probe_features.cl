// probe_features: tries one optional feature of a device; the host checks the numbers.
//
// Shapes     x  [32]  float32, x[i] = i;  y  [256]  float32, zero before.
// Launch     probe_feature  1-D: global LANES, local LANES: one warp where the feature is a warp's.
// Macros     FEATURE  0 local memory: y[i] = x[31 − i], i < 32.
//                     1 half arithmetic: y[i] = half(2047 + x[i]) + half(1), rounded as half does.
//                     2 double arithmetic: y[i] = 2⁴⁰ × ((x[i] + 2⁻⁴⁰) − x[i]) = 1.
//                     3 shuffles in a sub-group or warp: y[i] = x[i xor 1].
//                     4, 5 matrix units of NVIDIA's PTX, bf16 (m16n8k16) and tf32 (m16n8k8):
//                     y [16, 8] = a · b, a[r][k] = (r + k) mod 5 − 2, b[k][c] = (2k + c) mod 7 − 3.
//                     6, 7 AMD's MFMA, bf16 (16x16x16) and tf32 (16x16x8); 8 its WMMA, bf16:
//                     y [16, 16] = a · b.
//                     9, 10 Intel's DPAS, bf16, in sub-groups of 8: y [16, 8], and 16: y [16, 16].
//            HALF  1 for FEATURE 4, 6 and 8 to 10: fp16 in place of bf16.  Default 0.
//            LANES  64 for FEATURE 6 and 7, 8 for 9, 16 for 10, else 32, the default.
//            Default 0. Where the compiler lacks a feature, the kernel leaves y alone.
//            INTEL_SHUFFLE, KHR_SHUFFLE  set by the host where the device lists
//            cl_intel_subgroups or cl_khr_subgroup_shuffle.
// Memory     128 bytes local for FEATURE 0.
// Numerics   Small integers, exact in every type.
// Source     PTX ISA, "Warp Level Matrix Instructions": fragment layouts of m16n8k16 and m16n8k8.
//            AMD's Matrix Instruction Calculator: those of MFMA and WMMA, as matmul/mfma_core.cl
//            and matmul/wmma_core.cl say. Khronos' cl_intel_subgroup_matrix_multiply_accumulate:
//            that of DPAS, as matmul/dpas_core.cl says.
// Called by  RetortOpenCL/Devices/CapabilityProbe.swift

#ifndef FEATURE
#define FEATURE 0
#endif
#ifndef LANES
#define LANES 32
#endif
#ifndef HALF
#define HALF 0
#endif

// NVIDIA's compiler takes PTX, and half arithmetic although it does not list cl_khr_fp16.
#ifdef cl_nv_pragma_unroll
#define HAS_PTX
#endif

#if FEATURE == 1 && (defined(cl_khr_fp16) || defined(HAS_PTX))
#ifndef cl_khr_fp16
#define cl_khr_fp16
#endif
#pragma OPENCL EXTENSION cl_khr_fp16 : enable
#define HAS_HALF
#endif
#if HALF && defined(cl_khr_fp16)
#pragma OPENCL EXTENSION cl_khr_fp16 : enable
#endif

#if FEATURE == 2 && defined(cl_khr_fp64)
#pragma OPENCL EXTENSION cl_khr_fp64 : enable
#define HAS_DOUBLE
#endif

// AMD's compiler has a builtin for each matrix instruction; some builtins pass for processors that
// lack the instruction, and then it stops.
#ifdef __has_builtin
#if FEATURE == 6 && (defined(__gfx90a__) || defined(__gfx942__) || defined(__gfx950__))
#if __has_builtin(__builtin_amdgcn_mfma_f32_16x16x16bf16_1k)
#define HAS_AMD
#define DEPTH 4  // what a lane holds of a row of a and of a column of b
#define ROW_OF_SUM(i) (lane / 16 * 4 + (i))
#endif
#elif FEATURE == 7 && defined(__gfx942__)
#if __has_builtin(__builtin_amdgcn_mfma_f32_16x16x8_xf32)
#define HAS_AMD
#define DEPTH 2
#define ROW_OF_SUM(i) (lane / 16 * 4 + (i))
#endif
#elif FEATURE == 8 && defined(__GFX11__)
#if __has_builtin(__builtin_amdgcn_wmma_f32_16x16x16_bf16_w32)
#define HAS_AMD
#define DEPTH 16
#define ROW_OF_SUM(i) ((i) * 2 + lane / 16)
#endif
#endif
#endif

// Intel's compiler declares them where the processor has them in sub-groups of any of these sizes.
#if (FEATURE == 9 || FEATURE == 10) && defined(cl_intel_subgroup_matrix_multiply_accumulate)
#define HAS_INTEL
#define SUB_GROUPS __attribute__((intel_reqd_sub_group_size(LANES)))
#else
#define SUB_GROUPS
#endif

// The instructions of 16 bits.
#if HALF
#define DPAS intel_sub_group_f16_f16_matrix_mad_k16
#define TYPE "f16"
#define MFMA(a, b, c) __builtin_amdgcn_mfma_f32_16x16x16f16(as_half4(a), as_half4(b), c, 0, 0, 0)
#define WMMA(a, b, c) __builtin_amdgcn_wmma_f32_16x16x16_f16_w32(as_half16(a), as_half16(b), c)
#else
#define DPAS intel_sub_group_bf16_bf16_matrix_mad_k16
#define TYPE "bf16"
#define MFMA(a, b, c) \
  __builtin_amdgcn_mfma_f32_16x16x16bf16_1k(as_short4(a), as_short4(b), c, 0, 0, 0)
#define WMMA(a, b, c) __builtin_amdgcn_wmma_f32_16x16x16_bf16_w32(as_short16(a), as_short16(b), c)
#endif

#if defined(HAS_PTX) || defined(HAS_AMD) || defined(HAS_INTEL)
static inline float a_at(int row, int k) { return (float)((row + k) % 5 - 2); }
static inline float b_at(int k, int column) { return (float)((2 * k + column) % 7 - 3); }
// The 16 bits of `value` in fp16 or bf16.
static inline ushort narrow(float value) {
#if HALF
  ushort bits;
  vstore_half(value, 0, (half*)&bits);
  return bits;
#else
  return (ushort)(as_uint(value) >> 16);
#endif
}
#endif
#if defined(HAS_PTX) || defined(HAS_INTEL)
static inline uint two(float low, float high) { return (uint)narrow(high) << 16 | narrow(low); }
#endif

__kernel __attribute__((reqd_work_group_size(LANES, 1, 1))) SUB_GROUPS
void probe_feature(__global const float* x, __global float* y) {
  const int lane = (int)get_local_id(0);
#if FEATURE == 0
  __local float scratch[32];
  scratch[lane] = x[lane];
  barrier(CLK_LOCAL_MEM_FENCE);  // scratch is written
  y[lane] = scratch[31 - lane];
#elif defined(HAS_HALF)
  const half value = (half)(2047.0f + x[lane]);
  y[lane] = (float)(value + (half)1.0f);
#elif defined(HAS_DOUBLE)
  const double value = (double)x[lane];
  y[lane] = (float)(((value + 0x1p-40) - value) * 0x1p40);
#elif FEATURE == 3 && defined(HAS_PTX)
  float other;
  __asm__ volatile("shfl.sync.bfly.b32 %0, %1, 1, 0x1f, 0xffffffff;" : "=f"(other) : "f"(x[lane]));
  y[lane] = other;
#elif FEATURE == 3 && defined(INTEL_SHUFFLE)
  y[lane] = intel_sub_group_shuffle_xor(x[lane], 1u);
#elif FEATURE == 3 && defined(KHR_SHUFFLE)
  y[lane] = sub_group_shuffle_xor(x[lane], 1u);
#elif (FEATURE == 4 || FEATURE == 5) && defined(HAS_PTX)
  const int group = lane >> 2, member = lane & 3;
  float d0, d1, d2, d3;
#if FEATURE == 4
  const int k = 2 * member;
  const uint a0 = two(a_at(group, k), a_at(group, k + 1));
  const uint a1 = two(a_at(group + 8, k), a_at(group + 8, k + 1));
  const uint a2 = two(a_at(group, k + 8), a_at(group, k + 9));
  const uint a3 = two(a_at(group + 8, k + 8), a_at(group + 8, k + 9));
  const uint b0 = two(b_at(k, group), b_at(k + 1, group));
  const uint b1 = two(b_at(k + 8, group), b_at(k + 9, group));
  __asm__ volatile(
      "mma.sync.aligned.m16n8k16.row.col.f32." TYPE "." TYPE ".f32 "
      "{%0, %1, %2, %3}, {%4, %5, %6, %7}, {%8, %9}, {%10, %10, %10, %10};"
      : "=f"(d0), "=f"(d1), "=f"(d2), "=f"(d3)
      : "r"(a0), "r"(a1), "r"(a2), "r"(a3), "r"(b0), "r"(b1), "f"(0.0f));
#else
  const uint a0 = as_uint(a_at(group, member)), a1 = as_uint(a_at(group + 8, member));
  const uint a2 = as_uint(a_at(group, member + 4)), a3 = as_uint(a_at(group + 8, member + 4));
  const uint b0 = as_uint(b_at(member, group)), b1 = as_uint(b_at(member + 4, group));
  __asm__ volatile(
      "mma.sync.aligned.m16n8k8.row.col.f32.tf32.tf32.f32 "
      "{%0, %1, %2, %3}, {%4, %5, %6, %7}, {%8, %9}, {%10, %10, %10, %10};"
      : "=f"(d0), "=f"(d1), "=f"(d2), "=f"(d3)
      : "r"(a0), "r"(a1), "r"(a2), "r"(a3), "r"(b0), "r"(b1), "f"(0.0f));
#endif
  __global float* row = y + group * 8 + 2 * member;
  row[0] = d0;
  row[1] = d1;
  row[64] = d2;
  row[65] = d3;
#elif defined(HAS_AMD)
  const int first = FEATURE == 8 ? 0 : lane / 16 * DEPTH;
  float a[DEPTH], b[DEPTH];
  ushort a_narrow[DEPTH], b_narrow[DEPTH];
  for (int i = 0; i < DEPTH; ++i) {
    a[i] = a_at(lane % 16, first + i);
    b[i] = b_at(first + i, lane % 16);
    a_narrow[i] = narrow(a[i]);
    b_narrow[i] = narrow(b[i]);
  }
#if FEATURE == 6
  const float4 sums = MFMA(vload4(0, a_narrow), vload4(0, b_narrow), (float4)(0.0f));
#elif FEATURE == 7
  const float4 sums = __builtin_amdgcn_mfma_f32_16x16x8_xf32(
      vload2(0, a), vload2(0, b), (float4)(0.0f), 0, 0, 0);
#else
  const float8 sums = WMMA(vload16(0, a_narrow), vload16(0, b_narrow), (float8)(0.0f));
#endif
  for (int i = 0; i < (int)(sizeof(sums) / sizeof(float)); ++i)
    y[ROW_OF_SUM(i) * 16 + lane % 16] = sums[i];
#elif defined(HAS_INTEL)
  int8 b;
  for (int i = 0; i < 8; ++i) b[i] = (int)two(b_at(2 * i, lane), b_at(2 * i + 1, lane));
  for (int first = 0; first < 16; first += 8) {
#if FEATURE == 9
    int8 a;
    for (int i = 0; i < 8; ++i)
      a[i] = (int)two(a_at(first + i, 2 * lane), a_at(first + i, 2 * lane + 1));
#else
    short8 a;
    for (int i = 0; i < 8; ++i) a[i] = (short)narrow(a_at(first + i, lane));
#endif
    const float8 sums = DPAS(a, b, (float8)(0.0f));
    for (int i = 0; i < 8; ++i) y[(first + i) * LANES + lane] = sums[i];
  }
#else
  (void)lane, (void)x, (void)y;
#endif
}
