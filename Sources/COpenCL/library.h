// Opening shared libraries, shared by the two tables of this target.
#pragma once
#include <stddef.h>

/// One function to find: its name and where its address goes.
typedef struct {
  const char *name;
  void **address;
} library_symbol;

/// Finds all symbols in `library`; returns the name of the first missing one, or NULL.
const char *library_resolve(void *library, const library_symbol *symbols, size_t count);

/// Writes the path of `name` in the executable's own folder; returns 0 if it does not fit.
int library_beside_executable(const char *name, char *path, size_t size);
