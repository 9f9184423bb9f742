// scatter_add: table[v] = Σ g[i] over all i with ids[i] = v, in ascending i; other rows are zero.
//
// Shapes     ids [count] int32, g [count, columns] float32, table [rows, columns] float32;
//            row-major, dense. Ids outside 0 ..< rows are left out. Element counts below 2^31.
// Launch     CPU devices: scatter_add_vector, 2-D, global ⌈columns / panel⌉ × ⌈rows / band⌉, local
//            1 × 1. A work-item owns `panel` columns, a multiple of 16 or all, of `band` rows: it
//            clears them and walks all ids.
//            GPUs, three launches over `segments` equal parts of `size` ids (the last may be
//            short), each with its own table; split_sum.cl adds several tables:
//            scatter_clear_flat  1-D, global a multiple of 64 ≥ segments · rows, local 64.
//            scatter_order_flat  1-D, global a multiple of 64 ≥ count, local 64. Sorts each
//              segment's positions by id: work-item i counts the ids that go before its own.
//            scatter_add_flat    1-D, global a multiple of 64 ≥ segments · rows · columns, local
//              64. A work-item adds up one element; `rows` counts those of all segments.
// Memory     No local memory. Scratch order [count], start and occurrences [segments, rows] int32.
//            Global: g read once, table written once, count · size ids from cache.
// Numerics   Float sums, i ascending within a segment, segments ascending; no atomics:
//            deterministic.
// Called by  RetortOpenCL/Lowering/Embedding.swift

#if FORM != 2
__kernel __attribute__((reqd_work_group_size(1, 1, 1)))
void scatter_add_vector(__global const int* restrict ids, __global const float* restrict g,
                        __global float* restrict table, const int rows, const int columns,
                        const int count, const int panel, const int band) {
  const int left = (int)get_global_id(0) * panel;
  const int width = min(columns - left, panel);
  const int first = (int)get_global_id(1) * band;
  const int last = min(first + band, rows);
  table += left;
  g += left;
  for (int row = first; row < last; ++row) {
    __global float* to = table + (size_t)row * columns;
    for (int column = 0; column < width; column += 16)
      store_part16((float16)(0.0f), min(width - column, 16), to + column);
  }
  for (int i = 0; i < count; ++i) {
    const int id = ids[i];
    if (id < first || id >= last) continue;
    __global float* to = table + (size_t)id * columns;
    __global const float* from = g + (size_t)i * columns;
    int column = 0;
    for (; column + 16 <= width; column += 16)
      store16(load16(to + column) + load16(from + column), to + column);
    for (; column < width; ++column) to[column] += from[column];  // reads nothing of a neighbour's
  }
}
#endif

#if FORM != 1
__kernel __attribute__((reqd_work_group_size(64, 1, 1)))
void scatter_clear_flat(__global int* restrict occurrences, const int count) {
  const int at = (int)get_global_id(0);
  if (at < count) occurrences[at] = 0;
}

__kernel __attribute__((reqd_work_group_size(64, 1, 1)))
void scatter_order_flat(__global const int* restrict ids, __global int* restrict order,
                        __global int* restrict start, __global int* restrict occurrences,
                        const int rows, const int count, const int size) {
  const int i = (int)get_global_id(0);
  if (i >= count) return;
  const int segment = i / size;
  const int begin = segment * size, end = min(begin + size, count);
  const uint id = (uint)ids[i];  // as uint, ids outside the table come last
  int smaller = 0, earlier = 0, equal = 0;
  for (int j = begin; j < end; ++j) {
    const uint other = (uint)ids[j];
    smaller += other < id;
    equal += other == id;
    earlier += other == id && j < i;
  }
  order[begin + smaller + earlier] = i;
  if (earlier == 0 && id < (uint)rows) {  // the row's first position speaks for all
    start[segment * rows + (int)id] = begin + smaller;
    occurrences[segment * rows + (int)id] = equal;
  }
}

__kernel __attribute__((reqd_work_group_size(64, 1, 1)))
void scatter_add_flat(__global const float* restrict g, __global const int* restrict order,
                      __global const int* restrict start, __global const int* restrict occurrences,
                      __global float* restrict table, const int rows, const int columns) {
  const size_t at = get_global_id(0);
  const size_t row = at / columns;  // segment · rows + row
  if (row >= (size_t)rows) return;
  float sum = 0.0f;
  const int count = occurrences[row];
  if (count > 0) {
    order += start[row];
    g += at % columns;
    for (int i = 0; i < count; ++i) sum += g[(size_t)order[i] * columns];
  }
  table[at] = sum;
}
#endif
