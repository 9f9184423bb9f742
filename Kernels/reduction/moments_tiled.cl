// moments_tiled: mean, biased variance and 1 / √(variance + epsilon), of each column over the rows
// or of each row over its columns; the form of moments_vector.cl for GPUs.
//
// Shapes     As moments_vector.cl.
// Launch     See each entry.
// Macros     TILE   columns of a group of moments_columns_tiled, or rows of a group of
//                   moments_rows_tiled; a power of two ≤ GROUP. Default 32.
//            GROUP  work-items of a group, a power of two. Default 256.
// Memory     3 · GROUP floats local. x is read once by the columns entries, twice by the rows entry.
// Numerics   As moments_vector.cl: relative to a first element; sets of up to 8 rows are merged.
// Source     As moments_core.cl; corrected two-pass, equation 1.7.
// Called by  RetortOpenCL/Lowering/Moments.swift

#ifndef TILE
#define TILE 32
#endif
#ifndef GROUP
#define GROUP 256
#endif
#define FOLDERS (GROUP / TILE)

#include "moments_core.cl"

// Launch     2-D: ⌈columns / TILE⌉ · GROUP × splits, local GROUP × 1. A group has TILE columns and
//            GROUP / TILE work-items for each; a split has splitRows rows.
__kernel __attribute__((reqd_work_group_size(GROUP, 1, 1)))
void moments_columns_tiled(
    __global const float* x, __global float* y, __global float* partial, const int rows,
    const int columns, const int splitRows, const int splits, const float epsilon) {
  __local moments scratch[GROUP];
  const int item = (int)get_local_id(0);
  const int lane = item / TILE;
  const int column = (int)get_group_id(0) * TILE + item % TILE;
  const int split = (int)get_group_id(1);
  const int end = min((split + 1) * splitRows, rows);
  moments total = {0.0f, 0.0f, 0.0f};
  float pivot = 0.0f;
  if (column < columns) {
    __global const float* from = x + column;
    pivot = from[(size_t)split * splitRows * columns];
    int row = split * splitRows + lane;
    for (; row + 7 * FOLDERS < end; row += 8 * FOLDERS) {
      float v[8], sum = 0.0f, squares = 0.0f;
      UNROLL
      for (int i = 0; i < 8; i++) v[i] = from[(size_t)(row + i * FOLDERS) * columns] - pivot;
      UNROLL
      for (int i = 0; i < 8; i++) sum += v[i];
      const float own = sum * 0.125f;
      UNROLL
      for (int i = 0; i < 8; i++) squares = MAD(v[i] - own, v[i] - own, squares);
      total = merged(total, (moments){8.0f, own, squares});
    }
    for (; row < end; row += FOLDERS) {
      total = merged(total, (moments){1.0f, from[(size_t)row * columns] - pivot, 0.0f});
    }
  }
  scratch[item] = total;
  for (int half_count = FOLDERS / 2; half_count > 0; half_count /= 2) {
    barrier(CLK_LOCAL_MEM_FENCE);  // the sets of this level are written
    if (lane < half_count) scratch[item] = merged(scratch[item], scratch[item + half_count * TILE]);
  }
  // Lane 0 merged the last pair itself.
  if (lane != 0 || column >= columns) return;
  total = scratch[item];
  if (splits > 1) {
    __global float* to = partial + (size_t)split * 2 * columns + column;
    to[0] = total.mean + pivot;
    to[columns] = total.squares;
  } else {
    finish(total, pivot, epsilon, y + column, columns);
  }
}

// Launch     1-D: ⌈columns / TILE⌉ · GROUP, local GROUP; each group as moments_columns_tiled.
__kernel __attribute__((reqd_work_group_size(GROUP, 1, 1)))
void moments_combine_tiled(
    __global const float* partial, __global float* y, const int rows, const int columns,
    const int splitRows, const int splits, const float epsilon) {
  __local moments scratch[GROUP];
  const int item = (int)get_local_id(0);
  const int lane = item / TILE;
  const int column = (int)get_group_id(0) * TILE + item % TILE;
  moments total = {0.0f, 0.0f, 0.0f};
  const float pivot = column < columns ? partial[column] : 0.0f;
  for (int split = lane; column < columns && split < splits; split += FOLDERS) {
    __global const float* from = partial + (size_t)split * 2 * columns + column;
    const float count = (float)min(splitRows, rows - split * splitRows);
    total = merged(total, (moments){count, from[0] - pivot, from[columns]});
  }
  scratch[item] = total;
  for (int half_count = FOLDERS / 2; half_count > 0; half_count /= 2) {
    barrier(CLK_LOCAL_MEM_FENCE);  // the sets of this level are written
    if (lane < half_count) scratch[item] = merged(scratch[item], scratch[item + half_count * TILE]);
  }
  if (lane == 0 && column < columns) {
    finish(scratch[item], pivot, epsilon, y + column, columns);
  }
}

// Launch     1-D: ⌈rows / TILE⌉ · GROUP, local GROUP. A group has TILE rows and GROUP / TILE work-items
//            for each.
__kernel __attribute__((reqd_work_group_size(GROUP, 1, 1)))
void moments_rows_tiled(
    __global const float* x, __global float* y, const int rows, const int columns,
    const float epsilon) {
  __local float scratch[GROUP];
  const int item = (int)get_local_id(0);
  const int lane = item % FOLDERS;
  const int row = (int)get_group_id(0) * TILE + item / FOLDERS;
  const int end = row < rows ? columns : 0;  // rows past the last take part in the folds
  __local float* own = scratch + item / FOLDERS * FOLDERS;
  __global const float* from = x + (size_t)min(row, rows - 1) * columns;
  const float pivot = from[0];
  float sum = 0.0f;
  for (int column = lane; column < end; column += FOLDERS) sum += from[column] - pivot;
  const float shift = group_sum(own, sum, lane, FOLDERS) / columns;
  float squares = 0.0f, rest = 0.0f;
  for (int column = lane; column < end; column += FOLDERS) {
    const float v = from[column] - pivot - shift;
    squares = MAD(v, v, squares);
    rest += v;
  }
  const float left = group_sum(own, rest, lane, FOLDERS);
  const float total = group_sum(own, squares, lane, FOLDERS) - left * left / columns;
  if (lane == 0 && row < rows) {
    const moments m = {columns, shift + left / columns, total < 0.0f ? 0.0f : total};
    finish(m, pivot, epsilon, y + row, rows);
  }
}
