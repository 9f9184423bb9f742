#pragma once
#include <stddef.h>

/// One bundled recipe: its file's name without `.yaml`, and its text.
typedef struct {
  const char *name;
  const char *text;
} retort_bundled_recipe;

/// The table of every bundled recipe.
const retort_bundled_recipe *retort_bundled_recipes(void);
/// The number of rows in the table.
size_t retort_bundled_recipe_count(void);
