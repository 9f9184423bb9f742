#define REAL double
#define REAL_IS_FLOAT 0
#define TABLE retort_double_baseline
#define VECTOR_BYTES 16
#define TILE_ROWS 4
#include "templates/kernels.h"
