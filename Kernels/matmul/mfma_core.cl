// mfma_core: MFMA of AMD's CDNA processors, from gfx90a on, tf32 (there xf32) on gfx942; see
// matrix_core.cl. A wave has 64 lanes.
//
// Source     AMD, "AMD Instinct MI300 CDNA3 Instruction Set Architecture", section 7, and AMD's
//            Matrix Instruction Calculator (github.com/ROCm/amd_matrix_instruction_calculator): in
//            words v_mfma_f32_16x16x16_bf16, …_f16 and v_mfma_f32_16x16x8_xf32 are the same, with
//              a  lane 16 ⌊k / 2⌋ + row, word k % 2
//              b  lane 16 ⌊k / 2⌋ + column, word k % 2
//              c  lane 16 ⌊row / 4⌋ + column, sum row % 4

#define LANES 64
#define FRAGMENT_N 16
#define WORDS_A 2
#define WORDS_B 2
#define LANE_ROWS 4
#define LANE_COLUMNS 1
#define A_AT_ROW(id, i) ((id) % 16)
#define A_AT_DEPTH(id, i) ((id) / 16 * 2 + (i))
#define B_AT_DEPTH(id, i) ((id) / 16 * 2 + (i))
#define B_AT_COLUMN(id, i) ((id) % 16)
#define SUM_AT_ROW(id, i) ((id) / 16 * 4 + (i))
#define SUM_AT_COLUMN(id, j) ((id) % 16 + (j))

#if EMULATED
#define EMULATED_A_LANE(row, k) (16 * ((k) / 2) + (row))
#define EMULATED_A_WORD(row, k) ((k) % 2)
#define EMULATED_B_LANE(k, column) (16 * ((k) / 2) + (column))
#define EMULATED_B_WORD(k) ((k) % 2)
#define EMULATED_ROW(id, i) (4 * ((id) / 16) + (i))
#define EMULATED_COLUMN(id, j) ((id) % 16)
#else
// At most 256 registers: with more, the compiler copies the sums to accumulation registers and back
// for each tile.
#define TILE_ATTRIBUTES __attribute__((amdgpu_waves_per_eu(2)))
#if COMPUTE == 1
#define MFMA(a, b, sums) \
  __builtin_amdgcn_mfma_f32_16x16x8_xf32(as_float2(a), as_float2(b), sums, 0, 0, 0)
#elif COMPUTE == 2
#define MFMA(a, b, sums) \
  __builtin_amdgcn_mfma_f32_16x16x16bf16_1k(as_short4(a), as_short4(b), sums, 0, 0, 0)
#else
#define MFMA(a, b, sums) \
  __builtin_amdgcn_mfma_f32_16x16x16f16(as_half4(a), as_half4(b), sums, 0, 0, 0)
#endif
static inline void multiply_fragment(
    const word* a, const word* b, float (*sum)[SUM_COLUMNS], int column) {
  float4 sums = {sum[0][column], sum[1][column], sum[2][column], sum[3][column]};
  sums = MFMA(vload2(0, a), vload2(0, b), sums);
  UNROLL for (int i = 0; i < 4; ++i) sum[i][column] = sums[i];
}
#endif
