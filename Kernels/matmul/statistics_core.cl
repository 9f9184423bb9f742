// statistics_core: what matmul_tiled.cl and convolution_tiled.cl find out about the columns of a
// tile while it lies in registers; part of them, behind tile_core.cl.
//
// Shapes     statistics [tiles, STATISTICS, N], float32: of each tile of TILE_M rows every
//            column's sums, or its mean and its sum of squared differences from that.
//            arrived [blocks, 1 + runs], int32, 0: counters of each block of TILE_N columns.
// Macros     OBSERVED  values that STORE1 leaves in `observed` for each element; default 0: none,
//            and no statistics.
//            MOMENTS   0 (default) sums of each observed value; 1 mean and squares of the only one.
//            FENCE     0 (default) leaves tiles to combine_statistics.cl; else the last work-group of
//            each run of tiles joins the run, and the last of a block of columns the runs, see
//            last_group_core.cl and combine_core.cl.
// Memory     The tiles' local memory, when they are no longer needed. statistics is written once.
// Numerics   An item adds its rows, then the items of a column are added, each in a fixed order.
//            The mean is that of a first pass and what a second one finds left, so that a large
//            mean costs no digits; squares lose what is left likewise.
// Source     Chan, Golub, LeVeque 1983, equation 1.7 (corrected two-pass).

#ifndef OBSERVED
#define OBSERVED 0
#define MOMENTS 0
#endif

// A kernel says OBSERVER before it stores, OBSERVE after each STORE1, and PUT_STATISTICS with the
// tile's number, how many tiles there are of its columns, the rows of the tile and of all, the number
// of the block of columns, its first column and how many of its columns there are.
#if OBSERVED == 0
#define OBSERVER
#define OBSERVE(i, j)
#define PUT_STATISTICS(tile, tiles_below, rows, all_rows, block, first, columns) (void)(tiles_below)
#else

#include "last_group_core.cl"
#include "combine_core.cl"

#define SUM_GROUPS (TILE_M / SUM_ROWS)  // items that share a column
#if SUM_GROUPS * TILE_N > TILE_WORDS || TILE_N > ITEMS
#error "the tiles' memory, or the items, are too few for the columns"
#endif
#if FENCE && SPOTS * SPOT_WORDS >= TILE_WORDS
#error "the tiles' memory is too small to join statistics"
#endif
#if MOMENTS
#define OBSERVER float observed[OBSERVED];
#define HELD sum
#define OBSERVE(i, j) sum[i][j] = observed[0]
#else
#define OBSERVER float observed[OBSERVED], held[OBSERVED][SUM_COLUMNS] = {{0.0f}};
#define HELD held
#define OBSERVE(i, j) UNROLL for (int o = 0; o < OBSERVED; ++o) held[o][j] += observed[o]
#endif
#define PUT_STATISTICS(tile, tiles_below, rows, all_rows, block, first, columns)                \
  put_statistics((__local float*)tiles, HELD, rows, lane, lane < (columns),                      \
                 statistics + (size_t)(tile) * STATISTICS * N + (first) + lane, N);              \
  COMBINE(tile, tiles_below, all_rows, block, first, columns)

#if FENCE
#define COMBINE(tile, tiles_below, all_rows, block, first, columns)                               \
  const int below = tiles_below, runs = (below + RUN - 1) / RUN, run = (tile) / RUN;              \
  volatile __global int* counters = arrived + (block) * (1 + runs);                               \
  __local int* flag = (__local int*)tiles + SPOTS * SPOT_WORDS;                                   \
  if (is_last_group(flag, counters + 1 + run, min(RUN, below - run * RUN), lane < (columns))) {   \
    for (int spot = lane; spot < SERIES * (columns); spot += ITEMS)                               \
      combine_run(statistics, N, below, all_rows, TILE_M, run, spot / (columns),                  \
                  (first) + spot % (columns));                                                    \
    if (is_last_group(flag, counters, runs, lane < SERIES * (columns)))                           \
      COMBINE_COLUMNS((__local statistic*)tiles, statistics, N, below, all_rows, TILE_M, first,   \
                      columns, lane, ITEMS);                                                      \
  }
#else
#define COMBINE(tile, tiles_below, all_rows, block, first, columns)
#endif

// The sum over items of what each holds for its columns: column `lane` of the tile. Always inline: in
// a function of its own PoCL 3.1 takes the tiles for one array that all its threads share.
__attribute__((always_inline))
static inline float column_total(__local float* scratch, const float* own, int lane) {
  barrier(CLK_LOCAL_MEM_FENCE);  // scratch has been read
  UNROLL for (int j = 0; j < SUM_COLUMNS; ++j)
    scratch[SUM_GROUP * TILE_N + SUM_COLUMN(j)] = own[j];
  barrier(CLK_LOCAL_MEM_FENCE);  // the items' sums are written
  float total = 0.0f;
  if (lane < TILE_N)
    for (int group = 0; group < SUM_GROUPS; ++group) total += scratch[group * TILE_N + lane];
  return total;
}

#if MOMENTS
// `held` are the tile's elements, of which only the first `rows` rows count.
static inline void put_statistics(
    __local float* scratch, float (*held)[SUM_COLUMNS], int rows, int lane, int is_column,
    __global float* to, int pitch) {
  float own[SUM_COLUMNS] = {0.0f}, squares[SUM_COLUMNS] = {0.0f};
  UNROLL for (int i = 0; i < SUM_ROWS; ++i)
    UNROLL for (int j = 0; j < SUM_COLUMNS; ++j)
      if (SUM_ROW(i) < rows) own[j] += held[i][j];
  const float mean = column_total(scratch, own, lane) / rows;
  if (lane < TILE_N) scratch[lane] = mean;  // of this column nobody else has read anything
  barrier(CLK_LOCAL_MEM_FENCE);  // the means are written
  UNROLL for (int j = 0; j < SUM_COLUMNS; ++j) {
    const float middle = scratch[SUM_COLUMN(j)];
    own[j] = 0.0f;
    UNROLL for (int i = 0; i < SUM_ROWS; ++i)
      if (SUM_ROW(i) < rows) {
        const float difference = held[i][j] - middle;
        own[j] += difference;
        squares[j] = MAD(difference, difference, squares[j]);
      }
  }
  const float left = column_total(scratch, own, lane);
  const float total = column_total(scratch, squares, lane) - left * left / rows;
  if (!is_column) return;
  to[0] = mean + left / rows;
  to[pitch] = total < 0.0f ? 0.0f : total;
}
#else
// `held` are the item's sums.
static inline void put_statistics(
    __local float* scratch, float (*held)[SUM_COLUMNS], int rows, int lane, int is_column,
    __global float* to, int pitch) {
  (void)rows;
  UNROLL for (int o = 0; o < OBSERVED; ++o) {
    const float total = column_total(scratch, held[o], lane);
    if (is_column) to[o * pitch] = total;
  }
}
#endif
#endif
