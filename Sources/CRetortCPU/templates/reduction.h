// Reductions over the middle of [outer, reduced, inner], and means and variances.
//
// Everything is accumulated in double. The reduced axis is cut into segments whose number depends
// on shapes alone; their partial results are combined in order, so threads do not change a bit.

INLINE double identity_of(retort_reduction operation) {
  return operation == retort_sum ? 0 : operation == retort_largest ? -INFINITY : INFINITY;
}

static void accumulate_one(retort_reduction operation, const real *x, int64_t count, double *sum) {
  double value = *sum;
  switch (operation) {
    case retort_sum: value += sum_run(x, count); break;
    case retort_largest: value = larger_double(value, (double)largest_of(x, count)); break;
    case retort_smallest:
      for (int64_t i = 0; i < count; i++) value = smaller_double(value, (double)x[i]);
      break;
  }
  *sum = value;
}

#define COMBINE_EACH(TYPE)                                                                      \
  switch (operation) {                                                                          \
    case retort_sum:                                                                            \
      PARALLEL for (int64_t i = 0; i < count; i++) sums[i] += (double)x[i];                     \
      break;                                                                                    \
    case retort_largest:                                                                        \
      PARALLEL for (int64_t i = 0; i < count; i++) sums[i] = larger_double(sums[i], (double)x[i]); \
      break;                                                                                    \
    case retort_smallest:                                                                       \
      PARALLEL for (int64_t i = 0; i < count; i++) {                                            \
        sums[i] = smaller_double(sums[i], (double)x[i]);                                        \
      }                                                                                         \
      break;                                                                                    \
  }

static void combine_reals(retort_reduction operation, const real *x, int64_t count, double *sums) {
  COMBINE_EACH(real)
}

static void combine_doubles(retort_reduction operation, const double *x, int64_t count,
                            double *sums) {
  COMBINE_EACH(double)
}

// Whole rows of `inner` elements, at most one block: halves are folded onto each other, so that
// short rows take long loops.
static void accumulate_rows(retort_reduction operation, const real *x, int64_t rows, int64_t inner,
                            double *sums) {
  if (rows == 1) {
    combine_reals(operation, x, inner, sums);
    return;
  }
  double folded[RETORT_BLOCK];
  int64_t left = rows / 2;
  for (int64_t i = 0; i < left * inner; i++) folded[i] = (double)x[i];
  combine_reals(operation, x + left * inner, left * inner, folded);
  if (rows % 2) combine_reals(operation, x + 2 * left * inner, inner, folded);
  while (left > 1) {
    const int64_t half = left / 2;
    combine_doubles(operation, folded + half * inner, half * inner, folded);
    if (left % 2) combine_doubles(operation, folded + 2 * half * inner, inner, folded);
    left = half;
  }
  combine_doubles(operation, folded, inner, sums);
}

// The first position of a segment.
INLINE int64_t segment_start(int64_t segment, int64_t segments, int64_t length, int64_t reduced,
                             int64_t inner) {
  return (segment / segments * reduced + least(segment % segments * length, reduced)) * inner;
}

static void reduce(const retort_program *p, const retort_reduction *operations, int64_t reduced,
                   int64_t inner, int64_t segments, int64_t length, int64_t segment_count,
                   int64_t start, int64_t end, double *accumulators, void *scratch) {
  for (int32_t result = 0; result < p->result_count; result++) {
    double *sums = accumulators + result * segment_count * inner;
    for (int64_t i = start * inner; i < end * inner; i++) sums[i] = identity_of(operations[result]);
  }
  prepare(p, scratch);
  const int64_t first = segment_start(start, segments, length, reduced, inner);
  const int64_t last = segment_start(end, segments, length, reduced, inner);
  int64_t segment = start;
  int64_t stop = segment_start(start + 1, segments, length, reduced, inner);
  for (int64_t at = first; at < last; at += RETORT_BLOCK) {
    const int64_t count = least(RETORT_BLOCK, last - at);
    evaluate(p, at, count, NULL, scratch);
    int64_t next = segment, next_stop = stop;
    for (int32_t result = 0; result < p->result_count; result++) {
      const real *x = registers_of(scratch)[p->result_registers[result]];
      next = segment;
      next_stop = stop;
      for (int64_t done = 0; done < count;) {
        while (next_stop <= at + done) {
          next++;
          next_stop = segments == 1
                          ? next_stop + reduced * inner
                          : segment_start(next + 1, segments, length, reduced, inner);
        }
        int64_t run = least(next_stop - at - done, count - done);
        double *sums = accumulators + (result * segment_count + next) * inner;
        if (inner == 1) {
          accumulate_one(operations[result], x + done, run, sums);
        } else {
          const int64_t column = (at + done) % inner;
          if (column == 0 && run >= inner) {
            accumulate_rows(operations[result], x + done, run / inner, inner, sums);
            run -= run % inner;
          } else {
            run = least(run, inner - column);
            combine_reals(operations[result], x + done, run, sums + column);
          }
        }
        done += run;
      }
    }
    segment = next;
    stop = next_stop;
  }
}

static void reduce_finish(retort_reduction operation, int64_t segments, int64_t inner,
                          int64_t start, int64_t end, const double *accumulators, void *y) {
  for (int64_t position = start; position < end; position++) {
    const double *sums = accumulators + position / inner * segments * inner + position % inner;
    double value = sums[0];
    for (int64_t segment = 1; segment < segments; segment++) {
      const double next = sums[segment * inner];
      value = operation == retort_sum       ? value + next
              : operation == retort_largest ? larger_double(value, next)
                                            : smaller_double(value, next);
    }
    ((real *)y)[position] = (real)value;
  }
}

static void column_sums(const void *x, int64_t columns, int64_t start, int64_t end,
                        const double *mean, double *sums) {
  for (int64_t column = 0; column < columns; column++) sums[column] = 0;
  if (columns == 0) return;
  // Short rows are taken several at a time.
  const int64_t together = most(1, RETORT_BLOCK / columns);
  real squares[RETORT_BLOCK];
  for (int64_t row = start; row < end; row += together) {
    const int64_t rows = least(together, end - row);
    const real *from = (const real *)x + row * columns;
    if (!mean && columns <= RETORT_BLOCK) {
      accumulate_rows(retort_sum, from, rows, columns, sums);
    } else if (!mean) {
      combine_reals(retort_sum, from, columns, sums);
    } else if (columns > RETORT_BLOCK) {
      PARALLEL for (int64_t column = 0; column < columns; column++) {
        const double difference = (double)from[column] - mean[column];
        sums[column] += difference * difference;
      }
    } else {
      for (int64_t i = 0; i < rows; i++) {
        PARALLEL for (int64_t column = 0; column < columns; column++) {
          const double difference = (double)from[i * columns + column] - mean[column];
          squares[i * columns + column] = (real)(difference * difference);
        }
      }
      accumulate_rows(retort_sum, squares, rows, columns, sums);
    }
  }
}

static void column_moments(const double *mean, const double *variance, int64_t columns,
                           double epsilon, void *y) {
  real *out = y;
  for (int64_t column = 0; column < columns; column++) {
    out[column] = (real)mean[column];
    out[columns + column] = (real)variance[column];
    out[2 * columns + column] = (real)(1 / __builtin_elementwise_sqrt(variance[column] + epsilon));
  }
}

static void row_moments(const void *x, int64_t rows, int64_t columns, double epsilon,
                        int64_t start, int64_t end, void *y) {
  real *out = y;
  for (int64_t row = start; row < end; row++) {
    const real *from = (const real *)x + row * columns;
    const double mean = sum_run(from, columns) / (double)columns;
    double sum = 0;
    {
#pragma clang fp reassociate(on)
      for (int64_t column = 0; column < columns; column++) {
        const double difference = (double)from[column] - mean;
        sum += difference * difference;
      }
    }
    const double variance = sum / (double)columns;
    out[row] = (real)mean;
    out[rows + row] = (real)variance;
    out[2 * rows + row] = (real)(1 / __builtin_elementwise_sqrt(variance + epsilon));
  }
}
