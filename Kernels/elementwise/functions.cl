// functions: what generated element-wise code calls; the host puts it after the prelude.
//
// Forms      name16 takes and gives 16 lanes; name1 one value. Where OpenCL C's own function of one
//            value is accurate and right at NaN and infinity, generated code calls that instead.
// Numerics   Largest error over every 997th float, in units of the last place (ulp) of a normal
//            result, on PoCL 3.1: expm1_16 1.34, log1p_16 1.44, tanh16 2.34, sigmoid16 2.13, erf16
//            0.97. Results that are denormal may be 0. All keep NaN; maximum and minimum give NaN if
//            either is NaN.
// Source     erf: N. Juffa's two minimax polynomials (0.99 ulp with an exact exp). log1p: the
//            correction by the rounding error of 1 + x, Kahan. The rest by definition.

#ifndef ELEMENTWISE_FUNCTIONS
#define ELEMENTWISE_FUNCTIONS

// NaN if either is; `a` is the one whose comparison with itself should not wait for the other.
static inline float maximum1(float a, float b) { return a > b || a != a ? a : b; }
static inline float minimum1(float a, float b) { return a < b || a != a ? a : b; }
static inline float16 maximum16(float16 a, float16 b) { return a != a ? a : (a > b ? a : b); }
static inline float16 minimum16(float16 a, float16 b) { return a != a ? a : (a < b ? a : b); }

// Stores the first `count` lanes past the caches where all 16 fill a line: nothing is read of a line before it is
// written, and nothing else is driven out, but the next to read it waits for memory.
static inline void stream_part16(float16 v, int count, __global float* to) {
#if defined(__has_builtin)
#if __has_builtin(__builtin_nontemporal_store)
  if (count == 16 && ((uintptr_t)to & 63) == 0) {
    __builtin_nontemporal_store(v, (__global float16*)to);
    return;
  }
#endif
#endif
  store_part16(v, count, to);
}

// Folds over the lanes of a vector; sum16 is in the prelude.
static inline float maximum_lanes(float16 v) {
  v = maximum16(v, v.s89abcdef01234567);
  v = maximum16(v, v.s456789abcdef0123);
  v = maximum16(v, v.s23456789abcdef01);
  return maximum1(v.s0, v.s1);
}
static inline float minimum_lanes(float16 v) {
  v = minimum16(v, v.s89abcdef01234567);
  v = minimum16(v, v.s456789abcdef0123);
  v = minimum16(v, v.s23456789abcdef01);
  return minimum1(v.s0, v.s1);
}

// Integer quotient; lanes outside the tensor may hold a zero divisor, which must not trap.
static inline int divide1(int a, int b) { return b == 0 ? 0 : b == -1 ? -a : a / b; }
static inline int16 divide16(int16 a, int16 b) {
  const int16 safe = b == 0 || b == -1 ? (int16)1 : b;
  return b == 0 ? (int16)0 : b == -1 ? -a : a / safe;
}

// 16 floats `stride` apart, of which only the first `count` exist (none if that is not positive).
static inline float16 gather16(__global const float* from, int stride, int count) {
  float16 v = 0.0f;
  if (count >= 16) {
    v.s0 = from[0];
    v.s1 = from[stride];
    v.s2 = from[(size_t)stride * 2];
    v.s3 = from[(size_t)stride * 3];
    v.s4 = from[(size_t)stride * 4];
    v.s5 = from[(size_t)stride * 5];
    v.s6 = from[(size_t)stride * 6];
    v.s7 = from[(size_t)stride * 7];
    v.s8 = from[(size_t)stride * 8];
    v.s9 = from[(size_t)stride * 9];
    v.sa = from[(size_t)stride * 10];
    v.sb = from[(size_t)stride * 11];
    v.sc = from[(size_t)stride * 12];
    v.sd = from[(size_t)stride * 13];
    v.se = from[(size_t)stride * 14];
    v.sf = from[(size_t)stride * 15];
    return v;
  }
  float* lanes = (float*)&v;
  for (int i = 0; i < count; i++) lanes[i] = from[(size_t)stride * i];
  return v;
}

// Stores the first `count` lanes `stride` floats apart.
static inline void scatter16(float16 v, __global float* to, int stride, int count) {
  const float* lanes = (const float*)&v;
  for (int i = 0; i < count; i++) to[(size_t)stride * i] = lanes[i];
}

// exp(x) − 1: x = n ln2 + r; 2^n (expm1(r) + 1) − 1 with half of 2^n, which cannot overflow first.
static inline float16 expm1_16(float16 x) {
  x = x > 90.0f ? (float16)90.0f : x;  // written so that NaN stays NaN
  x = x < -30.0f ? (float16)-30.0f : x;
  const float16 biased = MAD(x, (float16)1.44269504f, (float16)12582912.0f);
  const float16 n = biased - 12582912.0f;
  const int16 e = as_int16(biased) - 0x4B400000;
  float16 r = MAD(n, (float16)-0.693359375f, x);
  r = MAD(n, (float16)2.12194440e-4f, r);
  float16 p = MAD(r, (float16)1.38131424e-3f, (float16)8.36941879e-3f);
  p = MAD(p, r, (float16)4.16684560e-2f);
  p = MAD(p, r, (float16)1.66665152e-1f);
  p = MAD(p, r, (float16)0.49999994f);
  p = MAD(p, r * r, r);
  const float16 half_power = as_float16(min(e + 126, (int16)254) << 23);
  const float16 y = MAD(half_power, p, half_power - 0.5f);
  const float16 doubled = e == 0 ? p : y + y;
  return x >= 89.0f ? (float16)INFINITY : doubled;
}

static inline float16 log1p_16(float16 x) {
  const float16 u = 1.0f + x;
  const float16 lost = (x - (u - 1.0f)) / u;
  return log16(u) + (u > 0.0f && u < INFINITY ? lost : (float16)0.0f);
}

static inline float16 with_sign16(float16 magnitude, float16 sign) {
  return as_float16(as_int16(magnitude) | (as_int16(sign) & (int)0x80000000));
}

static inline float16 tanh16(float16 x) {
  const float16 size = fabs(x);
  const float16 t = expm1_16(size > 20.0f ? (float16)40.0f : size + size);
  return with_sign16(t / (t + 2.0f), x);
}

static inline float16 sigmoid16(float16 x) { return 1.0f / (1.0f + exp16(-x)); }

static inline float16 erf16(float16 x) {
  const float16 t = fabs(x);
  const float16 s = x * x;
  float16 far = MAD((float16)-1.72853470e-5f, t, (float16)3.83197126e-4f);
  const float16 u = MAD((float16)-3.88396438e-3f, t, (float16)2.42546219e-2f);
  far = MAD(far, s, u);
  far = MAD(far, t, (float16)-1.06777877e-1f);
  far = MAD(far, t, (float16)-6.34846687e-1f);
  far = MAD(far, t, (float16)-1.28717512e-1f);
  far = MAD(far, t, -t);
  far = with_sign16(1.0f - exp16(far), x);
  float16 near = MAD((float16)-5.96761703e-4f, s, (float16)4.99119423e-3f);
  near = MAD(near, s, (float16)-2.67681349e-2f);
  near = MAD(near, s, (float16)1.12819925e-1f);
  near = MAD(near, s, (float16)-3.76125336e-1f);
  near = MAD(near, s, (float16)1.28379166e-1f);
  near = MAD(near, x, x);
  return t > 0.927734375f ? far : near;
}

#endif
