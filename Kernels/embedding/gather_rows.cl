// gather_rows: y[i] = table[ids[i]], row by row; ids outside the table give rows of zeros.
//
// Shapes     table [rows, columns] and y [count, columns] of one type, ids [count] int32;
//            row-major, dense. columns ≥ 1, element counts below 2^31.
// Launch     gather_rows_flat (GPUs): 1-D, global a multiple of 64 ≥ count · columns / WIDTH, local
//            64; a work-item per WIDTH elements.
//            gather_rows_vector (CPU devices): 1-D, global ⌈count / ROWS⌉, local 1; a work-item per
//            ROWS rows of y.
// Macros     ELEMENT  the type: uint (default; any of 4 bytes) or uchar.
//            WIDTH  1 (default), or 4 where columns is a multiple of 4.
//            ROWS   default 16.
// Memory     No local memory. Global: rows and ids read once, y written once.
// Numerics   Bits are copied.
// Called by  RetortOpenCL/Lowering/Embedding.swift

#ifndef ELEMENT
#define ELEMENT uint
#endif
#ifndef WIDTH
#define WIDTH 1
#endif
#ifndef ROWS
#define ROWS 16
#endif

#define PASTE_(name, width) name##width
#define PASTE(name, width) PASTE_(name, width)
#if WIDTH == 1
#define VECTOR ELEMENT
#else
#define VECTOR PASTE(ELEMENT, WIDTH)
#endif

#if FORM != 1
__kernel __attribute__((reqd_work_group_size(64, 1, 1)))
void gather_rows_flat(__global const ELEMENT* restrict table, __global const int* restrict ids,
                      __global ELEMENT* restrict y, const int rows, const int columns,
                      const int count) {
  const int chunks = columns / WIDTH;
  const size_t at = get_global_id(0);
  if (at >= (size_t)count * chunks) return;
  const int id = ids[at / chunks];
  __global const VECTOR* from = (__global const VECTOR*)table;
  const int inside = (uint)id < (uint)rows;
  ((__global VECTOR*)y)[at] = inside ? from[(size_t)id * chunks + at % chunks] : (VECTOR)(0);
}
#endif

#if FORM != 2
__kernel __attribute__((reqd_work_group_size(1, 1, 1)))
void gather_rows_vector(__global const ELEMENT* restrict table, __global const int* restrict ids,
                        __global ELEMENT* restrict y, const int rows, const int columns,
                        const int count) {
  const int first = (int)get_global_id(0) * ROWS;
  for (int i = first; i < min(first + ROWS, count); ++i) {
    const int id = ids[i];
    const int inside = (uint)id < (uint)rows;
    __global const ELEMENT* from = table + (inside ? (size_t)id * columns : 0);
    __global ELEMENT* to = y + (size_t)i * columns;
    int column = 0;
    for (; column + 16 <= columns; column += 16)
      PASTE(vstore, 16)(inside ? vload16(0, from + column) : (PASTE(ELEMENT, 16))(0), 0, to + column);
    for (; column < columns; ++column) to[column] = inside ? from[column] : (ELEMENT)(0);
  }
}
#endif
