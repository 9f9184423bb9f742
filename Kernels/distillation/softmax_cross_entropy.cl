// softmax_cross_entropy: per row, −Σ target · log softmax(z) and its gradient, in one kernel, with
// target = (1 − smoothing) · one-hot(label) + smoothing / columns.
//
// Shapes     logits z, gradient [rows, columns] float32; labels [rows] int32; loss [rows] float32;
//            upstream [rows] (upstreamStride 1) or [1] (0), with GRADIENT. Row-major, dense.
//            gradient = upstream · ∂loss/∂z. A label outside 0 ..< columns: loss 0 and gradient 0.
// Launch     vector: 1-D, global ⌈rows / rowsPerItem⌉, local 1; a work-item walks rowsPerItem rows.
//            rows:   2-D, global (LANES, rows rounded up to ROWS), local (LANES, ROWS).
//            rows, columns ≥ 1; 0 ≤ smoothing ≤ 1.
// Macros     LOSS, GRADIENT 0/1: the outputs that exist (also as parameters).
//            LANES work-items a row, a power of two, and ROWS rows a group.
// Memory     LANES · ROWS floats local. z is read twice, three times with smoothing; only the first
//            read of a row comes from memory.
// Numerics   Shifted by the row maximum. Loss within 4e-7 · (1 + |loss|), gradient within 1e-6 of
//            upstream of float64. With smoothing 0, logits of −INFINITY off the label are fine.
// Source     Definition; smoothing as in Szegedy et al. 2016, section 7, and PyTorch.

#ifndef LOSS
#define LOSS 1
#endif
#ifndef GRADIENT
#define GRADIENT 1
#endif
#ifndef LANES
#define LANES 64
#endif
#ifndef ROWS
#define ROWS 1
#endif

#if LOSS
#define LOSS_PARAMETER , __global float* restrict loss
#else
#define LOSS_PARAMETER
#endif
#if GRADIENT
#define GRADIENT_PARAMETERS                                                \
  , __global const float* restrict upstream, const int upstreamStride,     \
      __global float* restrict gradient
#else
#define GRADIENT_PARAMETERS
#endif

#if FORM != 2
__kernel __attribute__((reqd_work_group_size(1, 1, 1)))
void softmax_cross_entropy_vector(
    __global const float* restrict logits, __global const int* restrict labels,
    const int rows, const int columns, const float smoothing, const int rowsPerItem
    LOSS_PARAMETER GRADIENT_PARAMETERS) {
  const float spread = smoothing / (float)columns;
  const int first = (int)get_global_id(0) * rowsPerItem;
  for (int row = first; row < min(first + rowsPerItem, rows); row++) {
    const size_t start = (size_t)row * (size_t)columns;
    const int label = labels[row];
    const int counts = label >= 0 && label < columns;
    const float2 statistics = softmax_statistics16(logits + start, columns, 1.0f);
#if LOSS
    float16 sums = 0.0f;
    for (int column = 0; column < (smoothing > 0.0f ? columns : 0); column += 16) {
      const int count = min(columns - column, 16);
      sums += load_part16(logits + start + column, count, statistics.x) - statistics.x;
    }
#endif
#if GRADIENT
    const float weight = upstream[(size_t)row * (size_t)upstreamStride];
    const float inverse = 1.0f / statistics.y;
    for (int column = 0; column < columns; column += 16) {
      const int count = min(columns - column, 16);
      const float16 shifted = load_part16(logits + start + column, count, 0.0f) - statistics.x;
      const float16 target =
          spread + (IOTA16 + column == label ? (float16)(1.0f - smoothing) : (float16)0.0f);
      const float16 value = MAD(exp_shifted16(shifted), (float16)inverse, -target) * weight;
      store_part16(counts ? value : (float16)0.0f, count, gradient + start + column);
    }
#endif
#if LOSS
    float value = log(statistics.y) - spread * sum16(sums);
    if (counts) value -= (1.0f - smoothing) * (logits[start + label] - statistics.x);
    loss[row] = counts ? value : 0.0f;
#endif
  }
}
#endif

#if FORM != 1
__kernel __attribute__((reqd_work_group_size(LANES, ROWS, 1)))
void softmax_cross_entropy_rows(
    __global const float* restrict logits, __global const int* restrict labels,
    const int rows, const int columns, const float smoothing LOSS_PARAMETER GRADIENT_PARAMETERS) {
  __local float scratch[ROWS * LANES];
  __local float* mine = scratch + get_local_id(1) * LANES;
  const float spread = smoothing / (float)columns;
  const int lane = (int)get_local_id(0);
  // A sub-row past the end repeats the last row, so that all reach the barriers; it stores nothing.
  const int row = min((int)get_global_id(1), rows - 1);
  const int end = (int)get_global_id(1) < rows ? columns : 0;
  const size_t start = (size_t)row * (size_t)columns;
  const int label = labels[row];
  const int counts = label >= 0 && label < columns;
  const float2 statistics =
      group_softmax_statistics(mine, logits + start, columns, 1.0f, lane, LANES);
#if GRADIENT
  const float weight = upstream[(size_t)row * (size_t)upstreamStride];
  const float inverse = 1.0f / statistics.y;
  for (int column = lane; column < end; column += LANES) {
    const float shifted = logits[start + column] - statistics.x;
    const float target = spread + (column == label ? 1.0f - smoothing : 0.0f);
    gradient[start + column] = counts ? MAD(exp(shifted), inverse, -target) * weight : 0.0f;
  }
#endif
#if LOSS
  float sum = 0.0f;
  for (int column = lane; column < (smoothing > 0.0f ? end : 0); column += LANES) {
    sum += logits[start + column] - statistics.x;
  }
  sum = group_sum(mine, sum, lane, LANES);
  if (lane == 0 && end > 0) {
    float value = log(statistics.y) - spread * sum;
    if (counts) value -= (1.0f - smoothing) * (logits[start + label] - statistics.x);
    loss[row] = counts ? value : 0.0f;
  }
#endif
}
#endif
