// Pictures mirrored, moved, with a square cut out, and each sample looked up.

// The place in 0 … count − 1 whose pixel stands at `place`, or −1 for zero.
static int64_t source_place(retort_padding padding, int64_t place, int64_t count) {
  if (place >= 0 && place < count) return place;
  if (padding == retort_padding_zero) return -1;
  if (padding == retort_padding_edge) return place < 0 ? 0 : count - 1;
  const int64_t period = count > 1 ? 2 * (count - 1) : 1;
  const int64_t there = (place % period + period) % period;
  return there < period - there ? there : period - there;
}

static void augment(const retort_augmentation *g, const uint8_t *x, const int32_t *moves,
                    const void *table, int64_t start, int64_t end, void *y) {
  const int64_t height = g->height, width = g->width, channels = g->channels;
  for (int64_t image = start; image < end; image++) {
    const int32_t *move = moves + 5 * image;
    const int64_t top = move[3], left = move[4];
    const uint8_t *from = x + image * height * width * channels;
    real *to = (real *)y + image * height * width * channels;
    for (int64_t row = 0; row < height; row++) {
      const int64_t from_row = source_place(g->padding, row - move[0], height);
      const int cut_row = row >= top && row < top + g->cutout;
      for (int64_t column = 0; column < width; column++, to += channels) {
        const int64_t there = source_place(g->padding, column - move[1], width);
        const int is_cut = cut_row && column >= left && column < left + g->cutout;
        const int is_zero = from_row < 0 || there < 0 || is_cut;
        const int64_t place = from_row * width + (move[2] ? width - 1 - there : there);
        for (int64_t channel = 0; channel < channels; channel++) {
          const int sample = is_zero ? 0 : from[place * channels + channel];
          to[channel] = ((const real *)table)[channel * 256 + sample];
        }
      }
    }
  }
}
