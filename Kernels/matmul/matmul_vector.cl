// matmul_vector: C = op(A) · op(B), batched; the register-blocked form for CPU devices.
//
// Shapes     C [batch, M, N] dense. A [M, K], or [K, M] if TRANSPOSE_A; B [K, N], or [N, K] if
//            TRANSPOSE_B; float32, row-major with row lengths lda, ldb. Batch b starts at
//            A + b·strideA and B + b·strideB; stride 0 repeats one matrix for the whole batch.
// Launch     3-D, local 1×1×1: ceil(N / (16·NV)) × ceil(M / blockRows) × batch·splits.
//            M ≥ MR; N ≥ 1; K ≥ 0; blockRows ≤ ROWS if DEEP. K is cut in `splits` parts of splitK, the last
//            one shorter but not empty. With splits > 1 the entry writes part s to c + s·batch·M·N
//            through plain stores, and matmul_reduce_vector adds the parts.
// Macros     MR            rows of a register tile.                         Default 12.
//            NV            float16 columns of a register tile (MR·NV ≤ 28). Default 2.
//            KC            depth of a packed panel of B.                    Default 256.
//            ROWS          most rows of a work-item if DEEP.                Default 264.
//            DEEP          1 if K (or splitK) exceeds KC.                   Default 0.
//            TRANSPOSE_A, TRANSPOSE_B                                       Default 0.
//            DIRECT        1: B, not transposed, is read in place, not packed.  Default 0.
//            STORE_PARAMETERS, STORE_PART16  the epilogue: once per element, with its sum;
//                          `count` of the 16 lanes are inside.
// Memory     Local: KC·16·NV floats unless DIRECT, and ROWS·16·NV more if DEEP. May read,
//            never write, up to 64 floats past the end of A and B.
// Numerics   fma in order of k within a part; parts are added in order of s.
// Source     Goto, van de Geijn 2008, section 4; panels as in BLIS.
// Called by  RetortOpenCL/Lowering/MatmulVector.swift

#ifndef MR
#define MR 12
#endif
#ifndef NV
#define NV 2
#endif
#ifndef KC
#define KC 256
#endif
#ifndef ROWS
#define ROWS 264
#endif
#ifndef DEEP
#define DEEP 0
#endif
#ifndef TRANSPOSE_A
#define TRANSPOSE_A 0
#endif
#ifndef TRANSPOSE_B
#define TRANSPOSE_B 0
#endif
#ifndef DIRECT
#define DIRECT 0
#endif
#ifndef STORE_PART16
#define STORE_PARAMETERS
#define STORE_PART16(value, count, m, n) store_part16(value, count, c + (size_t)(m) * N + (n))
#endif

#define WIDTH (16 * NV)
#define AHEAD 32  // rows of k from which memory is asked for before they are used

#if DIRECT
#define PANEL_SPACE __global
typedef float panel_element;
#define B_AT(u, j) load16(p + (size_t)(u) * ldb + 16 * (j))
#define B_ADVANCE(steps) p += (size_t)(steps) * ldb
#else
#define PANEL_SPACE __local
typedef float16 panel_element;
#define B_AT(u, j) p[(u) * NV + (j)]
#define B_ADVANCE(steps) p += (steps) * NV

// Copies rows k0 ..< k0 + depth of op(B), columns n0 ..< n0 + WIDTH, to `panel`.
static inline void pack_panel(
    __global const float* b, __local float16* panel, const int n0, const int N,
    const int ldb, const int depth) {
#if TRANSPOSE_B
  for (int j = 0; j < NV; j++) {
    for (int k = 0; k < depth; k += 16) {
      float16 r[16];
      UNROLL
      for (int i = 0; i < 16; i++) {
        r[i] = load16(b + (size_t)min(n0 + j * 16 + i, N - 1) * ldb + k);
      }
      transpose16(r);
      const int rows = min(16, depth - k);
      for (int i = 0; i < rows; i++) panel[(k + i) * NV + j] = r[i];
    }
  }
#else
  (void)N;  // columns past the last one read what lies there, and are not stored
  for (int k = 0; k < depth; k++) {
    UNROLL
    for (int j = 0; j < NV; j++) {
      panel[k * NV + j] = load16(b + (size_t)k * ldb + n0 + 16 * j);
      FETCH(b + (size_t)(k + AHEAD) * ldb + n0 + 16 * j);
    }
  }
#endif
}
#endif

// acc += op(A)[row ..< row + MR, k ..< k + STEPS] · panel[k ..< k + STEPS]
#if TRANSPOSE_A
#define A_AT(i, u) a[(size_t)(u) * lda + (i)]
#define A_ADVANCE(steps) a += (size_t)(steps) * lda
#define A_FETCH(u)                                          \
  if (DEEP) FETCH(a + (size_t)((u) + AHEAD) * lda);         \
  if (DEEP) FETCH(a + (size_t)((u) + AHEAD) * lda + MR - 1)
#define FETCH_NEXT_ROWS(k)
#else
#define A_FETCH(u)
// Asks for a quarter of the next tile's rows at step k of every fourth, whose end the processor does not foresee.
#define QUARTER ((MR + 3) / 4)
#define FETCH_NEXT_ROWS(k) UNROLL for (int i = 0; i < QUARTER; i++) \
  FETCH(matrixA + (size_t)(m0 + MR + (k) / 4 % 4 * QUARTER + i) * lda + k0 + (k))
// Three rows hang on one base register: x86 addresses base + 4·lda and base + 8·lda for free.
#define A_AT(i, u) (a[(i) / 3] + ((i) % 3) * lda)[u]
#define A_ADVANCE(steps) UNROLL for (int i = 0; i < (MR + 2) / 3; i++) a[i] += steps
#endif
#define MULTIPLY(steps)                                                               \
  UNROLL for (int u = 0; u < steps; u++) {                                            \
    float16 column[NV];                                                               \
    UNROLL for (int j = 0; j < NV; j++) column[j] = B_AT(u, j);                        \
    A_FETCH(u);                                                                        \
    UNROLL for (int i = 0; i < MR; i++) {                                             \
      const float16 x = A_AT(i, u);                                                   \
      UNROLL for (int j = 0; j < NV; j++) acc[i][j] = MAD(x, column[j], acc[i][j]);   \
    }                                                                                 \
  }                                                                                   \
  B_ADVANCE(steps);                                                                   \
  A_ADVANCE(steps)

__kernel __attribute__((reqd_work_group_size(1, 1, 1)))
void matmul_vector(
    __global const float* restrict matrixA, __global const float* restrict matrixB,
    __global float* restrict c, const int M, const int N, const int K, const int lda,
    const int ldb, const int strideA, const int strideB, const int blockRows, const int splits,
    const int splitK STORE_PARAMETERS) {
#if !DIRECT
  __local float16 panel[KC * NV];
#endif
#if DEEP
  __local float16 partial[ROWS * NV];
#endif
  const int n0 = (int)get_global_id(0) * WIDTH;
  const int firstRow = (int)get_global_id(1) * blockRows;
  const int rowEnd = min(firstRow + blockRows, M);
  const int batch = (int)get_global_id(2) / splits;
  const int split = (int)get_global_id(2) % splits;
  const int kStart = split * splitK;
  const int kEnd = min(kStart + splitK, K);
  const int row0 = batch * M;
  const int width = min(WIDTH, N - n0);
  matrixA += (size_t)batch * strideA;
  matrixB += (size_t)batch * strideB;
  c += (size_t)split * (get_global_size(2) / splits) * M * N;

  int k0 = kStart;
  do {
    const int depth = min(KC, kEnd - k0);
#if DIRECT
    __global const float* panel = matrixB + (size_t)k0 * ldb + n0;
#elif TRANSPOSE_B
    pack_panel(matrixB + k0, panel, n0, N, ldb, depth);
#else
    pack_panel(matrixB + (size_t)k0 * ldb, panel, n0, N, ldb, depth);
#endif
    for (int row = firstRow; row < rowEnd; row += MR) {
      const int m0 = min(row, M - MR);  // the last tile shifts back and stores only its new rows
      float16 acc[MR][NV];
#if DEEP
      if (k0 > kStart) {
        UNROLL
        for (int i = 0; i < MR; i++) {
          UNROLL
          for (int j = 0; j < NV; j++) acc[i][j] = partial[(row - firstRow + i) * NV + j];
        }
      } else
#endif
      {
        UNROLL
        for (int i = 0; i < MR; i++) {
          UNROLL
          for (int j = 0; j < NV; j++) acc[i][j] = 0.0f;
        }
      }
      PANEL_SPACE const panel_element* p = panel;
#if TRANSPOSE_A
      __global const float* a = matrixA + (size_t)k0 * lda + m0;
#else
      __global const float* a[(MR + 2) / 3];
      UNROLL
      for (int i = 0; i < (MR + 2) / 3; i++) a[i] = matrixA + (size_t)(m0 + 3 * i) * lda + k0;
#endif
      int k = 0;
      for (; k + 4 <= depth; k += 4) {
        FETCH_NEXT_ROWS(k);
        MULTIPLY(4);
      }
      for (; k < depth; k++) { MULTIPLY(1); }
#if DEEP
      if (k0 + KC < kEnd) {
        UNROLL
        for (int i = 0; i < MR; i++) {
          UNROLL
          for (int j = 0; j < NV; j++) partial[(row - firstRow + i) * NV + j] = acc[i][j];
        }
        continue;
      }
#endif
      if (width == WIDTH && m0 == row) {
        UNROLL
        for (int i = 0; i < MR; i++) {
          UNROLL
          for (int j = 0; j < NV; j++) STORE_PART16(acc[i][j], 16, row0 + m0 + i, n0 + 16 * j);
        }
      } else {
        float16 tile[MR][NV];
        UNROLL
        for (int i = 0; i < MR; i++) {
          UNROLL
          for (int j = 0; j < NV; j++) tile[i][j] = acc[i][j];
        }
        for (int i = row - m0; i < MR; i++) {
          for (int n = 0; n < width; n += 16) {
            STORE_PART16(tile[i][n / 16], min(16, width - n), row0 + m0 + i, n0 + n);
          }
        }
      }
    }
    k0 += KC;
  } while (k0 < kEnd);
}

// matmul_reduce_vector: c = Σ parts, in order of the parts; the second launch of a split product.
//
// Shapes     parts [splits, M, N], c [M, N]; M counts the rows of the whole batch.
// Launch     1-D, local 1: ceil(M / blockRows).
__kernel __attribute__((reqd_work_group_size(1, 1, 1)))
void matmul_reduce_vector(
    __global const float* restrict parts, __global float* restrict c, const int M, const int N,
    const int splits, const int blockRows STORE_PARAMETERS) {
  const int firstRow = (int)get_global_id(0) * blockRows;
  const int rowEnd = min(firstRow + blockRows, M);
  const size_t part = (size_t)M * N;
  for (int m = firstRow; m < rowEnd; m++) {
    for (int n = 0; n < N; n += 16) {
      __global const float* p = parts + (size_t)m * N + n;
      float16 sum = load16(p);
      for (int s = 1; s < splits; s++) sum += load16(p + s * part);
      STORE_PART16(sum, min(16, N - n), m, n);
    }
  }
}
