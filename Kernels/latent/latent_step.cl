// latent_step: one move of a latent search, and the random perturbation that starts it.
//
//   latent_step     z' = project(z + move(g)) per row:
//     RULE 0 plain          rate · g
//     RULE 1 normalised     rate · g / (‖g‖₂ + 1e-12)
//     RULE 2 displacement   rate · size · g / (‖g‖₂ + 1e-12); rate = ρ / K bounds the path of K
//                           steps by ρ · size, with size a latent norm.
//   latent_perturb  z' = project(z + sigma · spread · noise), spread per coordinate.
//   project clamps every coordinate to [low, high] where BOX is 1; NaN stays NaN.
//
// Shapes     z, gradient, noise, to [rows, columns] float32, row-major, dense; to may alias z.
//            low, high, spread [columns]; size [rows] (sizeStride 1) or [1] (0).
// Launch     vector: 1-D, global ⌈rows / rowsPerItem⌉, local 1; a work-item walks rowsPerItem rows.
//            rows:   2-D, global (LANES, rows rounded up to ROWS), local (LANES, ROWS).
// Macros     RULE as above.  BOX, SPREAD 0/1: whether low and high, spread are parameters.
//            LANES work-items a row, a power of two, and ROWS rows a group.
// Memory     LANES · ROWS floats local for latent_step_rows. The gradient is read twice.
// Numerics   Within 1e-6 relative of float64. ‖g‖₂ overflows above 1e19.
// Source     Zaheer et al. 2023, "Teacher Guided Training", section 3.

#ifndef RULE
#define RULE 1
#endif
#ifndef BOX
#define BOX 0
#endif
#ifndef SPREAD
#define SPREAD 1
#endif
#ifndef LANES
#define LANES 32
#endif
#ifndef ROWS
#define ROWS 2
#endif

#if RULE == 2
#define SIZE_PARAMETERS , __global const float* restrict size, const int sizeStride
#define SIZE size[(size_t)row * (size_t)sizeStride]
#else
#define SIZE_PARAMETERS
#define SIZE 1.0f
#endif
#if BOX
#define BOX_PARAMETERS , __global const float* restrict low, __global const float* restrict high
#define PROJECT(VALUE, LOAD) \
  VALUE = VALUE < LOAD(low) ? LOAD(low) : (VALUE > LOAD(high) ? LOAD(high) : VALUE);
#else
#define BOX_PARAMETERS
#define PROJECT(VALUE, LOAD)
#endif
#if SPREAD
#define SPREAD_PARAMETER , __global const float* restrict spread
#define WIDTH(LOAD) (sigma * LOAD(spread))
#else
#define SPREAD_PARAMETER
#define WIDTH(LOAD) sigma
#endif

// A vector at `column`; lanes from `count` on are 0.
#define LOAD16(FROM) load_part16(FROM + column, count, 0.0f)
#define LOAD1(FROM) FROM[column]

__kernel __attribute__((reqd_work_group_size(1, 1, 1)))
void latent_step_vector(
    __global const float* z, __global const float* gradient, __global float* to, const int rows,
    const int columns, const float rate, const int rowsPerItem SIZE_PARAMETERS BOX_PARAMETERS) {
  const int first = (int)get_global_id(0) * rowsPerItem;
  for (int row = first; row < min(first + rowsPerItem, rows); row++) {
    const size_t start = (size_t)row * (size_t)columns;
    float move = rate * SIZE;
#if RULE
    float16 squares = 0.0f;
    for (int column = 0; column < columns; column += 16) {
      const int count = min(columns - column, 16);
      const float16 g = LOAD16((gradient + start));
      squares = fma(g, g, squares);
    }
    move /= sqrt(sum16(squares)) + 1e-12f;
#endif
    for (int column = 0; column < columns; column += 16) {
      const int count = min(columns - column, 16);
      float16 value = fma(LOAD16((gradient + start)), (float16)move, LOAD16((z + start)));
      PROJECT(value, LOAD16)
      store_part16(value, count, to + start + column);
    }
  }
}

__kernel __attribute__((reqd_work_group_size(LANES, ROWS, 1)))
void latent_step_rows(
    __global const float* z, __global const float* gradient, __global float* to, const int rows,
    const int columns, const float rate SIZE_PARAMETERS BOX_PARAMETERS) {
  const int lane = (int)get_local_id(0);
  // A sub-row past the end repeats the last row, so that all reach the barriers; it stores nothing.
  const int row = min((int)get_global_id(1), rows - 1);
  const int end = (int)get_global_id(1) < rows ? columns : 0;
  const size_t start = (size_t)row * (size_t)columns;
  float move = rate * SIZE;
#if RULE
  __local float scratch[ROWS * LANES];
  float square = 0.0f;
  for (int column = lane; column < end; column += LANES) {
    square = fma(gradient[start + column], gradient[start + column], square);
  }
  square = group_sum(scratch + get_local_id(1) * LANES, square, lane, LANES);
  move /= sqrt(square) + 1e-12f;
#endif
  for (int column = lane; column < end; column += LANES) {
    float value = fma(gradient[start + column], move, z[start + column]);
    PROJECT(value, LOAD1)
    to[start + column] = value;
  }
}

__kernel __attribute__((reqd_work_group_size(1, 1, 1)))
void latent_perturb_vector(
    __global const float* z, __global const float* noise, __global float* to, const int rows,
    const int columns, const float sigma, const int rowsPerItem SPREAD_PARAMETER BOX_PARAMETERS) {
  const int first = (int)get_global_id(0) * rowsPerItem;
  for (int row = first; row < min(first + rowsPerItem, rows); row++) {
    const size_t start = (size_t)row * (size_t)columns;
    for (int column = 0; column < columns; column += 16) {
      const int count = min(columns - column, 16);
      float16 value = fma(LOAD16((noise + start)), (float16)WIDTH(LOAD16), LOAD16((z + start)));
      PROJECT(value, LOAD16)
      store_part16(value, count, to + start + column);
    }
  }
}

__kernel __attribute__((reqd_work_group_size(LANES, ROWS, 1)))
void latent_perturb_rows(
    __global const float* z, __global const float* noise, __global float* to, const int rows,
    const int columns, const float sigma SPREAD_PARAMETER BOX_PARAMETERS) {
  const int end = (int)get_global_id(1) < rows ? columns : 0;
  const size_t start = get_global_id(1) * (size_t)columns;
  for (int column = (int)get_local_id(0); column < end; column += LANES) {
    float value = fma(noise[start + column], WIDTH(LOAD1), z[start + column]);
    PROJECT(value, LOAD1)
    to[start + column] = value;
  }
}
