// CLBlast's GEMM, found at run time; the declarations follow clblast_c.h of CLBlast 1.5.
#pragma once
#include "opencl_table.h"

enum {
  CLBLAST_ROW_MAJOR = 101,
  CLBLAST_TRANSPOSE_NO = 111,
  CLBLAST_TRANSPOSE_YES = 112,
};

/// The addresses of the CLBlast functions that Retort uses.
typedef struct {
  int (*CLBlastSgemm)(int layout, int transpose_a, int transpose_b, size_t m, size_t n, size_t k,
                      float alpha, cl_mem a, size_t a_offset, size_t a_leading, cl_mem b,
                      size_t b_offset, size_t b_leading, float beta, cl_mem c, size_t c_offset,
                      size_t c_leading, cl_command_queue *queue, cl_event *event);
  int (*CLBlastSgemmStridedBatched)(int layout, int transpose_a, int transpose_b, size_t m,
                                    size_t n, size_t k, float alpha, cl_mem a, size_t a_offset,
                                    size_t a_leading, size_t a_stride, cl_mem b, size_t b_offset,
                                    size_t b_leading, size_t b_stride, float beta, cl_mem c,
                                    size_t c_offset, size_t c_leading, size_t c_stride,
                                    size_t batch, cl_command_queue *queue, cl_event *event);
  int (*CLBlastClearCache)(void);
} clblast_table;

/// Opens CLBlast once per process; NULL where it is not installed. Thread-safe.
///
/// Call it after `opencl_open`, so that CLBlast binds to the same loader.
const clblast_table *clblast_open(void);

/// Whether CLBlast can be used in this process.
int clblast_available(void);
