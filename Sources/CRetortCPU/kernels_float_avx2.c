#if defined(__x86_64__)
#define REAL float
#define REAL_IS_FLOAT 1
#define TABLE retort_float_avx2
#define VECTOR_BYTES 32
#define TILE_ROWS 6
#define TARGET "arch=x86-64-v3"
#include "templates/kernels.h"
#endif
