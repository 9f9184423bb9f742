// matmul_tiled: c = op(a) · op(b), batched, for devices with fast local memory.
//
// Shapes     a [M, K], or [K, M] with TRANSPOSE_A; b [K, N], or [N, K] with TRANSPOSE_B;
//            c [batch · M, N]; float32, row-major, dense. M, N, K ≥ 1, products below 2^31.
//            Batch i starts at a + i · a_stride and b + i · b_stride floats (0 shares a matrix).
// Launch     3-D: global tiles · ITEMS × splits × batch, local ITEMS × 1 × 1, where
//            tiles = ⌈M / TILE_M⌉ · ⌈N / TILE_N⌉ and ITEMS = TILE_M / ITEM_M · TILE_N / ITEM_N,
//            on matrix units times LANES.
//            Split s sums k in [s · chunk, (s + 1) · chunk); one split has chunk ≥ K, otherwise
//            chunk is a multiple of TILE_K.
// Macros     TILE_*, ITEM_*, VECTOR_*, COMPUTE, MATRIX_CORE, EMULATED  see tile_core.cl. VECTOR 4
//            is for a 16-byte aligned operand whose last axis and batch stride are multiples of 4.
//            TRANSPOSE_A, TRANSPOSE_B  0 or 1; default 0.
//            PARTIAL  1 stores split s's sums at c[s, batch · M, N] for split_sum.cl; default 0.
//            STORE_PARAMETERS, STORE1  the epilogue: once per element, with its complete sum.
//            OBSERVED, MOMENTS, FENCE  see statistics_core.cl; tiles of one product follow those of the
//            one before. MOMENTS needs a batch of one; PARTIAL has neither.
// Memory     tile_core.cl's tiles in local memory. Global: a read ⌈N / TILE_N⌉ times, b ⌈M / TILE_M⌉
//            times, c written once.
// Numerics   As tile_core.cl, for each split; deterministic.
// Called by  RetortOpenCL/Lowering/MatmulTiled.swift

#ifndef TRANSPOSE_A
#define TRANSPOSE_A 0
#define TRANSPOSE_B 0
#endif
#ifndef PARTIAL
#define PARTIAL 0
#endif
#if PARTIAL
#define STORE_PARAMETERS
#define STORE1(value, m, n) \
  c[(get_group_id(1) * get_num_groups(2) * M + (m)) * N + (n)] = (value)
#elif !defined(STORE1)
#define STORE_PARAMETERS
#define STORE1(value, m, n) c[(size_t)(m) * N + (n)] = (value)
#endif

#define A_ALONG_K (!TRANSPOSE_A)
#define B_ALONG_K TRANSPOSE_B
#include "tile_core.cl"
#include "statistics_core.cl"

#define LOAD_1(to, from, inside) *(to) = (inside) ? *(from) : 0.0f
#define LOAD_4(to, from, inside) \
  vstore4((inside) ? *(__global const float4*)(from) : (float4)(0.0f), 0, to)
#define PASTE(name, width) name##width
#define LOAD(width) PASTE(LOAD_, width)

__kernel __attribute__((reqd_work_group_size(ITEMS, 1, 1))) TILE_ATTRIBUTES
void matmul_tiled(__global const float* restrict a, __global const float* restrict b,
                  __global float* restrict c, const int M, const int N, const int K,
                  const int a_stride, const int b_stride, const int chunk STORE_PARAMETERS) {
  __local word tiles[TILE_WORDS] __attribute__((aligned(16)));
  float a_next[COUNT_A], b_next[COUNT_B];  // the next tiles, on their way to local memory
  float sum[SUM_ROWS][SUM_COLUMNS] = {{0.0f}};  // registers: loops over private arrays are unrolled

  const int lane = (int)get_local_id(0);
  const int tiles_across = (N + TILE_N - 1) / TILE_N;
  const int row0 = (int)get_group_id(0) / tiles_across * TILE_M;
  const int column0 = (int)get_group_id(0) % tiles_across * TILE_N;
  const int begin = (int)get_group_id(1) * chunk;
  const int end = min(K, begin + chunk);
  a += get_group_id(2) * a_stride;
  b += get_group_id(2) * b_stride;

  for (int k0 = begin;; k0 += TILE_K) {
    if (k0 < end) {  // start the loads of this tile; they overlap the arithmetic on the last one
      UNROLL for (int i = 0; i < COUNT_A; i += VECTOR_A) {
        const int m = row0 + A_ROW(i), k = k0 + A_DEPTH(i);
        LOAD(VECTOR_A)(a_next + i, a + (TRANSPOSE_A ? (size_t)k * M + m : (size_t)m * K + k),
                      m < M && k < end);
      }
      UNROLL for (int i = 0; i < COUNT_B; i += VECTOR_B) {
        const int n = column0 + B_COLUMN(i), k = k0 + B_DEPTH(i);
        LOAD(VECTOR_B)(b_next + i, b + (TRANSPOSE_B ? (size_t)n * K + k : (size_t)k * N + n),
                      n < N && k < end);
      }
    }
    if (k0 > begin) multiply_tiles(tiles, sum, lane);
    if (k0 >= end) break;
    barrier(CLK_LOCAL_MEM_FENCE);  // everyone has read the last tiles
    put_tiles(tiles, a_next, b_next, lane);
    barrier(CLK_LOCAL_MEM_FENCE);  // the tiles are complete
  }

  const int first = (int)get_group_id(2) * M;
  OBSERVER
  UNROLL for (int i = 0; i < SUM_ROWS; ++i) {
    const int m = row0 + SUM_ROW(i);
    UNROLL for (int j = 0; j < SUM_COLUMNS; ++j) {
      const int n = column0 + SUM_COLUMN(j);
      if (m < M && n < N) {
        STORE1(sum[i][j], first + m, n);
        OBSERVE(i, j);
      }
    }
  }
  const int tiles_down = (M + TILE_M - 1) / TILE_M;
  PUT_STATISTICS((int)get_group_id(2) * tiles_down + row0 / TILE_M,
                 (int)get_num_groups(2) * tiles_down, min(M - row0, TILE_M), M, column0 / TILE_N,
                 column0, min(N - column0, TILE_N));
}
