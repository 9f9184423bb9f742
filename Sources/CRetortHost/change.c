#include "retort_host.h"

#include <math.h>
#include <string.h>

// Sums and products are rounded one by one, as torchvision's are.
#pragma STDC FP_CONTRACT OFF

static inline uint8_t truncated(float value) {
  return (uint8_t)(value < 0 ? 0 : value > 255 ? 255 : value);
}

static inline uint8_t grey(const uint8_t *pixel) {
  return (uint8_t)(0.2989f * (float)pixel[0] + 0.587f * (float)pixel[1] + 0.114f * (float)pixel[2]);
}

static void brighten(uint8_t *samples, long count, double factor) {
  const float own = (float)factor;
  for (long at = 0; at < count; at++) samples[at] = truncated(own * (float)samples[at]);
}

static void contrast(uint8_t *samples, long pixels, int channels, double factor) {
  double sum = 0;
  for (long at = 0; at < pixels; at++)
    sum += channels == 3 ? grey(samples + 3 * at) : samples[at];
  const float own = (float)factor, other = (float)(1 - factor) * (float)(sum / (double)pixels);
  for (long at = 0; at < pixels * channels; at++)
    samples[at] = truncated(own * (float)samples[at] + other);
}

static void saturate(uint8_t *samples, long pixels, double factor) {
  const float own = (float)factor, other = (float)(1 - factor);
  for (long at = 0; at < pixels; at++) {
    uint8_t *pixel = samples + 3 * at;
    const float middle = other * (float)grey(pixel);
    for (int channel = 0; channel < 3; channel++)
      pixel[channel] = truncated(own * (float)pixel[channel] + middle);
  }
}

static inline float within(float value) { return value < 0 ? 0 : value > 1 ? 1 : value; }

// Through hue, saturation and value, and back.
static void turn_hue(uint8_t *samples, long pixels, double shift) {
  const float by = (float)shift;
  for (long at = 0; at < pixels; at++) {
    uint8_t *pixel = samples + 3 * at;
    const float r = (float)pixel[0] / 255, g = (float)pixel[1] / 255, b = (float)pixel[2] / 255;
    const float most = fmaxf(fmaxf(r, g), b), least = fminf(fminf(r, g), b), range = most - least;
    const float s = range / (range == 0 ? 1 : most), divisor = range == 0 ? 1 : range;
    const float rc = (most - r) / divisor, gc = (most - g) / divisor, bc = (most - b) / divisor;
    float h = most == r ? bc - gc : most == g ? 2 + rc - bc : 4 + gc - rc;
    h = fmodf(h / 6 + 1, 1);
    h = h + by;
    h = h - floorf(h);
    const float place = floorf(h * 6), f = h * 6 - place, v = most;
    const float p = within(v * (1 - s)), q = within(v * (1 - s * f));
    const float t = within(v * (1 - s * (1 - f)));
    const float red[6] = {v, q, p, p, t, v}, green[6] = {t, v, v, q, p, p};
    const float blue[6] = {p, p, t, v, v, q};
    const int sector = (int)place % 6;
    const float rgb[3] = {red[sector], green[sector], blue[sector]};
    for (int channel = 0; channel < 3; channel++)
      pixel[channel] = (uint8_t)(rgb[channel] * 255.999f);
  }
}

// Moves samples from or towards the mean of their neighbours, of which the middle counts five times; the
// border is left as it is.
static void sharpen(uint8_t *samples, int height, int width, int channels, double factor,
                    uint8_t *copy) {
  if (height <= 2 || width <= 2) return;
  const long row = (long)width * channels;
  memcpy(copy, samples, (size_t)(height * row));
  const float own = (float)factor, other = (float)(1 - factor);
  for (int y = 0; y < height; y++)
    for (long x = 0; x < row; x++) {
      const uint8_t *at = copy + y * row + x;
      int blurred = *at;
      if (y > 0 && y < height - 1 && x >= channels && x < row - channels) {
        int sum = 4 * *at;
        for (int dy = -1; dy <= 1; dy++)
          for (int dx = -1; dx <= 1; dx++) sum += at[dy * row + dx * channels];
        blurred = (2 * sum + 13) / 26;
      }
      samples[y * row + x] = truncated(own * (float)*at + other * (float)blurred);
    }
}

static void stretch(uint8_t *samples, long pixels, int channels) {
  for (int channel = 0; channel < channels; channel++) {
    int least = 255, most = 0;
    for (long at = 0; at < pixels; at++) {
      const int sample = samples[at * channels + channel];
      if (sample < least) least = sample;
      if (sample > most) most = sample;
    }
    if (most <= least) continue;
    const float scale = 255.0f / (float)(most - least);
    for (long at = 0; at < pixels; at++) {
      uint8_t *sample = samples + at * channels + channel;
      *sample = truncated((float)(*sample - least) * scale);
    }
  }
}

static void equalize(uint8_t *samples, long pixels, int channels) {
  for (int channel = 0; channel < channels; channel++) {
    long counts[256] = {0};
    int last = 0;
    for (long at = 0; at < pixels; at++) counts[samples[at * channels + channel]]++;
    for (int sample = 0; sample < 256; sample++)
      if (counts[sample]) last = sample;
    const long step = (pixels - counts[last]) / 255;
    if (step == 0) continue;
    uint8_t table[256];
    long sum = 0;
    for (int sample = 0; sample < 256; sample++) {
      const long value = (sum + step / 2) / step;
      table[sample] = sample == 0 ? 0 : (uint8_t)(value > 255 ? 255 : value);
      sum += counts[sample];
    }
    for (long at = 0; at < pixels; at++)
      samples[at * channels + channel] = table[samples[at * channels + channel]];
  }
}

// Each pixel is that at `matrix` times its place, counted from the picture's middle; zeros outside.
static void move(uint8_t *samples, int height, int width, int channels, const double *matrix,
                 uint8_t *copy) {
  const long row = (long)width * channels;
  memcpy(copy, samples, (size_t)(height * row));
  const float w = (float)width, h = (float)height;
  float m[6];
  for (int at = 0; at < 6; at++) m[at] = (float)matrix[at] / (0.5f * (at < 3 ? w : h));
  for (int y = 0; y < height; y++)
    for (int x = 0; x < width; x++) {
      const float down = (float)y - 0.5f * h + 0.5f, right = (float)x - 0.5f * w + 0.5f;
      const float gx = right * m[0] + down * m[1] + m[2], gy = right * m[3] + down * m[4] + m[5];
      const float sx = nearbyintf(((gx + 1) * w - 1) / 2), sy = nearbyintf(((gy + 1) * h - 1) / 2);
      uint8_t *to = samples + y * row + (long)x * channels;
      if (sx < 0 || sx >= w || sy < 0 || sy >= h)
        memset(to, 0, (size_t)channels);
      else
        memcpy(to, copy + (long)sy * row + (long)sx * channels, (size_t)channels);
    }
}

void retort_change(uint8_t *samples, int height, int width, int channels, retort_change_kind kind,
                   const double *amount, uint8_t *scratch) {
  const long pixels = (long)height * width, count = pixels * channels;
  switch (kind) {
    case retort_change_brightness: brighten(samples, count, *amount); break;
    case retort_change_contrast: contrast(samples, pixels, channels, *amount); break;
    case retort_change_saturation:
      if (channels == 3) saturate(samples, pixels, *amount);
      break;
    case retort_change_hue:
      if (channels == 3) turn_hue(samples, pixels, *amount);
      break;
    case retort_change_sharpness: sharpen(samples, height, width, channels, *amount, scratch); break;
    case retort_change_posterize:
      for (long at = 0; at < count; at++) samples[at] &= (uint8_t)(0xFF << (8 - (int)*amount));
      break;
    case retort_change_solarize:
      for (long at = 0; at < count; at++)
        if (samples[at] >= *amount) samples[at] = (uint8_t)(255 - samples[at]);
      break;
    case retort_change_autocontrast: stretch(samples, pixels, channels); break;
    case retort_change_equalize: equalize(samples, pixels, channels); break;
    case retort_change_affine: move(samples, height, width, channels, amount, scratch); break;
  }
}
