// augment: pictures mirrored, moved, with a square cut out, and each sample looked up in a table.
//
// Shapes     x uint8 and y float32 [images, height, width, CHANNELS]; moves int32 [images, 5] =
//            (down, right, mirrored, cut top, cut left); table [CHANNELS, 256]. Row-major, dense,
//            all extents ≥ 1, element counts below 2^31.
//            Pixel (row, column) of y comes from (row − down, column − right) of the picture, which
//            is mirrored first if so; what lies outside follows PADDING. The square of `cutout` rows
//            and columns from (cut top, cut left) on is zero. Zeros are samples: table[channel, 0].
// Launch     augment_vector (CPU devices): 1-D, global images, local 1; a work-item per picture.
//            augment_flat (GPUs): 1-D, global a multiple of GROUP ≥ the elements of y, local GROUP.
// Macros     CHANNELS  of a picture.  Default 1.
//            PADDING   0 zeros (default), 1 the border's pixel, 2 mirrored at the border.
//            GROUP     work-items a group.  Default 256.
// Memory     No local memory. Global: one byte read and four written for each element; the table
//            stays in caches.
// Numerics   Bits of the table are copied.
// Called by  RetortOpenCL/Lowering/Augment.swift      Oracle  CRetortCPU/templates/augment.h

#ifndef CHANNELS
#define CHANNELS 1
#endif
#ifndef PADDING
#define PADDING 0
#endif
#ifndef GROUP
#define GROUP 256
#endif

// The place in 0 … count − 1 whose pixel stands at `place`, or −1 for zero.
static inline int source_place(const int place, const int count) {
  if (place >= 0 && place < count) return place;
#if PADDING == 0
  return -1;
#elif PADDING == 1
  return place < 0 ? 0 : count - 1;
#else
  const int period = max(1, 2 * (count - 1));
  const int there = (place % period + period) % period;
  return min(there, period - there);
#endif
}

#if FORM != 2
__kernel __attribute__((reqd_work_group_size(1, 1, 1)))
void augment_vector(__global const uchar* restrict x, __global const int* restrict moves,
                    __global const float* restrict table, __global float* restrict y,
                    const int height, const int width, const int cutout) {
  const size_t image = get_global_id(0), size = (size_t)height * width * CHANNELS;
  const int down = moves[5 * image], right = moves[5 * image + 1];
  const int mirrored = moves[5 * image + 2];
  const int top = moves[5 * image + 3], left = moves[5 * image + 4];
  // Columns that come from inside are told apart outside the loop over them.
  const int first = clamp(right, 0, width), last = clamp(width + right, first, width);
  const int cut_first = clamp(left, 0, width), cut_last = clamp(left + cutout, cut_first, width);
  for (int row = 0; row < height; row++) {
    const int from_row = source_place(row - down, height);
    const int is_cut = row >= top && row < top + cutout;
    for (int channel = 0; channel < CHANNELS; channel++) {
      __global const float* values = table + 256 * channel;
      __global float* to = y + image * size + (size_t)row * width * CHANNELS + channel;
      if (from_row < 0) {
        for (int column = 0; column < width; column++) to[column * CHANNELS] = values[0];
        continue;
      }
      __global const uchar* from =
          x + image * size + (size_t)from_row * width * CHANNELS + channel;
      for (int border = last - width; border < first; border++) {
        const int column = border < 0 ? border + width : border;
        const int there = source_place(column - right, width);
        const int place = mirrored ? width - 1 - there : there;
        to[column * CHANNELS] = values[there < 0 ? 0 : from[place * CHANNELS]];
      }
      if (mirrored) {
        __global const uchar* end = from + (width - 1 + right) * CHANNELS;
        for (int column = first; column < last; column++)
          to[column * CHANNELS] = values[end[-column * CHANNELS]];
      } else {
        __global const uchar* moved = from - right * CHANNELS;
        for (int column = first; column < last; column++)
          to[column * CHANNELS] = values[moved[column * CHANNELS]];
      }
      if (is_cut)
        for (int column = cut_first; column < cut_last; column++)
          to[column * CHANNELS] = values[0];
    }
  }
}
#endif

#if FORM != 1
__kernel __attribute__((reqd_work_group_size(GROUP, 1, 1)))
void augment_flat(__global const uchar* restrict x, __global const int* restrict moves,
                  __global const float* restrict table, __global float* restrict y,
                  const int height, const int width, const int cutout, const int images) {
  const size_t at = get_global_id(0);
  if (at >= (size_t)images * height * width * CHANNELS) return;
  const int channel = (int)(at % CHANNELS);
  const int column = (int)(at / CHANNELS % width);
  const int row = (int)(at / CHANNELS / width % height);
  const size_t image = at / CHANNELS / width / height;
  const int from_row = source_place(row - moves[5 * image], height);
  const int there = source_place(column - moves[5 * image + 1], width);
  const int from_column = moves[5 * image + 2] ? width - 1 - there : there;
  const int top = moves[5 * image + 3], left = moves[5 * image + 4];
  const int is_cut =
      row >= top && row < top + cutout && column >= left && column < left + cutout;
  int sample = 0;
  if (from_row >= 0 && there >= 0 && !is_cut)
    sample = x[((image * height + from_row) * width + from_column) * CHANNELS + channel];
  y[at] = table[256 * channel + sample];
}
#endif
