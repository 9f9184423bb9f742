// pointwise: fused element-wise chains; a template that the host fills in with generated code.
//
// Shapes     The iteration space, its axes merged where all operands allow, is seen as
//            [outer, rows, columns]; operands and results have a stride per axis.
// Launch     FLAT 0: 1-D, local 1. Work-item g does the g-th share of `units` pieces, each of one
//            outer index, up to pieceRows rows and up to pieceColumns columns (a multiple of 16,
//            and of PERIOD). FLAT 1: 1-D, local GROUP, one element (FLAT 4: four) per work-item.
// Macros     ENTRY       the kernel's name.
//            PARAMETERS  pointers and strides of operands and results, each ended by a comma.
//            TABLES      statements: private copies of operands that repeat every PERIOD columns.
//            OUTER(i)    statements: pointers at outer index i.
//            ROW(i)      statements: pointers at row i of these.
//            BODY(column, count)  loads, computes and stores `count` ≤ 16 columns.
//            PERIOD      a multiple of 16 columns after which operands repeat; 0 without any.
//            FLAT        0 the vector form, 1 or 4 the form for GPUs.
//            GROUP       work-items of a work-group of the flat form.
//            ELEMENT(i)  the flat form's statements for element i;  BODY4(i) for four from i on.
// Memory     Each operand is read and each result written once. Loads may run 15 floats over.
// Numerics   elementwise/functions.cl.
// Called by  RetortOpenCL/Lowering/Pointwise.swift

#ifndef ENTRY
#define ENTRY pointwise_vector
#define PARAMETERS __global const float* a0, __global float* y0,
#define TABLES
#define OUTER(i) (void)(i);
#define ROW(i) (void)(i);
#define BODY(column, count) store_part16(load16(a0 + (column)), count, y0 + (column));
#define PERIOD 0
#define FLAT 0
#define GROUP 256
#endif

#if FLAT == 0
__kernel __attribute__((reqd_work_group_size(1, 1, 1)))
void ENTRY(
    PARAMETERS const int rows, const int columns, const int pieceRows, const int pieceColumns,
    const int units) {
  const int rowPieces = (rows + pieceRows - 1) / pieceRows;
  const int columnPieces = (columns + pieceColumns - 1) / pieceColumns;
  const int first = (int)((long)get_global_id(0) * units / (long)get_global_size(0));
  const int end = (int)((long)(get_global_id(0) + 1) * units / (long)get_global_size(0));
  TABLES
  for (int unit = first; unit < end; unit++) {
    const int firstColumn = unit % columnPieces * pieceColumns;
    const int columnEnd = min(firstColumn + pieceColumns, columns);
    const int firstRow = unit / columnPieces % rowPieces * pieceRows;
    const int rowEnd = min(firstRow + pieceRows, rows);
    const int outer = unit / columnPieces / rowPieces;
    OUTER(outer)
    for (int row = firstRow; row < rowEnd; row++) {
      ROW(row)
      int column = firstColumn;
#if PERIOD
      int phase = 0;
#endif
      for (; column + 16 <= columnEnd; column += 16) {
        BODY(column, 16)
#if PERIOD
        phase = phase + 1 < PERIOD / 16 ? phase + 1 : 0;
#endif
      }
      if (column < columnEnd) {
        const int count = columnEnd - column;
        BODY(column, count)
      }
    }
  }
}
#else
__kernel __attribute__((reqd_work_group_size(GROUP, 1, 1)))
void ENTRY(PARAMETERS const int count) {
#if FLAT == 4
  const int first = (int)get_global_id(0) * 4;
  if (first + 4 <= count) {
    BODY4(first)
  } else {
    for (int i = first; i < count; i++) {
      ELEMENT(i)
    }
  }
#else
  const int i = (int)get_global_id(0);
  if (i < count) {
    ELEMENT(i)
  }
#endif
}
#endif
