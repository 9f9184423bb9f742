// mma_core: NVIDIA's mma.sync, by PTX; see matrix_core.cl.
//
// Source     PTX ISA, "Warp Level Matrix Instructions": in words the fragments of m16n8k8 (tf32)
//            and m16n8k16 (bf16, fp16) are the same. With g = lane / 4 and t = lane % 4,
//              a  (g, t), (g + 8, t), (g, t + 4), (g + 8, t + 4)
//              b  (t, g), (t + 4, g)
//              c  (g, 2t), (g, 2t + 1), (g + 8, 2t), (g + 8, 2t + 1)

#define LANES 32
#define FRAGMENT_N 8
#define WORDS_A 4
#define WORDS_B 2
#define LANE_ROWS 2
#define LANE_COLUMNS 2
#define A_AT_ROW(id, i) ((i) % 2 * 8 + (id) / 4)
#define A_AT_DEPTH(id, i) ((i) / 2 * 4 + (id) % 4)
#define B_AT_DEPTH(id, i) ((i) * 4 + (id) % 4)
#define B_AT_COLUMN(id, i) ((id) / 4)
#define SUM_AT_ROW(id, i) ((i) * 8 + (id) / 4)
#define SUM_AT_COLUMN(id, j) ((id) % 4 * 2 + (j))

#if EMULATED
#define EMULATED_A_LANE(row, k) ((row) % 8 * 4 + (k) % 4)
#define EMULATED_A_WORD(row, k) ((k) / 4 * 2 + (row) / 8)
#define EMULATED_B_LANE(k, column) ((column) * 4 + (k) % 4)
#define EMULATED_B_WORD(k) ((k) / 4)
#define EMULATED_ROW(id, i) ((id) / 4 + 8 * (i))
#define EMULATED_COLUMN(id, j) (2 * ((id) % 4) + (j))
#else
#if COMPUTE == 1
#define MMA "mma.sync.aligned.m16n8k8.row.col.f32.tf32.tf32.f32 "
#elif COMPUTE == 2
#define TWO "bf16x2"  // what matrix_core.cl rounds to
#define MMA "mma.sync.aligned.m16n8k16.row.col.f32.bf16.bf16.f32 "
#else
#define TWO "f16x2"
#define MMA "mma.sync.aligned.m16n8k16.row.col.f32.f16.f16.f32 "
#endif
static inline void multiply_fragment(
    const word* a, const word* b, float (*sum)[SUM_COLUMNS], int column) {
  __asm__ volatile(
      MMA "{%0, %1, %2, %3}, {%4, %5, %6, %7}, {%8, %9}, {%0, %1, %2, %3};"
      : "+f"(sum[0][column]), "+f"(sum[0][column + 1]), "+f"(sum[1][column]),
        "+f"(sum[1][column + 1])
      : "r"(a[0]), "r"(a[1]), "r"(a[2]), "r"(a[3]), "r"(b[0]), "r"(b[1]));
}
#endif
