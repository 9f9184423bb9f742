// Elementary functions of one number, written so that loops over them become vector code.
//
// The float32 forms are within 3 units in the last place of the correctly rounded result (4 without
// fused multiply-add), the double exponential within 2; NaN, infinities and denormals as in C.

#if REAL_IS_FLOAT
#define LIBM(name) name##f
#else
#define LIBM(name) name
#endif

#define INLINE static inline __attribute__((always_inline))
#define PARALLEL _Pragma("clang loop vectorize(assume_safety)")
// Strided stores: scatter instructions are slower than single stores.
#define SCALAR _Pragma("clang loop vectorize(disable) unroll_count(8)")

INLINE int64_t least(int64_t x, int64_t y) { return x < y ? x : y; }
INLINE int64_t most(int64_t x, int64_t y) { return x > y ? x : y; }

// The larger, NaN if either is.
INLINE real larger(real x, real y) { return x > y || x != x ? x : y; }
INLINE real smaller(real x, real y) { return x < y || x != x ? x : y; }
INLINE double larger_double(double x, double y) { return x > y || x != x ? x : y; }
INLINE double smaller_double(double x, double y) { return x < y || x != x ? x : y; }

// 2ⁿ, n within the range of normal exponents.
INLINE double power_of_two_double(int64_t n) {
  const uint64_t bits = (uint64_t)(n + 1023) << 52;
  double value;
  memcpy(&value, &bits, sizeof value);
  return value;
}

// e^x = 2ⁿ·e^r with |r| ≤ ln 2 / 2 and the Taylor series of e^r; 2ⁿ in two factors so that results
// overflow and become denormal as they should.
INLINE double exp_double(double x) {
  const double magic = 6755399441055744.0;
  const double limited = x > 710 ? 710 : x < -760 ? -760 : x;
  const double shifted = limited * 1.4426950408889634 + magic, n = shifted - magic;
  const double r = (limited - n * 6.93145751953125e-1) - n * 1.42860682030941723212e-6;
  double sum = 1.6059043836821613e-10;
  sum = sum * r + 2.08767569878681e-9;
  sum = sum * r + 2.505210838544172e-8;
  sum = sum * r + 2.755731922398589e-7;
  sum = sum * r + 2.7557319223985893e-6;
  sum = sum * r + 2.48015873015873e-5;
  sum = sum * r + 1.984126984126984e-4;
  sum = sum * r + 1.388888888888889e-3;
  sum = sum * r + 8.333333333333333e-3;
  sum = sum * r + 4.1666666666666664e-2;
  sum = sum * r + 1.6666666666666666e-1;
  sum = sum * r + 0.5;
  sum = r + r * r * sum + 1;
  int64_t bits, zero;
  memcpy(&bits, &shifted, sizeof bits);
  memcpy(&zero, &magic, sizeof zero);
  const int64_t exponent = bits - zero, half = exponent >> 1;
  return sum * power_of_two_double(half) * power_of_two_double(exponent - half);
}

#if REAL_IS_FLOAT

INLINE float float_of_bits(int32_t bits) {
  float value;
  memcpy(&value, &bits, sizeof value);
  return value;
}

INLINE int32_t bits_of_float(float value) {
  int32_t bits;
  memcpy(&bits, &value, sizeof bits);
  return bits;
}

// Coefficients of exp, log and tanh: Moshier, Cephes mathematical library, single precision.
INLINE float exp_real(float x) {
  const float magic = 12582912.0f;
  const float limited = x > 89 ? 89 : x < -105 ? -105 : x;
  const float shifted = limited * 1.44269504088896341f + magic, n = shifted - magic;
  const float r = (limited - n * 0.693359375f) + n * 2.12194440e-4f;
  float sum = 1.9875691500e-4f;
  sum = sum * r + 1.3981999507e-3f;
  sum = sum * r + 8.3334519073e-3f;
  sum = sum * r + 4.1665795894e-2f;
  sum = sum * r + 1.6666665459e-1f;
  sum = sum * r + 5.0000001201e-1f;
  sum = r * r * sum + r + 1;
  const int32_t exponent = (int32_t)((uint32_t)bits_of_float(shifted) - 0x4B400000u);
  const int32_t half = exponent >> 1;
  const float first = float_of_bits((int32_t)((uint32_t)(half + 127) << 23));
  return sum * first * float_of_bits((int32_t)((uint32_t)(exponent - half + 127) << 23));
}

INLINE float log_real(float x) {
  const int denormal = x < 1.17549435e-38f;
  const int32_t bits = bits_of_float(denormal ? x * 8388608.0f : x);
  // The mantissa in [√½, √2), by moving the exponent's boundary.
  const int32_t moved = (int32_t)((uint32_t)bits - 0x3F3504F3u);
  const float e = (float)((moved >> 23) - (denormal ? 23 : 0));
  const float f = float_of_bits((moved & 0x007FFFFF) + 0x3F3504F3) - 1;
  float sum = 7.0376836292e-2f;
  sum = sum * f - 1.1514610310e-1f;
  sum = sum * f + 1.1676998740e-1f;
  sum = sum * f - 1.2420140846e-1f;
  sum = sum * f + 1.4249322787e-1f;
  sum = sum * f - 1.6668057665e-1f;
  sum = sum * f + 2.0000714765e-1f;
  sum = sum * f - 2.4999993993e-1f;
  sum = sum * f + 3.3333331174e-1f;
  const float square = f * f;
  const float tail = sum * f * square - e * 2.12194440e-4f - 0.5f * square;
  const float value = f + tail + e * 0.693359375f;
  return x > 0 ? (x == INFINITY ? x : value) : x == 0 ? -INFINITY : NAN;
}

// Corrects the rounding of 1 + x.
INLINE float log1p_real(float x) {
  const float sum = 1 + x, lost = (x - (sum - 1)) / sum;
  return log_real(sum) + (lost < 1 && lost > -1 ? lost : 0);
}

INLINE float tanh_real(float x) {
  const float size = __builtin_elementwise_abs(x), square = x * x;
  float sum = -5.70498872745e-3f;
  sum = sum * square + 2.06390887954e-2f;
  sum = sum * square - 5.37397155531e-2f;
  sum = sum * square + 1.33314422036e-1f;
  sum = sum * square - 3.33332819422e-1f;
  const float far = 1 - 2 / (exp_real(2 * size) + 1);
  return size < 0.625f ? sum * square * x + x : x < 0 ? -far : far;
}

// Source: N. Juffa's piecewise approximation of erff, two polynomials that meet at 475/512.
INLINE float erf_real(float x) {
  const float size = __builtin_elementwise_abs(x), square = x * x;
  float outer = -1.72853470e-5f * size + 3.83197126e-4f;
  outer = outer * square + (-3.88396438e-3f * size + 2.42546219e-2f);
  outer = outer * size - 1.06777877e-1f;
  outer = outer * size - 6.34846687e-1f;
  outer = outer * size - 1.28717512e-1f;
  outer = outer * size - size;
  // Beyond 4 the polynomial is not used; erf is 1 there.
  const float far = size > 4 ? 1 : 1 - exp_real(outer);
  float inner = -5.96761703e-4f;
  inner = inner * square + 4.99119423e-3f;
  inner = inner * square - 2.67681349e-2f;
  inner = inner * square + 1.12819925e-1f;
  inner = inner * square - 3.76125336e-1f;
  inner = inner * square + 1.28379166e-1f;
  return size > 0.927734375f ? (x < 0 ? -far : far) : inner * x + x;
}

#else

INLINE double exp_real(double x) { return exp_double(x); }
INLINE double log_real(double x) { return log(x); }
INLINE double log1p_real(double x) { return log1p(x); }
INLINE double tanh_real(double x) { return tanh(x); }
INLINE double erf_real(double x) { return erf(x); }

#endif

INLINE real sqrt_real(real x) { return __builtin_elementwise_sqrt(x); }
INLINE real sigmoid_real(real x) { return 1 / (1 + exp_real(-x)); }

// Sums in an order that the compiler chooses once for every length.
INLINE double sum_run(const real *x, int64_t count) {
#pragma clang fp reassociate(on)
  double sum = 0;
  for (int64_t i = 0; i < count; i++) sum += (double)x[i];
  return sum;
}

INLINE double sum_products(const real *x, const real *y, int64_t count) {
#pragma clang fp reassociate(on)
  double sum = 0;
  for (int64_t i = 0; i < count; i++) sum += (double)x[i] * (double)y[i];
  return sum;
}

// The largest, NaN where there is one; −∞ of nothing.
INLINE real largest_of(const real *x, int64_t count) {
  enum { lanes = 16 };
  real peak[lanes];
  for (int lane = 0; lane < lanes; lane++) peak[lane] = -INFINITY;
  int64_t i = 0;
  for (; i + lanes <= count; i += lanes) {
    for (int lane = 0; lane < lanes; lane++) peak[lane] = larger(peak[lane], x[i + lane]);
  }
  for (; i < count; i++) peak[0] = larger(peak[0], x[i]);
  for (int lane = 1; lane < lanes; lane++) peak[0] = larger(peak[0], peak[lane]);
  return peak[0];
}
