// philox: fills a tensor with random numbers of Philox 4×32-10, a counter-based generator.
//
// Shapes     state [3] int32 = (seedLow, seedHigh, step); to [n] float32, n ≤ 2³¹ − 1.
//            Elements 4b … 4b + 3 are the four words of counter (b, step, stream, 0) under key
//            (seedLow, seedHigh), so a value depends on nothing but seed, stream, step and index.
//            uniform: (x >> 8) · 2⁻²⁴, in [0, 1).
//            normal:  Box–Muller; words 0, 1 → r cos, r sin with r = √(−2 log u₁), angle 2π u₂,
//                     u₁ = ((x₀ >> 8) + 1) · 2⁻²⁴ in (0, 1], u₂ = (x₁ >> 8) · 2⁻²⁴; 2, 3 likewise.
// Launch     vector: 1-D, global ⌈n / chunk⌉, local 1; chunk a multiple of 64.
//            flat:   1-D, global ⌈n / 4⌉ rounded up to GROUP, local GROUP.
// Macros     NORMAL 0/1.  GROUP work-items a group.
// Memory     Writes n floats.
// Numerics   uniform exact, the same bits everywhere; normal within 2e-6 absolute of float64.
//            Largest magnitude 5.77.
// Source     Salmon, Moraes, Dror, Shaw 2011; checked against Random123's known answers.

#ifndef NORMAL
#define NORMAL 0
#endif
#ifndef GROUP
#define GROUP 256
#endif

// Ten rounds on x0 … x3 with key (k0, k1), for uint and uint16 alike.
#define PHILOX(TYPE)                                                          \
  for (int round = 0; round < 10; round++) {                                  \
    const TYPE high0 = mul_hi(x0, (TYPE)0xD2511F53u), low0 = x0 * 0xD2511F53u; \
    const TYPE high1 = mul_hi(x2, (TYPE)0xCD9E8D57u), low1 = x2 * 0xCD9E8D57u; \
    x0 = high1 ^ x1 ^ k0;                                                     \
    x1 = low1;                                                                \
    x2 = high0 ^ x3 ^ k1;                                                     \
    x3 = low0;                                                                \
    k0 += 0x9E3779B9u;                                                        \
    k1 += 0xBB67AE85u;                                                        \
  }

// cos and sin of 2πu for u in [0, 1]: exact reduction to an eighth of a turn, then polynomials.
#define SIN_COS(TYPE, INT, CONVERT, U, SINE, COSINE)                                   \
  {                                                                                    \
    const TYPE quarter = rint((U) * 4.0f), r = MAD(quarter, (TYPE)-0.25f, U);          \
    const TYPE s = r * r;                                                              \
    TYPE sine = MAD(s, (TYPE)67.9071121f, (TYPE)-77.5247192f);                         \
    sine = MAD(sine, s, (TYPE)81.6132889f);                                            \
    sine = MAD(sine, s, (TYPE)-41.3417282f);                                           \
    sine = MAD(sine, s, (TYPE)6.28318548f) * r;                                        \
    TYPE cosine = MAD(s, (TYPE)59.2459602f, (TYPE)-85.4437408f);                       \
    cosine = MAD(cosine, s, (TYPE)64.9393234f);                                        \
    cosine = MAD(cosine, s, (TYPE)-19.7392082f);                                       \
    cosine = MAD(cosine, s, (TYPE)1.0f);                                               \
    const INT turn = CONVERT(quarter);                                                 \
    const TYPE first = (turn & 1) != 0 ? sine : cosine;                                \
    const TYPE second = (turn & 1) != 0 ? cosine : sine;                               \
    COSINE = ((turn + 1) & 2) != 0 ? -first : first;                                   \
    SINE = (turn & 2) != 0 ? -second : second;                                         \
  }

#define UNIFORM(CONVERT, X) (CONVERT((X) >> 8) * 5.9604644775390625e-8f)

// The four results y0 … y3 of words x0 … x3.
#if NORMAL
#define PAIR(TYPE, INT, FLOAT, TOINT, LOG, XA, XB, YA, YB)                             \
  {                                                                                    \
    const TYPE radius = sqrt(-2.0f * LOG(FLOAT(((XA) >> 8) + 1u) * 5.9604644775390625e-8f)); \
    const TYPE turns = UNIFORM(FLOAT, XB);                                             \
    TYPE sines, cosines;                                                               \
    SIN_COS(TYPE, INT, TOINT, turns, sines, cosines)                                   \
    YA = radius * cosines;                                                             \
    YB = radius * sines;                                                               \
  }
#define RESULTS(TYPE, INT, FLOAT, TOINT, LOG)               \
  PAIR(TYPE, INT, FLOAT, TOINT, LOG, x0, x1, y0, y1)        \
  PAIR(TYPE, INT, FLOAT, TOINT, LOG, x2, x3, y2, y3)
#else
#define RESULTS(TYPE, INT, FLOAT, TOINT, LOG)                   \
  y0 = UNIFORM(FLOAT, x0);                                      \
  y1 = UNIFORM(FLOAT, x1);                                      \
  y2 = UNIFORM(FLOAT, x2);                                      \
  y3 = UNIFORM(FLOAT, x3);
#endif

#if FORM != 2
__kernel __attribute__((reqd_work_group_size(1, 1, 1)))
void philox_vector(
    __global const int* restrict state, __global float* restrict to, const int n,
    const int stream, const int chunk) {
  size_t at = get_global_id(0) * (size_t)chunk;
  const size_t end = min(at + (size_t)chunk, (size_t)n);
  for (; at < end; at += 64) {
    uint k0 = (uint)state[0], k1 = (uint)state[1];
    uint16 x0 = convert_uint16(IOTA16) + (uint)(at / 4), x1 = (uint)state[2];
    uint16 x2 = (uint)stream, x3 = 0;
    PHILOX(uint16)
    float16 y0, y1, y2, y3;
    RESULTS(float16, int16, convert_float16, convert_int16, log16)
    // Four vectors of one word each become 64 consecutive elements.
    const float16 a = (float16)(y0.s0, y1.s0, y2.s0, y3.s0, y0.s1, y1.s1, y2.s1, y3.s1,
                                y0.s2, y1.s2, y2.s2, y3.s2, y0.s3, y1.s3, y2.s3, y3.s3);
    const float16 b = (float16)(y0.s4, y1.s4, y2.s4, y3.s4, y0.s5, y1.s5, y2.s5, y3.s5,
                                y0.s6, y1.s6, y2.s6, y3.s6, y0.s7, y1.s7, y2.s7, y3.s7);
    const float16 c = (float16)(y0.s8, y1.s8, y2.s8, y3.s8, y0.s9, y1.s9, y2.s9, y3.s9,
                                y0.sa, y1.sa, y2.sa, y3.sa, y0.sb, y1.sb, y2.sb, y3.sb);
    const float16 d = (float16)(y0.sc, y1.sc, y2.sc, y3.sc, y0.sd, y1.sd, y2.sd, y3.sd,
                                y0.se, y1.se, y2.se, y3.se, y0.sf, y1.sf, y2.sf, y3.sf);
    const int left = (int)min(end - at, (size_t)64);
    store_part16(a, min(left, 16), to + at);
    if (left > 16) store_part16(b, min(left - 16, 16), to + at + 16);
    if (left > 32) store_part16(c, min(left - 32, 16), to + at + 32);
    if (left > 48) store_part16(d, left - 48, to + at + 48);
  }
}
#endif

#if FORM != 1
__kernel __attribute__((reqd_work_group_size(GROUP, 1, 1)))
void philox_flat(
    __global const int* restrict state, __global float* restrict to, const int n,
    const int stream) {
  const size_t at = get_global_id(0) * 4;
  if (at >= (size_t)n) return;
  uint k0 = (uint)state[0], k1 = (uint)state[1];
  uint x0 = (uint)get_global_id(0), x1 = (uint)state[2], x2 = (uint)stream, x3 = 0;
  PHILOX(uint)
  float y0, y1, y2, y3;
  RESULTS(float, int, convert_float, convert_int, log)
  to[at] = y0;
  if (at + 1 < (size_t)n) to[at + 1] = y1;
  if (at + 2 < (size_t)n) to[at + 2] = y2;
  if (at + 3 < (size_t)n) to[at + 3] = y3;
}
#endif
