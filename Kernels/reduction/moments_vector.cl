// moments_vector: mean, biased variance and 1 / √(variance + epsilon), of each column over the rows
// (batch norm) or of each row over its columns (layer norm). For CPU devices.
//
// Shapes     x [rows, columns], y [3, columns] or [3, rows], partial [splits, 2, columns] (mean and
//            sum of squared deviations of splitRows rows each); float32, row-major, dense.
// Launch     See each entry. With splits > 1 moments_columns_vector writes `partial`, and
//            moments_combine_vector y; else it writes y itself and leaves `partial` alone.
// Macros     BLOCK  float16 columns that moments_columns_vector folds side by side. Default 4.
// Memory     x is read once by columns, twice (from cache, mostly) by rows; loads may run
//            16·BLOCK − 1 floats over. Columns are asked for 16 rows ahead.
// Numerics   Everything is relative to a first element, so that a large mean costs no digits. Eight
//            rows at a time give their own mean and squared deviations, which are merged; no
//            difference of large squares is ever taken. Order fixed by the extents.
// Source     Chan, Golub, LeVeque 1983, equation 2.1 (merging); corrected two-pass, equation 1.7.
// Called by  RetortOpenCL/Lowering/Moments.swift

#ifndef BLOCK
#define BLOCK 4
#endif

// Adds a set of values to one of `known`; weight = count / (known + count).
static inline void merge(
    float16* mean, float16* squares, float known, float weight, float16 other_mean,
    float16 other_squares) {
  const float16 delta = other_mean - *mean;
  *mean = MAD(delta, (float16)weight, *mean);
  *squares += MAD(delta * delta, (float16)(known * weight), other_squares);
}

// Launch     1-D, local 1: any size; work-item g does the g-th share of `units` = splits ·
//            ⌈columns / (16·BLOCK)⌉ pieces.
__kernel __attribute__((reqd_work_group_size(1, 1, 1)))
void moments_columns_vector(
    __global const float* x, __global float* y, __global float* partial, const int rows,
    const int columns, const int splitRows, const int splits, const int units,
    const float epsilon) {
  const int blocks = units / splits;
  const int first = (int)((long)get_global_id(0) * units / (long)get_global_size(0));
  const int end = (int)((long)(get_global_id(0) + 1) * units / (long)get_global_size(0));
  for (int unit = first; unit < end; unit++) {
    const int column = unit % blocks * (16 * BLOCK);
    const int split = unit / blocks;
    const int rowEnd = min((split + 1) * splitRows, rows);
    int row = split * splitRows;
    __global const float* from = x + (size_t)row * columns + column;
    float16 pivot[BLOCK], mean[BLOCK], squares[BLOCK];
    UNROLL
    for (int b = 0; b < BLOCK; b++) {
      pivot[b] = load16(from + 16 * b);
      mean[b] = 0.0f;
      squares[b] = 0.0f;
    }
    float known = 0.0f;
    for (; row + 8 <= rowEnd; row += 8) {
      const float weight = 8.0f / (known + 8.0f);
      UNROLL
      for (int b = 0; b < BLOCK; b++) {
        float16 v[8];
        UNROLL
        for (int i = 0; i < 8; i++) {
          v[i] = load16(from + (size_t)i * columns + 16 * b) - pivot[b];
          FETCH(from + (size_t)(i + 16) * columns + 16 * b);
        }
        const float16 sum = ((v[0] + v[1]) + (v[2] + v[3])) + ((v[4] + v[5]) + (v[6] + v[7]));
        const float16 own = sum * 0.125f;
        float16 even = 0.0f, odd = 0.0f;
        UNROLL
        for (int i = 0; i < 8; i += 2) {
          even = MAD(v[i] - own, v[i] - own, even);
          odd = MAD(v[i + 1] - own, v[i + 1] - own, odd);
        }
        merge(&mean[b], &squares[b], known, weight, own, even + odd);
      }
      known += 8.0f;
      from += (size_t)8 * columns;
    }
    for (; row < rowEnd; row++) {
      const float weight = 1.0f / (known + 1.0f);
      UNROLL
      for (int b = 0; b < BLOCK; b++) {
        const float16 v = load16(from + 16 * b) - pivot[b];
        merge(&mean[b], &squares[b], known, weight, v, 0.0f);
      }
      known += 1.0f;
      from += columns;
    }
    UNROLL
    for (int b = 0; b < BLOCK; b++) {
      const int at = column + 16 * b;
      const int count = min(columns - at, 16);
      if (count > 0 && splits > 1) {
        __global float* to = partial + (size_t)split * 2 * columns + at;
        store_part16(mean[b] + pivot[b], count, to);
        store_part16(squares[b], count, to + columns);
      } else if (count > 0) {
        const float16 variance = squares[b] / (float)rows;
        store_part16(mean[b] + pivot[b], count, y + at);
        store_part16(variance, count, y + columns + at);
        store_part16(1.0f / sqrt(variance + epsilon), count, y + 2 * (size_t)columns + at);
      }
    }
  }
}

// Launch     1-D, local 1: ⌈columns / 16⌉.
__kernel __attribute__((reqd_work_group_size(1, 1, 1)))
void moments_combine_vector(
    __global const float* partial, __global float* y, const int rows, const int columns,
    const int splitRows, const int splits, const float epsilon) {
  const int column = (int)get_global_id(0) * 16;
  __global const float* from = partial + column;
  const float16 pivot = load16(from);
  float16 mean = 0.0f, squares = 0.0f;
  for (int split = 0; split < splits; split++) {
    const float known = (float)split * splitRows;
    const float count = (float)min(splitRows, rows - split * splitRows);
    const float weight = count / (known + count);
    const float16 other = load16(from) - pivot;
    merge(&mean, &squares, known, weight, other, load16(from + columns));
    from += 2 * (size_t)columns;
  }
  const int count = min(columns - column, 16);
  const float16 variance = squares / (float)rows;
  store_part16(mean + pivot, count, y + column);
  store_part16(variance, count, y + columns + column);
  store_part16(1.0f / sqrt(variance + epsilon), count, y + 2 * (size_t)columns + column);
}

// Launch     1-D, local 1: any size ≤ rows; each work-item takes its share of the rows.
__kernel __attribute__((reqd_work_group_size(1, 1, 1)))
void moments_rows_vector(
    __global const float* x, __global float* y, const int rows, const int columns,
    const float epsilon) {
  const int first = (int)((long)get_global_id(0) * rows / (long)get_global_size(0));
  const int end = (int)((long)(get_global_id(0) + 1) * rows / (long)get_global_size(0));
  for (int row = first; row < end; row++) {
    __global const float* from = x + (size_t)row * columns;
    const float pivot = from[0];
    float16 sum[4] = {0.0f, 0.0f, 0.0f, 0.0f};
    int column = 0;
    for (; column + 64 <= columns; column += 64) {
      UNROLL
      for (int b = 0; b < 4; b++) sum[b] += load16(from + column + 16 * b) - pivot;
    }
    for (; column < columns; column += 16) {
      sum[0] += load_part16(from + column, min(columns - column, 16), pivot) - pivot;
    }
    const float shift = sum16((sum[0] + sum[1]) + (sum[2] + sum[3])) / columns;
    float16 squares[4] = {0.0f, 0.0f, 0.0f, 0.0f};
    float16 rest[4] = {0.0f, 0.0f, 0.0f, 0.0f};
    for (column = 0; column + 64 <= columns; column += 64) {
      UNROLL
      for (int b = 0; b < 4; b++) {
        const float16 v = load16(from + column + 16 * b) - pivot - shift;
        squares[b] = MAD(v, v, squares[b]);
        rest[b] += v;
      }
    }
    for (; column < columns; column += 16) {
      const int16 inside = IOTA16 < columns - column;
      const float16 v = load16(from + column) - pivot - shift;
      const float16 kept = select((float16)0.0f, v, inside);
      squares[0] = MAD(kept, kept, squares[0]);
      rest[0] += kept;
    }
    const float left = sum16((rest[0] + rest[1]) + (rest[2] + rest[3]));
    const float total = sum16((squares[0] + squares[1]) + (squares[2] + squares[3]));
    const float corrected = (total - left * left / columns) / columns;
    const float variance = corrected < 0.0f ? 0.0f : corrected;  // NaN stays NaN
    y[row] = pivot + (shift + left / columns);
    y[rows + row] = variance;
    y[2 * (size_t)rows + row] = 1.0f / sqrt(variance + epsilon);
  }
}
