#!/usr/bin/env bash
# Usage: compare.sh RETORT DEVICE [OPTION of compare.py…]
# PEERS_PYTHON names an interpreter that has torch; else one is set up in .venv-peers.
set -euo pipefail

retort=$1
device=$2
shift 2
python=${PEERS_PYTHON:-.venv-peers/bin/python}
if [[ ! -x "$python" ]]; then
  python3 -m venv .venv-peers
  .venv-peers/bin/pip install --quiet torch
fi
exec "$python" "$(dirname "${BASH_SOURCE[0]}")/compare.py" "$retort" --device "$device" "$@"
