// The replay loop. One pass over a flat array; nothing is allocated here except for profiling.
#include "opencl_replay.h"

#include <stdlib.h>

static cl_int run_sgemm(const clblast_table *blas, cl_command_queue queue, const opencl_sgemm *g,
                        cl_event *event) {
  if (blas == NULL) return CL_INVALID_OPERATION;
  const int ta = g->transpose_a ? CLBLAST_TRANSPOSE_YES : CLBLAST_TRANSPOSE_NO;
  const int tb = g->transpose_b ? CLBLAST_TRANSPOSE_YES : CLBLAST_TRANSPOSE_NO;
  if (g->batch == 1) {
    return blas->CLBlastSgemm(CLBLAST_ROW_MAJOR, ta, tb, g->m, g->n, g->k, g->alpha, g->a, 0,
                              g->a_leading, g->b, 0, g->b_leading, g->beta, g->c, 0,
                              g->c_leading, &queue, event);
  }
  return blas->CLBlastSgemmStridedBatched(
      CLBLAST_ROW_MAJOR, ta, tb, g->m, g->n, g->k, g->alpha, g->a, 0, g->a_leading, g->a_stride,
      g->b, 0, g->b_leading, g->b_stride, g->beta, g->c, 0, g->c_leading, g->c_stride, g->batch,
      &queue, event);
}

static inline cl_int enqueue(const opencl_table *cl, const clblast_table *blas,
                             cl_command_queue queue, const opencl_command *c, cl_event *event) {
  if (c->kind == OPENCL_COMMAND_KERNEL) {
    return cl->clEnqueueNDRangeKernel(queue, c->kernel, c->dimensions, NULL, c->global, c->local,
                                      0, NULL, event);
  }
  if (c->kind == OPENCL_COMMAND_COPY) {
    const opencl_copy *copy = c->copy;
    return cl->clEnqueueCopyBuffer(queue, copy->source, copy->destination, copy->source_offset,
                                   copy->destination_offset, copy->byte_count, 0, NULL, event);
  }
  return run_sgemm(blas, queue, c->sgemm, event);
}

cl_int opencl_replay(const opencl_table *cl, const clblast_table *blas, cl_command_queue queue,
                     const opencl_command *commands, size_t count, size_t *failed) {
  for (size_t i = 0; i < count; ++i) {
    const cl_int code = enqueue(cl, blas, queue, commands + i, NULL);
    if (code != CL_SUCCESS) {
      *failed = i;
      return code;
    }
  }
  return cl->clFlush(queue);
}

cl_int opencl_wait(const opencl_table *cl, cl_command_queue queue) {
  cl_event end = NULL;
  cl_int code = cl->clEnqueueMarkerWithWaitList(queue, 0, NULL, &end);
  if (code != CL_SUCCESS) return code;
  code = cl->clWaitForEvents(1, &end);
  cl->clReleaseEvent(end);
  return code;
}

cl_int opencl_replay_profiled(const opencl_table *cl, const clblast_table *blas,
                              cl_command_queue queue, const opencl_command *commands,
                              size_t count, cl_ulong *nanoseconds, size_t *failed) {
  *failed = 0;
  cl_event *events = calloc(count == 0 ? 1 : count, sizeof(cl_event));
  if (events == NULL) return CL_OUT_OF_HOST_MEMORY;
  cl_int code = CL_SUCCESS;
  size_t enqueued = 0;
  while (enqueued < count && code == CL_SUCCESS) {
    code = enqueue(cl, blas, queue, commands + enqueued, events + enqueued);
    *failed = enqueued;
    if (code == CL_SUCCESS) ++enqueued;
  }
  const cl_int finished = opencl_wait(cl, queue);
  if (code == CL_SUCCESS && finished != CL_SUCCESS) {
    code = finished;
    *failed = count;
  }
  for (size_t i = 0; i < enqueued; ++i) {
    cl_ulong start = 0, end = 0;
    if (code == CL_SUCCESS) {
      *failed = i;
      code = cl->clGetEventProfilingInfo(events[i], CL_PROFILING_COMMAND_START, sizeof(start),
                                         &start, NULL);
      if (code == CL_SUCCESS) {
        code = cl->clGetEventProfilingInfo(events[i], CL_PROFILING_COMMAND_END, sizeof(end), &end,
                                           NULL);
      }
      nanoseconds[i] = end >= start ? end - start : CL_ULONG_MAX;
    }
    cl->clReleaseEvent(events[i]);
  }
  free(events);
  return code;
}
