// reduce_tiled: several sums or extrema of computed values; a template that the host fills in with
// generated code. For GPUs.
//
// Shapes     Values [outputs, reduced] in any order of the axes; outputs y0, y1, …, dense
//            [outputs], or [splits, outputs] of partial results.
// Launch     2-D: global ⌈outputs / TILE⌉ · GROUP × splits, local GROUP × 1. A work-group folds TILE
//            outputs with GROUP / TILE work-items each; a split has splitReduced positions.
// Macros     ENTRY, RESULTS, IDENTITY(k), FOLD(k, a, b)  as reduce_along_vector, of one value.
//            PARAMETERS     pointers and strides, each ended by a comma.
//            TILE           outputs of a work-group, a power of two ≤ GROUP.
//            GROUP          work-items of a work-group, a power of two.
//            ACROSS         1 if neighbouring outputs are neighbours in memory, 0 if neighbouring
//                           reduced positions are: what neighbouring work-items read.
//            OUTER(i)       statements: operands' pointers at output i.
//            VALUES(r)      statements: value[k] = result k at reduced position r.
//            STORE(k, at, value)  the statement that stores it.
// Memory     GROUP floats local. Each operand is read once.
// Numerics   A running fold per work-item, then a tree over the work-items; the order depends on
//            the extents alone.
// Called by  RetortOpenCL/Lowering/ReduceTiled.swift

#ifndef ENTRY
#define ENTRY reduce_tiled
#define PARAMETERS __global const float* a0, __global float* y0,
#define TILE 8
#define GROUP 256
#define ACROSS 0
#define OUTER(i) __global const float* p = a0 + (size_t)(i) * reduced;
#define VALUES(r) value[0] = p[r];
#define RESULTS 1
#define IDENTITY(k) 0.0f
#define FOLD(k, a, b) ((a) + (b))
#define STORE(k, at, value) y0[at] = (value);
#endif

#define FOLDERS (GROUP / TILE)

__kernel __attribute__((reqd_work_group_size(GROUP, 1, 1)))
void ENTRY(PARAMETERS const int outputs, const int reduced, const int splitReduced) {
  __local float scratch[GROUP];
  const int item = (int)get_local_id(0);
#if ACROSS
  const int lane = item / TILE, place = item % TILE, step = TILE;
#else
  const int lane = item % FOLDERS, place = item / FOLDERS, step = 1;
#endif
  const int split = (int)get_group_id(1);
  const int output = (int)get_group_id(0) * TILE + place;
  const int end = min((split + 1) * splitReduced, reduced);
  float total[RESULTS];
  UNROLL
  for (int k = 0; k < RESULTS; k++) total[k] = IDENTITY(k);
  if (output < outputs) {
    OUTER(output)
    for (int r = split * splitReduced + lane; r < end; r += FOLDERS) {
      float value[RESULTS];
      VALUES(r)
      UNROLL
      for (int k = 0; k < RESULTS; k++) total[k] = FOLD(k, total[k], value[k]);
    }
  }
  const size_t at = (size_t)split * outputs + output;
  UNROLL
  for (int k = 0; k < RESULTS; k++) {
    scratch[item] = total[k];
    for (int half_count = FOLDERS / 2; half_count > 0; half_count /= 2) {
      barrier(CLK_LOCAL_MEM_FENCE);  // the values of this level are written
      if (lane < half_count) {
        scratch[item] = FOLD(k, scratch[item], scratch[item + half_count * step]);
      }
    }
    // Lane 0 wrote the result itself.
    if (lane == 0 && output < outputs) {
      STORE(k, at, scratch[item])
    }
    barrier(CLK_LOCAL_MEM_FENCE);  // results are read; scratch is free again
  }
}
#undef FOLDERS
