#!/usr/bin/env bash
# Fuzzes the readers of files that others have written, or merges what it has found into Fuzz/Corpora.
# Usage: fuzz.sh SECONDS [READER...] | fuzz.sh merge [READER...]
# Inputs that reach new code are kept in .build-fuzz/inputs, those that fail in .build-fuzz/failures.
set -euo pipefail

MOST_FILES=60
MOST_BYTES=400000
task=${1:?"usage: fuzz.sh SECONDS|merge [READER...]"}
shift

# The manifest's cache does not see files that are new behind the link to this package. Of several options
# --sanitize, Swift's compiler takes the last alone, and their order changes: hence both in one of its own.
options=(-c release --package-path Fuzz --scratch-path .build-fuzz --disable-build-manifest-caching
  --sanitize=fuzzer -Xswiftc -sanitize=fuzzer,address -Xcc -fsanitize=address -Xswiftc -use-ld=lld)
swift build "${options[@]}" --product Fuzzer
fuzzer=.build-fuzz/release/Fuzzer

# A file is written for each input: in memory where that is possible.
scratch=$(mktemp -d -p "$([[ -w /dev/shm ]] && echo /dev/shm || echo "${TMPDIR:-/tmp}")")
trap 'rm -rf "$scratch"' EXIT
# Swift's own report of a crash hangs in libFuzzer's.
export TMPDIR=$scratch SWIFT_BACKTRACE=enable=no
export LSAN_OPTIONS=suppressions=$PWD/Fuzz/leaks.txt:print_suppressions=0
limits=(-timeout=25 -rss_limit_mb=4096)
mapfile -t readers < <("$fuzzer" --list)
(($# == 0)) || readers=("$@")

# The words of a corpus, which mutations insert.
words() { # READER
  cat "Fuzz/Corpora/$1"/* | { grep -aoE '[A-Za-z_][A-Za-z0-9_.-]{2,30}' || true; } \
    | sort -u | sed 's/.*/"&"/' | shuf -n 2000
}

fuzz() { # READER
  local inputs=.build-fuzz/inputs/$1 failures=.build-fuzz/failures/$1 log=.build-fuzz/$1.log
  local status=0
  mkdir -p "$inputs" "$failures"
  words "$1" >"$scratch/words"
  RETORT_FUZZ_READER=$1 "$fuzzer" "${limits[@]}" -max_total_time="$task" -print_final_stats=1 \
    -dict="$scratch/words" -artifact_prefix="$failures/" "$inputs" "Fuzz/Corpora/$1" \
    >"$log" 2>&1 || status=$?
  awk -v reader="$1" '
    { for (i = 1; i < NF; i++) if ($i == "cov:") covered = $(i + 1) }
    /number_of_executed_units/ { runs = $2 }
    /average_exec_per_sec/ { speed = $2 }
    END { printf "%-16s %10d runs %7d a second %6d edges\n", reader, runs, speed, covered }' "$log"
  ((status == 0)) && return
  grep -aE 'ERROR|SUMMARY|Fatal error|Test unit written' "$log" | sed 's/^/  /'
  echo "  RETORT_FUZZ_READER=$1 SWIFT_BACKTRACE=enable=no $fuzzer $failures/… shows it again"
  failed=1
}

# Takes the fewest inputs that reach what all of them reach, those that reach most first, into the corpus, whose
# regressions stay.
merge() { # READER
  local corpus=Fuzz/Corpora/$1 inputs=.build-fuzz/inputs/$1 merged=$scratch/merged
  local file name bytes count=0 size=0
  mkdir -p "$inputs" "$merged"
  RETORT_FUZZ_READER=$1 "$fuzzer" "${limits[@]}" -artifact_prefix="$scratch/" -set_cover_merge=1 "$merged" \
    "$corpus" "$inputs" >".build-fuzz/$1.log" 2>&1
  mkdir "$scratch/corpus"
  find "$corpus" -name 'regression-*' -exec cp {} "$scratch/corpus" \;
  declare -A names=()
  while read -r sum file; do names[$sum]=$(basename "$file"); done < <(sha1sum "$corpus"/*)
  while read -r file; do
    bytes=$(stat -c %s "$merged/$file")
    ((count < MOST_FILES && size + bytes <= MOST_BYTES)) || continue
    count=$((count + 1)) size=$((size + bytes))
    name=${names[$file]:-${file:0:12}}
    cp "$merged/$file" "$scratch/corpus/$name"
  done < <(ls -tr "$merged")
  rm -r "$corpus"
  mv "$scratch/corpus" "$corpus"
  rm -r "$merged"
  printf '%-16s %4d files %8d bytes\n' "$1" "$(ls "$corpus" | wc -l)" "$(cat "$corpus"/* | wc -c)"
}

failed=0
for reader in "${readers[@]}"; do
  if [[ ! -d "Fuzz/Corpora/$reader" ]]; then
    echo "fuzz: there is no reader '$reader'; there are: $("$fuzzer" --list | paste -sd ' ')" >&2
    exit 2
  fi
  if [[ "$task" == merge ]]; then merge "$reader"; else fuzz "$reader"; fi
done
exit "$failed"
