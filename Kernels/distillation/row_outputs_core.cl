// row_outputs_core: outputs of kernels that compare each row of a student with a teacher's, the loss and
// the gradients that are asked for; part of softmax_divergence.cl and direction_distance.cl.
//
// Shapes     loss [rows]; gradStudent, gradTeacher [rows, columns];
//            upstream [rows] (upstreamStride 1) or [1] (0), only where a gradient is stored.
// Macros     LOSS, GRAD_STUDENT, GRAD_TEACHER 0/1: the outputs that exist (also as parameters).
//            LANES work-items a row, a power of two, and ROWS rows a group.

#ifndef LOSS
#define LOSS 1
#endif
#ifndef GRAD_STUDENT
#define GRAD_STUDENT 1
#endif
#ifndef GRAD_TEACHER
#define GRAD_TEACHER 0
#endif
#ifndef LANES
#define LANES 64
#endif
#ifndef ROWS
#define ROWS 1
#endif

#define STORED (GRAD_STUDENT || GRAD_TEACHER)

#if LOSS
#define LOSS_PARAMETER , __global float* restrict lossOut
#define STORE_LOSS lossOut[row] = loss;
#else
#define LOSS_PARAMETER
#define STORE_LOSS
#endif
#if STORED
#define UPSTREAM_PARAMETERS , __global const float* restrict upstream, const int upstreamStride
#define LOAD_WEIGHT(SCALE) \
  const float weight = upstream[(size_t)row * (size_t)upstreamStride] * (SCALE);
#else
#define UPSTREAM_PARAMETERS
#define LOAD_WEIGHT(SCALE)
#endif
#if GRAD_STUDENT
#define GRAD_STUDENT_PARAMETER , __global float* restrict gradStudent
#define STORE_STUDENT(STORE) STORE(weight * STUDENT_GRADIENT, gradStudent + start + column)
#else
#define GRAD_STUDENT_PARAMETER
#define STORE_STUDENT(STORE)
#endif
#if GRAD_TEACHER
#define GRAD_TEACHER_PARAMETER , __global float* restrict gradTeacher
#define STORE_TEACHER(STORE) STORE(weight * TEACHER_GRADIENT, gradTeacher + start + column)
#else
#define GRAD_TEACHER_PARAMETER
#define STORE_TEACHER(STORE)
#endif
#define STORE16(VALUE, TO) store_part16(VALUE, count, TO)
#define STORE1(VALUE, TO) *(TO) = VALUE
#define STORE_GRADIENTS(STORE) \
  STORE_STUDENT(STORE);        \
  STORE_TEACHER(STORE);
