// probe_copy: y = x, to measure a device's copy rate, and from which size on stores past the caches save time.
//
// Shapes     x, y  [count]  float32; count a multiple of 16 × SPAN (vector) or of 4 × GROUP (flat).
// Launch     probe_copy_vector  1-D: global count / (16 × SPAN), local 1; a work-item copies SPAN
//                               vectors in a row.
//            probe_copy_flat    1-D: global count / 4, local GROUP; a work-item copies one float4.
// Macros     SPAN   vectors per work-item.  Default 1024.
//            GROUP  work-items per group.   Default 256.
//            STREAM 1: the vector form stores past the caches.   Default 0.
// Memory     Reads and writes count floats; no local memory.
// Numerics   Exact.
// Source     The usual copy of the STREAM benchmark.
// Called by  RetortOpenCL/Devices/PeakMeasurement.swift, CapabilityProbe+Streaming.swift

#include "functions.cl"

#ifndef SPAN
#define SPAN 1024
#endif
#ifndef GROUP
#define GROUP 256
#endif
#ifndef STREAM
#define STREAM 0
#endif

#if FORM != 2
__kernel __attribute__((reqd_work_group_size(1, 1, 1)))
void probe_copy_vector(__global const float* restrict x, __global float* restrict y) {
  const size_t start = get_global_id(0) * SPAN;
  for (size_t i = start; i < start + SPAN; ++i) {
#if STREAM
    stream_part16(load16(x + 16 * i), 16, y + 16 * i);
#else
    store16(load16(x + 16 * i), y + 16 * i);
#endif
  }
}
#endif

#if FORM != 1
__kernel __attribute__((reqd_work_group_size(GROUP, 1, 1)))
void probe_copy_flat(__global const float* restrict x, __global float* restrict y) {
  const size_t i = get_global_id(0);
  vstore4(vload4(i, x), i, y);
}
#endif
