// Functions of whole rows: softmax and its kin, argmax, gather and scatter.

static void softmax(const void *x, int64_t columns, int64_t start, int64_t end, void *y) {
  for (int64_t row = start; row < end; row++) {
    const real *from = (const real *)x + row * columns;
    real *to = (real *)y + row * columns;
    const real peak = largest_of(from, columns);
    PARALLEL for (int64_t i = 0; i < columns; i++) to[i] = exp_real(from[i] - peak);
    const real scale = (real)(1 / sum_run(to, columns));
    PARALLEL for (int64_t i = 0; i < columns; i++) to[i] *= scale;
  }
}

static void log_softmax(const void *x, int64_t columns, int64_t start, int64_t end, void *y) {
  for (int64_t row = start; row < end; row++) {
    const real *from = (const real *)x + row * columns;
    real *to = (real *)y + row * columns;
    const real peak = largest_of(from, columns);
    PARALLEL for (int64_t i = 0; i < columns; i++) to[i] = exp_real(from[i] - peak);
    const real shift = (real)log(sum_run(to, columns));
    PARALLEL for (int64_t i = 0; i < columns; i++) to[i] = from[i] - peak - shift;
  }
}

static void softmax_backward(const void *y, const void *gradient, int64_t columns, int64_t start,
                             int64_t end, void *dx) {
  for (int64_t row = start; row < end; row++) {
    const real *p = (const real *)y + row * columns, *g = (const real *)gradient + row * columns;
    real *to = (real *)dx + row * columns;
    const real mean = (real)sum_products(p, g, columns);
    PARALLEL for (int64_t i = 0; i < columns; i++) to[i] = p[i] * (g[i] - mean);
  }
}

static void log_softmax_backward(const void *y, const void *gradient, int64_t columns,
                                 int64_t start, int64_t end, void *dx) {
  for (int64_t row = start; row < end; row++) {
    const real *p = (const real *)y + row * columns, *g = (const real *)gradient + row * columns;
    real *to = (real *)dx + row * columns;
    const real sum = (real)sum_run(g, columns);
    PARALLEL for (int64_t i = 0; i < columns; i++) to[i] = g[i] - exp_real(p[i]) * sum;
  }
}

// The first maximum; NaN counts as larger than everything.
static void argmax(const void *x, int64_t columns, int64_t start, int64_t end, int32_t *y) {
  for (int64_t row = start; row < end; row++) {
    const real *from = (const real *)x + row * columns;
    int64_t best = 0;
    for (int64_t i = 1; i < columns && from[best] == from[best]; i++) {
      if (from[i] > from[best] || from[i] != from[i]) best = i;
    }
    y[row] = (int32_t)best;
  }
}

static void gather(const void *table, const int32_t *ids, int64_t rows, int64_t columns,
                   int64_t start, int64_t end, void *y) {
  for (int64_t i = start; i < end; i++) {
    real *to = (real *)y + i * columns;
    const int64_t id = ids[i];
    if (id >= 0 && id < rows) {
      memcpy(to, (const real *)table + id * columns, (size_t)columns * sizeof(real));
    } else {
      memset(to, 0, (size_t)columns * sizeof(real));
    }
  }
}

static void scatter_add(const int32_t *ids, const void *gradient, int64_t columns, int64_t count,
                        int64_t start, int64_t end, void *table) {
  memset((real *)table + start * columns, 0, (size_t)((end - start) * columns) * sizeof(real));
  for (int64_t i = 0; i < count; i++) {
    const int64_t id = ids[i];
    if (id < start || id >= end) continue;
    const real *from = (const real *)gradient + i * columns;
    real *to = (real *)table + id * columns;
    PARALLEL for (int64_t column = 0; column < columns; column++) to[column] += from[column];
  }
}
