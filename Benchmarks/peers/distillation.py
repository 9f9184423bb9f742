"""A whole distillation by Retort and by torchdistill: data, teacher, student and optimizer, in turn on one machine.

Usage: distillation.py RETORT FASHION_MNIST [--device auto] [--rounds 9]. FASHION_MNIST is the folder of the four idx
files, packed by gzip. A ResNet-20 teaches a ResNet-8 by Hinton's loss on the pictures that both see, shifted by up to
four pixels and mirrored, in batches of 64, with SGD: torchdistill as its example script for CIFAR-10 does it, with a
process for each processor that loads, as given and with both models compiled. Teachers have one and the same drawn
weights; their opinion costs as much. A sample is the time of one step among hundreds: those of Retort's last 300 of
400, and those of 100 by torchdistill. Prints medians, their ranges and the ratio as JSON.
"""

import argparse
import gzip
import json
import logging
import os
import pathlib
import subprocess
import sys
import tempfile
import time

import torch
from torchvision import datasets, transforms

import models
import rounds

BATCH, RATE, DECAY, TEMPERATURE, SHARE = 64, 0.1, 1e-4, 4.0, 0.9
FEW, MANY, STEPS = 100, 400, 100

RECIPE = """
version: 1
name: distillation
data: {{name: fashion-mnist, directory: {folder}}}
teacher: {{model: resnet20, weights: teacher.safetensors, expected-accuracy: 0}}
student: {{model: resnet8}}
augment: {{shift: 4, flip: true}}
losses: [{{kind: cross-entropy, weight: {labels}}}, {{kind: kd, temperature: {temperature}, weight: {share}}}]
optimizer: {{kind: sgd, learning-rate: {rate}, momentum: 0.9, weight-decay: {decay}}}
train: {{batch: {batch}, steps: {steps}}}
"""


def write_teacher(path):
    """A teacher of weights drawn under a seed, under Retort's names."""
    from safetensors.torch import save_file

    torch.manual_seed(1)
    teacher = models.ResNet(20)
    save_file({k: v for k, v in teacher.state_dict().items() if not k.endswith("tracked")}, path)
    return teacher


def unpack(folder, home):
    """Puts the dataset where torchvision looks for it."""
    raw = home / "FashionMNIST" / "raw"
    raw.mkdir(parents=True)
    for file in folder.glob("*-ubyte.gz"):
        (raw / file.name.removesuffix(".gz")).write_bytes(gzip.decompress(file.read_bytes()))


def retort_step(options, home):
    """Milliseconds of one step: what more steps take longer, so that nothing but steps counts."""
    def seconds(steps):
        recipe = home / "distillation.yaml"
        recipe.write_text(RECIPE.format(
            folder=options.folder.resolve(), labels=1 - SHARE, temperature=TEMPERATURE, share=SHARE, rate=RATE,
            decay=DECAY, batch=BATCH, steps=steps))
        with tempfile.TemporaryDirectory(dir=home) as folder:
            subprocess.run(
                [options.retort, "run", recipe, "--output", f"{folder}/run", "--device", options.device],
                check=True, stdout=subprocess.DEVNULL)
            return json.loads(pathlib.Path(f"{folder}/run/result.json").read_text())["seconds"]
    return (seconds(MANY) - seconds(FEW)) / (MANY - FEW) * 1e3


def torchdistill_box(home, mode):
    """What torchdistill's example script trains by, of its configuration for CIFAR-10."""
    from torchdistill.core.distillation import get_distillation_box

    logging.disable(logging.CRITICAL)
    data = datasets.FashionMNIST(home, train=True, transform=transforms.Compose([
        transforms.RandomCrop(28, padding=4), transforms.RandomHorizontalFlip(), transforms.ToTensor()]))
    side = {"forward_proc": "forward_batch_only", "sequential": [], "frozen_modules": []}
    loss = {"key": "KDLoss", "kwargs": dict(
        {f"{whose}_module_{what}": value for whose in ("student", "teacher")
         for what, value in (("path", "."), ("io", "output"))},
        temperature=TEMPERATURE, alpha=1 - SHARE, reduction="batchmean")}
    sampler = {"class_or_func": torch.utils.data.RandomSampler, "kwargs": None}
    config = {
        "num_epochs": 1,
        "train_data_loader": {
            "dataset_id": "train", "sampler": sampler,
            "kwargs": {"batch_size": BATCH, "num_workers": os.cpu_count(), "drop_last": True}},
        "teacher": dict(side, requires_grad=False), "student": dict(side, requires_grad=True),
        "optimizer": {"key": "SGD", "kwargs": {"lr": RATE, "momentum": 0.9, "weight_decay": DECAY}},
        "criterion": {"key": "WeightedSumLoss", "kwargs": {"sub_terms": {"kd": {"criterion": loss, "weight": 1.0}}}},
    }
    teacher, student = write_teacher(home / "teacher.safetensors"), models.ResNet(8)
    if mode == "compile":
        teacher.compile()
        student.compile()
    return get_distillation_box(teacher, student, {"train": data}, config, torch.device("cpu"), None, False, 1)


def serve(home, mode):
    """Prints milliseconds of one step for every line that it reads."""
    box = torchdistill_box(home, mode)
    box.pre_epoch_process(epoch=0)

    def batches():
        while True:
            yield from box.train_data_loader

    source = batches()

    def milliseconds(count):
        began = time.perf_counter()
        for _ in range(count):
            pictures, labels, extra = next(source)
            loss = box.forward_process(pictures, labels, extra)
            box.post_forward_process(loss=loss)
            loss.item()
        return (time.perf_counter() - began) / count * 1e3

    milliseconds(20)
    print(torch.__version__, flush=True)
    for _ in sys.stdin:
        print(milliseconds(STEPS), flush=True)


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("retort")
    parser.add_argument("folder", type=pathlib.Path)
    parser.add_argument("--device", default="auto")
    parser.add_argument("--rounds", type=int, default=9)
    parser.add_argument("--serve", choices=["eager", "compile"], help=argparse.SUPPRESS)
    parser.add_argument("--home", type=pathlib.Path, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.serve:
        serve(options.home, options.serve)
        return
    options.retort = pathlib.Path(options.retort).resolve()
    with tempfile.TemporaryDirectory() as folder:
        home = pathlib.Path(folder)
        write_teacher(home / "teacher.safetensors")
        unpack(options.folder, home)
        peers = [rounds.Peer(f"torchdistill, {mode}", [
            sys.executable, __file__, options.retort, options.folder.resolve(), "--serve", mode, "--home", home])
            for mode in ("eager", "compile")]
        best = rounds.fastest(peers)
        try:
            mine, theirs = rounds.interleave(options.rounds, lambda: retort_step(options, home), best.sample)
        finally:
            best.close()
        row = rounds.row("whole-run-resnet8", mine, theirs, best.mode, "ms")
        row |= {"ranges": {"retort": [min(mine), max(mine)], "peer": [min(theirs), max(theirs)]}}
        print(json.dumps(row, indent=1))


if __name__ == "__main__":
    main()
