// winograd_weights_vector: the weights of F(2×2, 3×3) before, and their gradient after, the products
// at its 16 positions.
//
// winograd_pack_vector        packed = G g Gᵀ for each pair of channels, in the order in which
//                             winograd_vector reads it.
// winograd_weight_sum_vector  dg = Gᵀ(Σ partial)G, the sum over the parts that
//                             winograd_weight_gradient_vector left.
//
// Shapes     weight, dw [out, 9, in]. packed [N/WIDTH, 16, C, WIDTH], WIDTH = 16·NV, of C input and N
//            output channels of the gather, which for the input gradient are the convolution's out
//            and in. partial [parts, 16, C, N]. C and N are multiples of 16.
// Launch     2-D, local 1×1: N/16 × C/16.
// Macros     C N NV    the shapes.
//            GRADIENT  1 packs for the input gradient: transposed, and turned by 180°.
// Numerics   Sums in order of the parts.
// Source     Lavin, Gray 2015, https://arxiv.org/abs/1509.09308, section 4.1.
// Called by  RetortOpenCL/Lowering/WinogradVector.swift

#ifndef C
#define C 16
#define N 32
#define NV 2
#define GRADIENT 0
#endif

#define WIDTH (16 * NV)

// G g Gᵀ of nine taps.
static inline void transform_weights(const float16* g, float16* to) {
  float16 s[4][3];  // G g
  UNROLL
  for (int x = 0; x < 3; x++) {
    const float16 ends = 0.5f * (g[x] + g[6 + x]);
    s[0][x] = g[x];
    s[1][x] = fma((float16)0.5f, g[3 + x], ends);
    s[2][x] = fma((float16)-0.5f, g[3 + x], ends);
    s[3][x] = g[6 + x];
  }
  UNROLL
  for (int i = 0; i < 4; i++) {
    const float16 ends = 0.5f * (s[i][0] + s[i][2]);
    to[4 * i] = s[i][0];
    to[4 * i + 1] = fma((float16)0.5f, s[i][1], ends);
    to[4 * i + 2] = fma((float16)-0.5f, s[i][1], ends);
    to[4 * i + 3] = s[i][2];
  }
}

__kernel __attribute__((reqd_work_group_size(1, 1, 1)))
void winograd_pack_vector(__global const float* restrict weight, __global float* restrict packed) {
  const int n0 = (int)get_global_id(0) * 16, c0 = (int)get_global_id(1) * 16;
  packed += (size_t)(n0 / WIDTH * 16) * C * WIDTH + n0 % WIDTH;
#if GRADIENT
  for (int k = c0; k < c0 + 16; k++) {
    float16 g[9], u[16];
    UNROLL
    for (int tap = 0; tap < 9; tap++) g[tap] = load16(weight + ((size_t)k * 9 + 8 - tap) * N + n0);
    transform_weights(g, u);
    UNROLL
    for (int i = 0; i < 16; i++) store16(u[i], packed + (i * C + k) * WIDTH);
  }
#else
  float16 u[16][16];  // of each output channel, lanes are input channels
  for (int n = 0; n < 16; n++) {
    float16 g[9], positions[16];
    UNROLL
    for (int tap = 0; tap < 9; tap++) g[tap] = load16(weight + ((size_t)(n0 + n) * 9 + tap) * C + c0);
    transform_weights(g, positions);
    UNROLL
    for (int i = 0; i < 16; i++) u[i][n] = positions[i];
  }
  for (int i = 0; i < 16; i++) {
    transpose16(u[i]);
    for (int k = 0; k < 16; k++) store16(u[i][k], packed + (i * C + c0 + k) * WIDTH);
  }
#endif
}

__kernel __attribute__((reqd_work_group_size(1, 1, 1)))
void winograd_weight_sum_vector(
    __global const float* restrict partial, __global float* restrict dw, const int parts) {
  const int n0 = (int)get_global_id(0) * 16, c0 = (int)get_global_id(1) * 16;
  float16 g[9][16];  // of each input channel, lanes are output channels
  for (int k = 0; k < 16; k++) {
    float16 s[3][4];  // Gᵀ times the sums
    UNROLL
    for (int x = 0; x < 4; x++) {
      float16 m[4];
      UNROLL
      for (int i = 0; i < 4; i++) {
        m[i] = 0.0f;
        for (int part = 0; part < parts; part++) {
          m[i] += load16(partial + (((size_t)part * 16 + 4 * i + x) * C + c0 + k) * N + n0);
        }
      }
      s[0][x] = m[0] + 0.5f * (m[1] + m[2]);
      s[1][x] = 0.5f * (m[1] - m[2]);
      s[2][x] = m[3] + 0.5f * (m[1] + m[2]);
    }
    UNROLL
    for (int i = 0; i < 3; i++) {
      g[3 * i][k] = s[i][0] + 0.5f * (s[i][1] + s[i][2]);
      g[3 * i + 1][k] = 0.5f * (s[i][1] - s[i][2]);
      g[3 * i + 2][k] = s[i][3] + 0.5f * (s[i][1] + s[i][2]);
    }
  }
  for (int tap = 0; tap < 9; tap++) {
    transpose16(g[tap]);
    for (int n = 0; n < 16; n++) store16(g[tap][n], dw + ((size_t)(n0 + n) * 9 + tap) * C + c0);
  }
}
