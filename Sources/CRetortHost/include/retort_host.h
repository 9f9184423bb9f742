// What a program needs of Linux that Swift cannot call: starting another program.
#ifndef RETORT_HOST_H
#define RETORT_HOST_H

#include <sys/types.h>

// Starts `program`, a path, with no input, no output, and `errors` as its error stream. Signals are
// neither blocked nor ignored there. It is killed when the thread that started it ends, however that
// comes about.
//
// `arguments` begins with the program's name; it and `environment` end with NULL. Returns the
// process, or -1 with `errno` where it could not be started.
pid_t retort_spawn(const char *program, char *const arguments[], char *const environment[],
                   int errors);

#endif
