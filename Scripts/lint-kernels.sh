#!/usr/bin/env bash
# Compiles every kernel alone behind the prelude, as a GPU vendor's front end would see it.
set -euo pipefail

# Swift's own clang, also where `swift` is a launcher from elsewhere.
resources=$(swift -print-target-info | sed -n 's/.*"runtimeResourcePath": "\(.*\)".*/\1/p')
clang=$(realpath "$resources/../../bin/clang")
[[ -x "$clang" ]] || clang=clang

check() {
  local flags=()
  # A file without an entry is text for other kernels: its functions have no use of their own.
  grep -q '__kernel' "$1" || flags+=(-Wno-unused-function)
  # Templates for generated code stand behind the functions that such code calls; their defaults
  # need not use every parameter.
  if grep -q '^#ifndef ENTRY' "$1"; then
    flags+=(-include Kernels/elementwise/functions.cl -Wno-unused-parameter)
  fi
  # Kernels on tiles are compiled for every type that they multiply in.
  if grep -q 'tile_core.cl"' "$1"; then
    flags+=("-DCOMPUTE=${2:-0}" -DMATRIX_CORE=0)
    [[ ${2:-0} == 2 ]] || check "$1" $((${2:-0} + 1)) || return 1
  fi
  "$clang" -x cl -cl-std=CL1.2 -Xclang -finclude-default-header -fsyntax-only \
    -Wall -Wextra -Werror -include Kernels/prelude.cl "${flags[@]}" "$1"
}
faulty=0
count=0
while IFS= read -r file; do
  check "$file" || faulty=$((faulty + 1))
  count=$((count + 1))
done < <(find Kernels -name '*.cl' ! -name prelude.cl ! -name '*_core.cl' | sort)
if [[ $faulty -gt 0 ]]; then
  echo "$faulty of $count kernel files do not compile cleanly" >&2
  exit 1
fi
echo "$count kernel files compile cleanly"
