// probe_features: tries one optional feature of a device; the host checks the numbers.
//
// Shapes     x  [128]  float32, x[i] = i;  y  [128]  float32, zero before.
// Launch     probe_feature  1-D: global 32, local 32 (one warp where the feature is a warp's).
// Macros     FEATURE  0 local memory: y[i] = x[31 − i], i < 32.
//                     1 half arithmetic: y[i] = half(2047 + x[i]) + half(1), rounded as half does.
//                     2 double arithmetic: y[i] = 2⁴⁰ × ((x[i] + 2⁻⁴⁰) − x[i]) = 1.
//                     3 shuffles in a sub-group or warp: y[i] = x[i xor 1].
//                     4, 5 matrix units of NVIDIA's PTX, bf16 (m16n8k16) and tf32 (m16n8k8):
//                     y [16, 8] = a · b, a[r][k] = (r + k) mod 5 − 2, b[k][c] = (2k + c) mod 7 − 3.
//            Default 0. Where the compiler lacks a feature, the kernel leaves y alone.
//            INTEL_SHUFFLE, KHR_SHUFFLE  set by the host where the device lists
//            cl_intel_subgroups or cl_khr_subgroup_shuffle.
// Memory     128 bytes local for FEATURE 0.
// Numerics   Small integers, exact in every type.
// Source     PTX ISA, "Warp Level Matrix Instructions": fragment layouts of m16n8k16 and m16n8k8.
// Called by  RetortOpenCL/Devices/CapabilityProbe.swift

#ifndef FEATURE
#define FEATURE 0
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

#if FEATURE == 2 && defined(cl_khr_fp64)
#pragma OPENCL EXTENSION cl_khr_fp64 : enable
#define HAS_DOUBLE
#endif

#ifdef HAS_PTX
static inline float a_at(int row, int k) { return (float)((row + k) % 5 - 2); }
static inline float b_at(int k, int column) { return (float)((2 * k + column) % 7 - 3); }
static inline uint two_bf16(float low, float high) {
  return (as_uint(high) & 0xFFFF0000u) | (as_uint(low) >> 16);
}
#endif

__kernel __attribute__((reqd_work_group_size(32, 1, 1)))
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
#elif FEATURE >= 4 && defined(HAS_PTX)
  const int group = lane >> 2, member = lane & 3;
  float d0, d1, d2, d3;
#if FEATURE == 4
  const int k = 2 * member;
  const uint a0 = two_bf16(a_at(group, k), a_at(group, k + 1));
  const uint a1 = two_bf16(a_at(group + 8, k), a_at(group + 8, k + 1));
  const uint a2 = two_bf16(a_at(group, k + 8), a_at(group, k + 9));
  const uint a3 = two_bf16(a_at(group + 8, k + 8), a_at(group + 8, k + 9));
  const uint b0 = two_bf16(b_at(k, group), b_at(k + 1, group));
  const uint b1 = two_bf16(b_at(k + 8, group), b_at(k + 9, group));
  __asm__ volatile(
      "mma.sync.aligned.m16n8k16.row.col.f32.bf16.bf16.f32 "
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
#else
  (void)lane, (void)x, (void)y;
#endif
}
