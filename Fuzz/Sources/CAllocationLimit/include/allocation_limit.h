// The largest block of memory that may be asked for at once.

#ifndef ALLOCATION_LIMIT_H
#define ALLOCATION_LIMIT_H

#include <stddef.h>

// From now on the process ends where a block of more than `bytes` is asked for, by a signal that libFuzzer
// reports with the place and the input. 0 for no limit.
void allocation_limit_set(size_t bytes);

#endif
