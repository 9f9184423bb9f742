// probe_stream: y = x, to find out from which size on stores past the caches save time; CPU devices.
//
// Shapes     x, y  [count]  float32; count a multiple of 16 × SPAN.
// Launch     1-D: global count / (16 × SPAN), local 1; a work-item copies SPAN vectors in a row.
// Macros     SPAN    vectors per work-item.                     Default 1024.
//            STREAM  1 stores past the caches, 0 into them.     Default 0.
// Memory     Reads and writes count floats; no local memory.
// Numerics   Exact.
// Source     The usual copy of the STREAM benchmark.
// Called by  RetortOpenCL/Devices/CapabilityProbe+Streaming.swift

#include "functions.cl"

#ifndef SPAN
#define SPAN 1024
#endif
#ifndef STREAM
#define STREAM 0
#endif

__kernel __attribute__((reqd_work_group_size(1, 1, 1)))
void probe_stream(__global const float* restrict x, __global float* restrict y) {
  const size_t start = get_global_id(0) * SPAN;
  for (size_t i = start; i < start + SPAN; ++i) {
#if STREAM
    stream_part16(load16(x + 16 * i), 16, y + 16 * i);
#else
    store16(load16(x + 16 * i), y + 16 * i);
#endif
  }
}
