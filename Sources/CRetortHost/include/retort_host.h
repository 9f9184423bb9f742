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

#endif
