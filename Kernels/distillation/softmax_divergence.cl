// softmax_divergence: per row, a divergence D of p = softmax(t/T) and q = softmax(z/T), and its
// gradients, in one kernel. 0: KL(p‖q). 1: KL(q‖p). 2: β KL(p‖m) + (1−β) KL(q‖m), m = βp + (1−β)q.
// 3: Σ (p − q)². No T² inside: the caller multiplies, through `upstream` for the gradients.
//
// Shapes     student z, teacher t, gradStudent, gradTeacher  [rows, columns]; loss [rows];
//            upstream [rows] (upstreamStride 1) or [1] (0), only where a gradient is stored.
//            float32, row-major, dense.
//            loss = D; gradStudent = upstream · ∂D/∂z; gradTeacher = upstream · ∂D/∂t.
// Launch     vector: 1-D, global ⌈rows / rowsPerItem⌉, local 1; a work-item walks rowsPerItem rows.
//            rows:   2-D, global (LANES, rows rounded up to ROWS), local (LANES, ROWS).
//            rows, columns ≥ 1; temperature > 0; 0 < beta < 1 (a parameter of DIVERGENCE 2 only).
// Macros     DIVERGENCE 0–3 as above.  LOSS, GRAD_STUDENT, GRAD_TEACHER 0/1: the outputs that exist
//            (also as parameters).  LANES work-items a row, a power of two, and ROWS rows a group.
// Memory     LANES · ROWS floats local. z and t are read 4 times (5 where ∂D needs D first);
//            all but the first read of a row hit the cache for rows up to some 10⁵ columns.
// Numerics   Shifted by the row maximum. Loss ≥ 0 and within 1e-5 · D of float64, however near the
//            rows are to each other; gradient within 3e-6 · (1 + |D|) of upstream/T. Terms of
//            probability 0 count 0, such as classes masked by −INFINITY. See divergence_core.cl.
// Source     Hinton, Vinyals, Dean 2015 (KL); Agarwal et al. 2024, GKD (generalised JSD).

#ifndef DIVERGENCE
#define DIVERGENCE 0
#endif

#include "row_outputs_core.cl"
#include "divergence_core.cl"

// Whether the gradients wait for the sums (else they are stored while summing).
#define DELAYED ((DIVERGENCE == 0 && GRAD_TEACHER) || (DIVERGENCE == 1 && GRAD_STUDENT) || \
                 (DIVERGENCE >= 2 && (GRAD_STUDENT || GRAD_TEACHER)))
#define SUMMED (LOSS || DELAYED)
#define MEANS (DIVERGENCE >= 2 && DELAYED)

#if DIVERGENCE == 2
#define BETA_PARAMETER , const float beta
#else
#define BETA_PARAMETER
#endif

#define STATISTICS                                   \
  const float inverseStudent = 1.0f / forStudent.y;  \
  const float inverseTeacher = 1.0f / forTeacher.y;  \
  LOAD_WEIGHT(scale)

#define ELEMENT(TYPE, EXP, LOG, Z, T)                              \
  const TYPE ofZ = Z, ofT = T;                                     \
  DIFFERENCE(TYPE)                                                 \
  const TYPE q = EXP((ofZ - forStudent.x) * scale) * inverseStudent; \
  const TYPE p = EXP((ofT - forTeacher.x) * scale) * inverseTeacher; \
  const TYPE d = difference - from.offset;                         \
  (void)p, (void)q, (void)d;                                       \
  PREPARE(TYPE, EXP, LOG)

#define ELEMENT16(COUNT)                                            \
  const int count = COUNT;                                          \
  ELEMENT(float16, exp_shifted16, log16,                            \
          load_part16(z + column, count, -INFINITY),                \
          load_part16(t + column, count, -INFINITY))

#if MEANS
#define ADD_TERMS(STORE, EXP)  \
  lossSum += LOSS_TERM(EXP);   \
  studentSum += STUDENT_MEAN;  \
  teacherSum += TEACHER_MEAN;
#elif DELAYED
#define ADD_TERMS(STORE, EXP) lossSum += LOSS_TERM(EXP);
#else
#define ADD_TERMS(STORE, EXP)  \
  lossSum += LOSS_TERM(EXP);   \
  STORE_GRADIENTS(STORE)
#endif

#if FORM != 2
__kernel __attribute__((reqd_work_group_size(1, 1, 1)))
void softmax_divergence_vector(
    __global const float* restrict student, __global const float* restrict teacher,
    const int rows, const int columns, const float temperature BETA_PARAMETER,
    const int rowsPerItem LOSS_PARAMETER UPSTREAM_PARAMETERS GRAD_STUDENT_PARAMETER
    GRAD_TEACHER_PARAMETER) {
  const float scale = 1.0f / temperature;
  const int first = (int)get_global_id(0) * rowsPerItem;
  for (int row = first; row < min(first + rowsPerItem, rows); row++) {
    const size_t start = (size_t)row * (size_t)columns;
    __global const float* z = student + start;
    __global const float* t = teacher + start;
    const float2 forStudent = softmax_statistics16(z, columns, scale);
    const float2 forTeacher = softmax_statistics16(t, columns, scale);
    const origin from = origin16(z, t, columns, scale, forStudent, forTeacher);
    STATISTICS
#if SUMMED
    float16 lossSum = 0.0f;
#if MEANS
    float16 studentSum = 0.0f, teacherSum = 0.0f;
#endif
    int column = 0;
    for (; column + 16 <= columns; column += 16) {
      ELEMENT16(16)
      ADD_TERMS(STORE16, exp_shifted16)
    }
    if (column < columns) {
      ELEMENT16(columns - column)
      ADD_TERMS(STORE16, exp_shifted16)
    }
    const float loss = sum16(lossSum);
#if MEANS
    const float studentMean = sum16(studentSum), teacherMean = sum16(teacherSum);
    (void)loss, (void)studentMean, (void)teacherMean;
#endif
    STORE_LOSS
#endif
#if STORED && (DELAYED || !SUMMED)
    int next = 0;
    for (; next + 16 <= columns; next += 16) {
      const int column = next;
      ELEMENT16(16)
      STORE_GRADIENTS(STORE16)
    }
    if (next < columns) {
      const int column = next;
      ELEMENT16(columns - column)
      STORE_GRADIENTS(STORE16)
    }
#endif
  }
}
#endif

#if FORM != 1
__kernel __attribute__((reqd_work_group_size(LANES, ROWS, 1)))
void softmax_divergence_rows(
    __global const float* restrict student, __global const float* restrict teacher,
    const int rows, const int columns, const float temperature
    BETA_PARAMETER LOSS_PARAMETER UPSTREAM_PARAMETERS GRAD_STUDENT_PARAMETER
    GRAD_TEACHER_PARAMETER) {
  __local float scratch[ROWS * LANES];
  __local float* mine = scratch + get_local_id(1) * LANES;
  const float scale = 1.0f / temperature;
  const int lane = (int)get_local_id(0);
  // A sub-row past the end repeats the last row, so that all reach the barriers; it stores nothing.
  const int row = min((int)get_global_id(1), rows - 1);
  const int end = (int)get_global_id(1) < rows ? columns : 0;
  const size_t start = (size_t)row * (size_t)columns;
  __global const float* z = student + start;
  __global const float* t = teacher + start;
  const float2 forStudent = group_softmax_statistics(mine, z, columns, scale, lane, LANES);
  const float2 forTeacher = group_softmax_statistics(mine, t, columns, scale, lane, LANES);
  const origin from =
      group_origin(mine, z, t, columns, scale, forStudent, forTeacher, lane, LANES);
  STATISTICS
#if SUMMED
  float lossSum = 0.0f;
#if MEANS
  float studentSum = 0.0f, teacherSum = 0.0f;
#endif
  for (int column = lane; column < end; column += LANES) {
    ELEMENT(float, exp, log, z[column], t[column])
    ADD_TERMS(STORE1, exp)
  }
  const float loss = group_sum(mine, lossSum, lane, LANES);
#if MEANS
  const float studentMean = group_sum(mine, studentSum, lane, LANES);
  const float teacherMean = group_sum(mine, teacherSum, lane, LANES);
  (void)loss, (void)studentMean, (void)teacherMean;
#endif
  if (lane == 0 && end > 0) {
    STORE_LOSS
  }
#endif
#if STORED && (DELAYED || !SUMMED)
  for (int column = lane; column < end; column += LANES) {
    ELEMENT(float, exp, log, z[column], t[column])
    STORE_GRADIENTS(STORE1)
  }
#endif
}
#endif
