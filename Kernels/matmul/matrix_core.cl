// matrix_core: tile_core.cl's work on matrix units; that file says everything about it.
//
// Source     As tile_core.cl. In 32-bit words the fragments of m16n8k8 (tf32) and m16n8k16 (bf16)
//            are the same: with g = lane / 4 and t = lane % 4, word k of a row being k-th in depth,
//              a  [16 rows, 8 words]     (g, t), (g + 8, t), (g, t + 4), (g + 8, t + 4)
//              b  [8 words, 8 columns]   (t, g), (t + 4, g)
//              c  [16 rows, 8 columns]   (g, 2t), (g, 2t + 1), (g + 8, 2t), (g + 8, 2t + 1)

#define WARPS_ACROSS (TILE_N / ITEM_N)
#define ITEMS (TILE_M / ITEM_M * WARPS_ACROSS * 32)
#define FRAGMENTS_M (ITEM_M / 16)
#define FRAGMENTS_N (ITEM_N / 8)
#define SUM_ROWS (FRAGMENTS_M * 2)
#define SUM_COLUMNS (FRAGMENTS_N * 2)
#define TILE_DEPTH (TILE_K / PACK)  // in words
#define PITCH_A (A_ALONG_K ? TILE_DEPTH + 4 : TILE_M + 8)
#define PITCH_B (B_ALONG_K ? TILE_DEPTH + 4 : TILE_N + 8)
#define B_TILE ((A_ALONG_K ? TILE_M : TILE_DEPTH) * PITCH_A)
#define B_END (B_TILE + (B_ALONG_K ? TILE_N : TILE_DEPTH) * PITCH_B)
#define WARP_ROW (lane / 32 / WARPS_ACROSS * ITEM_M)
#define WARP_COLUMN (lane / 32 % WARPS_ACROSS * ITEM_N)
#define SUM_ROW(i) (WARP_ROW + (i) * 8 + lane % 32 / 4)
#define SUM_COLUMN(j) (WARP_COLUMN + (j) / 2 * 8 + lane % 4 * 2 + (j) % 2)
#define SUM_GROUP (lane / 32 / WARPS_ACROSS * 8 + lane % 32 / 4)
typedef uint word;

// The word of `low` and, where it holds two floats, `high`, rounded to nearest even.
static inline uint rounded(float value, uint kept) {
  const uint bits = as_uint(value), last = ~kept + 1;
  const uint up = (bits + (last >> 1) - 1 + (bits & last ? 1 : 0)) & kept;
  return value == value ? up : 0x7FC00000u;
}
static inline word word_of(float low, float high) {
#if COMPUTE == 1
  (void)high;
  return rounded(low, 0xFFFFE000u);
#elif MATRIX_CORE == 1
  word both;
  __asm__("cvt.rn.bf16x2.f32 %0, %1, %2;" : "=r"(both) : "f"(high), "f"(low));
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
    __local const word* tiles, word (*a)[4], word (*b)[2], int k, int lane) {
  const int g = lane % 32 / 4, t = lane % 4;
  UNROLL for (int i = 0; i < FRAGMENTS_M; ++i)
    UNROLL for (int r = 0; r < 4; ++r)
      a[i][r] = A_WORD(WARP_ROW + i * 16 + r % 2 * 8 + g, k + r / 2 * 4 + t);
  UNROLL for (int j = 0; j < FRAGMENTS_N; ++j)
    UNROLL for (int r = 0; r < 2; ++r)
      b[j][r] = B_WORD(k + r * 4 + t, WARP_COLUMN + j * 8 + g);
}

#if MATRIX_CORE == 1
#define TILE_WORDS B_END
#if COMPUTE == 1
#define MMA "mma.sync.aligned.m16n8k8.row.col.f32.tf32.tf32.f32 "
#else
#define MMA "mma.sync.aligned.m16n8k16.row.col.f32.bf16.bf16.f32 "
#endif

static inline void multiply_fragments(
    __local word* tiles, word (*a)[4], word (*b)[2], float (*sum)[SUM_COLUMNS], int lane) {
  (void)tiles, (void)lane;
  UNROLL for (int i = 0; i < FRAGMENTS_M; ++i)
    UNROLL for (int j = 0; j < FRAGMENTS_N; ++j)
      __asm__ volatile(
          MMA "{%0, %1, %2, %3}, {%4, %5, %6, %7}, {%8, %9}, {%0, %1, %2, %3};"
          : "+f"(sum[2 * i][2 * j]), "+f"(sum[2 * i][2 * j + 1]), "+f"(sum[2 * i + 1][2 * j]),
            "+f"(sum[2 * i + 1][2 * j + 1])
          : "r"(a[i][0]), "r"(a[i][1]), "r"(a[i][2]), "r"(a[i][3]), "r"(b[j][0]), "r"(b[j][1]));
}
#else
// Lanes show each other their fragments behind the tiles.
#define SHOWN (FRAGMENTS_M * 4 + FRAGMENTS_N * 2)
#define TILE_WORDS (B_END + ITEMS * SHOWN)

static inline float product_of_words(word a, word b, float sum) {
#if COMPUTE == 1
  return fma(as_float(a), as_float(b), sum);
#else
  sum = fma(as_float(a << 16), as_float(b << 16), sum);
  return fma(as_float(a & 0xFFFF0000u), as_float(b & 0xFFFF0000u), sum);
#endif
}

static inline void multiply_fragments(
    __local word* tiles, word (*a)[4], word (*b)[2], float (*sum)[SUM_COLUMNS], int lane) {
  __local word* shown = tiles + B_END + lane * SHOWN;
  __local const word* warp = tiles + B_END + lane / 32 * 32 * SHOWN;
  for (int i = 0; i < FRAGMENTS_M * 4; ++i) shown[i] = a[i / 4][i % 4];
  for (int j = 0; j < FRAGMENTS_N * 2; ++j) shown[FRAGMENTS_M * 4 + j] = b[j / 2][j % 2];
  barrier(CLK_LOCAL_MEM_FENCE);  // all fragments are shown
  for (int i = 0; i < SUM_ROWS; ++i) {
    for (int j = 0; j < SUM_COLUMNS; ++j) {
      const int row = lane % 32 / 4, column = lane % 4 * 2 + j % 2;  // and i % 2 eights of rows
      for (int k = 0; k < 8; ++k) {
        const int a_at = i / 2 * 4 + k / 4 * 2 + i % 2, b_at = FRAGMENTS_M * 4 + j / 2 * 2 + k / 4;
        sum[i][j] = product_of_words(
            warp[(row * 4 + k % 4) * SHOWN + a_at], warp[(column * 4 + k % 4) * SHOWN + b_at],
            sum[i][j]);
      }
    }
  }
  barrier(CLK_LOCAL_MEM_FENCE);  // everyone has seen them
}
#endif

static inline void multiply_tiles(__local word* tiles, float (*sum)[SUM_COLUMNS], int lane) {
  for (int k = 0; k < TILE_DEPTH; k += 8) {
    word a[FRAGMENTS_M][4], b[FRAGMENTS_N][2];
    take_fragments(tiles, a, b, k, lane);
    multiply_fragments(tiles, a, b, sum, lane);
  }
}
