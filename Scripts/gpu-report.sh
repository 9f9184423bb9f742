#!/usr/bin/env bash
# Tells within eight minutes what Retort does on this machine's GPU. It needs the driver and the packed
# archive; with a Python that has PyTorch it compares. It needs no Swift, no compiler, no network.
#
# Usage: gpu-report.sh [FOLDER]
#
# Run it from an unpacked archive, or where dist/ has one (make bundle). Every part has a file in
# FOLDER (default: gpu-report) as soon as it ends, a limit of its own, and a line in summary.txt; a part
# that hangs costs no other. Variables:
#   DEVICE        what to measure (default: auto)
#   PEERS_PYTHON  the Python that has PyTorch (default: python3)
#   RETORT_DATA   a folder that has fashion-mnist; else the recipe trains on drawn pictures
#   LIMIT         seconds in all (default: 480), of which each part's limit is a share
set -uo pipefail

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
mkdir -p "${1:-gpu-report}" || exit 1
results=$(cd "${1:-gpu-report}" && pwd)
device=${DEVICE:-auto}
python=${PEERS_PYTHON:-python3}
seconds=${LIMIT:-480}
deadline=$((SECONDS + seconds))
work=$(mktemp -d)
running=
finish() {
  [[ -n "$running" ]] && kill -- "$running" 2> /dev/null
  rm -rf "$work"
}
trap finish EXIT
trap 'exit 130' INT TERM

say() { printf '%s\n' "$*" | tee -a "$results/summary.txt"; }
: > "$results/summary.txt"

if [[ -x "$here/retort" ]]; then
  bundle=$here
else
  archive=$(ls -t "$here"/../dist/retort-*.tar.gz 2> /dev/null | head -n 1)
  if [[ -z "$archive" ]]; then
    echo "gpu-report: no archive in dist; run 'make bundle' where Swift is, and bring it here" >&2
    exit 1
  fi
  tar -C "$work" -xzf "$archive" || exit 1
  bundle=$work/$(basename "$archive" .tar.gz)
fi
retort=$bundle/retort
peers=$bundle/peers

# Caches of its own: a first start is measured, and nothing is left behind.
export XDG_CACHE_HOME=$work/cache CUDA_CACHE_PATH=$work/nv TORCHINDUCTOR_CACHE_DIR=$work/inductor
export TRITON_CACHE_DIR=$work/triton PYTHONDONTWRITEBYTECODE=1

# Containers often have a driver's library but not the file that names it to OpenCL's loader.
if [[ -z "${OCL_ICD_VENDORS:-}" ]] && ! compgen -G '/etc/OpenCL/vendors/*.icd' > /dev/null; then
  driver=$(find /usr/local/nvidia /usr/lib /usr/lib64 /opt/rocm*/lib -name 'libnvidia-opencl.so.1' \
    -o -name 'libamdocl64.so' 2> /dev/null | head -n 1)
  if [[ -n "$driver" ]]; then
    mkdir "$work/vendors"
    echo "$driver" > "$work/vendors/driver.icd"
    export OCL_ICD_VENDORS=$work/vendors
    export LD_LIBRARY_PATH=$(dirname "$driver")${LD_LIBRARY_PATH:+:$LD_LIBRARY_PATH}
  fi
fi

# part NAME LIMIT COMMAND...: runs the command into NAME's files, for so many seconds of 480 at most.
part() {
  local name=$1 limit=$((($2 * seconds + 479) / 480)) left=$((deadline - SECONDS)) began=$SECONDS status
  shift 2
  if ((left < 1)); then
    say "$(printf '%-22s not run: no time left' "$name")"
    return 1
  fi
  ((limit > left)) && limit=$left
  # In the background: even a process that cannot be killed is waited for no longer than that.
  timeout -k 3 "$limit" "$@" > "$results/$name.txt" 2> "$results/$name.err" < /dev/null &
  running=$!
  while kill -0 "$running" 2> /dev/null && ((SECONDS - began < limit + 6)); do sleep 0.1; done
  if kill -0 "$running" 2> /dev/null; then
    status=hung
  else
    wait "$running"
    status=$?
  fi
  running=
  case $status in
    0) status=ok ;;
    124 | 137) status="ended after its $limit s" ;;
    [0-9]*) status="failed with status $status" ;;
  esac
  say "$(printf '%-22s %4d s  %s' "$name" $((SECONDS - began)) "$status")"
  [[ -s "$results/$name.err" ]] || rm -f "$results/$name.err"
  [[ "$status" == ok ]]
}

# The few lines that a part has printed, on either stream.
show() {
  cat "$results/$1".{txt,err} 2> /dev/null | head -n 20 | sed "s/^/    /" | tee -a "$results/summary.txt"
}

say "Retort $("$retort" --version), $(cat "$bundle/REVISION" 2> /dev/null || echo 'unknown revision')"
say "$(uname -srm), $(nproc) cores, $(date -u +%Y-%m-%dT%H:%M:%SZ)"

part devices 45 "$retort" devices
part devices-json 20 "$retort" devices --json
part verify 60 "$retort" verify --device "$device"
show verify
part verify-kernels 120 "$retort" verify --kernels --device "$device" --json
say "    right: $(grep -c '"fault":null' "$results/verify-kernels.txt"), wrong: $(
  grep -c '"fault":"' "$results/verify-kernels.txt")"

# What products reach, in float32 and on matrix units where there are any.
products=gemm-512x512x512-nn,gemm-2048x2048x2048,gemm-8192x384x1536-nn,conv-c64_8
types=float32
for type in tf32 bf16 fp16; do
  grep -q "\"matrixUnits${type^^}\":\"" "$results/devices-json.txt" && types+=" $type"
done
for type in $types; do
  part "kernels-$type" 20 "$retort" bench kernels --names "$products" --repeats 3 \
    --compute "$type" --device "$device"
  show "kernels-$type"
done

steps() { # NAME STEP OPTION...
  part "$1" 15 "$retort" bench step --models "$2" --repeats 5 --device "$device" "${@:3}"
  show "$1"
}
for step in resnet20 tgt-first-order lenet5 mobile encoder; do steps "step-$step" "$step"; done
for step in resnet20 mobile; do steps "no-loads-$step" "$step" --no-loads; done
part profile 20 "$retort" bench step --models resnet20,tgt-first-order --repeats 1 \
  --profile launches --device "$device"

# Teacher, generator and student, from pictures to the report.
if [[ -z "${RETORT_DATA:-}" && ! -d /usr/share/datasets/fashion-mnist ]]; then
  export RETORT_DATA=$work/data
  part pictures 20 "$python" "$peers/pictures.py" "$RETORT_DATA/fashion-mnist"
fi
rm -rf "$results/run"
if part recipe 60 "$retort" run "$peers/report.yaml" --output "$results/run" --device "$device"; then
  part recipe-table 10 "$retort" report "$results/run" --markdown
  show recipe-table
fi

compare() { # NAME LIMIT STEP TYPE
  part "$1" "$2" "$python" "$peers/bench.py" "$retort" --device "$device" --peer-device "$peer" \
    --no-kernels --rounds 3 --steps "$3" --compute "$4"
  show "$1"
}
torch="import torch; cuda = torch.cuda.is_available()
print('PyTorch', torch.__version__, torch.cuda.get_device_name() if cuda else 'without a GPU')"
if part torch 60 "$python" -c "$torch"; then
  show torch
  peer=cuda
  if grep -q 'without a GPU' "$results/torch.txt"; then
    peer=cpu
    say "    it is timed on the processor, and without CUDA graphs"
  fi
  compare torch-resnet20 80 resnet20 float32
  compare torch-tgt 80 tgt-first-order float32
  [[ "$types" == *tf32* ]] && compare torch-resnet20-tf32 70 resnet20 tf32
  compare torch-lenet5 60 lenet5 float32
  [[ "$types" == *bf16* ]] && compare torch-resnet20-bf16 70 resnet20 bf16
else
  show torch
  say "    nothing is compared: $python has no PyTorch, or loads it too slowly"
fi
say "$SECONDS s in all; the files are in $results"
