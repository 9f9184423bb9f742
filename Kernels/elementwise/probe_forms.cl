// probe_forms: one small product in the vector form and in the tiled form, to see which a device
// runs faster; the answer decides the form of every heavy kernel.
//
// Shapes     a, b, c  [SIZE, SIZE]  float32, c = a · b; SIZE a multiple of 16.
// Launch     probe_forms_vector  2-D: global (SIZE / 16, SIZE / 8), local (1, 1); a work-item makes
//                                8 rows × 16 columns.
//            probe_forms_tiled   2-D: global (SIZE, SIZE), local (TILE, TILE); one element each.
// Macros     SIZE  extent of the matrices.  Default 256.
//            TILE  sides of a work-group, a power of two ≤ 16.  Default 16.
// Memory     vector: none local. tiled: 8 · TILE² bytes local.
// Numerics   Float sums in order of the shared index by fma; both forms give the same bits.
// Source     Textbook forms; not tuned, since only their ratio matters.
// Called by  RetortOpenCL/Devices/CapabilityProbe.swift

#ifndef SIZE
#define SIZE 256
#endif
#ifndef TILE
#define TILE 16
#endif

#if FORM != 2
__kernel __attribute__((reqd_work_group_size(1, 1, 1)))
void probe_forms_vector(__global const float* restrict a, __global const float* restrict b,
                        __global float* restrict c) {
  const size_t column = get_global_id(0) * 16, row = get_global_id(1) * 8;
  float16 sum[8];
  for (int i = 0; i < 8; ++i) sum[i] = 0.0f;
  for (int k = 0; k < SIZE; ++k) {
    const float16 right = vload16(0, b + (size_t)k * SIZE + column);
    for (int i = 0; i < 8; ++i) sum[i] = MAD((float16)a[(row + i) * SIZE + k], right, sum[i]);
  }
  for (int i = 0; i < 8; ++i) vstore16(sum[i], 0, c + (row + i) * SIZE + column);
}
#endif

#if FORM != 1
__kernel __attribute__((reqd_work_group_size(TILE, TILE, 1)))
void probe_forms_tiled(__global const float* restrict a, __global const float* restrict b,
                        __global float* restrict c) {
  __local float left[TILE][TILE], right[TILE][TILE];
  const int x = (int)get_local_id(0), y = (int)get_local_id(1);
  const size_t column = get_global_id(0), row = get_global_id(1);
  float sum = 0.0f;
  for (int k = 0; k < SIZE; k += TILE) {
    left[y][x] = a[row * SIZE + k + x];
    right[y][x] = b[(size_t)(k + y) * SIZE + column];
    barrier(CLK_LOCAL_MEM_FENCE);  // both tiles are written
    for (int i = 0; i < TILE; ++i) sum = MAD(left[y][i], right[i][x], sum);
    barrier(CLK_LOCAL_MEM_FENCE);  // everyone has read them; they are free again
  }
  c[row * SIZE + column] = sum;
}
#endif
