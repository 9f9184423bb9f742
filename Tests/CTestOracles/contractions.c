#include "oracles.h"

void oracle_matmul(
    long batch, long m, long n, long k, int transpose_a, int transpose_b, const float* a, const float* b,
    double* sums) {
  for (long part = 0; part < batch; part++, a += m * k, b += k * n) {
    for (long row = 0; row < m; row++) {
      for (long column = 0; column < n; column++, sums++) {
        for (long i = 0; i < k; i++) {
          const double x = a[transpose_a ? i * m + row : row * k + i];
          const double y = b[transpose_b ? column * k + i : i * n + column];
          *sums += x * y;
        }
      }
    }
  }
}

void oracle_convolution(
    oracle_convolution_shape s, const float* x, const float* w, const float* dy, double* y, double* dx,
    double* dw) {
  const long outputs = s.images * s.out_height * s.out_width * s.out;
  for (long index = 0; index < outputs; index++) {
    const long o = index % s.out, column = index / s.out % s.out_width;
    const long row = index / (s.out * s.out_width) % s.out_height;
    const long image = index / (s.out * s.out_width * s.out_height);
    for (long tap = 0; tap < s.high * s.wide; tap++) {
      const long iy = row * s.stride_y - s.pad_top + tap / s.wide * s.dilation_y;
      const long ix = column * s.stride_x - s.pad_left + tap % s.wide * s.dilation_x;
      if (iy < 0 || iy >= s.height || ix < 0 || ix >= s.width) continue;
      const long from =
          ((image * s.height + iy) * s.width + ix) * s.channels + o / (s.out / s.groups) * s.depth;
      const long by = (o * s.high * s.wide + tap) * s.depth;
      for (long channel = 0; channel < s.depth; channel++) {
        y[index] += (double)x[from + channel] * w[by + channel];
        dx[from + channel] += (double)dy[index] * w[by + channel];
        dw[by + channel] += (double)dy[index] * x[from + channel];
      }
    }
  }
}
