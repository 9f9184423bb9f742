// What a program needs that Swift cannot call, starting another program, and loops over the samples
// of pictures.
#ifndef RETORT_HOST_H
#define RETORT_HOST_H

#include <stdint.h>
#include <sys/types.h>

// Starts `program`, a path, with no input, no output, and `errors` as its error stream. Signals are
// neither blocked nor ignored there. It is killed when the thread that started it ends, however that
// comes about.
//
// `arguments` begins with the program's name; it and `environment` end with NULL. Returns the
// process, or -1 with `errno` where it could not be started.
pid_t retort_spawn(const char *program, char *const arguments[], char *const environment[],
                   int errors);

// Resizes a picture and cuts a window out of what comes of it, computing no more than the window.
//
// `source` is [height, width, channels], with `stride` samples from row to row. It is scaled to `scaled_height` by `scaled_width` with a
// triangle as wide as a pixel of the result, or of the source where that is larger: bilinear with
// antialiasing. `target`, [rows, columns, channels], is the part of it from `top` and `left` on. Sums
// are of 32 bits with weights of 22 bits after the point, across first and rounded in between, which
// gives the same samples as Pillow's Image.resize(..., BILINEAR).
//
// Returns 0, or -1 where there is no memory.
int retort_resize(const uint8_t *source, long stride, int height, int width, int channels,
                  int scaled_height, int scaled_width, int top, int left, int rows, int columns,
                  uint8_t *target);

// What retort_change does, with what `amount` is.
typedef enum {
  retort_change_brightness,    // a factor ≥ 0
  retort_change_contrast,      // a factor ≥ 0 of the distance from the mean of the greys
  retort_change_saturation,    // a factor ≥ 0 of the distance from the pixel's grey
  retort_change_hue,           // a part of the circle of hues, from −0.5 to 0.5
  retort_change_sharpness,     // a factor ≥ 0 of the distance from the blurred picture
  retort_change_posterize,     // the bits that are kept, 1 to 8
  retort_change_solarize,      // the least sample that is inverted
  retort_change_autocontrast,  // nothing
  retort_change_equalize,      // nothing
  retort_change_affine,        // six numbers: where a pixel comes from, by its place from the middle
} retort_change_kind;

// Changes a picture's samples, [height, width, channels], in their place, as torchvision's functions
// of uint8 tensors do. Saturation and hue leave grey pictures as they are. `scratch` is memory for as
// many samples.
//
// Equal to torchvision but for samples that are a rounding away from the next whole number.
void retort_change(uint8_t *samples, int height, int width, int channels, retort_change_kind kind,
                   const double *amount, uint8_t *scratch);

#endif
