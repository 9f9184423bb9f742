#include "retort_host.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

// The loops are compiled for AVX2 too, where a processor that has it takes them.
#if defined(__x86_64__)
#define FOR_EACH_PROCESSOR __attribute__((target_clones("avx2", "default")))
#else
#define FOR_EACH_PROCESSOR
#endif

enum { FRACTION = 22 };

// What the samples of one axis are made of: `count` of the source from `start` on, by `weights`.
typedef struct {
  int *start, *count, *weights;
  int taps;
} Axis;

static void release(Axis *axis) {
  free(axis->start);
  free(axis->count);
  free(axis->weights);
}

// Of `size` samples `scaled` are made, of which those from `first` on are wanted.
static int prepare(Axis *axis, int size, int scaled, int first, int wanted) {
  double scale = (double)size / scaled, width = scale < 1 ? 1 : scale;
  axis->taps = (int)ceil(width) * 2 + 1;
  axis->start = malloc(sizeof(int) * (size_t)wanted);
  axis->count = malloc(sizeof(int) * (size_t)wanted);
  axis->weights = calloc((size_t)wanted * (size_t)axis->taps, sizeof(int));
  double *exact = malloc(sizeof(double) * (size_t)axis->taps);
  if (!axis->start || !axis->count || !axis->weights || !exact) {
    free(exact);
    return -1;
  }
  for (int index = 0; index < wanted; index++) {
    double center = (first + index + 0.5) * scale, sum = 0;
    int start = (int)(center - width + 0.5), end = (int)(center + width + 0.5);
    if (start < 0) start = 0;
    if (end > size) end = size;
    for (int place = start; place < end; place++) {
      double distance = fabs((place - center + 0.5) * (1 / width));
      double weight = distance < 1 ? 1 - distance : 0;
      exact[place - start] = weight;
      sum += weight;
    }
    axis->start[index] = start;
    axis->count[index] = end - start;
    for (int tap = 0; tap < end - start; tap++)
      axis->weights[index * axis->taps + tap] = (int)(0.5 + exact[tap] / sum * (1 << FRACTION));
  }
  free(exact);
  return 0;
}

static inline uint8_t rounded(int sum) {
  sum >>= FRACTION;
  return (uint8_t)(sum < 0 ? 0 : sum > 255 ? 255 : sum);
}

typedef int32_t Four __attribute__((vector_size(16)));
typedef uint8_t FourBytes __attribute__((vector_size(4)));

// One row of the source, made narrower or wider. Of three channels the sums of a pixel are lanes, beside
// a fourth that is not kept: the byte behind a row's last pixel is read.
FOR_EACH_PROCESSOR
static void colours_across(const uint8_t *restrict row, const Axis *axis, int columns,
                           uint8_t *restrict target) {
  const int half = 1 << (FRACTION - 1);
  for (int column = 0; column < columns; column++) {
    const uint8_t *sample = row + 3 * axis->start[column];
    const int *weight = axis->weights + column * axis->taps;
    Four sums = {half, half, half, half};
    for (int tap = 0; tap < axis->count[column]; tap++) {
      FourBytes bytes;
      memcpy(&bytes, sample + 3 * tap, sizeof bytes);
      sums += __builtin_convertvector(bytes, Four) * weight[tap];
    }
    for (int channel = 0; channel < 3; channel++)
      target[3 * column + channel] = rounded(sums[channel]);
  }
}

static void across(const uint8_t *row, const Axis *axis, int columns, int channels,
                   uint8_t *target) {
  for (int column = 0; column < columns; column++) {
    const int *weight = axis->weights + column * axis->taps;
    for (int channel = 0; channel < channels; channel++) {
      const uint8_t *sample = row + axis->start[column] * channels + channel;
      int sum = 1 << (FRACTION - 1);
      for (int tap = 0; tap < axis->count[column]; tap++)
        sum += sample[tap * channels] * weight[tap];
      target[column * channels + channel] = rounded(sum);
    }
  }
}

// One row of the result, of `count` rows of `samples` each.
FOR_EACH_PROCESSOR
static void down(const uint8_t *restrict rows, int samples, const int *weights, int count,
                 int *restrict sums, uint8_t *restrict target) {
  for (int index = 0; index < samples; index++) sums[index] = 1 << (FRACTION - 1);
  for (int tap = 0; tap < count; tap++) {
    const uint8_t *row = rows + (size_t)tap * (size_t)samples;
    int weight = weights[tap];
    for (int index = 0; index < samples; index++) sums[index] += row[index] * weight;
  }
  for (int index = 0; index < samples; index++) target[index] = rounded(sums[index]);
}

int retort_resize(const uint8_t *source, long stride, int height, int width, int channels,
                  int scaled_height, int scaled_width, int top, int left, int rows, int columns,
                  uint8_t *target) {
  Axis x = {0}, y = {0};
  uint8_t *between = NULL;
  int *sums = NULL, status = -1, samples = columns * channels;
  if (prepare(&x, width, scaled_width, left, columns) != 0) goto end;
  if (prepare(&y, height, scaled_height, top, rows) != 0) goto end;
  int first = y.start[0], last = y.start[rows - 1] + y.count[rows - 1];
  between = malloc((size_t)(last - first) * (size_t)samples);
  sums = malloc(sizeof(int) * (size_t)samples);
  if (!between || !sums) goto end;
  for (int row = first; row < last; row++) {
    const uint8_t *from = source + row * stride;
    uint8_t *to = between + (size_t)(row - first) * (size_t)samples;
    if (channels == 3 && row + 1 < height)
      colours_across(from, &x, columns, to);
    else
      across(from, &x, columns, channels, to);
  }
  for (int row = 0; row < rows; row++)
    down(between + (size_t)(y.start[row] - first) * (size_t)samples, samples,
         y.weights + row * y.taps, y.count[row], sums, target + (size_t)row * (size_t)samples);
  status = 0;
end:
  release(&x);
  release(&y);
  free(between);
  free(sums);
  return status;
}
