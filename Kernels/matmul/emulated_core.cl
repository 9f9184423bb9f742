// emulated_core: what a matrix instruction does, in plain C, so that any device can test the rest
// of matrix_core.cl: lanes show each other their fragments in local memory behind the tiles.
//
// Macros     EMULATED_A_LANE, EMULATED_A_WORD(row, k)   which lane's which word is that of a
//            EMULATED_B_LANE(k, column), EMULATED_B_WORD(k)   the same of b
//            EMULATED_ROW(id, i), EMULATED_COLUMN(id, j)   which sum lane `id` receives
//            They say where the instruction looks, apart from where a core puts things: a fault in
//            either shows.

#define SHOWN (FRAGMENTS_M * WORDS_A + FRAGMENTS_N * WORDS_B)
#define TILE_WORDS (B_END + ITEMS * SHOWN)

static inline float product_of_words(word a, word b, float sum) {
#if COMPUTE == 1
  return MAD(as_float(a), as_float(b), sum);
#elif COMPUTE == 3
  const float2 left = vload_half2(0, (const half*)&a), right = vload_half2(0, (const half*)&b);
  return MAD(left.y, right.y, MAD(left.x, right.x, sum));
#else
  sum = MAD(as_float(a << 16), as_float(b << 16), sum);
  return MAD(as_float(a & 0xFFFF0000u), as_float(b & 0xFFFF0000u), sum);
#endif
}

static inline void multiply_fragments(
    __local word* tiles, word (*a)[WORDS_A], word (*b)[WORDS_B], float (*sum)[SUM_COLUMNS],
    int lane) {
  __local word* shown = tiles + B_END + lane * SHOWN;
  __local const word* warp = tiles + B_END + lane / LANES * LANES * SHOWN;
  const int b_first = FRAGMENTS_M * WORDS_A;
  for (int i = 0; i < b_first; ++i) shown[i] = a[i / WORDS_A][i % WORDS_A];
  for (int j = 0; j < FRAGMENTS_N * WORDS_B; ++j)
    shown[b_first + j] = b[j / WORDS_B][j % WORDS_B];
  barrier(CLK_LOCAL_MEM_FENCE);  // all fragments are shown
  for (int i = 0; i < SUM_ROWS; ++i) {
    for (int j = 0; j < SUM_COLUMNS; ++j) {
      const int row = EMULATED_ROW(lane % LANES, i % LANE_ROWS);
      const int column = EMULATED_COLUMN(lane % LANES, j % LANE_COLUMNS);
      for (int k = 0; k < 8; ++k) {
        const int a_at = i / LANE_ROWS * WORDS_A + EMULATED_A_WORD(row, k);
        const int b_at = b_first + j / LANE_COLUMNS * WORDS_B + EMULATED_B_WORD(k);
        sum[i][j] = product_of_words(
            warp[EMULATED_A_LANE(row, k) * SHOWN + a_at],
            warp[EMULATED_B_LANE(k, column) * SHOWN + b_at], sum[i][j]);
      }
    }
  }
  barrier(CLK_LOCAL_MEM_FENCE);  // everyone has seen them
}
