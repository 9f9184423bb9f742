#!/usr/bin/env bash
# Tries the packed archive in a bare chroot that has only the C library and /proc. Needs root.
set -euo pipefail

archive=$(ls -t dist/retort-*.tar.gz | head -n 1)
root=$(mktemp -d)
cleanup() {
  mountpoint -q "$root/proc" && umount "$root/proc"
  rm -rf "$root"
}
trap cleanup EXIT

mkdir -p "$root/proc" "$root/tmp" "$root/lib64" "$root/lib/x86_64-linux-gnu" "$root/etc"
tar -C "$root" -xzf "$archive"
folder=$(basename "$archive" .tar.gz)
for library in libc.so.6 libm.so.6 libdl.so.2 libpthread.so.0 librt.so.1; do
  path=/lib/x86_64-linux-gnu/$library
  [[ -e "$path" ]] && cp -L "$path" "$root/lib/x86_64-linux-gnu/"
done
cp -L /lib64/ld-linux-x86-64.so.2 "$root/lib64/"
mount -t proc proc "$root/proc"

run() { chroot "$root" "/$folder/retort" "$@"; }
run --help >/dev/null
run list >/dev/null
run verify --device cpu
run check "/$folder/peers/report.yaml" >/dev/null
[[ -x "$root/$folder/gpu-report.sh" && -s "$root/$folder/peers/bench.py" ]]
# With a loader and no driver, the tool says so and goes on.
run devices
