#!/usr/bin/env bash
# Builds and runs all tests. OpenCL tests fail where there is no platform, and a skipped test is a
# failure, but for the one that needs a browser. Usage: test.sh [OPTION OF swift test…]
set -euo pipefail

mkdir -p .build
log=.build/test.log

# PoCL compiles one kernel at a time in a process. Another process compiles those of the largest suites
# ahead, into the cache that both share; what it finds is not looked at.
swift build --build-tests "$@"
"$(swift build --show-bin-path "$@")/retortPackageTests.xctest" --testing-library swift-testing \
  --filter 'RetortOpenCLTests\.(Contraction|Statistics|Load)Tests' >/dev/null 2>&1 &
ahead=$!
trap 'kill "$ahead" 2>/dev/null || true' EXIT

# `childListsDevices` is the body of a process that another test starts.
swift test "$@" --skip childListsDevices 2>&1 | tee "$log"
skipped=$(grep '➜' "$log" | grep -v 'Chromium is not installed' || true)
if [[ -n "$skipped" ]]; then
  printf 'test: skipped tests are failures here:\n%s\n' "$skipped" >&2
  exit 1
fi
