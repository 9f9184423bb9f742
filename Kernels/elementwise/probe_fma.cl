// probe_fma: independent chains of multiply-adds, to measure a device's arithmetic peak.
//
// Shapes     y  [global size]  float32; holds 0 after a launch with a = 1 and b = 0.
// Launch     probe_fma_vector  1-D: any global, local 1; CHAINS chains of float16 per work-item.
//            probe_fma_flat    1-D: global n × GROUP, local GROUP; CHAINS chains of float.
// Macros     CHAINS  chains per work-item, enough to hide the latency.  Default 12.
//            GROUP   work-items per group of the flat form.            Default 256.
// Memory     One store per work-item.
// Numerics   a and b are arguments, so that nothing folds; 2 × CHAINS × rounds operations per lane.
// Source     The usual register-only loop of peak benchmarks.
// Called by  RetortOpenCL/Devices/PeakMeasurement.swift

#ifndef CHAINS
#define CHAINS 12
#endif
#ifndef GROUP
#define GROUP 256
#endif

#define CHAIN_LOOP(type)                                                  \
  type chain[CHAINS];                                                     \
  UNROLL for (int i = 0; i < CHAINS; ++i) chain[i] = (type)((float)i * b); \
  for (int round = 0; round < rounds; ++round) {                          \
    UNROLL for (int i = 0; i < CHAINS; ++i) chain[i] = MAD(chain[i], (type)a, (type)b); \
  }                                                                       \
  type sum = chain[0];                                                    \
  UNROLL for (int i = 1; i < CHAINS; ++i) sum += chain[i];

#if FORM != 2
__kernel __attribute__((reqd_work_group_size(1, 1, 1)))
void probe_fma_vector(const float a, const float b, const int rounds, __global float* y) {
  CHAIN_LOOP(float16)
  y[get_global_id(0)] = sum16(sum);
}
#endif

#if FORM != 1
__kernel __attribute__((reqd_work_group_size(GROUP, 1, 1)))
void probe_fma_flat(const float a, const float b, const int rounds, __global float* y) {
  CHAIN_LOOP(float)
  y[get_global_id(0)] = sum;
}
#endif
