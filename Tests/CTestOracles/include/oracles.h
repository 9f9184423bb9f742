#ifndef RETORT_TEST_ORACLES_H
#define RETORT_TEST_ORACLES_H

#include <stddef.h>

// Definitions of contractions in float64, in C: they are loops of millions of steps, and C is optimised
// in debug builds too.

// Adds to `sums`, [batch, m, n], the products of `a` and `b`, whose matrices may be transposed.
void oracle_matmul(
    long batch, long m, long n, long k, int transpose_a, int transpose_b, const float* a, const float* b,
    double* sums);

// A convolution of [images, height, width, channels] by [out, high, wide, depth] to
// [images, out_height, out_width, out].
typedef struct {
  long images, height, width, channels;
  long out_height, out_width, out;
  long high, wide, depth;
  long groups, stride_y, stride_x, pad_top, pad_left, dilation_y, dilation_x;
} oracle_convolution_shape;

// Adds to `y` the convolution of `x` by `w`, and to `dx` and `dw` the gradients for `dy`.
void oracle_convolution(
    oracle_convolution_shape shape, const float* x, const float* w, const float* dy, double* y, double* dx,
    double* dw);

#endif
