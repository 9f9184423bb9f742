#define REAL float
#define REAL_IS_FLOAT 1
#define TABLE retort_float_baseline
#define VECTOR_BYTES 16
#define TILE_ROWS 4
#include "templates/kernels.h"
