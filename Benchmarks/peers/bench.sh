#!/usr/bin/env bash
# Usage: bench.sh RETORT DEVICE [OPTION of bench.py…]
# PEERS_PYTHON names an interpreter that has torch and numpy, and for predictions torchvision, transformers,
# efficientnet-lite-pytorch, torchdistill and onnxruntime; else one is set up in .venv-peers.
set -euo pipefail

retort=$1
device=$2
shift 2
python=${PEERS_PYTHON:-.venv-peers/bin/python}
if [[ -z "${PEERS_PYTHON:-}" ]] && ! "$python" -c 'import torch, efficientnet_lite_pytorch, onnxruntime, torchdistill' 2>/dev/null; then
  python3 -m venv .venv-peers
  .venv-peers/bin/pip install --quiet torch torchvision numpy transformers onnxruntime
  .venv-peers/bin/pip install --quiet --no-deps efficientnet-lite-pytorch==0.1.0 torchdistill==1.1.5
fi
exec "$python" "$(dirname "${BASH_SOURCE[0]}")/bench.py" "$retort" --device "$device" "$@"
