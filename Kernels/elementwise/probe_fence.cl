// probe_fence: whether the last work-group to finish sees what all the others have written.
//
// Shapes     partial [groups, 64], y [turns, 64], float32; arrived [1], int32, 0. Row `turn` of y
//            becomes 64 sums over the groups of what each wrote: group · (turn + 1) + lane.
// Launch     1-D: global groups · 64, local 64; once for each turn.
// Macros     FENCE  1 to 3, see ../matmul/last_group_core.cl. Where the compiler lacks it, the kernel
//            leaves y alone.
// Memory     4 bytes local.
// Numerics   Integers below 2²⁴, exact.
// Called by  RetortOpenCL/Devices/CapabilityProbe.swift

// NVIDIA's compiler takes PTX; AMD's has the builtin; OpenCL C says what it has of its own.
#if FENCE == 1 && defined(cl_nv_pragma_unroll)
#define HAS_FENCE
#elif FENCE == 2 && defined(__AMDGCN__) && defined(__has_builtin)
#if __has_builtin(__builtin_amdgcn_fence)
#define HAS_FENCE
#endif
#elif FENCE == 3 && defined(__opencl_c_atomic_order_acq_rel)
#ifdef __opencl_c_atomic_scope_device
#define HAS_FENCE
#endif
#endif

#ifdef HAS_FENCE
#include "../matmul/last_group_core.cl"
#endif

__kernel __attribute__((reqd_work_group_size(64, 1, 1)))
void probe_fence(__global float* partial, __global int* arrived, __global float* y,
                 const int turn) {
#ifdef HAS_FENCE
  __local int flag;
  const int lane = (int)get_local_id(0), group = (int)get_group_id(0);
  partial[group * 64 + lane] = (float)(group * (turn + 1) + lane);
  if (is_last_group(&flag, arrived, (int)get_num_groups(0), 1)) {
    float sum = 0.0f;
    for (int other = 0; other < (int)get_num_groups(0); ++other) sum += partial[other * 64 + lane];
    y[turn * 64 + lane] = sum;
  }
#else
  (void)partial, (void)arrived, (void)y, (void)turn;
#endif
}
