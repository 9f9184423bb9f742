// The limit is kept by hooks that AddressSanitizer calls after each allocation.

#include "allocation_limit.h"

#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>

int __sanitizer_install_malloc_and_free_hooks(
    void (*allocated)(const volatile void*, size_t), void (*released)(const volatile void*));

static _Atomic size_t limit;

static void check(const volatile void* block, size_t bytes) {
  (void)block;
  const size_t most = atomic_load_explicit(&limit, memory_order_relaxed);
  if (most == 0 || bytes <= most) return;
  atomic_store(&limit, 0);  // what reports the fault allocates too
  fprintf(stderr, "ERROR: a block of %zu bytes is asked for, and %zu are allowed\n", bytes, most);
  abort();
}

static void ignore(const volatile void* block) { (void)block; }

void allocation_limit_set(size_t bytes) {
  static atomic_flag installed = ATOMIC_FLAG_INIT;
  if (!atomic_flag_test_and_set(&installed)) {
    __sanitizer_install_malloc_and_free_hooks(check, ignore);
  }
  atomic_store(&limit, bytes);
}
