"""Evaluates models that Retort exported in PyTorch, on Fashion-MNIST's test pictures.

Usage: evaluate.py MODEL-FOLDER... where a folder holds model.safetensors and config.json and the
stage's evaluation.json lies beside it. Fails unless both are right on the same number of pictures
of every class.
"""

import gzip
import json
import pathlib
import sys

import torch

from models import LeNet5, LeNet5Small, ResNet
from record import Record

MODELS = {
    "lenet5": LeNet5, "lenet5-small": LeNet5Small,
    "resnet8": lambda: ResNet(8), "resnet20": lambda: ResNet(20),
}
PICTURES = pathlib.Path("/usr/share/datasets/fashion-mnist")


def idx(name, header):
    data = gzip.decompress((PICTURES / name).read_bytes())
    return torch.frombuffer(bytearray(data[header:]), dtype=torch.uint8)


def main():
    images = idx("t10k-images-idx3-ubyte.gz", 16).view(-1, 1, 28, 28).float() / 255
    labels = idx("t10k-labels-idx1-ubyte.gz", 8).long()
    status = 0
    for folder in map(pathlib.Path, sys.argv[1:]):
        config = json.loads((folder / "config.json").read_text())
        model = MODELS[config["model"]]().eval()
        weights = Record(folder / "model.safetensors").tensors
        model.load_state_dict(weights, strict=False)
        missing = [name for name in model.state_dict()
                   if name not in weights and not name.endswith("num_batches_tracked")]
        if missing:
            sys.exit(f"{folder}: no tensor {missing[0]}")
        with torch.no_grad():
            predicted = torch.cat([model(x).argmax(1) for x in images.split(1000)])
        counts = torch.zeros(10, 10, dtype=torch.long)
        counts.index_put_((labels, predicted), torch.ones_like(labels), accumulate=True)
        expected = json.loads((folder.parent / "evaluation.json").read_text())["confusion"]
        same = counts.tolist() == expected
        right = counts.diagonal().sum().item()
        print(f"{folder}: {right} of {len(labels)} right in PyTorch, "
              + ("the same confusion matrix as Retort's" if same else "Retort's matrix differs"))
        status |= not same
    sys.exit(status)


main()
