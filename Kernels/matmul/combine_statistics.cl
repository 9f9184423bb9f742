// combine_statistics: combines the column statistics of a contraction's tiles, where the contraction's own
// last work-groups cannot.
//
// Shapes     As combine_core.cl.
// Launch     1-D: ⌈N / BLOCK⌉ · GROUP, local GROUP. A work-group has BLOCK columns.
// Macros     OBSERVED, MOMENTS, RESULT(o), RESULT_PARAMETERS, EPSILON  as combine_core.cl; default the
//            sums of one value.
//            GROUP  work-items of a work-group. Default 256.
// Memory     3072 bytes local. statistics is read once; runs, a sixteenth, are written and read.
// Numerics   As combine_core.cl.
// Called by  RetortOpenCL/Lowering/CombineStatistics.swift

#ifndef OBSERVED
#define OBSERVED 1
#define MOMENTS 0
#endif

#ifndef GROUP
#define GROUP 256
#endif
#define BLOCK 4

#include "combine_core.cl"

__kernel __attribute__((reqd_work_group_size(GROUP, 1, 1)))
void combine_statistics(__global float* statistics, const int N, const int tiles, const int rows,
                        const int height RESULT_PARAMETERS) {
  __local statistic scratch[SPOTS];
  const int lane = (int)get_local_id(0);
  const int first = (int)get_group_id(0) * BLOCK;
  const int columns = min(BLOCK, N - first);
  const int runs = (tiles + RUN - 1) / RUN;
  for (int spot = lane; spot < runs * SERIES * columns; spot += GROUP)
    combine_run(statistics, N, tiles, rows, height, spot / (SERIES * columns),
                spot / columns % SERIES, first + spot % columns);
  barrier(CLK_GLOBAL_MEM_FENCE);  // the runs of these columns are written
  COMBINE_COLUMNS(scratch, statistics, N, tiles, rows, height, first, columns, lane, GROUP);
}
