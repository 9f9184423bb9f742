// Rows of image patches, read line of taps by line of taps.

// Where a row of a patch matrix begins in its image.
typedef struct {
  const real *image;
  int64_t y, x;
} patch_row;

INLINE patch_row patch_row_at(const retort_patches *g, const real *base, int64_t row) {
  const int64_t line = row / g->rows_x, image = line / g->rows_y;
  return (patch_row){base + image * g->height * g->width * g->pixel_stride,
                     (line - image * g->rows_y) * g->step_y, (row - line * g->rows_x) * g->step_x};
}

INLINE patch_row next_patch_row(const retort_patches *g, patch_row row) {
  row.x += g->step_x;
  if (row.x < g->rows_x * g->step_x) return row;
  row.x = 0;
  row.y += g->step_y;
  if (row.y < g->rows_y * g->step_y) return row;
  row.y = 0;
  row.image += g->height * g->width * g->pixel_stride;
  return row;
}

// The columns of one line of taps that lie inside the image, and where they are.
typedef struct {
  const real *from;  // the element of column 0, which need not exist
  int64_t start, end;
} tap_line;

INLINE tap_line tap_line_of(const retort_patches *g, patch_row row, const int32_t *line) {
  const int64_t sy = row.y + line[0], sx = row.x + line[1], taps = line[2];
  if (sy < 0 || sy >= g->height) return (tap_line){row.image, 0, 0};
  const int64_t first = least(most(-sx, 0), taps), last = most(least(g->width - sx, taps), first);
  return (tap_line){row.image + (sy * g->width + sx) * g->pixel_stride, first * g->channels,
                    last * g->channels};
}

INLINE void copy_run(const real *from, int64_t count, real *to, int64_t step) {
  if (step == 1) {
    for (int64_t i = 0; i < count; i++) to[i] = from[i];
  } else {
    SCALAR for (int64_t i = 0; i < count; i++) to[i * step] = from[i];
  }
}

INLINE void clear_run(int64_t count, real *to, int64_t step) {
  SCALAR for (int64_t i = 0; i < count; i++) to[i * step] = 0;
}

// Columns start..<start + count of one row, each `step` apart in `y`.
INLINE void load_patch_row(const retort_patches *g, patch_row row, int64_t start, int64_t count,
                           real *y, int64_t step) {
  int64_t column = 0;
  for (const int32_t *line = g->lines; column < start + count; line += 3) {
    const int64_t length = line[2] * g->channels;
    const int64_t low = most(start - column, 0), high = least(start + count - column, length);
    if (low < high) {
      const tap_line run = tap_line_of(g, row, line);
      const int64_t first = least(most(low, run.start), high);
      const int64_t last = most(least(high, run.end), first);
      real *to = y + (column - start) * step;
      clear_run(first - low, to + low * step, step);
      if (g->pixel_stride == g->channels) {
        copy_run(run.from + first, last - first, to + first * step, step);
      } else {
        for (int64_t at = first; at < last;) {
          const int64_t tap = at / g->channels, channel = at - tap * g->channels;
          const int64_t piece = least(g->channels - channel, last - at);
          copy_run(run.from + tap * g->pixel_stride + channel, piece, to + at * step, step);
          at += piece;
        }
      }
      clear_run(high - last, to + last * step, step);
    }
    column += length;
  }
}
