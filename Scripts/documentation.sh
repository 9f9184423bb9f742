#!/usr/bin/env bash
# Writes the pages of the library's public declarations, by DocC, under dist/documentation. Takes the folder
# of a build; a warning is an error.
set -euo pipefail
build=$1
symbols=$(mktemp -d)
trap 'rm -rf "$symbols"' EXIT
maps=()
for map in Sources/CZlib/module.modulemap Sources/CSpng/module.modulemap \
  Sources/CTurboJPEG/module.modulemap "$build"/*.build/module.modulemap \
  .build/checkouts/Yams/Sources/CYaml/include/module.modulemap; do
  if [ -e "$map" ]; then maps+=(-Xcc "-fmodule-map-file=$map"); fi
done
for module in $(sed -n 's/^@_exported import //p' Sources/Retort/Retort.swift); do
  swift-symbolgraph-extract -module-name "$module" -I "$build/Modules" -output-dir "$symbols" \
    -target "$(uname -m)-unknown-linux-gnu" -minimum-access-level public -skip-synthesized-members "${maps[@]}"
done
mkdir -p dist
docc convert Documentation/Retort.docc --additional-symbol-graph-dir "$symbols" --output-path dist/documentation \
  --fallback-display-name Retort --fallback-bundle-identifier retort --warnings-as-errors
