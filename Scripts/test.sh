#!/usr/bin/env bash
# Builds and runs all tests. OpenCL tests fail where there is no platform, and a skipped test is a
# failure. Usage: test.sh [OPTION OF swift test…]
set -euo pipefail

mkdir -p .build
log=.build/test.log
# `childListsDevices` is the body of a process that another test starts.
swift test "$@" --skip childListsDevices 2>&1 | tee "$log"
if grep -q '➜' "$log"; then
  echo "test: skipped tests are failures here:" >&2
  grep '➜' "$log" >&2
  exit 1
fi
