"""Distils two teachers of others into students on a folder of JPEG files, and prints what each is worth.

Usage: photos.py RETORT FOLDER [--device DEVICE] [--weights EFFICIENTNET-LITE0.pth]

Writes Fashion-MNIST as JPEG files, a folder for each class, with 2,000 pictures of `train` and 2,000 of `test`,
trains a convolutional network on 20,000 in PyTorch and exports it to ONNX. Then, as anybody would:
`retort distil` with that file, the folder and a fifth of the labels, and the recipe photos-hint with
EfficientNet-Lite0's published weights. FOLDER keeps all of it; what is there is not made again.
"""

import argparse
import gzip
import json
import pathlib
import subprocess

import numpy as np
import torch
from PIL import Image
from torch import nn

CLASSES = ["t-shirt", "trouser", "pullover", "dress", "coat", "sandal", "shirt", "sneaker", "bag", "boot"]
SOURCE = pathlib.Path("/usr/share/datasets/fashion-mnist")  # of Debian's package dataset-fashion-mnist
COUNTS = {"train": 2000, "test": 2000}
FILES = {"train": "train", "test": "t10k"}
TAUGHT, EPOCHS, BATCH = 20_000, 4, 128


def pictures(source, part):
    """The pictures [n, 28, 28] and labels [n] of a part of Fashion-MNIST."""
    def read(name, header):
        with gzip.open(source / f"{FILES[part]}-{name}-ubyte.gz") as file:
            return np.frombuffer(file.read(), np.uint8, offset=header)
    return read("images-idx3", 16).reshape(-1, 28, 28), read("labels-idx1", 8)


def write_photos(source, folder):
    for part, count in COUNTS.items():
        images, labels = pictures(source, part)
        for index in range(count):
            place = folder / part / CLASSES[labels[index]]
            place.mkdir(parents=True, exist_ok=True)
            Image.fromarray(images[index]).save(place / f"{index}.jpg", quality=95)


def teacher():
    def block(inputs, outputs, stride):
        return [nn.Conv2d(inputs, outputs, 3, stride, 1, bias=False), nn.BatchNorm2d(outputs), nn.ReLU()]
    layers = [*block(1, 32, 1), *block(32, 64, 2), *block(64, 64, 1), *block(64, 128, 2)]
    return nn.Sequential(*layers, nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(128, 10))


def write_teacher(source, path):
    """Trains on pictures in [0, 1] behind Fashion-MNIST's usual normalisation, and exports without it."""
    torch.manual_seed(1)
    images, labels = (values[-TAUGHT:] for values in pictures(source, "train"))
    x = (torch.tensor(images)[:, None] / 255 - 0.286) / 0.353
    # Folders are classes in the order of their names, as for torchvision's ImageFolder.
    order = torch.tensor([sorted(CLASSES).index(name) for name in CLASSES])
    y = order[torch.tensor(labels).long()]
    model = teacher()
    steps = EPOCHS * (len(x) // BATCH)
    optimizer = torch.optim.Adam(model.parameters(), 2e-3)
    schedule = torch.optim.lr_scheduler.CosineAnnealingLR(optimizer, steps)
    for _ in range(EPOCHS):
        for batch in torch.randperm(len(x))[:steps // EPOCHS * BATCH].split(BATCH):
            optimizer.zero_grad()
            nn.functional.cross_entropy(model(x[batch]), y[batch]).backward()
            optimizer.step()
            schedule.step()
    torch.onnx.export(
        model.eval(), (torch.zeros(1, 1, 28, 28),), path, input_names=["input"], output_names=["logits"],
        dynamic_axes={"input": {0: "batch"}, "logits": {0: "batch"}}, dynamo=False)


def accuracies(folder):
    """The accuracy of the teacher and of each stage's student in a run's folder, in per cent."""
    found = {}
    for path in sorted(folder.glob("**/result.json")):
        result = json.loads(path.read_text())
        if "student" in result:
            found[result["stage"]] = round(100 * result["student"]["accuracy"], 2)
        if result.get("teacher", {}).get("accuracy") is not None:
            found["teacher"] = round(100 * result["teacher"]["accuracy"], 2)
    return found


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("retort")
    parser.add_argument("folder", type=pathlib.Path)
    parser.add_argument("--device", default="auto")
    parser.add_argument("--weights", type=pathlib.Path)
    given = parser.parse_args()
    given.folder.mkdir(parents=True, exist_ok=True)
    photos, file = given.folder / "photos", given.folder / "teacher.onnx"

    def retort(*words):
        subprocess.run([given.retort, *map(str, words), "--device", given.device], check=True)

    if not photos.exists() or not file.exists():
        write_photos(SOURCE, photos)
        write_teacher(SOURCE, file)
    distilled = given.folder / "distilled"
    if not distilled.exists():
        retort(
            "distil", "--teacher", file, "--student", "lenet5", "--data", photos, "--labels", "20%",
            "--output", distilled)
    print("distil:", json.dumps(accuracies(distilled)))
    if given.weights:
        hint = given.folder / "hint"
        if not hint.exists():
            retort(
                "run", "photos-hint", "--set", f"data.directory={photos}", "--set",
                f"teacher.weights={given.weights}", "--output", hint)
        print("photos-hint:", json.dumps(accuracies(hint)))


if __name__ == "__main__":
    main()
