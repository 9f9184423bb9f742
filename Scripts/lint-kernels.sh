#!/usr/bin/env bash
# Compiles every kernel alone behind the prelude, as a GPU vendor's front end would see it.
set -euo pipefail

# Swift's own clang, also where `swift` is a launcher from elsewhere.
resources=$(swift -print-target-info | sed -n 's/.*"runtimeResourcePath": "\(.*\)".*/\1/p')
clang=$(realpath "$resources/../../bin/clang")
[[ -x "$clang" ]] || clang=clang

# check FILE [MACRO…]
check() {
  local flags=("${@:2}")
  # A file without an entry is text for other kernels: its functions have no use of their own.
  grep -q '__kernel' "$1" || flags+=(-Wno-unused-function)
  # Templates for generated code stand behind the functions that such code calls; their defaults
  # need not use every parameter.
  if grep -q '^#ifndef ENTRY' "$1"; then
    flags+=(-include Kernels/elementwise/functions.cl -Wno-unused-parameter)
  fi
  "$clang" -x cl -cl-std=CL1.2 -Xclang -finclude-default-header -fsyntax-only \
    -Wall -Wextra -Werror -include Kernels/prelude.cl "${flags[@]}" "$1"
}
faulty=0
count=0
while IFS= read -r file; do
  fault=0
  if grep -q 'tile_core.cl"' "$file"; then
    # Kernels on tiles are compiled for every type and core that they multiply with.
    check "$file" -DCOMPUTE=0 || fault=1
    for core in 11 12 21 22 23 31 32 33 24 34 25 35; do
      check "$file" -DCOMPUTE=${core:0:1} -DMATRIX_CORE=${core:1} -DEMULATED=1 || fault=1
    done
  else
    check "$file" || fault=1
  fi
  faulty=$((faulty + fault))
  count=$((count + 1))
done < <(find Kernels -name '*.cl' ! -name prelude.cl ! -name '*_core.cl' | sort)
if [[ $faulty -gt 0 ]]; then
  echo "$faulty of $count kernel files do not compile cleanly" >&2
  exit 1
fi
echo "$count kernel files compile cleanly"
