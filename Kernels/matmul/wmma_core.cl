// wmma_core: WMMA of AMD's RDNA3 processors (gfx11), bf16 and fp16 in waves of 32 lanes; see
// matrix_core.cl.
//
// Source     AMD, "RDNA3 Instruction Set Architecture", section 7.9, and AMD's Matrix Instruction
//            Calculator (github.com/ROCm/amd_matrix_instruction_calculator), of
//            v_wmma_f32_16x16x16_bf16 and …_f16: both halves of a wave hold all of a and b,
//              a  lanes row and row + 16, word k
//              b  lanes column and column + 16, word k
//              c  lane 16 (row % 2) + column, sum ⌊row / 2⌋

#define LANES 32
#define FRAGMENT_N 16
#define WORDS_A 8
#define WORDS_B 8
#define LANE_ROWS 8
#define LANE_COLUMNS 1
#define A_AT_ROW(id, i) ((id) % 16)
#define A_AT_DEPTH(id, i) (i)
#define B_AT_DEPTH(id, i) (i)
#define B_AT_COLUMN(id, i) ((id) % 16)
#define SUM_AT_ROW(id, i) ((i) * 2 + (id) / 16)
#define SUM_AT_COLUMN(id, j) ((id) % 16 + (j))

#if EMULATED
// Of the two lanes that hold a word, one for even depths and the other for odd ones.
#define EMULATED_A_LANE(row, k) ((row) + 16 * ((k) % 2))
#define EMULATED_A_WORD(row, k) (k)
#define EMULATED_B_LANE(k, column) ((column) + 16 * ((k) % 2))
#define EMULATED_B_WORD(k) (k)
#define EMULATED_ROW(id, i) (2 * (i) + (id) / 16)
#define EMULATED_COLUMN(id, j) ((id) % 16)
#else
#if COMPUTE == 2
#define WMMA(a, b, sums) \
  __builtin_amdgcn_wmma_f32_16x16x16_bf16_w32(as_short16(a), as_short16(b), sums)
#else
#define WMMA(a, b, sums) \
  __builtin_amdgcn_wmma_f32_16x16x16_f16_w32(as_half16(a), as_half16(b), sums)
#endif
static inline void multiply_fragment(
    const word* a, const word* b, float (*sum)[SUM_COLUMNS], int column) {
  float8 sums;
  UNROLL for (int i = 0; i < 8; ++i) sums[i] = sum[i][column];
  sums = WMMA(vload8(0, a), vload8(0, b), sums);
  UNROLL for (int i = 0; i < 8; ++i) sum[i][column] = sums[i];
}
#endif
