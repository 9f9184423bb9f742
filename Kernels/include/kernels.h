#pragma once
#include <stddef.h>

/// One embedded OpenCL C source: its path under `Kernels/` without `.cl`, and its text.
typedef struct {
  const char *name;
  const char *text;
} retort_kernel_source;

/// The table of every embedded kernel source.
const retort_kernel_source *retort_kernel_sources(void);
/// The number of rows in the table.
size_t retort_kernel_source_count(void);
