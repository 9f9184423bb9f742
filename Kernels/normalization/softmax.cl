// softmax: softmax or log-softmax along each row, forward and backward.
//
// Shapes     x, y, gradient (∂L/∂y), gradX (∂L/∂x)  [rows, columns]  float32, row-major, dense.
//            y may alias x and gradX may alias gradient.
// Launch     vector: 1-D, global ⌈rows / rowsPerItem⌉, local 1; a work-item walks rowsPerItem rows.
//            rows:   2-D, global (LANES, rows rounded up to ROWS), local (LANES, ROWS).
//            rows, columns ≥ 1.
// Macros     LOG 0/1: softmax or log-softmax.  LANES work-items a row, a power of two, and ROWS
//            rows a group.
// Memory     LANES · ROWS floats local. Each input is read twice, the second time from the cache.
// Numerics   Shifted by the row maximum. Softmax within 3e-6 relative, log-softmax within
//            1e-6 · (1 + |y|). A row of only −INFINITY gives NaN.
// Source     Definition. Backward: y (g − Σ g y); for the logarithm g − eʸ Σ g.

#ifndef LOG
#define LOG 0
#endif
#ifndef LANES
#define LANES 64
#endif
#ifndef ROWS
#define ROWS 1
#endif

// One part of the vector forms' second pass; `factor` is log Σ or 1/Σ.
static inline void softmax_part16(
    __global const float* x, __global float* y, int count, float peak, float factor) {
  const float16 shifted = load_part16(x, count, 0.0f) - peak;
#if LOG
  store_part16(shifted - factor, count, y);
#else
  store_part16(exp_shifted16(shifted) * factor, count, y);
#endif
}

static inline void softmax_backward_part16(
    __global const float* y, __global const float* gradient, __global float* gradX, int count,
    float sum) {
  const float16 g = load_part16(gradient, count, 0.0f), out = load_part16(y, count, 0.0f);
#if LOG
  store_part16(MAD(exp16(out), (float16)-sum, g), count, gradX);
#else
  store_part16(out * (g - sum), count, gradX);
#endif
}

#if FORM != 2
__kernel __attribute__((reqd_work_group_size(1, 1, 1)))
void softmax_vector(
    __global const float* x, __global float* y, const int rows, const int columns,
    const int rowsPerItem) {
  const int first = (int)get_global_id(0) * rowsPerItem;
  for (int row = first; row < min(first + rowsPerItem, rows); row++) {
    const size_t start = (size_t)row * (size_t)columns;
    const float2 statistics = softmax_statistics16(x + start, columns, 1.0f);
#if LOG
    const float factor = log(statistics.y);
#else
    const float factor = 1.0f / statistics.y;
#endif
    int column = 0;
    for (; column + 16 <= columns; column += 16) {
      softmax_part16(x + start + column, y + start + column, 16, statistics.x, factor);
    }
    if (column < columns) {
      softmax_part16(
          x + start + column, y + start + column, columns - column, statistics.x, factor);
    }
  }
}
#endif

#if FORM != 1
__kernel __attribute__((reqd_work_group_size(LANES, ROWS, 1)))
void softmax_rows(
    __global const float* x, __global float* y, const int rows, const int columns) {
  __local float scratch[ROWS * LANES];
  const int lane = (int)get_local_id(0);
  // A sub-row past the end repeats the last row, so that all reach the barriers; it stores nothing.
  const int row = min((int)get_global_id(1), rows - 1);
  const int end = (int)get_global_id(1) < rows ? columns : 0;
  const size_t start = (size_t)row * (size_t)columns;
  const float2 statistics = group_softmax_statistics(
      scratch + get_local_id(1) * LANES, x + start, columns, 1.0f, lane, LANES);
#if LOG
  const float logSum = log(statistics.y);
#else
  const float inverse = 1.0f / statistics.y;
#endif
  for (int column = lane; column < end; column += LANES) {
    const float shifted = x[start + column] - statistics.x;
#if LOG
    y[start + column] = shifted - logSum;
#else
    y[start + column] = exp(shifted) * inverse;
#endif
  }
}
#endif

#if FORM != 2
__kernel __attribute__((reqd_work_group_size(1, 1, 1)))
void softmax_backward_vector(
    __global const float* y, __global const float* gradient, __global float* gradX, const int rows,
    const int columns, const int rowsPerItem) {
  const int first = (int)get_global_id(0) * rowsPerItem;
  for (int row = first; row < min(first + rowsPerItem, rows); row++) {
    const size_t start = (size_t)row * (size_t)columns;
    float16 sums = 0.0f;
    for (int column = 0; column < columns; column += 16) {
      const int count = min(columns - column, 16);
      const float16 g = load_part16(gradient + start + column, count, 0.0f);
#if LOG
      sums += g;
#else
      sums = MAD(g, load_part16(y + start + column, count, 0.0f), sums);
#endif
    }
    const float sum = sum16(sums);
    int column = 0;
    for (; column + 16 <= columns; column += 16) {
      softmax_backward_part16(
          y + start + column, gradient + start + column, gradX + start + column, 16, sum);
    }
    if (column < columns) {
      softmax_backward_part16(
          y + start + column, gradient + start + column, gradX + start + column, columns - column,
          sum);
    }
  }
}
#endif

#if FORM != 1
__kernel __attribute__((reqd_work_group_size(LANES, ROWS, 1)))
void softmax_backward_rows(
    __global const float* y, __global const float* gradient, __global float* gradX, const int rows,
    const int columns) {
  __local float scratch[ROWS * LANES];
  const int lane = (int)get_local_id(0);
  // A sub-row past the end sums nothing but reaches the barriers.
  const size_t start = get_global_id(1) * (size_t)columns;
  const int end = (int)get_global_id(1) < rows ? columns : 0;
  float sum = 0.0f;
  for (int column = lane; column < end; column += LANES) {
#if LOG
    sum += gradient[start + column];
#else
    sum = MAD(gradient[start + column], y[start + column], sum);
#endif
  }
  sum = group_sum(scratch + get_local_id(1) * LANES, sum, lane, LANES);
  for (int column = lane; column < end; column += LANES) {
#if LOG
    gradX[start + column] = MAD(exp(y[start + column]), -sum, gradient[start + column]);
#else
    gradX[start + column] = y[start + column] * (gradient[start + column] - sum);
#endif
  }
}
#endif
