// The replay loop: a flat list of launches with every argument bound beforehand.
#pragma once
#include "clblast_table.h"
#include "opencl_table.h"

/// What one entry of a launch list does.
typedef enum {
  OPENCL_COMMAND_KERNEL = 0,
  OPENCL_COMMAND_SGEMM = 1,
  OPENCL_COMMAND_COPY = 2,
} opencl_command_kind;

/// One CLBlast call: `c = a · b` in row-major order, `batch` times with the given strides.
typedef struct {
  int transpose_a, transpose_b;
  size_t m, n, k;
  cl_mem a, b, c;
  size_t a_leading, b_leading, c_leading;  // row lengths in floats
  size_t a_stride, b_stride, c_stride;     // floats between matrices of a batch
  size_t batch;
  float alpha, beta;
} opencl_sgemm;

/// One copy between two buffers, in bytes.
typedef struct {
  cl_mem source, destination;
  size_t source_offset, destination_offset, byte_count;
} opencl_copy;

/// One entry of a launch list.
typedef struct {
  cl_kernel kernel;
  const opencl_sgemm *sgemm;
  const opencl_copy *copy;
  size_t global[3], local[3];
  cl_uint dimensions;
  cl_uint kind;
} opencl_command;

/// Enqueues every command in order, requests no events, waits for nothing, and flushes.
///
/// Returns CL_SUCCESS, or the first error with the command's index in `failed`.
cl_int opencl_replay(const opencl_table *cl, const clblast_table *blas, cl_command_queue queue,
                     const opencl_command *commands, size_t count, size_t *failed);

/// Waits until everything enqueued so far is done, for a marker at the queue's end.
///
/// clFinish does not do: after a clFlush that of Mesa's rusticl 22.3 returns at once.
cl_int opencl_wait(const opencl_table *cl, cl_command_queue queue);

/// The same as `opencl_replay` on a profiling queue; waits at the end and writes each command's
/// device time, CL_ULONG_MAX for one that is said to have ended before it started.
///
/// `nanoseconds` has `count` elements. An error of the wait has `failed` equal to `count`.
cl_int opencl_replay_profiled(const opencl_table *cl, const clblast_table *blas,
                              cl_command_queue queue, const opencl_command *commands,
                              size_t count, cl_ulong *nanoseconds, size_t *failed);
