// last_group_core: how a work-group finds that all the others are done; part of
// statistics_core.cl and of elementwise/probe_fence.cl, which tries it.
//
// Macros     FENCE  what orders global memory between groups: 1 NVIDIA's PTX, 2 a builtin of AMD's
//            compiler, 3 atomics of OpenCL C 3.0. 0 (default) is none, and nothing is defined.
// Source     A ticket as in CUDA's threadFenceReduction sample; PTX ISA, "Memory Consistency Model":
//            fences are cumulative over barriers. AMD's waits for the writer's own wave alone.

#ifndef FENCE
#define FENCE 0
#endif

#if FENCE == 1
#define DEVICE_FENCE() __asm__ volatile("fence.acq_rel.gpu;" : : : "memory")
#elif FENCE == 2
#define DEVICE_FENCE() __builtin_amdgcn_fence(__ATOMIC_ACQ_REL, "agent")
#elif FENCE == 3
#define DEVICE_FENCE() \
  atomic_work_item_fence(CLK_GLOBAL_MEM_FENCE, memory_order_acq_rel, memory_scope_device)
#endif

#if FENCE
// Whether the work-group is the last of `count` that say so by `arrived`, which is 0 before the first
// and again after the last. The last one sees what items of all of them have written that were
// `is_writer`. `flag` is local memory that nothing else uses; always inline for PoCL 3.1's sake, see
// statistics_core.cl.
__attribute__((always_inline))
static inline int is_last_group(
    __local int* flag, volatile __global int* arrived, int count, int is_writer) {
  if (is_writer) DEVICE_FENCE();
  barrier(CLK_LOCAL_MEM_FENCE | CLK_GLOBAL_MEM_FENCE);  // the group has written; flag is free
  if (get_local_id(0) == 0) {
    DEVICE_FENCE();
    const int is_last = atomic_inc(arrived) == count - 1;
    DEVICE_FENCE();
    if (is_last) *arrived = 0;
    *flag = is_last;
  }
  barrier(CLK_LOCAL_MEM_FENCE | CLK_GLOBAL_MEM_FENCE);  // flag is written
  return *flag;
}
#endif
