// tile_core: what a work-group does with its tiles of a and b in local memory; part of
// matmul_tiled.cl and convolution_tiled.cl, which bring the tiles there and store the sums.
//
// Shapes     a tile [TILE_M, TILE_K], b tile [TILE_K, TILE_N]. An item carries COUNT_A and COUNT_B
//            floats of them, and holds SUM_ROWS × SUM_COLUMNS sums; SUM_ROW and SUM_COLUMN say which.
//            SUM_GROUP numbers the items that hold sums of one column.
// Macros     TILE_M, TILE_N, TILE_K  a work-group's block; default 64, 64, 16, of 16 bits 32.
//            COMPUTE  how it multiplies: 0 float32 (default); 1 tf32, 2 bf16 and 3 fp16, on matrix
//            units.
//            ITEM_M, ITEM_N  the block of a work-item, or where COMPUTE is not 0 of a warp of LANES.
//            COMPUTE 0: multiples of 4, default 4, 4. The rows of items, TILE_M / ITEM_M, are a
//            multiple of 4; their columns 4 or a multiple of 8.
//            COMPUTE 1 to 3: multiples of 16 and FRAGMENT_N, default 32, 32. TILE_K is a multiple
//            of 8 and 16.
//            VECTOR_A, VECTOR_B  floats per global load, 1 (default) or 4.
//            TILE_M · TILE_K and TILE_N · TILE_K are multiples of ITEMS · VECTOR; for COMPUTE 2 and
//            3 of twice that where memory does not run along k.
//            MATRIX_CORE  what multiplies where COMPUTE is not 0: 1 NVIDIA's mma.sync, 2 AMD's
//            MFMA, 3 AMD's WMMA, 4 and 5 Intel's DPAS in sub-groups of 8 and 16, these without
//            tf32; each has a file with its LANES and FRAGMENT_N.
//            EMULATED  1 plain C with the same fragments in the same lanes, for tests; default 0.
//            TILE_ATTRIBUTES  what a core asks of the compiler for the whole kernel.
//            A_ALONG_K, B_ALONG_K  0 or 1: whether neighbours in the operand's memory are
//            neighbours in k; set by the file that includes this one.
// Memory     TILE_WORDS words local. COMPUTE 0: both tiles [k, row]. Else a word holds one tf32 or
//            two bf16 or fp16 of successive k; the tile is [row, k] where memory runs along k, else
//            [k, row]. Pitches keep rows aligned to 16 bytes and fragments free of bank conflicts.
// Numerics   COMPUTE 0: one fused multiply-add chain per element, k ascending. Else a and b are
//            rounded to nearest even, NaN stays NaN, fp16 is infinite from 65520 on, and sums are
//            float32; EMULATED adds in the order of k, matrix units in an order of their own,
//            always the same, and some of AMD's take denormals for zeros.
// Source     Register-blocked tiles after CLBlast (Nugteren 2018) and "SGEMM" in MAGMA (2010).

#ifndef COMPUTE
#define COMPUTE 0
#endif
#ifndef TILE_M
#define TILE_M 64
#define TILE_N 64
#define TILE_K (COMPUTE < 2 ? 16 : 32)
#define ITEM_M (COMPUTE == 0 ? 4 : 32)
#define ITEM_N (COMPUTE == 0 ? 4 : 32)
#define VECTOR_A 1
#define VECTOR_B 1
#endif

#define PACK (COMPUTE < 2 ? 1 : 2)  // floats of one word of a tile
#define COUNT_A (TILE_M * TILE_K / ITEMS)  // floats of a tile that one item carries
#define COUNT_B (TILE_N * TILE_K / ITEMS)

// Where the i-th float that an item carries lies in a tile of `rows` (or columns): it carries runs
// of neighbours in memory, and both floats of a word.
#define RUN_A (A_ALONG_K && VECTOR_A < PACK ? PACK : VECTOR_A)
#define RUN_B (B_ALONG_K && VECTOR_B < PACK ? PACK : VECTOR_B)
#define SPOT(i, run, along) \
  ((lane + (i) / (run) / ((along) ? 1 : PACK) * ITEMS) * (run) + (i) % (run))
#define PLACE_ROW(i, run, along, rows) \
  ((along) ? SPOT(i, run, along) / TILE_K : SPOT(i, run, along) % (rows))
#define PLACE_DEPTH(i, run, along, rows) \
  ((along) ? SPOT(i, run, along) % TILE_K \
           : SPOT(i, run, along) / (rows) * PACK + (i) / (run) % PACK)
#define A_ROW(i) PLACE_ROW(i, RUN_A, A_ALONG_K, TILE_M)
#define A_DEPTH(i) PLACE_DEPTH(i, RUN_A, A_ALONG_K, TILE_M)
#define B_COLUMN(i) PLACE_ROW(i, RUN_B, B_ALONG_K, TILE_N)
#define B_DEPTH(i) PLACE_DEPTH(i, RUN_B, B_ALONG_K, TILE_N)

#if COMPUTE == 0

#define ITEM_ROWS (TILE_M / ITEM_M)
#define ITEM_COLUMNS (TILE_N / ITEM_N)
#define ITEMS (ITEM_ROWS * ITEM_COLUMNS)
#define BLOCK (ITEM_COLUMNS < 8 ? ITEM_COLUMNS : 8)  // neighbours form blocks of BLOCK × 4 items
#define SUM_ROWS ITEM_M
#define SUM_COLUMNS ITEM_N
#define PITCH_A (TILE_M + 4)
#define PITCH_B (TILE_N + 4)
#define B_TILE (TILE_K * PITCH_A)
#define TILE_WORDS (TILE_K * (PITCH_A + PITCH_B))
#define STRIP(at) (*(__local const float4*)(at))
#define SUM_ROW(i) ((i) / 4 * 4 * ITEM_ROWS + item_row(lane) + (i) % 4)
#define SUM_COLUMN(j) ((j) / 4 * 4 * ITEM_COLUMNS + item_column(lane) + (j) % 4)
#define SUM_GROUP (item_row(lane) / 4)
typedef float word;

static inline int item_row(int lane) {
  return (lane / BLOCK % 4 + lane / (4 * BLOCK) / (ITEM_COLUMNS / BLOCK) * 4) * 4;
}
static inline int item_column(int lane) {
  return (lane % BLOCK + lane / (4 * BLOCK) % (ITEM_COLUMNS / BLOCK) * BLOCK) * 4;
}

// Writes what the item carries to the tiles.
static inline void put_tiles(
    __local word* tiles, const float* a_next, const float* b_next, int lane) {
  UNROLL for (int i = 0; i < COUNT_A; ++i) tiles[A_DEPTH(i) * PITCH_A + A_ROW(i)] = a_next[i];
  UNROLL for (int i = 0; i < COUNT_B; ++i)
    tiles[B_TILE + B_DEPTH(i) * PITCH_B + B_COLUMN(i)] = b_next[i];
}

// Adds the product of the tiles to the item's sums.
static inline void multiply_tiles(
    __local word* tiles, float (*sum)[SUM_COLUMNS], int lane) {
  for (int k = 0; k < TILE_K; ++k) {
    float a_item[ITEM_M], b_item[ITEM_N];
    UNROLL for (int i = 0; i < ITEM_M; i += 4)
      vstore4(STRIP(tiles + k * PITCH_A + i * ITEM_ROWS + item_row(lane)), 0, a_item + i);
    UNROLL for (int j = 0; j < ITEM_N; j += 4)
      vstore4(STRIP(tiles + B_TILE + k * PITCH_B + j * ITEM_COLUMNS + item_column(lane)), 0,
              b_item + j);
    UNROLL for (int i = 0; i < ITEM_M; ++i)
      UNROLL for (int j = 0; j < ITEM_N; ++j) sum[i][j] = MAD(a_item[i], b_item[j], sum[i][j]);
  }
}

#else
#ifndef EMULATED
#define EMULATED 0
#endif
#include "matrix_core.cl"
#endif
#ifndef TILE_ATTRIBUTES
#define TILE_ATTRIBUTES
#endif
