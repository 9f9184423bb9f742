"""Pictures loaded in a second by Retort and by torchvision's ImageFolder with a DataLoader, interleaved.

Usage: loading.py RETORT FOLDER [--rounds 9]. Draws 1,344 JPEG files of about 500×375 pixels to FOLDER unless they
are there, then measures in turn, with as many threads as workers (one each for a processor): the middle, as
Resize(256) and CenterCrop(224), and random parts, as RandomResizedCrop(224). Both end in batches of 64 of uint8
samples; the first batch is not counted. Prints medians, their ranges and ratios as JSON.
"""

import argparse
import json
import os
import pathlib
import statistics
import subprocess
import time

import numpy as np
import torch
from PIL import Image
from torchvision import datasets, transforms

BATCH, SIDE, COUNT = 64, 224, 1344


def draw(folder):
    """Pictures with structure at every scale, whose files are as large as photographs'."""
    random = np.random.default_rng(1)
    for index in range(COUNT):
        height, width = (375, 500) if index % 3 else (500, 375)
        picture = np.zeros((height, width, 3), np.float32)
        for scale in (4, 16, 64, 256):
            noise = random.standard_normal((height // scale + 2, width // scale + 2, 3)) * scale ** 0.7
            layers = [
                Image.fromarray(noise[..., c].astype(np.float32)).resize((width, height), Image.BICUBIC)
                for c in range(3)]
            picture += np.stack([np.asarray(layer) for layer in layers], -1)
        picture = 128 + picture * 40 / picture.std() + random.normal(0, 9, (height, width, 1))
        picture = picture.clip(0, 255).astype(np.uint8)
        place = folder / f"class{index % 4}"
        place.mkdir(parents=True, exist_ok=True)
        Image.fromarray(picture).save(place / f"{index}.jpg", quality=90)


def torchvision_rate(folder, workers, crop):
    shape = [transforms.RandomResizedCrop(SIDE)] if crop else [
        transforms.Resize(256), transforms.CenterCrop(SIDE)]
    data = datasets.ImageFolder(folder, transforms.Compose(shape + [transforms.PILToTensor()]))
    loader = torch.utils.data.DataLoader(
        data, batch_size=BATCH, shuffle=True, num_workers=workers, drop_last=True)
    batches = iter(loader)
    next(batches)
    start, count = time.perf_counter(), 0
    for pictures, _ in batches:
        count += len(pictures)
    return count / (time.perf_counter() - start)


def retort_rate(retort, folder, workers, crop):
    command = [retort, "bench", "loading", folder, "--size", SIDE, "--batch", BATCH, "--json"]
    command += ["--threads", workers] + (["--crop", 0.08] if crop else [])
    found = subprocess.run([str(word) for word in command], check=True, capture_output=True)
    return json.loads(found.stdout)["picturesPerSecond"]


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("retort")
    parser.add_argument("folder", type=pathlib.Path)
    parser.add_argument("--rounds", type=int, default=9)
    options = parser.parse_args()
    if not options.folder.exists():
        draw(options.folder)
    workers = os.cpu_count()
    results = {"workers": workers, "rounds": options.rounds}
    for crop in (False, True):
        rates = {"retort": [], "torchvision": []}
        for _ in range(options.rounds):
            rates["retort"].append(retort_rate(options.retort, options.folder, workers, crop))
            rates["torchvision"].append(torchvision_rate(options.folder, workers, crop))
        medians = {name: statistics.median(values) for name, values in rates.items()}
        results["random part" if crop else "middle"] = {
            "medians": medians, "ranges": {n: [min(v), max(v)] for n, v in rates.items()},
            "ratio": medians["retort"] / medians["torchvision"]}
    print(json.dumps(results, indent=1))


main()
