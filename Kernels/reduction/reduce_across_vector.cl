// reduce_across_vector: several sums or extrema of computed values over the rows of each column; a
// template that the host fills in with generated code. For CPU devices.
//
// Shapes     The values' space, its axes merged where all operands allow, is seen as
//            [outer, rows, columns]; rows are reduced. Outputs y0, y1, …, dense [outer, columns], or
//            [splits, outer, columns] of partial results.
// Launch     1-D, local 1. Work-item g does the g-th share of `units` = outer · splits ·
//            ⌈columns / (16·BLOCK)⌉ pieces; a split has splitRows rows.
// Macros     ENTRY, PARAMETERS, OUTER(i), ROW(i), VALUES(column, count), RESULTS, IDENTITY(k),
//            FOLD(k, a, b)  as reduce_along_vector; count may be ≤ 0 past the last column.
//            BLOCK          vectors of columns that a work-item folds side by side.
//            ROWS           rows that a work-item folds side by side, to hide the fold's latency.
//            STORE(k, at, value, count)  the statement that stores `count` columns of result k.
// Memory     Each operand is read once; may run 16·BLOCK − 1 floats over.
// Numerics   Sums of 128 rows, then of these; the order depends on the extents alone.
// Called by  RetortOpenCL/Lowering/ReduceVector.swift

#ifndef ENTRY
#define ENTRY reduce_across_vector
#define PARAMETERS __global const float* a0, __global float* y0,
#define OUTER(i) __global const float* p = a0 + (size_t)(i) * rows * columns;
#define ROW(i) __global const float* q = p + (size_t)(i) * columns;
#define VALUES(column, count) value[0] = load16(q + (column));
#define RESULTS 1
#define BLOCK 4
#define ROWS 1
#define IDENTITY(k) 0.0f
#define FOLD(k, a, b) ((a) + (b))
#define STORE(k, at, value, count) store_part16(value, count, y0 + (at));
#endif

#define FOLD_ROW(index, to)                                                        \
  {                                                                                \
    ROW(index)                                                                     \
    UNROLL for (int b = 0; b < BLOCK; b++) {                                       \
      float16 value[RESULTS];                                                      \
      VALUES(column + 16 * b, columns - (column + 16 * b))                         \
      UNROLL for (int k = 0; k < RESULTS; k++) to[k][b] = FOLD(k, to[k][b], value[k]); \
    }                                                                              \
  }

__kernel __attribute__((reqd_work_group_size(1, 1, 1)))
void ENTRY(
    PARAMETERS const int rows, const int columns, const int splitRows, const int splits,
    const int units) {
  const int blocks = (columns + 16 * BLOCK - 1) / (16 * BLOCK);
  const size_t outputs = (size_t)(units / splits / blocks) * columns;
  const int first = (int)((long)get_global_id(0) * units / (long)get_global_size(0));
  const int end = (int)((long)(get_global_id(0) + 1) * units / (long)get_global_size(0));
  for (int unit = first; unit < end; unit++) {
    const int column = unit % blocks * (16 * BLOCK);
    const int split = unit / blocks % splits;
    const int outer = unit / blocks / splits;
    const int rowEnd = min((split + 1) * splitRows, rows);
    OUTER(outer)
    float16 total[RESULTS][BLOCK];
    UNROLL
    for (int k = 0; k < RESULTS; k++) {
      UNROLL
      for (int b = 0; b < BLOCK; b++) total[k][b] = IDENTITY(k);
    }
    for (int start = split * splitRows; start < rowEnd; start += 128) {
      const int partEnd = min(start + 128, rowEnd);
      float16 part[ROWS][RESULTS][BLOCK];
      UNROLL
      for (int r = 0; r < ROWS; r++) {
        UNROLL
        for (int k = 0; k < RESULTS; k++) {
          UNROLL
          for (int b = 0; b < BLOCK; b++) part[r][k][b] = IDENTITY(k);
        }
      }
      int row = start;
#if ROWS > 1
      for (; row + ROWS <= partEnd; row += ROWS) {
        UNROLL
        for (int r = 0; r < ROWS; r++) FOLD_ROW(row + r, part[r])
      }
#endif
      for (; row < partEnd; row++) FOLD_ROW(row, part[0])
      UNROLL
      for (int r = 0; r < ROWS; r++) {
        UNROLL
        for (int k = 0; k < RESULTS; k++) {
          UNROLL
          for (int b = 0; b < BLOCK; b++) total[k][b] = FOLD(k, total[k][b], part[r][k][b]);
        }
      }
    }
    const size_t at = split * outputs + (size_t)outer * columns + column;
    UNROLL
    for (int k = 0; k < RESULTS; k++) {
      UNROLL
      for (int b = 0; b < BLOCK; b++) {
        const int count = min(columns - (column + 16 * b), 16);
        if (count > 0) {
          STORE(k, at + 16 * b, total[k][b], count)
        }
      }
    }
  }
}
#undef FOLD_ROW
