// reduce_along_vector: several sums or extrema of computed values along contiguous positions; a
// template that the host fills in with generated code. For CPU devices.
//
// Shapes     The values' space, its axes merged where all operands allow, is seen as
//            [outer, rows, columns]; rows and columns are reduced. Outputs y0, y1, …, dense [outer],
//            or [splits, outer] of partial results.
// Launch     1-D, local 1. Work-item g does the g-th share of `units` = outer · splits pieces; a
//            split has splitPieces pieces of one row and PIECE columns.
// Macros     ENTRY          the kernel's name.
//            PARAMETERS     pointers and strides, each ended by a comma.
//            OUTER(i)       statements: operands' pointers at outer index i.
//            ROW(i)         statements: operands' pointers at row i of these.
//            VALUES(column, count)  statements: value[k] = result k of `count` ≤ 16 columns.
//            RESULTS        how many.
//            IDENTITY(k)    what result k starts from;  FOLD(k, a, b), LANES(k, v)  how it folds.
//            STORE(k, at, value)    the statement that stores it.
//            PARTS          running vectors of each result: 4, or 1 where columns < 64.
// Memory     Each operand is read once; may run 15 floats over.
// Numerics   64 running sums over at most PIECE columns, then 16 over the pieces, then a tree; the
//            order depends on the extents alone. Extrema give NaN if any value is.
// Called by  RetortOpenCL/Lowering/ReduceVector.swift

#ifndef ENTRY
#define ENTRY reduce_along_vector
#define PARAMETERS __global const float* a0, __global float* y0,
#define OUTER(i) __global const float* p = a0 + (size_t)(i) * rows * columns;
#define ROW(i) __global const float* q = p + (size_t)(i) * columns;
#define VALUES(column, count) value[0] = load16(q + (column));
#define RESULTS 1
#define PARTS 4
#define IDENTITY(k) 0.0f
#define FOLD(k, a, b) ((a) + (b))
#define LANES(k, v) sum16(v)
#define STORE(k, at, value) y0[at] = (value);
#endif

#define PIECE 2048

__kernel __attribute__((reqd_work_group_size(1, 1, 1)))
void ENTRY(
    PARAMETERS const int rows, const int columns, const int splitPieces, const int splits,
    const int units) {
  const int rowPieces = (columns + PIECE - 1) / PIECE;
  const int first = (int)((long)get_global_id(0) * units / (long)get_global_size(0));
  const int end = (int)((long)(get_global_id(0) + 1) * units / (long)get_global_size(0));
  for (int unit = first; unit < end; unit++) {
    // Divisions count where rows are short.
    const int split = splits == 1 ? 0 : unit % splits;
    const int outer = splits == 1 ? unit : unit / splits;
    const int pieceEnd = min((split + 1) * splitPieces, rows * rowPieces);
    OUTER(outer)
    float16 total[RESULTS];
    UNROLL
    for (int k = 0; k < RESULTS; k++) total[k] = IDENTITY(k);
    for (int piece = split * splitPieces; piece < pieceEnd; piece++) {
      const int row = rowPieces == 1 ? piece : piece / rowPieces;
      int column = (piece - row * rowPieces) * PIECE;
      const int columnEnd = min(column + PIECE, columns);
      ROW(row)
      float16 part[RESULTS][PARTS];
      UNROLL
      for (int k = 0; k < RESULTS; k++) {
        UNROLL
        for (int b = 0; b < PARTS; b++) part[k][b] = IDENTITY(k);
      }
#if PARTS == 4
      for (; column + 64 <= columnEnd; column += 64) {
        UNROLL
        for (int b = 0; b < 4; b++) {
          float16 value[RESULTS];
          VALUES(column + 16 * b, 16)
          UNROLL
          for (int k = 0; k < RESULTS; k++) part[k][b] = FOLD(k, part[k][b], value[k]);
        }
      }
#endif
      for (; column < columnEnd; column += 16) {
        const int count = min(columnEnd - column, 16);
        float16 value[RESULTS];
        VALUES(column, count)
        UNROLL
        for (int k = 0; k < RESULTS; k++) {
          const float16 inside = select((float16)IDENTITY(k), value[k], IOTA16 < count);
          part[k][0] = FOLD(k, part[k][0], inside);
        }
      }
      UNROLL
      for (int k = 0; k < RESULTS; k++) {
        UNROLL
        for (int b = PARTS / 2; b > 0; b /= 2) {
          UNROLL
          for (int i = 0; i < b; i++) part[k][i] = FOLD(k, part[k][i], part[k][i + b]);
        }
        total[k] = FOLD(k, total[k], part[k][0]);
      }
    }
    const size_t at = (size_t)split * (units / splits) + outer;
    UNROLL
    for (int k = 0; k < RESULTS; k++) {
      STORE(k, at, LANES(k, total[k]))
    }
  }
}
#undef PIECE
