// argmax: the index of the greatest element of each row.
//
// Shapes     x [rows, columns] float32, y [rows] int32; row-major, dense. rows, columns ≥ 1.
// Launch     argmax_rows (GPUs): 1-D, global rows · GROUP, local GROUP; a work-group per row.
//            argmax_vector (CPU devices): 1-D, global ⌈rows / share⌉, local 1; a work-item per
//            `share` rows; loads run up to 15 floats over the end.
// Macros     GROUP  work-items per row, a power of two, default 64.
// Memory     8 · GROUP bytes local in argmax_rows. Global: x read once, y written once.
// Numerics   Of equal elements the first wins; NaN counts as greatest, as in PyTorch.
// Called by  RetortOpenCL/Lowering/Argmax.swift

#ifndef GROUP
#define GROUP 64
#endif

// Whether `value` at `index` goes before `other` at `rival`.
static int wins(float value, int index, float other, int rival) {
  if (isnan(value) || isnan(other)) return isnan(value) && (!isnan(other) || index < rival);
  return value > other || (value == other && index < rival);
}

#if FORM != 1
__kernel __attribute__((reqd_work_group_size(GROUP, 1, 1)))
void argmax_rows(__global const float* restrict x, __global int* restrict y, const int columns) {
  __local float values[GROUP];
  __local int indices[GROUP];
  const int lane = (int)get_local_id(0);
  x += get_group_id(0) * columns;
  float best = -INFINITY;
  int index = INT_MAX;  // loses to every element
  for (int column = lane; column < columns; column += GROUP) {
    const float value = x[column];
    if (wins(value, column, best, index)) {
      best = value;
      index = column;
    }
  }
  values[lane] = best;
  indices[lane] = index;
  for (int stride = GROUP / 2; stride > 0; stride /= 2) {
    barrier(CLK_LOCAL_MEM_FENCE);  // the candidates of this level are written
    if (lane < stride
        && wins(values[lane + stride], indices[lane + stride], values[lane], indices[lane])) {
      values[lane] = values[lane + stride];
      indices[lane] = indices[lane + stride];
    }
  }
  if (lane == 0) y[get_group_id(0)] = indices[0];  // its own last write
}
#endif

#if FORM != 2
__kernel __attribute__((reqd_work_group_size(1, 1, 1)))
void argmax_vector(__global const float* restrict x, __global int* restrict y, const int rows,
                   const int columns, const int share) {
  const int first = (int)get_global_id(0) * share;
  for (int row = first; row < min(first + share, rows); ++row) {
    __global const float* from = x + (size_t)row * columns;
    float16 best = load_part16(from, min(columns, 16), -INFINITY);
    int16 index = IOTA16;
    for (int column = 16; column < columns; column += 16) {
      const float16 value = load_part16(from + column, min(columns - column, 16), -INFINITY);
      const int16 better = value > best || (value != value && best == best);
      best = better ? value : best;
      index = better ? IOTA16 + column : index;
    }
    float values[16];
    int indices[16];
    vstore16(best, 0, values);
    vstore16(index, 0, indices);
    int winner = 0;
    for (int i = 1; i < 16; ++i)
      if (wins(values[i], indices[i], values[winner], indices[winner])) winner = i;
    y[row] = indices[winner];
  }
}
#endif
