// Chooses the function table that fits the processor.
#include "retort_cpu.h"

extern const retort_kernels retort_float_baseline, retort_double_baseline;
#if defined(__x86_64__)
extern const retort_kernels retort_float_avx2, retort_double_avx2;
extern const retort_kernels retort_float_avx512, retort_double_avx512;
#endif

static int has(retort_instruction_set set) {
#if defined(__x86_64__)
  if (set == retort_avx512) return __builtin_cpu_supports("x86-64-v4");
  if (set == retort_avx2) return __builtin_cpu_supports("x86-64-v3");
#endif
  return set == retort_baseline;
}

const retort_kernels *retort_kernels_float(retort_instruction_set set) {
  if (!has(set)) return 0;
#if defined(__x86_64__)
  if (set == retort_avx512) return &retort_float_avx512;
  if (set == retort_avx2) return &retort_float_avx2;
#endif
  return &retort_float_baseline;
}

const retort_kernels *retort_kernels_double(retort_instruction_set set) {
  if (!has(set)) return 0;
#if defined(__x86_64__)
  if (set == retort_avx512) return &retort_double_avx512;
  if (set == retort_avx2) return &retort_double_avx2;
#endif
  return &retort_double_baseline;
}

int64_t retort_program_scratch(const retort_program *p) {
  const int64_t table = ((int64_t)p->instruction_count * (int64_t)sizeof(void *) + 63) / 64 * 64;
  return table + p->slot_count * ((int64_t)RETORT_BLOCK + RETORT_PERIOD) * (int64_t)sizeof(double);
}
