// split_sum: c = Σ over splits of partial, in split order; ends split-K matmuls and convolutions.
//
// Shapes     See each entry; float32, row-major, dense.
// Macros     STORE_PARAMETERS, STORE1  the epilogue of the matmul or convolution, see there.
// Memory     No local memory. Global: partial read once, c written once.
// Numerics   Float sum, split ascending; deterministic.
// Called by  RetortOpenCL/Lowering/MatmulTiled.swift, ConvolutionTiled.swift, DeferredSums.swift

#ifndef STORE1
#define STORE_PARAMETERS
#define STORE1(value, m, n) c[(size_t)(m) * N + (n)] = (value)
#endif

// The sum of `splits` floats, each `pitch` behind the one before.
static inline float sum_of_splits(__global const float* partial, size_t pitch, int splits) {
  float sum = partial[0];
  for (int split = 1; split < splits; ++split) sum += partial[split * pitch];
  return sum;
}

// Shapes     partial [splits, rows, N], c [rows, N].
// Launch     1-D: global a multiple of local ≥ rows · N, local any (the host uses 64).
__kernel void split_sum_flat(__global const float* restrict partial, __global float* restrict c,
                             const int rows, const int N, const int splits STORE_PARAMETERS) {
  const size_t count = (size_t)rows * N;
  const size_t at = get_global_id(0);
  if (at >= count) return;
  const float sum = sum_of_splits(partial + at, count, splits);
  const int m = (int)(at / N);
  const int n = (int)(at % N);
  STORE1(sum, m, n);
}

// Many such sums, each stored as it is. segments [count, 5]: of each sum the first work-group, where
// its parts begin in partial and its results in c, its results, its splits. The first work-groups
// ascend from 0.
// Launch     1-D: a sum has ⌈results / local⌉ groups; local any (the host uses 64).
__kernel void split_sums_flat(__global const float* restrict partial, __global float* restrict c,
                              __global const int* restrict segments, const int count) {
  int low = 0, high = count;  // the group's segment is in [low, high)
  while (high - low > 1) {
    const int middle = (low + high) / 2;
    if (segments[5 * middle] <= (int)get_group_id(0)) low = middle;
    else high = middle;
  }
  __global const int* segment = segments + 5 * low;
  const int results = segment[3];
  const int at = ((int)get_group_id(0) - segment[0]) * (int)get_local_size(0) + get_local_id(0);
  if (at < results)
    c[segment[2] + at] = sum_of_splits(partial + segment[1] + at, results, segment[4]);
}
