// prelude: what every kernel source may use; the host puts it before each program.
//
// Vectors    `float16` helpers for the CPU forms (one work-item walks a tile with wide vectors).
//            `count` is how many of the 16 lanes are inside the tensor, 1…16; loads may over-read.
// Groups     Folds over the work-items of a group for the GPU forms; every work-item calls them.
// Numerics   Multiply-adds are MAD(a, b, c): fma, or, where the host defines it so for a device on which
//            fma takes many times as long, mad, a product and a sum. Programs are built without
//            fast-math options. Errors are told for fma; with mad exp_shifted16 is within 8e-6
//            relative at e⁻⁸⁷, 1e-6 above e⁻¹⁰.
// Forms      A source with entries of both forms has those for CPUs alone where the host defines FORM 1,
//            those for GPUs where it defines FORM 2, else both.
//            exp16 ≤ 1 ulp where the result is normal, overflow to INFINITY, underflow to 0 or a
//            denormal, NaN kept. log16 ≤ 1 ulp, log(0) = −INFINITY, log(negative) = NaN.

#ifndef MAD
#define MAD fma
#endif

// Asks for the line of memory at an address ahead of its use, for walks whose strides hide from the
// processor; an address past the end does no harm. Nothing where the target is not known to have it.
#if defined(__x86_64__) || defined(__aarch64__)
#define FETCH(from) __builtin_prefetch((__global const void*)(from), 0, 2)
#else
#define FETCH(from)
#endif

// Unrolls a loop whole, so that the private arrays that it indexes lie in registers. A pragma and no
// attribute: a compiler that does not know it ignores it.
#define UNROLL _Pragma("unroll")

#define IOTA16 (int16)(0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15)

static inline float sum16(float16 v) {
  const float8 a = v.lo + v.hi;
  const float4 b = a.lo + a.hi;
  const float2 c = b.lo + b.hi;
  return c.x + c.y;
}

static inline float max16(float16 v) {
  const float8 a = fmax(v.lo, v.hi);
  const float4 b = fmax(a.lo, a.hi);
  const float2 c = fmax(b.lo, b.hi);
  return fmax(c.x, c.y);
}

// Whether any lane of a comparison holds.
static inline int any16(int16 v) {
  const int8 a = v.lo | v.hi;
  const int4 b = a.lo | a.hi;
  const int2 c = b.lo | b.hi;
  return (c.x | c.y) != 0;
}

// 16 floats at any address. PoCL composes vload16 and vstore16 of pairs of floats, and arithmetic
// between them then stays in pairs: an affine map with ReLU took 1.5 to 2.4 times as long.
typedef float16 float16_anywhere __attribute__((aligned(4)));
static inline float16 load16(__global const float* from) {
  return *(__global const float16_anywhere*)from;
}
static inline void store16(float16 v, __global float* to) { *(__global float16_anywhere*)to = v; }

// 16 floats of which the lanes from `count` on are `fill`.
static inline float16 load_part16(__global const float* from, int count, float fill) {
  return count < 16 ? select((float16)fill, load16(from), IOTA16 < count) : load16(from);
}

// Stores the first `count` lanes.
static inline void store_part16(float16 v, int count, __global float* to) {
  if (count == 16) {
    store16(v, to);
    return;
  }
  if (count & 8) {
    vstore8(v.lo, 0, to);
    to += 8;
    v.lo = v.hi;
  }
  if (count & 4) {
    vstore4(v.s0123, 0, to);
    to += 4;
    v.s0123 = v.s4567;
  }
  if (count & 2) {
    vstore2(v.s01, 0, to);
    to += 2;
    v.s01 = v.s23;
  }
  if (count & 1) *to = v.s0;
}

// Every second lane of a, then of b: one instruction each, where of a.even and b.even it takes 2.5.
#define EVEN16(a, b) (float16)(a.s0, a.s2, a.s4, a.s6, a.s8, a.sa, a.sc, a.se, \
                               b.s0, b.s2, b.s4, b.s6, b.s8, b.sa, b.sc, b.se)
#define ODD16(a, b) (float16)(a.s1, a.s3, a.s5, a.s7, a.s9, a.sb, a.sd, a.sf, \
                              b.s1, b.s3, b.s5, b.s7, b.s9, b.sb, b.sd, b.sf)

// Transposes the 16×16 matrix of rows r[0], …, r[15]; inlined, the rows may stay in registers.
static inline __attribute__((always_inline)) void transpose16(float16* r) {
  UNROLL for (int stride = 1; stride < 16; stride *= 2) {
    UNROLL for (int i = 0; i < 16; i++) {
      if ((i & stride) == 0) {
        const float16 even = EVEN16(r[i], r[i + stride]);
        r[i + stride] = ODD16(r[i], r[i + stride]);
        r[i] = even;
      }
    }
  }
}

// exp: x = n ln2 + r; a minimax polynomial of degree 6 on |r| ≤ ln2 / 2; 2^n in two factors.
static inline float16 exp16(float16 x) {
  x = x > 89.0f ? (float16)89.0f : x;  // written so that NaN stays NaN
  x = x < -104.0f ? (float16)-104.0f : x;
  const float16 biased = MAD(x, (float16)1.44269504f, (float16)12582912.0f);
  const float16 n = biased - 12582912.0f;
  const int16 e = as_int16(biased) - 0x4B400000;
  float16 r = MAD(n, (float16)-0.693359375f, x);
  r = MAD(n, (float16)2.12194440e-4f, r);
  float16 p = MAD(r, (float16)1.38131424e-3f, (float16)8.36941879e-3f);
  p = MAD(p, r, (float16)4.16684560e-2f);
  p = MAD(p, r, (float16)1.66665152e-1f);
  p = MAD(p, r, (float16)0.49999994f);
  p = MAD(p, r * r, r) + 1.0f;
  const int16 half_e = e >> 1;
  return p * as_float16((half_e + 127) << 23) * as_float16((e - half_e + 127) << 23);
}

// exp for x ≤ 0 or NaN, as shifted rows have it: 2^(n + f) with |f| ≤ ½, 0 below e⁻⁸⁷. 2^f is a
// minimax polynomial of degree 5 (9e-8). The low bits of `biased` are n, so that a shift puts n where
// the exponent is.
static inline float16 exp_shifted16(float16 x) {
  const float16 biased = MAD(x, (float16)1.44269504f, (float16)12582912.0f);
  const float16 f = MAD(x, (float16)1.44269504f, 12582912.0f - biased);
  float16 p = MAD(f, (float16)1.32647273e-3f, (float16)9.67151271e-3f);
  p = MAD(p, f, (float16)5.55073374e-2f);
  p = MAD(p, f, (float16)0.240222421f);
  p = MAD(p, f, (float16)0.693146978f);
  p = MAD(p, f, (float16)1.0f) * as_float16((as_int16(biased) << 23) + 0x3F800000);
  return x < -87.0f ? (float16)0.0f : p;
}

// log: x = 2^n (1 + f) with 1 + f in [√½, √2); f − f²/2 + f³ P(f).
static inline float16 log16(float16 x) {
  const int16 tiny = x < 1.17549435e-38f;
  const int16 bits = as_int16(tiny ? x * 8388608.0f : x) - 0x3F3504F3;
  const float16 n = convert_float16((bits >> 23) - (tiny ? (int16)23 : (int16)0));
  const float16 f = as_float16((bits & 0x7FFFFF) + 0x3F3504F3) - 1.0f;
  float16 p = MAD(f, (float16)-0.0763442963f, (float16)0.127615496f);
  p = MAD(p, f, (float16)-0.131601945f);
  p = MAD(p, f, (float16)0.142017618f);
  p = MAD(p, f, (float16)-0.166233569f);
  p = MAD(p, f, (float16)0.200012267f);
  p = MAD(p, f, (float16)-0.250008225f);
  p = MAD(p, f, (float16)0.333333313f);
  const float16 square = f * f;
  p = MAD(p * f, square, n * -2.12194440e-4f);
  p = MAD(square, (float16)-0.5f, p);
  const float16 y = MAD(n, (float16)0.693359375f, f + p);
  const float16 special = x > 0.0f ? x : (x == 0.0f ? (float16)-INFINITY : (float16)NAN);
  return (x > 0.0f && x < INFINITY) ? y : special;
}

// One row's softmax statistics in one read: (peak, Σ exp(scale · (x − peak))), peak = max x.
// Each lane keeps its own peak and rescales its sum in the rare case that its maximum grows.
static inline float2 softmax_statistics16(__global const float* x, int columns, float scale) {
  if (columns <= 16) {
    const float16 a = load_part16(x, columns, -INFINITY);
    const float peak = fmax(max16(a), -FLT_MAX);
    return (float2)(peak, sum16(exp_shifted16((a - peak) * scale)));
  }
  float16 top = (float16)fmax(max16(load16(x)), -FLT_MAX);
  float16 sum = 0.0f;
  int column = 0;
  for (; column + 64 <= columns; column += 64) {
    const float16 a = load16(x + column), b = load16(x + column + 16);
    const float16 c = load16(x + column + 32), d = load16(x + column + 48);
    // Comparisons, cheaper than fmax: what a NaN hides does not matter, for the sum becomes NaN.
    const float16 ab = a > b ? a : b, cd = c > d ? c : d;
    const float16 peak = ab > cd ? ab : cd;
    if (any16(peak > top)) {
      const float16 raised = peak > top ? peak : top;
      sum *= exp_shifted16((top - raised) * scale);
      top = raised;
    }
    sum += (exp_shifted16((a - top) * scale) + exp_shifted16((b - top) * scale)) +
           (exp_shifted16((c - top) * scale) + exp_shifted16((d - top) * scale));
  }
  for (; column < columns; column += 16) {
    const float16 a = load_part16(x + column, min(columns - column, 16), -INFINITY);
    const float16 raised = a > top ? a : top;
    sum = MAD(sum, exp_shifted16((top - raised) * scale), exp_shifted16((a - raised) * scale));
    top = raised;
  }
  const float peak = max16(top);
  return (float2)(peak, sum16(sum * exp_shifted16((top - peak) * scale)));
}

// The sum of `value` over `lanes` work-items, a power of two, by a tree of fixed order.
// `scratch` holds `lanes` floats; several rows of one group may fold side by side, each its own.
static inline float group_sum(__local float* scratch, float value, int lane, int lanes) {
  scratch[lane] = value;
  for (int stride = lanes / 2; stride > 0; stride /= 2) {
    barrier(CLK_LOCAL_MEM_FENCE);  // the addends of this level are written
    if (lane < stride) scratch[lane] += scratch[lane + stride];
  }
  barrier(CLK_LOCAL_MEM_FENCE);  // the total is written
  value = scratch[0];
  barrier(CLK_LOCAL_MEM_FENCE);  // everyone has read it; scratch is free again
  return value;
}

// The maximum of `value` over `lanes` work-items, as group_sum.
static inline float group_max(__local float* scratch, float value, int lane, int lanes) {
  scratch[lane] = value;
  for (int stride = lanes / 2; stride > 0; stride /= 2) {
    barrier(CLK_LOCAL_MEM_FENCE);  // the candidates of this level are written
    if (lane < stride) scratch[lane] = fmax(scratch[lane], scratch[lane + stride]);
  }
  barrier(CLK_LOCAL_MEM_FENCE);  // the maximum is written
  value = scratch[0];
  barrier(CLK_LOCAL_MEM_FENCE);  // everyone has read it; scratch is free again
  return value;
}

// softmax_statistics16 by `lanes` work-items of a group; each gets the row's result.
static inline float2 group_softmax_statistics(
    __local float* scratch, __global const float* x, int columns, float scale, int lane, int lanes) {
  float top = -FLT_MAX, sum = 0.0f;
  for (int column = lane; column < columns; column += lanes) {
    const float value = x[column];
    if (value > top) {
      sum *= exp((top - value) * scale);
      top = value;
    }
    sum += exp((value - top) * scale);
  }
  const float peak = group_max(scratch, top, lane, lanes);
  return (float2)(peak, group_sum(scratch, sum * exp((top - peak) * scale), lane, lanes));
}
