// combine_core: joins the column statistics of a contraction's tiles, those of a run of tiles first, then
// those of runs; part of statistics_core.cl and combine_statistics.cl.
//
// Shapes     statistics float32: [tiles, STATISTICS, N], those of tiles, as statistics_core.cl, and
//            behind it [runs, RUN_WORDS, N], those of runs: likewise, but a mean is two words, a first
//            one and its distance. runs = ⌈tiles / RUN⌉.
//            RESULT(o) [N] gets the sums of value o; for MOMENTS RESULT(0) [3, N]: mean, biased
//            variance and 1 / √(variance + EPSILON). Tiles have `height` rows, of `rows` in all.
// Macros     OBSERVED, MOMENTS  as statistics_core.cl.
//            RESULT(o), RESULT_PARAMETERS, EPSILON  see above; default one result.
// Memory     SPOTS statistics local.
// Numerics   A run is joined in order, runs by FOLDERS at most and then as a tree: the order depends
//            on the number of tiles alone, not on who does it. Means are relative to a first one.
// Source     As moments_core.cl.

#ifndef RESULT
#define RESULT_PARAMETERS , __global float* r0
#define RESULT(o) r0
#endif
#ifndef EPSILON
#define EPSILON 1e-5f
#endif

#define STATISTICS (MOMENTS ? 2 : OBSERVED)
#define SERIES (MOMENTS ? 1 : OBSERVED)  // statistics of a column that are joined by themselves
#define RUN_WORDS (MOMENTS ? 3 : OBSERVED)
#define RUN 16
#define FOLDERS 16
#define SPOTS 256  // columns × folders at one time

#if MOMENTS
#include "../reduction/moments_core.cl"

typedef moments statistic;
#define SPOT_WORDS 3
#define NO_STATISTIC ((statistic){0.0f, 0.0f, 0.0f})
// The statistics of `count` rows from the words of a tile, or of a run at `from`; means are relative to `pivot`.
// Macros: Oclgrind 21.10 takes no inlined function that both loads and returns a structure.
#define SAID(words, count, pivot) \
  ((statistic){(float)(count), (words)[0] - (pivot), (words)[1]})
#define SAID_OF_RUN(from, N, count, pivot) \
  ((statistic){(float)(count), ((from)[0] - (pivot)) + (from)[N], (from)[2 * (N)]})

static inline void say(statistic s, float pivot, __global float* to, int N) {
  to[0] = pivot;
  to[N] = s.mean;
  to[2 * N] = s.squares;
}
#else
typedef float statistic;
#define SPOT_WORDS 1
#define NO_STATISTIC 0.0f
#define SAID(words, count, pivot) ((void)(count), (words)[0])
#define SAID_OF_RUN(from, N, count, pivot) ((void)(count), (void)(pivot), (from)[0])

static inline statistic merged(statistic a, statistic b) { return a + b; }
static inline void say(statistic s, float pivot, __global float* to, int N) {
  (void)pivot, (void)N;
  to[0] = s;
}
static inline void finish(
    statistic s, float pivot, float epsilon, __global float* to, size_t pitch) {
  (void)pivot, (void)epsilon, (void)pitch;
  to[0] = s;
}
#endif

// Joins the tiles of a run for one column of one series.
static inline void combine_run(
    __global float* statistics, int N, int tiles, int rows, int height, int run, int series,
    int column) {
  const int first = run * RUN, last = min(first + RUN, tiles) - 1;
  const size_t pitch = (size_t)STATISTICS * N;
  __global float* from = statistics + (size_t)series * N + column;
  const float pivot = from[first * pitch];
  // All loads before the first join: each join waits for the one before.
  float own[RUN][STATISTICS / SERIES];
  UNROLL for (int i = 0; i < RUN; ++i)
    UNROLL for (int word = 0; word < STATISTICS / SERIES; ++word)
      own[i][word] = from[min(first + i, last) * pitch + word * N];
  statistic total = SAID(own[0], min(height, rows - first * height), pivot);
  UNROLL for (int i = 1; i < RUN; ++i)
    if (first + i <= last)
      total = merged(total, SAID(own[i], min(height, rows - (first + i) * height), pivot));
  say(total, pivot, from + tiles * pitch + (size_t)run * RUN_WORDS * N, N);
}

// Joins the runs of `columns` columns from `first` on, and writes the results; every one of the
// `items` work-items of the group calls it. Always inline, see statistics_core.cl.
#define COMBINE_COLUMNS(scratch, statistics, N, tiles, rows, height, first, columns, lane, items) \
  for (int series = 0; series < SERIES; ++series)                                                 \
  combine_columns(scratch, statistics + ((size_t)(tiles) * STATISTICS + series) * N + (first),    \
                  RESULT(series) + (first), N, ((tiles) + RUN - 1) / RUN, rows, RUN * (height),   \
                  columns, lane, items)

__attribute__((always_inline))
static inline void combine_columns(
    __local statistic* scratch, __global const float* runs_said, __global float* result, int N,
    int runs, int rows, int height, int columns, int lane, int items) {
  int folders = 1;
  while (folders < FOLDERS && folders < runs) folders *= 2;
  const int width = SPOTS / folders;
  const size_t pitch = (size_t)RUN_WORDS * N;
  for (int start = 0; start < columns; start += width) {
    for (int spot = lane; spot < SPOTS; spot += items) {
      const int column = start + spot % width;
      statistic total = NO_STATISTIC;
      if (column < columns) {
        __global const float* from = runs_said + column;
        const float pivot = from[0];
        for (int run = spot / width; run < runs; run += folders)
          total = merged(total, SAID_OF_RUN(from + run * pitch, N,
                                            min(height, rows - run * height), pivot));
      }
      scratch[spot] = total;
    }
    for (int half_count = folders / 2; half_count > 0; half_count /= 2) {
      barrier(CLK_LOCAL_MEM_FENCE);  // the statistics of this level are written
      for (int spot = lane; spot < half_count * width; spot += items)
        scratch[spot] = merged(scratch[spot], scratch[spot + half_count * width]);
    }
    // Whoever joined the last pair of a column finishes it.
    for (int spot = lane; spot < min(width, columns - start); spot += items)
      finish(scratch[spot], runs_said[start + spot], EPSILON, result + start + spot, N);
    barrier(CLK_LOCAL_MEM_FENCE);  // scratch has been read
  }
}
