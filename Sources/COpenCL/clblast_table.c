// Finds CLBlast, an optional second source of GEMM.
#include "clblast_table.h"

#include <dlfcn.h>
#include <pthread.h>

#include "library.h"

static clblast_table table;
static int available;
static pthread_once_t once = PTHREAD_ONCE_INIT;

static void open_library(void) {
  void *library = dlopen("libclblast.so.1", RTLD_NOW | RTLD_LOCAL);
  if (library == NULL) library = dlopen("libclblast.so", RTLD_NOW | RTLD_LOCAL);
  if (library == NULL) return;
  const library_symbol symbols[] = {
      {"CLBlastSgemm", (void **)&table.CLBlastSgemm},
      {"CLBlastSgemmStridedBatched", (void **)&table.CLBlastSgemmStridedBatched},
      {"CLBlastClearCache", (void **)&table.CLBlastClearCache},
  };
  available = library_resolve(library, symbols, 3) == NULL;
}

const clblast_table *clblast_open(void) {
  pthread_once(&once, open_library);
  return available ? &table : NULL;
}

int clblast_available(void) { return clblast_open() != NULL; }
