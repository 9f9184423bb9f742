#!/usr/bin/env bash
# Runs the kernel tests on Oclgrind, a simulator that reports data races and invalid accesses.
# Usage: test-oclgrind.sh [OPTION OF swift build…]; FILTER picks other suites.
set -euo pipefail

filter=${FILTER:-'RetortOpenCLTests\.(Augment|Contraction|CrossEntropy|Direction|Divergence|Function|Indexing|LatentStep|Load|Moments|Optimizer|Pointwise|Pooling|RandomKernel|Reduce|Softmax|StoreEpilogue)Tests'}
swift build --build-tests "$@"
tests=$(swift build --show-bin-path "$@")/retortPackageTests.xctest
log=$(mktemp)
trap 'rm -f "$log"' EXIT

# One test at a time: Oclgrind runs one kernel at a time. What it measures is not kept.
XDG_CACHE_HOME=$(mktemp -d) SWIFT_BACKTRACE=enable=no \
  oclgrind --data-races --local-mem-size 65536 --max-errors 20 --log "$log" \
  "$tests" --testing-library swift-testing --no-parallel --filter "$filter" 2>&1 \
  | sed '/◇ Test case/d'
if [[ -s "$log" ]]; then
  cat "$log" >&2
  echo "test-oclgrind: Oclgrind reported the above" >&2
  exit 1
fi
