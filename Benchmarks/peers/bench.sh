#!/usr/bin/env bash
# Usage: bench.sh RETORT DEVICE [OPTION of bench.py…]
# PEERS_PYTHON names an interpreter that has torch and numpy; else one is set up in
# .venv-peers.
set -euo pipefail

retort=$1
device=$2
shift 2
python=${PEERS_PYTHON:-.venv-peers/bin/python}
if [[ -z "${PEERS_PYTHON:-}" ]] && ! "$python" -c 'import torch' 2>/dev/null; then
  python3 -m venv .venv-peers
  .venv-peers/bin/pip install --quiet torch numpy
fi
exec "$python" "$(dirname "${BASH_SOURCE[0]}")/bench.py" "$retort" --device "$device" "$@"
