#if defined(__x86_64__)
#define REAL float
#define REAL_IS_FLOAT 1
#define TABLE retort_float_avx512
#define VECTOR_BYTES 64
#define TILE_ROWS 12
#define TARGET "arch=x86-64-v4,no-prefer-256-bit"
#include "templates/kernels.h"
#endif
