#!/usr/bin/env bash
# Packs the stripped binary, with the Swift runtime inside, and the libraries that a bare machine
# may lack into dist/retort-VERSION-x86_64-linux.tar.gz. Recipes and cases are in the binary; beside it
# lie gpu-report.sh and what that runs.
set -euo pipefail

version=$(sed -n 's/^public let retortVersion = "\(.*\)"$/\1/p' Sources/RetortRuns/Running/*.swift)
name="retort-$version-$(uname -m)-linux"
swift build -c release --product retort --static-swift-stdlib -Xlinker -s \
  --scratch-path .build-bundle
binary=$(swift build -c release --static-swift-stdlib --scratch-path .build-bundle --show-bin-path)/retort

rm -rf "dist/$name"
mkdir -p "dist/$name"
cp "$binary" "dist/$name/retort"
# Beside the binary, where its run path looks first: everything but the C library itself.
ldd "$binary" | awk '$3 ~ /^\// { print $3 }' \
  | grep -vE '/(libc|libm|libdl|libpthread|librt|ld-linux[^/]*)\.so' \
  | while IFS= read -r library; do cp -L "$library" "dist/$name/"; done
loader=$(PATH="$PATH:/sbin:/usr/sbin" ldconfig -p | awk '/libOpenCL\.so\.1 / { print $NF; exit }')
cp -L "$loader" "dist/$name/libOpenCL.so.1"
cp LICENSE README.md Scripts/gpu-report.sh "dist/$name/"
mkdir "dist/$name/peers"
cp Benchmarks/peers/*.py Benchmarks/peers/report.yaml "dist/$name/peers/"
git rev-parse HEAD > "dist/$name/REVISION" 2> /dev/null || rm -f "dist/$name/REVISION"

tar -C dist -czf "dist/$name.tar.gz" "$name"
size=$(stat -c %s "dist/$name.tar.gz")
printf 'dist/%s.tar.gz: %d bytes\n' "$name" "$size"
if [[ $size -gt 60000000 ]]; then
  echo "bundle: larger than 60 MB" >&2
  exit 1
fi
