// dpas_core: DPAS of Intel's processors with XMX units, bf16 and fp16; see matrix_core.cl. Sub-groups
// have 8 lanes on Xe-HPG (MATRIX_CORE 4), 16 on Xe-HPC and Xe2 (MATRIX_CORE 5).
//
// Source     Khronos, "cl_intel_subgroup_matrix_multiply_accumulate", of a [8, 16], b [16, LANES]
//            in 16 bits; a fragment of 16 rows is two of them. A lane has one column of b and of
//            the sums. Of 8 lanes each has one word of every row of a, of 16 one half of a word:
//              a  8 lanes: lane k, word row; 16 lanes: lanes 2k and 2k + 1, word row
//              b  lane column, word k
//              c  lane column, sum row

#define LANES (MATRIX_CORE == 4 ? 8 : 16)
#define FRAGMENT_N LANES
#define WORDS_A 16
#define WORDS_B 8
#define LANE_ROWS 16
#define LANE_COLUMNS 1
#define A_AT_ROW(id, i) (i)
#define A_AT_DEPTH(id, i) ((id) * 8 / LANES)
#define B_AT_DEPTH(id, i) (i)
#define B_AT_COLUMN(id, i) (id)
#define SUM_AT_ROW(id, i) (i)
#define SUM_AT_COLUMN(id, j) ((id) + (j))

#if EMULATED
// Of two lanes that hold a word, the one whose half is of an even depth for rows below 8.
#define EMULATED_A_LANE(row, k) (LANES == 8 ? (k) : 2 * (k) + (row) / 8)
#define EMULATED_A_WORD(row, k) (row)
#define EMULATED_B_LANE(k, column) (column)
#define EMULATED_B_WORD(k) (k)
#define EMULATED_ROW(id, i) (i)
#define EMULATED_COLUMN(id, j) (id)
#else
#if MATRIX_CORE == 4
#define TILE_ATTRIBUTES __attribute__((intel_reqd_sub_group_size(8)))
#define OWN(words) as_int8(words)
#else
#define TILE_ATTRIBUTES __attribute__((intel_reqd_sub_group_size(16)))
#define OWN(words) as_short8(convert_ushort8((words) >> (uint)get_sub_group_local_id() % 2 * 16))
#endif
#if COMPUTE == 2
#define DPAS intel_sub_group_bf16_bf16_matrix_mad_k16
#else
#define DPAS intel_sub_group_f16_f16_matrix_mad_k16
#endif
static inline void multiply_fragment(
    const word* a, const word* b, float (*sum)[SUM_COLUMNS], int column) {
  UNROLL for (int rows = 0; rows < 16; rows += 8) {
    float8 sums;
    UNROLL for (int i = 0; i < 8; ++i) sums[i] = sum[rows + i][column];
    sums = DPAS(OWN(vload8(0, a + rows)), as_int8(vload8(0, b)), sums);
    UNROLL for (int i = 0; i < 8; ++i) sum[rows + i][column] = sums[i];
  }
}
#endif
