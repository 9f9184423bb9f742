// winograd_transforms: the one-dimensional transformations of F(M, 3), M = 2 or 4, in vectors of 16
// channels; included by the other winograd kernels, which apply them along columns and rows.
//
// Macros     M     results of a tile along one side.                    Default 4.
//            SIDE  inputs of a tile along one side, M + 2; POSITIONS of a tile, SIDE².
// Numerics   M = 2 interpolates at 0, ±1, ∞; M = 4 at 0, ±¾, ±3/2, ∞, where the errors are a quarter
//            of those at the usual 0, ±1, ±2, ∞: about 5e-7 of a result's deviation.
// Source     Lavin, Gray 2015, https://arxiv.org/abs/1509.09308, section 4; the points after
//            Barabasz et al. 2018, https://arxiv.org/abs/1803.10986.

#ifndef M
#define M 4
#endif
#define SIDE (M + 2)
#define POSITIONS (SIDE * SIDE)

#if M == 2
// Bᵀ d
static inline void input_line(const float16* d, float16* to) {
  to[0] = d[0] - d[2];
  to[1] = d[1] + d[2];
  to[2] = d[2] - d[1];
  to[3] = d[1] - d[3];
}
// Aᵀ m
static inline void output_line(const float16* m, float16* to) {
  to[0] = m[0] + m[1] + m[2];
  to[1] = m[1] - m[2] - m[3];
}
// A y
static inline void gradient_line(const float16* y, float16* to) {
  to[0] = y[0];
  to[1] = y[0] + y[1];
  to[2] = y[0] - y[1];
  to[3] = -y[1];
}
// G g
static inline void weight_line(const float16* g, float16* to) {
  const float16 ends = 0.5f * (g[0] + g[2]);
  to[0] = g[0];
  to[1] = MAD((float16)0.5f, g[1], ends);
  to[2] = MAD((float16)-0.5f, g[1], ends);
  to[3] = g[2];
}
// Gᵀ m
static inline void weight_gradient_line(const float16* m, float16* to) {
  to[0] = m[0] + 0.5f * (m[1] + m[2]);
  to[1] = 0.5f * (m[1] - m[2]);
  to[2] = m[3] + 0.5f * (m[1] + m[2]);
}
#else
#define A 0.75f
#define A2 0.5625f
#define B 1.5f
#define B2 2.25f
// 1 / (x ∏ (p − x)) over the other points x of p = 0, ±A, ±B.
#define AT_0 0.790123457f
#define AT_A -0.526748971f
#define AT_B 0.131687243f

static inline void input_line(const float16* d, float16* to) {
  const float16 evenA = MAD(d[2], (float16)-B2, d[4]), oddA = MAD(d[1], (float16)-B2, d[3]);
  const float16 evenB = MAD(d[2], (float16)-A2, d[4]), oddB = MAD(d[1], (float16)-A2, d[3]);
  to[0] = MAD(d[0], (float16)(A2 * B2), MAD(d[2], (float16)-(A2 + B2), d[4]));
  to[1] = MAD(oddA, (float16)A, evenA);
  to[2] = MAD(oddA, (float16)-A, evenA);
  to[3] = MAD(oddB, (float16)B, evenB);
  to[4] = MAD(oddB, (float16)-B, evenB);
  to[5] = MAD(d[1], (float16)(A2 * B2), MAD(d[3], (float16)-(A2 + B2), d[5]));
}
static inline void output_line(const float16* m, float16* to) {
  const float16 sumA = m[1] + m[2], sumB = m[3] + m[4];
  const float16 differenceA = m[1] - m[2], differenceB = m[3] - m[4];
  to[0] = m[0] + (sumA + sumB);
  to[1] = MAD(differenceA, (float16)A, differenceB * B);
  to[2] = MAD(sumA, (float16)A2, sumB * B2);
  to[3] = MAD(differenceA, (float16)(A * A2), MAD(differenceB, (float16)(B * B2), m[5]));
}
static inline void gradient_line(const float16* y, float16* to) {
  const float16 evenA = MAD(y[2], (float16)A2, y[0]), oddA = MAD(y[3], (float16)A2, y[1]);
  const float16 evenB = MAD(y[2], (float16)B2, y[0]), oddB = MAD(y[3], (float16)B2, y[1]);
  to[0] = y[0];
  to[1] = MAD(oddA, (float16)A, evenA);
  to[2] = MAD(oddA, (float16)-A, evenA);
  to[3] = MAD(oddB, (float16)B, evenB);
  to[4] = MAD(oddB, (float16)-B, evenB);
  to[5] = y[3];
}
static inline void weight_line(const float16* g, float16* to) {
  const float16 evenA = AT_A * MAD(g[2], (float16)A2, g[0]), oddA = g[1] * (AT_A * A);
  const float16 evenB = AT_B * MAD(g[2], (float16)B2, g[0]), oddB = g[1] * (AT_B * B);
  to[0] = g[0] * AT_0;
  to[1] = evenA + oddA;
  to[2] = evenA - oddA;
  to[3] = evenB + oddB;
  to[4] = evenB - oddB;
  to[5] = g[2];
}
static inline void weight_gradient_line(const float16* m, float16* to) {
  const float16 sumA = (m[1] + m[2]) * AT_A, sumB = (m[3] + m[4]) * AT_B;
  to[0] = MAD(m[0], (float16)AT_0, sumA + sumB);
  to[1] = MAD(m[1] - m[2], (float16)(A * AT_A), (m[3] - m[4]) * (B * AT_B));
  to[2] = MAD(sumA, (float16)A2, MAD(sumB, (float16)B2, m[5]));
}
#endif
