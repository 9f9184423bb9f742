// Finds the OpenCL loader: see opencl_open in the header for the order.
#define _GNU_SOURCE
#include "opencl_table.h"

#include <dlfcn.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "library.h"

static void append(char *text, size_t size, const char *first, const char *second) {
  const size_t used = strlen(text);
  if (used + 1 < size) snprintf(text + used, size - used, "%s%s", first, second);
}

static int resolve(void *library, const char *path, opencl_table *table, char *failure,
                   size_t size) {
  const library_symbol symbols[] = {
#define OPENCL_SYMBOL(name) {#name, (void **)&table->name},
      OPENCL_ENTRY_POINTS(OPENCL_SYMBOL)
#undef OPENCL_SYMBOL
  };
  const char *missing = library_resolve(library, symbols, sizeof(symbols) / sizeof(symbols[0]));
  if (missing == NULL) return 1;
  append(failure, size, failure[0] == '\0' ? "" : "; ", path);
  append(failure, size, " has no function ", missing);
  return 0;
}

// RTLD_GLOBAL: CLBlast, opened later, must call the same loader as we do.
static int try_library(const char *path, opencl_table *table, char *failure, size_t size) {
  void *library = dlopen(path, RTLD_NOW | RTLD_GLOBAL);
  if (library != NULL) return resolve(library, path, table, failure, size);
  const char *reason = dlerror();
  append(failure, size, failure[0] == '\0' ? "" : "; ", reason != NULL ? reason : path);
  return 0;
}

int opencl_open(const char *path, opencl_table *table, char *failure, size_t failure_size) {
  failure[0] = '\0';
  const char *chosen = path != NULL ? path : getenv("RETORT_OPENCL_LIBRARY");
  if (chosen != NULL && chosen[0] != '\0') {
    return try_library(chosen, table, failure, failure_size);
  }
  if (dlsym(RTLD_DEFAULT, "clGetPlatformIDs") != NULL) {
    if (resolve(RTLD_DEFAULT, "the preloaded library", table, failure, failure_size)) return 1;
  }
  char beside[PATH_MAX];
  const int has_beside = library_beside_executable("libOpenCL.so.1", beside, sizeof(beside));
  return try_library("libOpenCL.so.1", table, failure, failure_size) ||
         (has_beside && try_library(beside, table, failure, failure_size)) ||
         try_library("libOpenCL.so", table, failure, failure_size);
}
