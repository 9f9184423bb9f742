// matrix_core: tile_core.cl's work on matrix units; that file says everything about it.
//
// Cores      mma_core.cl, mfma_core.cl, wmma_core.cl, dpas_core.cl each describe one instruction. It
//            multiplies fragments a [16 rows, 8 words] and b [8 words, FRAGMENT_N columns], a word
//            being one tf32 or two bf16 or fp16 of successive k, held by LANES lanes together. A
//            lane has WORDS_A words of a, WORDS_B of b, and LANE_ROWS × LANE_COLUMNS sums. Of lane
//            `id` a core gives
//              A_AT_ROW, A_AT_DEPTH(id, i)       row and depth in words of its i-th word of a
//              B_AT_DEPTH, B_AT_COLUMN(id, i)    depth and column of its i-th word of b
//              SUM_AT_ROW, SUM_AT_COLUMN(id, i)  the i-th row and column of its sums
//            and multiply_fragment, the instruction, or, EMULATED, where the instruction looks, as
//            emulated_core.cl says.

#define WARPS_ACROSS (TILE_N / ITEM_N)
#define ITEMS (TILE_M / ITEM_M * WARPS_ACROSS * LANES)
#define FRAGMENTS_M (ITEM_M / 16)
#define FRAGMENTS_N (ITEM_N / FRAGMENT_N)
#define SUM_ROWS (FRAGMENTS_M * LANE_ROWS)
#define SUM_COLUMNS (FRAGMENTS_N * LANE_COLUMNS)
#define TILE_DEPTH (TILE_K / PACK)  // in words
#define PITCH_A (A_ALONG_K ? TILE_DEPTH + 4 : TILE_M + 8)
#define PITCH_B (B_ALONG_K ? TILE_DEPTH + 4 : TILE_N + 8)
#define B_TILE ((A_ALONG_K ? TILE_M : TILE_DEPTH) * PITCH_A)
#define B_END (B_TILE + (B_ALONG_K ? TILE_N : TILE_DEPTH) * PITCH_B)
#define WARP_ROW (lane / LANES / WARPS_ACROSS * ITEM_M)
#define WARP_COLUMN (lane / LANES % WARPS_ACROSS * ITEM_N)
#define SUM_ROW(i) \
  (WARP_ROW + (i) / LANE_ROWS * 16 + SUM_AT_ROW(lane % LANES, (i) % LANE_ROWS))
#define SUM_COLUMN(j) \
  (WARP_COLUMN + (j) / LANE_COLUMNS * FRAGMENT_N + SUM_AT_COLUMN(lane % LANES, (j) % LANE_COLUMNS))
#define SUM_GROUP \
  (lane / LANES / WARPS_ACROSS * (16 / LANE_ROWS) + lane % LANES / (LANES * LANE_ROWS / 16))
typedef uint word;

#if COMPUTE == 3 && defined(cl_khr_fp16)
#pragma OPENCL EXTENSION cl_khr_fp16 : enable
#endif

#if MATRIX_CORE == 1
#include "mma_core.cl"
#elif MATRIX_CORE == 2
#include "mfma_core.cl"
#elif MATRIX_CORE == 3
#include "wmma_core.cl"
#else
#include "dpas_core.cl"
#endif

// `value` with the bits that `kept` names, rounded to nearest even.
static inline uint rounded(float value, uint kept) {
  const uint bits = as_uint(value), last = ~kept + 1;
  const uint up = (bits + (last >> 1) - 1 + (bits & last ? 1 : 0)) & kept;
  return value == value ? up : 0x7FC00000u;
}
// The word of `low` and, where it holds two floats, `high`, rounded to nearest even.
static inline word word_of(float low, float high) {
#if COMPUTE == 1
  (void)high;
  return rounded(low, 0xFFFFE000u);
#elif MATRIX_CORE == 1 && !EMULATED
  word both;
  __asm__("cvt.rn." TWO ".f32 %0, %1, %2;" : "=r"(both) : "f"(high), "f"(low));
  return both;
#elif COMPUTE == 3
  word both;
  vstore_half2_rte((float2)(low, high), 0, (half*)&both);
  return both;
#else
  return rounded(high, 0xFFFF0000u) | rounded(low, 0xFFFF0000u) >> 16;
#endif
}

// Words that lie side by side are written together: `run` floats side by side in memory make them.
#define PUT_1(to, from) *(to) = (from)[0]
#define PUT_2(to, from) *(__local uint2*)(to) = vload2(0, from)
#define PUT_4(to, from) *(__local uint4*)(to) = vload4(0, from)
#define PUT(to, from, count) \
  if ((count) == 4) { PUT_4(to, from); } else if ((count) == 2) { PUT_2(to, from); } \
  else { PUT_1(to, from); }

// Writes the words that the item carries to one tile.
#define PUT_TILE(tile, next, count, run, along, pitch, row, depth) \
  UNROLL for (int i = 0; i < (count); i += (along) ? (run) : (run) * PACK) { \
    word words[(along) ? (run) / PACK : (run)]; \
    UNROLL for (int j = 0; j < (int)((along) ? (run) / PACK : (run)); ++j) \
      words[j] = (along) ? word_of(next[i + j * PACK], next[i + j * PACK + PACK - 1]) \
                         : word_of(next[i + j], next[i + j + (PACK - 1) * (run)]); \
    __local word* to = tile + ((along) ? row(i) * (pitch) + depth(i) / PACK \
                                       : depth(i) / PACK * (pitch) + row(i)); \
    PUT(to, words, (along) ? (run) / PACK : (run)) \
  }

static inline void put_tiles(
    __local word* tiles, const float* a_next, const float* b_next, int lane) {
  PUT_TILE(tiles, a_next, COUNT_A, RUN_A, A_ALONG_K, PITCH_A, A_ROW, A_DEPTH)
  PUT_TILE(tiles + B_TILE, b_next, COUNT_B, RUN_B, B_ALONG_K, PITCH_B, B_COLUMN, B_DEPTH)
}

#define A_WORD(row, k) tiles[A_ALONG_K ? (row) * PITCH_A + (k) : (k) * PITCH_A + (row)]
#define B_WORD(k, column) \
  tiles[B_TILE + (B_ALONG_K ? (column) * PITCH_B + (k) : (k) * PITCH_B + (column))]

// Takes the warp's fragments of 8 words' depth, from word k on.
static inline void take_fragments(
    __local const word* tiles, word (*a)[WORDS_A], word (*b)[WORDS_B], int k, int lane) {
  const int id = lane % LANES;
  UNROLL for (int i = 0; i < FRAGMENTS_M; ++i)
    UNROLL for (int r = 0; r < WORDS_A; ++r)
      a[i][r] = A_WORD(A_AT_ROW(id, r) + WARP_ROW + i * 16, A_AT_DEPTH(id, r) + k);
  UNROLL for (int j = 0; j < FRAGMENTS_N; ++j)
    UNROLL for (int r = 0; r < WORDS_B; ++r)
      b[j][r] = B_WORD(B_AT_DEPTH(id, r) + k, B_AT_COLUMN(id, r) + WARP_COLUMN + j * FRAGMENT_N);
}

#if EMULATED
#include "emulated_core.cl"
#else
#define TILE_WORDS B_END
static inline void multiply_fragments(
    __local word* tiles, word (*a)[WORDS_A], word (*b)[WORDS_B], float (*sum)[SUM_COLUMNS],
    int lane) {
  (void)tiles, (void)lane;
#if MATRIX_CORE < 4
  UNROLL for (int i = 0; i < FRAGMENTS_M; ++i)
    UNROLL for (int j = 0; j < FRAGMENTS_N; ++j)
      multiply_fragment(a[i], b[j], sum + i * LANE_ROWS, j * LANE_COLUMNS);
#elif FRAGMENTS_M * FRAGMENTS_N == 2
  // Intel's compiler leaves loops around this rolled, and the fragments in memory.
  multiply_fragment(a[0], b[0], sum, 0);
  multiply_fragment(a[FRAGMENTS_M - 1], b[FRAGMENTS_N - 1], sum + (FRAGMENTS_M - 1) * LANE_ROWS,
                    (FRAGMENTS_N - 1) * LANE_COLUMNS);
#else
#error "a sub-group has two fragments"
#endif
}
#endif

static inline void multiply_tiles(__local word* tiles, float (*sum)[SUM_COLUMNS], int lane) {
  for (int k = 0; k < TILE_DEPTH; k += 8) {
    word a[FRAGMENTS_M][WORDS_A], b[FRAGMENTS_N][WORDS_B];
    take_fragments(tiles, a, b, k, lane);
    multiply_fragments(tiles, a, b, sum, lane);
  }
}
