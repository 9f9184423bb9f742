#define _GNU_SOURCE
#include "library.h"

#include <dlfcn.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

const char *library_resolve(void *library, const library_symbol *symbols, size_t count) {
  for (size_t i = 0; i < count; ++i) {
    *symbols[i].address = dlsym(library, symbols[i].name);
    if (*symbols[i].address == NULL) return symbols[i].name;
  }
  return NULL;
}

int library_beside_executable(const char *name, char *path, size_t size) {
  const ssize_t length = readlink("/proc/self/exe", path, size - 1);
  if (length <= 0) return 0;
  path[length] = '\0';
  char *slash = strrchr(path, '/');
  if (slash == NULL) return 0;
  const size_t room = size - (size_t)(slash + 1 - path);
  return snprintf(slash + 1, room, "%s", name) < (int)room;
}
