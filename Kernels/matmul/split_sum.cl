// split_sum: c = Σ over splits of partial, in split order; ends split-K matmuls and convolutions.
//
// Shapes     partial [splits, rows, N], c [rows, N]; float32, row-major, dense.
// Launch     1-D: global a multiple of local ≥ rows · N, local any (the host uses 64).
// Macros     STORE_PARAMETERS, STORE1  the epilogue of the matmul or convolution, see there.
// Memory     No local memory. Global: partial read once, c written once.
// Numerics   Float sum, split ascending; deterministic.
// Called by  RetortOpenCL/Lowering/MatmulTiled.swift, ConvolutionTiled.swift

#ifndef STORE1
#define STORE_PARAMETERS
#define STORE1(value, m, n) c[(size_t)(m) * N + (n)] = (value)
#endif

__kernel void split_sum_flat(__global const float* restrict partial, __global float* restrict c,
                             const int rows, const int N, const int splits STORE_PARAMETERS) {
  const size_t count = (size_t)rows * N;
  const size_t at = get_global_id(0);
  if (at >= count) return;
  float sum = partial[at];
  for (int split = 1; split < splits; ++split) sum += partial[split * count + at];
  const int m = (int)(at / N);
  const int n = (int)(at % N);
  STORE1(sum, m, n);
}
