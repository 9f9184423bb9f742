// latent_step: one move of a latent search along the gradient, row by row.
//
//   NORMALISED 0   to = z + size · g
//   NORMALISED 1   to = z + size · g / (‖g‖₂ + 1e-12)
//
// Shapes     z, gradient, to  [rows, columns]  float32, row-major, dense; to may alias z.
//            size  [rows] (sizeStride 1) or [1] (0): a rate, or a length such as ρ/K · ‖z₀‖₂, which
//            bounds the path of K normalised steps by ρ · ‖z₀‖₂.
// Launch     vector: 1-D, global ⌈rows / rowsPerItem⌉, local 1; a work-item walks rowsPerItem rows.
//            rows:   2-D, global (LANES, rows rounded up to ROWS), local (LANES, ROWS).
//            rows, columns ≥ 1.
// Macros     NORMALISED 0/1.  LANES work-items a row, a power of two, and ROWS rows a group.
// Memory     LANES · ROWS floats local. z is read once, the gradient twice, to written once.
// Numerics   Within 1e-6 relative of float64. ‖g‖₂ overflows above 1e19: the row then stays.
// Source     Zaheer et al. 2023, "Teacher Guided Training" (arXiv:2208.06825), first-order search.

#ifndef NORMALISED
#define NORMALISED 1
#endif
#ifndef LANES
#define LANES 32
#endif
#ifndef ROWS
#define ROWS 4
#endif

#if FORM != 2
__kernel __attribute__((reqd_work_group_size(1, 1, 1)))
void latent_step_vector(
    __global const float* z, __global const float* restrict gradient,
    __global const float* restrict size, __global float* to, const int rows, const int columns,
    const int sizeStride, const int rowsPerItem) {
  const int first = (int)get_global_id(0) * rowsPerItem;
  for (int row = first; row < min(first + rowsPerItem, rows); row++) {
    const size_t start = (size_t)row * (size_t)columns;
    float move = size[(size_t)row * (size_t)sizeStride];
#if NORMALISED
    float16 squares = 0.0f;
    for (int column = 0; column < columns; column += 16) {
      const int count = min(columns - column, 16);
      const float16 g = load_part16(gradient + start + column, count, 0.0f);
      squares = MAD(g, g, squares);
    }
    move /= sqrt(sum16(squares)) + 1e-12f;
#endif
    for (int column = 0; column < columns; column += 16) {
      const int count = min(columns - column, 16);
      const float16 g = load_part16(gradient + start + column, count, 0.0f);
      const float16 value = load_part16(z + start + column, count, 0.0f);
      store_part16(MAD(g, (float16)move, value), count, to + start + column);
    }
  }
}
#endif

#if FORM != 1
__kernel __attribute__((reqd_work_group_size(LANES, ROWS, 1)))
void latent_step_rows(
    __global const float* z, __global const float* restrict gradient,
    __global const float* restrict size, __global float* to, const int rows, const int columns,
    const int sizeStride) {
  const int lane = (int)get_local_id(0);
  // A sub-row past the end repeats the last row, so that all reach the barriers; it stores nothing.
  const int row = min((int)get_global_id(1), rows - 1);
  const int end = (int)get_global_id(1) < rows ? columns : 0;
  const size_t start = (size_t)row * (size_t)columns;
  float move = size[(size_t)row * (size_t)sizeStride];
#if NORMALISED
  __local float scratch[ROWS * LANES];
  float square = 0.0f;
  for (int column = lane; column < end; column += LANES) {
    square = MAD(gradient[start + column], gradient[start + column], square);
  }
  square = group_sum(scratch + get_local_id(1) * LANES, square, lane, LANES);
  move /= sqrt(square) + 1e-12f;
#endif
  for (int column = lane; column < end; column += LANES) {
    to[start + column] = MAD(gradient[start + column], move, z[start + column]);
  }
}
#endif
