// direction_distance: per row, how far the directions of two vectors are apart, with COSINE 0 their squared
// distance D = ‖t/‖t‖ − s/‖s‖‖², with 1 D = 1 − ⟨s/‖s‖, t/‖t‖⟩, and its gradients, in one kernel.
//
// Shapes     student s, teacher t, gradStudent, gradTeacher  [rows, columns]; loss [rows];
//            upstream [rows] (upstreamStride 1) or [1] (0), only where a gradient is stored.
//            float32, row-major, dense.
//            loss = D; gradStudent = upstream · ∂D/∂s; gradTeacher = upstream · ∂D/∂t.
// Launch     vector: 1-D, global ⌈rows / rowsPerItem⌉, local 1; a work-item walks rowsPerItem rows.
//            rows:   2-D, global (LANES, rows rounded up to ROWS), local (LANES, ROWS).
//            rows, columns ≥ 1.
// Macros     COSINE as above.  LOSS, GRAD_STUDENT, GRAD_TEACHER, LANES, ROWS: see row_outputs_core.cl.
// Memory     LANES · ROWS floats local. s and t are read 3 times, 2 for the loss alone; all but the
//            first read of a row hit the cache for rows up to some 10⁵ columns.
// Numerics   Lengths count as √leastSquares at least, and below that as constants; a vector of zeros has
//            no direction: it stays 0, and its gradient is 0. Sums of squares must be finite. NaN stays
//            in its row. Of vectors with directions, 1 − ⟨u, v⟩ is ½‖v − u‖², which keeps its digits.
// Source     ∂(x/‖x‖)/∂x = (1 − u uᵀ)/‖x‖, u = x/‖x‖.

#ifndef COSINE
#define COSINE 0
#endif

#include "row_outputs_core.cl"

// 1 over the length of a vector by the sum of its squares; 0 for zeros.
static inline float inverse_length(float squares, float least) {
  return squares > 0.0f ? 1.0f / sqrt(squares < least ? least : squares) : squares;
}

#define INVERSE_LENGTHS                                                   \
  const float ofStudent = inverse_length(studentSquares, leastSquares);   \
  const float ofTeacher = inverse_length(teacherSquares, leastSquares);   \
  LOAD_WEIGHT(COSINE ? 1.0f : 2.0f)

#define ELEMENT(TYPE, S, T)                                    \
  const TYPE own = (S) * ofStudent, other = (T) * ofTeacher;   \
  const TYPE apart = other - own;                              \
  (void)own, (void)other;
#define ELEMENT16                                              \
  const int count = min(columns - column, 16);                 \
  ELEMENT(float16, load_part16(s + column, count, 0.0f), load_part16(t + column, count, 0.0f))
#define ADD_TERMS                                              \
  lossSum += apart * apart;                                    \
  studentSum += own * apart;                                   \
  teacherSum += other * apart;

// The distance by Σ apart², Σ own · apart and Σ other · apart, and what each gradient has of its own vector: where its
// length is a constant that is 0, or, of a cosine, what leaves the other vector.
#define ALONG(LOSS_SUM, STUDENT_SUM, TEACHER_SUM)                                        \
  const float squares = LOSS_SUM, ofOwn = STUDENT_SUM, ofOther = TEACHER_SUM;            \
  const int isFree = studentSquares >= leastSquares, isOtherFree = teacherSquares >= leastSquares; \
  const float studentAlong = isFree ? ofOwn : COSINE ? -1.0f : 0.0f;                     \
  const float teacherAlong = isOtherFree ? ofOther : COSINE ? 1.0f : 0.0f;               \
  const float loss =                                                                     \
      !COSINE ? squares                                                                  \
      : isFree && isOtherFree ? 0.5f * squares                                           \
                              : 1.0f - (ofOwn + studentSquares * ofStudent * ofStudent); \
  (void)studentAlong, (void)teacherAlong, (void)loss;
#define STUDENT_GRADIENT (ofStudent * (own * studentAlong - apart))
#define TEACHER_GRADIENT (ofTeacher * (apart - other * teacherAlong))

#if FORM != 2
__kernel __attribute__((reqd_work_group_size(1, 1, 1)))
void direction_distance_vector(
    __global const float* restrict student, __global const float* restrict teacher,
    const int rows, const int columns, const float leastSquares, const int rowsPerItem
    LOSS_PARAMETER UPSTREAM_PARAMETERS GRAD_STUDENT_PARAMETER GRAD_TEACHER_PARAMETER) {
  const int first = (int)get_global_id(0) * rowsPerItem;
  for (int row = first; row < min(first + rowsPerItem, rows); row++) {
    const size_t start = (size_t)row * (size_t)columns;
    __global const float* s = student + start;
    __global const float* t = teacher + start;
    float16 ownSquares = 0.0f, otherSquares = 0.0f;
    for (int column = 0; column < columns; column += 16) {
      const int count = min(columns - column, 16);
      const float16 own = load_part16(s + column, count, 0.0f);
      const float16 other = load_part16(t + column, count, 0.0f);
      ownSquares = MAD(own, own, ownSquares);
      otherSquares = MAD(other, other, otherSquares);
    }
    const float studentSquares = sum16(ownSquares), teacherSquares = sum16(otherSquares);
    INVERSE_LENGTHS
    float16 lossSum = 0.0f, studentSum = 0.0f, teacherSum = 0.0f;
    for (int column = 0; column < columns; column += 16) {
      ELEMENT16
      ADD_TERMS
    }
    ALONG(sum16(lossSum), sum16(studentSum), sum16(teacherSum))
    STORE_LOSS
#if STORED
    for (int column = 0; column < columns; column += 16) {
      ELEMENT16
      STORE_GRADIENTS(STORE16)
    }
#endif
  }
}
#endif

#if FORM != 1
__kernel __attribute__((reqd_work_group_size(LANES, ROWS, 1)))
void direction_distance_rows(
    __global const float* restrict student, __global const float* restrict teacher,
    const int rows, const int columns, const float leastSquares
    LOSS_PARAMETER UPSTREAM_PARAMETERS GRAD_STUDENT_PARAMETER GRAD_TEACHER_PARAMETER) {
  __local float scratch[ROWS * LANES];
  __local float* mine = scratch + get_local_id(1) * LANES;
  const int lane = (int)get_local_id(0);
  // A sub-row past the end repeats the last row, so that all reach the barriers; it stores nothing.
  const int row = min((int)get_global_id(1), rows - 1);
  const int end = (int)get_global_id(1) < rows ? columns : 0;
  const size_t start = (size_t)row * (size_t)columns;
  __global const float* s = student + start;
  __global const float* t = teacher + start;
  float ownSquares = 0.0f, otherSquares = 0.0f;
  for (int column = lane; column < end; column += LANES) {
    ownSquares = MAD(s[column], s[column], ownSquares);
    otherSquares = MAD(t[column], t[column], otherSquares);
  }
  const float studentSquares = group_sum(mine, ownSquares, lane, LANES);
  const float teacherSquares = group_sum(mine, otherSquares, lane, LANES);
  INVERSE_LENGTHS
  float lossSum = 0.0f, studentSum = 0.0f, teacherSum = 0.0f;
  for (int column = lane; column < end; column += LANES) {
    ELEMENT(float, s[column], t[column])
    ADD_TERMS
  }
  ALONG(group_sum(mine, lossSum, lane, LANES), group_sum(mine, studentSum, lane, LANES),
        group_sum(mine, teacherSum, lane, LANES))
  if (lane == 0 && end > 0) {
    STORE_LOSS
  }
#if STORED
  for (int column = lane; column < end; column += LANES) {
    ELEMENT(float, s[column], t[column])
    STORE_GRADIENTS(STORE1)
  }
#endif
}
#endif
