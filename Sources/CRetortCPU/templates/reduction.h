// Reductions over the middle of [outer, reduced, inner], and means and variances.
//
// Everything is accumulated in double. The reduced axis is cut into segments whose number depends on
// shapes alone; their partial results are combined in order, so threads do not change a bit.

INLINE double sum_run(const real *x, int64_t count) {
#pragma clang fp reassociate(on)
  double sum = 0;
  for (int64_t i = 0; i < count; i++) sum += (double)x[i];
  return sum;
}

INLINE double larger_double(double x, double y) { return x > y || x != x ? x : y; }
INLINE double smaller_double(double x, double y) { return x < y || x != x ? x : y; }

INLINE double identity_of(retort_reduction operation) {
  return operation == retort_sum ? 0 : operation == retort_largest ? -INFINITY : INFINITY;
}

static void accumulate_one(retort_reduction operation, const real *x, int64_t count, double *sum) {
  double value = *sum;
  switch (operation) {
    case retort_sum: value += sum_run(x, count); break;
    case retort_largest:
      for (int64_t i = 0; i < count; i++) value = larger_double(value, (double)x[i]);
      break;
    case retort_smallest:
      for (int64_t i = 0; i < count; i++) value = smaller_double(value, (double)x[i]);
      break;
  }
  *sum = value;
}

static void accumulate_each(retort_reduction operation, const real *x, int64_t count,
                            double *sums) {
  switch (operation) {
    case retort_sum:
      PARALLEL for (int64_t i = 0; i < count; i++) sums[i] += (double)x[i];
      break;
    case retort_largest:
      PARALLEL for (int64_t i = 0; i < count; i++) sums[i] = larger_double(sums[i], (double)x[i]);
      break;
    case retort_smallest:
      PARALLEL for (int64_t i = 0; i < count; i++) sums[i] = smaller_double(sums[i], (double)x[i]);
      break;
  }
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
  for (int64_t at = first; at < last; at += RETORT_BLOCK) {
    const int64_t count = least(RETORT_BLOCK, last - at);
    evaluate(p, at, count, NULL, scratch);
    int64_t current = segment;
    for (int32_t result = 0; result < p->result_count; result++) {
      const real *x = registers_of(scratch)[p->result_registers[result]];
      current = segment;
      for (int64_t done = 0; done < count;) {
        int64_t stop = segment_start(current + 1, segments, length, reduced, inner);
        if (stop <= at + done) {
          current++;
          continue;
        }
        int64_t run = least(stop - at - done, count - done);
        double *sums = accumulators + (result * segment_count + current) * inner;
        if (inner == 1) {
          accumulate_one(operations[result], x + done, run, sums);
        } else {
          const int64_t column = (at + done) % inner;
          run = least(run, inner - column);
          accumulate_each(operations[result], x + done, run, sums + column);
        }
        done += run;
      }
    }
    segment = current;
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
  for (int64_t row = start; row < end; row++) {
    const real *from = (const real *)x + row * columns;
    if (mean) {
      PARALLEL for (int64_t column = 0; column < columns; column++) {
        const double difference = (double)from[column] - mean[column];
        sums[column] += difference * difference;
      }
    } else {
      PARALLEL for (int64_t column = 0; column < columns; column++) {
        sums[column] += (double)from[column];
      }
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
