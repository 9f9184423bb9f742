// Matrix products, plain or over image patches: packed panels and a register tile.
//
// A task is one tile of the result over one split of k. It packs its parts of both factors, in
// k-blocks of DEPTH, multiplies them into a tile in scratch, and either runs the epilogue over the
// tile's rows or leaves the tile as a partial result which product_finish adds up in order.

#define DEPTH 256
// The register tile: TILE_ROWS × two vectors, or one vector where the result is narrow.
#define LANES ((int64_t)(VECTOR_BYTES / (int64_t)sizeof(real)))
#define TILE_COLUMNS (2 * LANES)

typedef real vector __attribute__((vector_size(VECTOR_BYTES), aligned(sizeof(real))));

// Sums run over CHUNK terms in registers and are then added to the tile: the rounding error of a
// long sum in one register grows with its length.
#define CHUNK 16

#define DEFINE_MULTIPLY(NAME, VECTORS)                                                         \
  static void NAME(int64_t depth, const real *a, const real *b, real *c, int64_t stride,       \
                   int add) {                                                                  \
    for (int64_t start = 0; start < depth; start += CHUNK, add = 1) {                          \
      vector sum[TILE_ROWS][VECTORS];                                                          \
      _Pragma("clang loop unroll(full)") for (int row = 0; row < TILE_ROWS; row++)             \
        _Pragma("clang loop unroll(full)") for (int i = 0; i < VECTORS; i++)                   \
          sum[row][i] = (vector){0};                                                           \
      const int64_t end = least(depth, start + CHUNK);                                         \
      for (int64_t k = start; k < end; k++) {                                                  \
        vector right[VECTORS];                                                                 \
        _Pragma("clang loop unroll(full)") for (int i = 0; i < VECTORS; i++)                   \
          right[i] = *(const vector *)(b + i * LANES);                                         \
        _Pragma("clang loop unroll(full)") for (int row = 0; row < TILE_ROWS; row++)           \
          _Pragma("clang loop unroll(full)") for (int i = 0; i < VECTORS; i++)                 \
            sum[row][i] += a[row] * right[i];                                                  \
        a += TILE_ROWS;                                                                        \
        b += VECTORS * LANES;                                                                  \
      }                                                                                        \
      _Pragma("clang loop unroll(full)") for (int row = 0; row < TILE_ROWS; row++)             \
        _Pragma("clang loop unroll(full)") for (int i = 0; i < VECTORS; i++) {                 \
          vector *to = (vector *)(c + row * stride + i * LANES);                               \
          *to = add ? *to + sum[row][i] : sum[row][i];                                         \
        }                                                                                      \
    }                                                                                          \
  }

DEFINE_MULTIPLY(multiply_wide, 2)
DEFINE_MULTIPLY(multiply_narrow, 1)

INLINE int64_t rounded_up(int64_t value, int64_t unit) { return (value + unit - 1) / unit * unit; }

// Panels of TILE_ROWS rows: [panel][k][row], rows past the end zero.
static void pack_rows(const retort_factor *f, const real *base, int64_t start, int64_t count,
                      int64_t k, int64_t depth, real *y) {
  for (int64_t panel = 0; panel < count; panel += TILE_ROWS, y += depth * TILE_ROWS) {
    const int64_t rows = least(TILE_ROWS, count - panel);
    if (rows < TILE_ROWS) memset(y, 0, (size_t)(depth * TILE_ROWS) * sizeof(real));
    if (f->patches) {
      patch_row at = patch_row_at(f->patches, base, start + panel);
      for (int64_t row = 0; row < rows; row++, at = next_patch_row(f->patches, at)) {
        load_patch_row(f->patches, at, k, depth, y + row, TILE_ROWS);
      }
      continue;
    }
    const real *from = base + (start + panel) * f->stride + k * f->stride_k;
    if (f->stride == 1 && rows == TILE_ROWS) {
      for (int64_t i = 0; i < depth; i++) {
        memcpy(y + i * TILE_ROWS, from + i * f->stride_k, TILE_ROWS * sizeof(real));
      }
      continue;
    }
    for (int64_t row = 0; row < rows; row++) {
      const real *line = from + row * f->stride;
      SCALAR for (int64_t i = 0; i < depth; i++) y[i * TILE_ROWS + row] = line[i * f->stride_k];
    }
  }
}

// Panels of `width` columns: [panel][k][column], columns past the end zero.
static void pack_columns(const retort_factor *f, const real *base, int64_t start, int64_t count,
                         int64_t k, int64_t depth, int64_t width, real *y, real *line) {
  if (f->patches) {
    const int64_t padded = rounded_up(count, width);
    for (int64_t i = count; i < padded; i++) line[i] = 0;
    patch_row at = patch_row_at(f->patches, base, k);
    for (int64_t i = 0; i < depth; i++, at = next_patch_row(f->patches, at)) {
      load_patch_row(f->patches, at, start, count, line, 1);
      for (int64_t panel = 0; panel < padded; panel += width) {
        memcpy(y + panel * depth + i * width, line + panel, (size_t)width * sizeof(real));
      }
    }
    return;
  }
  for (int64_t panel = 0; panel < count; panel += width, y += depth * width) {
    const int64_t columns = least(width, count - panel);
    if (columns < width) memset(y, 0, (size_t)(depth * width) * sizeof(real));
    const real *from = base + (start + panel) * f->stride + k * f->stride_k;
    if (f->stride == 1) {
      for (int64_t i = 0; i < depth; i++) {
        memcpy(y + i * width, from + i * f->stride_k, (size_t)columns * sizeof(real));
      }
      continue;
    }
    for (int64_t column = 0; column < columns; column++) {
      const real *up = from + column * f->stride;
      SCALAR for (int64_t i = 0; i < depth; i++) y[i * width + column] = up[i * f->stride_k];
    }
  }
}

// Scratch: left panels, right panels, tile, one line, then the epilogue's.
static int64_t panel_bytes(int64_t elements) {
  return rounded_up(elements * (int64_t)sizeof(real) + 64, 64);
}

static int64_t product_scratch(const retort_product *p) {
  const int64_t rows = rounded_up(p->tile_m, TILE_ROWS);
  const int64_t columns = rounded_up(p->tile_n, TILE_COLUMNS);
  return panel_bytes(rows * DEPTH) + panel_bytes(columns * DEPTH) + panel_bytes(rows * columns) +
         panel_bytes(columns) + retort_program_scratch(p->epilogue);
}

// Where row `row` of matrix `batch` starts in the epilogue's space.
INLINE int64_t row_start(const retort_product *p, int64_t batch, int64_t row) {
  const retort_rows *r = &p->rows;
  const int64_t line = row / r->rows_x, image = line / r->rows_y;
  return r->base + batch * r->stride_batch + image * r->stride_image +
         (line - image * r->rows_y) * r->stride_y + (row - line * r->rows_x) * r->stride_x;
}

// Runs the epilogue over rows start..<start + count of a tile whose first column is `column`.
static void finish_tile(const retort_product *p, int64_t batch, int64_t start, int64_t count,
                        int64_t column, int64_t columns, real *tile, int64_t stride,
                        void *scratch) {
  const retort_rows *r = &p->rows;
  const int whole = columns == p->n && r->stride_x == p->n && r->stride_y == r->rows_x * p->n &&
                    r->stride_image == r->rows_y * r->stride_y;
  prepare(p->epilogue, scratch);
  if (whole) {
    if (stride != columns) {
      for (int64_t row = 1; row < count; row++) {
        memmove(tile + row * columns, tile + row * stride, (size_t)columns * sizeof(real));
      }
    }
    finish_values(p->epilogue, tile, row_start(p, batch, start), count * columns, scratch);
    return;
  }
  for (int64_t row = 0; row < count; row++) {
    finish_values(p->epilogue, tile + row * stride, row_start(p, batch, start + row) + column,
                  columns, scratch);
  }
}

// Results of at most DOT_COLUMNS columns over patches are dot products of whole lines of taps: no
// panels, and no lanes lost on columns that do not exist. b is packed as [column][k], and each lane
// sums its own part of k.
#define DOT_COLUMNS 4

INLINE void dot_rows(const retort_product *p, const real *a, const real *b, int64_t start,
                     int64_t count, int64_t stride, real *tile, const int64_t columns) {
  const retort_patches *g = p->a.patches;
  patch_row row = patch_row_at(g, a, start);
  for (int64_t i = 0; i < count; i++, row = next_patch_row(g, row)) {
    vector sums[DOT_COLUMNS];
    real rest[DOT_COLUMNS];
    for (int64_t j = 0; j < columns; j++) {
      sums[j] = (vector){0};
      rest[j] = 0;
    }
    const real *weights = b;
    for (int64_t number = 0; number < g->line_count; number++) {
      const int32_t *line = g->lines + 3 * number;
      const tap_line run = tap_line_of(g, row, line);
      int64_t at = run.start;
      for (; at + LANES <= run.end; at += LANES) {
        const vector x = *(const vector *)(run.from + at);
        for (int64_t j = 0; j < columns; j++) {
          sums[j] += x * *(const vector *)(weights + j * p->k + at);
        }
      }
      for (; at < run.end; at++) {
        for (int64_t j = 0; j < columns; j++) rest[j] += run.from[at] * weights[j * p->k + at];
      }
      weights += line[2] * g->channels;
    }
    for (int64_t j = 0; j < columns; j++) {
      real sum = rest[j];
      for (int lane = 0; lane < LANES; lane++) sum += sums[j][lane];
      tile[i * stride + j] = sum;
    }
  }
}

static void product_dots(const retort_product *p, int64_t batch, int64_t row, int64_t rows,
                         real *packed, real *tile, void *scratch) {
  const real *a = (const real *)p->a.base + batch * p->a.batch_stride;
  const real *b = (const real *)p->b.base + batch * p->b.batch_stride;
  for (int64_t j = 0; j < p->n; j++) {
    for (int64_t k = 0; k < p->k; k++) {
      packed[j * p->k + k] = b[j * p->b.stride + k * p->b.stride_k];
    }
  }
  switch (p->n) {
    case 1: dot_rows(p, a, packed, row, rows, p->n, tile, 1); break;
    case 2: dot_rows(p, a, packed, row, rows, p->n, tile, 2); break;
    case 3: dot_rows(p, a, packed, row, rows, p->n, tile, 3); break;
    default: dot_rows(p, a, packed, row, rows, p->n, tile, DOT_COLUMNS); break;
  }
  finish_tile(p, batch, row, rows, 0, p->n, tile, p->n, scratch);
}

static void product(const retort_product *p, int64_t task, void *scratch) {
  const int64_t across = (p->n + p->tile_n - 1) / p->tile_n;
  const int64_t down = (p->m + p->tile_m - 1) / p->tile_m;
  const int64_t column = task % across * p->tile_n, row = task / across % down * p->tile_m;
  const int64_t split = task / (across * down) % p->splits;
  const int64_t batch = task / (across * down * p->splits);
  const int64_t columns = least(p->tile_n, p->n - column), rows = least(p->tile_m, p->m - row);
  const int64_t first = split * p->split_k, last = least(p->k, first + p->split_k);
  const int narrow = columns <= LANES;
  const int64_t width = narrow ? LANES : TILE_COLUMNS, stride = rounded_up(columns, width);

  char *memory = scratch;
  const int64_t most_rows = rounded_up(p->tile_m, TILE_ROWS);
  const int64_t most_columns = rounded_up(p->tile_n, TILE_COLUMNS);
  real *left = (real *)memory;
  real *right = (real *)(memory += panel_bytes(most_rows * DEPTH));
  real *tile = (real *)(memory += panel_bytes(most_columns * DEPTH));
  real *line = (real *)(memory += panel_bytes(most_rows * most_columns));
  memory += panel_bytes(most_columns);

  const retort_patches *g = p->a.patches;
  if (g && g->pixel_stride == g->channels && p->n <= DOT_COLUMNS && p->splits == 1 &&
      p->k * p->n <= most_columns * DEPTH) {
    product_dots(p, batch, row, rows, right, tile, memory);
    return;
  }
  const real *a = (const real *)p->a.base + batch * p->a.batch_stride;
  const real *b = (const real *)p->b.base + batch * p->b.batch_stride;
  if (first >= last) memset(tile, 0, (size_t)(rows * stride) * sizeof(real));
  for (int64_t k = first; k < last; k += DEPTH) {
    const int64_t depth = least(DEPTH, last - k);
    pack_rows(&p->a, a, row, rows, k, depth, left);
    pack_columns(&p->b, b, column, columns, k, depth, width, right, line);
    for (int64_t j = 0; j < columns; j += width) {
      for (int64_t i = 0; i < rows; i += TILE_ROWS) {
        (narrow ? multiply_narrow : multiply_wide)(depth, left + i * depth, right + j * depth,
                                                   tile + i * stride + j, stride, k > first);
      }
    }
  }
  if (p->splits == 1) {
    finish_tile(p, batch, row, rows, column, columns, tile, stride, memory);
    return;
  }
  real *to = (real *)p->partials + ((split * p->batch + batch) * p->m + row) * p->n + column;
  for (int64_t i = 0; i < rows; i++) {
    memcpy(to + i * p->n, tile + i * stride, (size_t)columns * sizeof(real));
  }
}

// Adds the partial results of rows start..<end of all matrices, in the first one's place.
static void product_finish(const retort_product *p, int64_t start, int64_t end, void *scratch) {
  const int64_t count = (end - start) * p->n, whole = p->batch * p->m * p->n;
  real *sum = (real *)p->partials + start * p->n;
  for (int64_t split = 1; split < p->splits; split++) {
    const real *next = sum + split * whole;
    PARALLEL for (int64_t i = 0; i < count; i++) sum[i] += next[i];
  }
  for (int64_t row = start; row < end;) {
    const int64_t batch = row / p->m, rows = least(end, (batch + 1) * p->m) - row;
    finish_tile(p, batch, row - batch * p->m, rows, 0, p->n, sum + (row - start) * p->n, p->n,
                scratch);
    row += rows;
  }
}

static void rearrange_weights(const void *w, int64_t outputs, int64_t stride_o, int64_t channels,
                              int64_t tap_count, const int32_t *taps, void *y) {
  real *to = y;
  for (int64_t tap = 0; tap < tap_count; tap++) {
    for (int64_t o = 0; o < outputs; o++, to += channels) {
      memcpy(to, (const real *)w + o * stride_o + taps[tap] * channels,
             (size_t)channels * sizeof(real));
    }
  }
}
