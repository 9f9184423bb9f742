// matmul_tiled: c = op(a) · op(b), batched, for devices with fast local memory.
//
// Shapes     a [M, K], or [K, M] with TRANSPOSE_A; b [K, N], or [N, K] with TRANSPOSE_B;
//            c [batch · M, N]; float32, row-major, dense. M, N, K ≥ 1, products below 2^31.
//            Batch i starts at a + i · a_stride and b + i · b_stride floats (0 shares a matrix).
// Launch     3-D: global tiles · ITEMS × splits × batch, local ITEMS × 1 × 1, where
//            tiles = ⌈M / TILE_M⌉ · ⌈N / TILE_N⌉ and ITEMS = TILE_M / ITEM_M · TILE_N / ITEM_N.
//            Split s sums k in [s · chunk, (s + 1) · chunk); one split has chunk ≥ K, otherwise
//            chunk is a multiple of TILE_K.
// Macros     TILE_M, TILE_N, TILE_K  a work-group's block; default 64, 64, 16.
//            ITEM_M, ITEM_N          a work-item's block, multiples of 4; default 4, 4. The rows of
//            items, TILE_M / ITEM_M, are a multiple of 4; their columns 4 or a multiple of 8.
//            TILE_M · TILE_K and TILE_N · TILE_K are multiples of ITEMS · VECTOR.
//            TRANSPOSE_A, TRANSPOSE_B  0 or 1; default 0.
//            VECTOR_A, VECTOR_B  floats per global load, 1 (default) or 4: for a 16-byte aligned
//            operand whose last axis and batch stride are multiples of 4.
//            PARTIAL  1 stores split s's sums at c[s, batch · M, N] for split_sum.cl; default 0.
//            STORE_PARAMETERS, STORE1  the epilogue: once per element, with its complete sum.
// Memory     (TILE_M + TILE_N + 8) · TILE_K floats local. Global: a read ⌈N / TILE_N⌉ times,
//            b ⌈M / TILE_M⌉ times, c written once.
// Numerics   One fused multiply-add chain per element and split, k ascending; deterministic.
// Source     Register-blocked tiles after CLBlast (Nugteren 2018) and "SGEMM" in MAGMA (2010).
// Called by  RetortOpenCL/Lowering/MatmulTiled.swift

#ifndef TILE_M
#define TILE_M 64
#define TILE_N 64
#define TILE_K 16
#define ITEM_M 4
#define ITEM_N 4
#define VECTOR_A 1
#define VECTOR_B 1
#define PARTIAL 0
#endif
#ifndef TRANSPOSE_A
#define TRANSPOSE_A 0
#define TRANSPOSE_B 0
#endif
#if PARTIAL
#define STORE_PARAMETERS
#define STORE1(value, m, n) \
  c[(get_group_id(1) * get_num_groups(2) * M + (m)) * N + (n)] = (value)
#elif !defined(STORE1)
#define STORE_PARAMETERS
#define STORE1(value, m, n) c[(size_t)(m) * N + (n)] = (value)
#endif

#define ITEM_ROWS (TILE_M / ITEM_M)
#define ITEM_COLUMNS (TILE_N / ITEM_N)
#define ITEMS (ITEM_ROWS * ITEM_COLUMNS)
#define BLOCK (ITEM_COLUMNS < 8 ? ITEM_COLUMNS : 8)  // neighbours form blocks of BLOCK × 4 items
#define PITCH_A (TILE_M + 4)  // padded: keeps 16-byte alignment and spreads the banks
#define PITCH_B (TILE_N + 4)
#define COUNT_A (TILE_M * TILE_K / ITEMS)  // floats of a tile that one item carries
#define COUNT_B (TILE_N * TILE_K / ITEMS)

// Which float of its tile, counted along memory, is the i-th that this item carries.
#define SPOT(i, width) ((lane + (i) / (width) * ITEMS) * (width) + (i) % (width))
#define A_ROW(spot) (TRANSPOSE_A ? (spot) % TILE_M : (spot) / TILE_K)
#define A_DEPTH(spot) (TRANSPOSE_A ? (spot) / TILE_M : (spot) % TILE_K)
#define B_COLUMN(spot) (TRANSPOSE_B ? (spot) / TILE_K : (spot) % TILE_N)
#define B_DEPTH(spot) (TRANSPOSE_B ? (spot) % TILE_K : (spot) / TILE_N)

#define LOAD_1(to, from, inside) *(to) = (inside) ? *(from) : 0.0f
#define LOAD_4(to, from, inside) \
  vstore4((inside) ? *(__global const float4*)(from) : (float4)(0.0f), 0, to)
#define STRIP(at) (*(__local const float4*)(at))
#define PASTE(name, width) name##width
#define LOAD(width) PASTE(LOAD_, width)

__kernel __attribute__((reqd_work_group_size(ITEMS, 1, 1)))
void matmul_tiled(__global const float* restrict a, __global const float* restrict b,
                  __global float* restrict c, const int M, const int N, const int K,
                  const int a_stride, const int b_stride, const int chunk STORE_PARAMETERS) {
  __local float a_tile[TILE_K * PITCH_A] __attribute__((aligned(16)));  // [k, m]
  __local float b_tile[TILE_K * PITCH_B] __attribute__((aligned(16)));  // [k, n]
  float a_next[COUNT_A], b_next[COUNT_B];  // the next tiles, on their way to local memory
  float sum[ITEM_M][ITEM_N] = {{0.0f}};  // in registers: loops over private arrays are unrolled

  const int lane = (int)get_local_id(0);
  const int block = lane / (4 * BLOCK);
  const int item_row = (lane / BLOCK % 4 + block / (ITEM_COLUMNS / BLOCK) * 4) * 4;
  const int item_column = (lane % BLOCK + block % (ITEM_COLUMNS / BLOCK) * BLOCK) * 4;
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
        const int m = row0 + A_ROW(SPOT(i, VECTOR_A)), k = k0 + A_DEPTH(SPOT(i, VECTOR_A));
        LOAD(VECTOR_A)(a_next + i, a + (TRANSPOSE_A ? (size_t)k * M + m : (size_t)m * K + k),
                      m < M && k < end);
      }
      UNROLL for (int i = 0; i < COUNT_B; i += VECTOR_B) {
        const int n = column0 + B_COLUMN(SPOT(i, VECTOR_B)), k = k0 + B_DEPTH(SPOT(i, VECTOR_B));
        LOAD(VECTOR_B)(b_next + i, b + (TRANSPOSE_B ? (size_t)n * K + k : (size_t)k * N + n),
                      n < N && k < end);
      }
    }
    if (k0 > begin) {
      for (int k = 0; k < TILE_K; ++k) {
        float a_item[ITEM_M], b_item[ITEM_N];
        UNROLL for (int i = 0; i < ITEM_M; i += 4)
          vstore4(STRIP(a_tile + k * PITCH_A + i * ITEM_ROWS + item_row), 0, a_item + i);
        UNROLL for (int j = 0; j < ITEM_N; j += 4)
          vstore4(STRIP(b_tile + k * PITCH_B + j * ITEM_COLUMNS + item_column), 0, b_item + j);
        UNROLL for (int i = 0; i < ITEM_M; ++i)
          UNROLL for (int j = 0; j < ITEM_N; ++j) sum[i][j] = fma(a_item[i], b_item[j], sum[i][j]);
      }
    }
    if (k0 >= end) break;
    barrier(CLK_LOCAL_MEM_FENCE);  // everyone has read the last tiles
    UNROLL for (int i = 0; i < COUNT_A; ++i)
      a_tile[A_DEPTH(SPOT(i, VECTOR_A)) * PITCH_A + A_ROW(SPOT(i, VECTOR_A))] = a_next[i];
    UNROLL for (int i = 0; i < COUNT_B; ++i)
      b_tile[B_DEPTH(SPOT(i, VECTOR_B)) * PITCH_B + B_COLUMN(SPOT(i, VECTOR_B))] = b_next[i];
    barrier(CLK_LOCAL_MEM_FENCE);  // the tiles are complete
  }

  const int first = (int)get_group_id(2) * M;
  UNROLL for (int i = 0; i < ITEM_M; ++i) {
    const int m = row0 + i / 4 * 4 * ITEM_ROWS + item_row + i % 4;
    UNROLL for (int j = 0; j < ITEM_N; ++j) {
      const int n = column0 + j / 4 * 4 * ITEM_COLUMNS + item_column + j % 4;
      if (m < M && n < N) {
        STORE1(sum[i][j], first + m, n);
      }
    }
  }
}
