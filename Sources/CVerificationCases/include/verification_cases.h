#pragma once
#include <stddef.h>

/// One embedded verification case: its file's path under `Tests/Goldens/`, and its bytes.
typedef struct {
  const char *path;
  const unsigned char *bytes;
  size_t byte_count;
} retort_verification_case;

/// The table of every embedded case.
const retort_verification_case *retort_verification_cases(void);
/// The number of rows in the table.
size_t retort_verification_case_count(void);
