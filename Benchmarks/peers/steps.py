"""PyTorch's side of `retort bench step`: one step in one mode, driven by bench.py.

Begins with the weights and inputs that `retort bench step --record` wrote. Prints a line of JSON, its
version and its first losses, and then one number for every line on standard input: milliseconds per
step, or for the line `memory` the most MiB that the process held above what it held before the
model was built.
"""

import argparse
import json
import os
import sys
import time

import torch
from torch.nn import functional as F

import models
from record import Record

# Layout is nothing to models without images.
NAMES = {
    "mlp": ["contiguous"], "lenet5": ["contiguous", "channels_last"],
    "resnet8": ["contiguous", "channels_last"], "resnet20": ["contiguous", "channels_last"],
    "mobile": ["contiguous", "channels_last"], "encoder": ["contiguous"],
    "tgt-first-order": ["contiguous", "channels_last"],
    "resnet18": ["contiguous", "channels_last"], "minilm-student": ["contiguous"],
}
DISTILLED = ("resnet8", "resnet20", "mobile", "resnet18")  # by SGD, from given logits


def resnet18():
    from torchvision.models import resnet18 as published

    return published(num_classes=10)


STUDENTS = {
    "mlp": models.MLP, "lenet5": models.LeNet5, "resnet8": lambda: models.ResNet(8),
    "resnet20": lambda: models.ResNet(20), "mobile": models.MobileNetV3Small,
    "encoder": models.Encoder, "tgt-first-order": models.LeNet5, "resnet18": resnet18,
    "minilm-student": lambda: models.Encoder(30522, 384, 3, 12, 1536, 512),
}
# How PyTorch may run a step; what ends in "graph" replays it as a CUDA graph.
MODES = {
    "cpu": ["eager", "compile"],
    "cuda": ["eager", "compile", "eager graph", "compile graph"],
}


def load(model, record, prefix):
    """Gives `model` the weights that begin with `prefix`."""
    weights = {
        name[len(prefix) + 1:]: tensor for name, tensor in record.tensors.items()
        if name.startswith(prefix + ".")
    }
    missing, unexpected = model.load_state_dict(weights, strict=False)
    missing = [name for name in missing if not name.endswith("num_batches_tracked")]
    if missing or unexpected:
        sys.exit(f"{prefix}: missing {missing}, unexpected {unexpected}")
    return model


def soft_targets(student, teacher, temperature):
    return temperature ** 2 * F.kl_div(
        F.log_softmax(student / temperature, 1), F.softmax(teacher / temperature, 1),
        reduction="batchmean")


class Step:
    """One training step: forward, backward, optimizer."""

    def __init__(self, options, record):
        self.layout = getattr(
            torch, "channels_last" if options.layout == "channels_last" else "contiguous_format")
        self.device = options.device
        self.is_graph = options.mode.endswith("graph")
        self.cast = torch.autocast(
            self.device, torch.bfloat16, enabled=options.compute == "bf16",
            cache_enabled=not self.is_graph)
        self.record = record
        self.student = self.placed(STUDENTS[options.name](), "student").train()
        key = "ids" if "ids" in record.tensors else "images"
        self.inputs = record.tensors[key].to(self.device)
        if key == "images":
            self.inputs = self.inputs.to(memory_format=self.layout)
        self.labels = record.tensors["labels"].long().to(self.device)
        self.logits = record.tensors["logits"].to(self.device)
        self.optimizer = self.make_optimizer(options.name)
        compiled = (
            torch.compile if options.mode.startswith("compile") else (lambda function: function))
        if options.name == "tgt-first-order":
            self.prepare_search(compiled)
        elif options.name in DISTILLED:
            self.objective = compiled(self.distillation)
        else:
            self.objective = compiled(self.cross_entropy)

    def placed(self, model, prefix):
        return load(model, self.record, prefix).to(self.device, memory_format=self.layout)

    def make_optimizer(self, name):
        parameters = self.student.parameters()
        if name in DISTILLED:
            rate = 1e-3 if name == "resnet18" else 1e-2
            return torch.optim.SGD(parameters, lr=rate, momentum=0.9, nesterov=True, fused=True)
        options = {"fused": True, "capturable": self.is_graph}
        if name in ("encoder", "minilm-student"):
            return torch.optim.AdamW(parameters, lr=1e-4, weight_decay=0.01, **options)
        return torch.optim.Adam(parameters, lr=1e-3, **options)

    def cross_entropy(self):
        return F.cross_entropy(self.student(self.inputs), self.labels)

    def distillation(self):
        logits = self.student(self.inputs)
        return F.cross_entropy(logits, self.labels) + soft_targets(logits, self.logits, 4)

    # Teacher guided training: see Sources/RetortDistillation/Exploration/Explorer.swift.

    def prepare_search(self, compiled):
        self.teacher = self.placed(models.ResNet(20), "teacher").eval().requires_grad_(False)
        self.generator = self.placed(models.ConvVAE(), "generator").eval().requires_grad_(False)
        self.steps = 2
        self.move = float(self.record.metadata["mean-norm"]) * 0.3 / self.steps
        self.deviation = torch.zeros_like(self.record.tensors["deviation"], device=self.device)
        self.ascend, self.start = compiled(self.divergence), compiled(self.starting_codes)
        self.final = compiled(self.guided)
        self.objective = self.explore

    def add_noise(self):
        """From here on the search begins at random, as it does where time is taken."""
        self.deviation.copy_(self.record.tensors["deviation"])

    def starting_codes(self):
        codes = self.generator.encode(self.inputs)
        return codes + torch.randn_like(codes) * self.deviation

    def divergence(self, codes):
        x = self.generator.decode(codes)
        student, teacher = F.log_softmax(self.student(x), 1), F.log_softmax(self.teacher(x), 1)
        return F.kl_div(student, teacher, reduction="sum", log_target=True)

    def guided(self, codes):
        with torch.no_grad():
            x = torch.cat([self.inputs, self.generator.decode(codes)])
            teacher = self.teacher(x)
        student, count = self.student(x), len(self.labels)
        return (
            F.cross_entropy(student[:count], self.labels)
            + soft_targets(student[:count], teacher[:count], 4)
            + soft_targets(student[count:], teacher[count:], 4))

    def explore(self):
        with torch.no_grad():
            codes = self.start()
        for _ in range(self.steps):
            codes.requires_grad_()
            gradient, = torch.autograd.grad(self.ascend(codes), codes)
            length = gradient.norm(dim=1, keepdim=True) + 1e-12
            codes = (codes + self.move * gradient / length).detach()
        return self.final(codes)

    def __call__(self):
        self.optimizer.zero_grad(set_to_none=True)
        with self.cast:
            loss = self.objective()
        loss.backward()
        self.optimizer.step()
        return loss

    def captured(self):
        """The step as a CUDA graph: a function that replays it, after a few steps to warm up."""
        stream = torch.cuda.Stream()
        stream.wait_stream(torch.cuda.current_stream())
        with torch.cuda.stream(stream):
            for _ in range(3):
                self()
        torch.cuda.current_stream().wait_stream(stream)
        graph = torch.cuda.CUDAGraph()
        with torch.cuda.graph(graph):
            loss = self()

        def replay():
            graph.replay()
            return loss

        return replay


def threads():
    """All cores, unless OpenMP's variable says otherwise; PyTorch alone would take half of some."""
    return int(os.environ.get("OMP_NUM_THREADS", len(os.sched_getaffinity(0))))


def mebibytes(key):
    """VmRSS or VmHWM of this process, as Linux counts them."""
    with open("/proc/self/status") as status:
        line = next(line for line in status if line.startswith(key))
    return int(line.split()[1]) / 1024


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--name", choices=NAMES, required=True)
    parser.add_argument("--mode", choices=MODES["cuda"], required=True)
    parser.add_argument("--layout", choices=["contiguous", "channels_last"], required=True)
    parser.add_argument("--record", required=True)
    parser.add_argument("--device", choices=MODES, default="cpu")
    parser.add_argument(
        "--compute", choices=["float32", "tf32", "bf16"], default="float32")
    options = parser.parse_args()

    torch.set_num_threads(threads())
    # PyTorch's own defaults differ for products and convolutions; here both do as they are told.
    torch.backends.cuda.matmul.allow_tf32 = options.compute == "tf32"
    torch.backends.cudnn.allow_tf32 = options.compute == "tf32"
    torch.backends.cudnn.benchmark = True
    record = Record(options.record)
    if options.device == "cpu":
        # From here on VmHWM is this step's own.
        with open("/proc/self/clear_refs", "w") as file:
            file.write("5")
    held = mebibytes("VmRSS")
    step = Step(options, record)
    losses = [step().item() for _ in range(len(record.tensors["losses"]))]
    if options.name == "tgt-first-order":
        step.add_noise()
    if step.is_graph:
        step = step.captured()

    def milliseconds(count):
        began = time.perf_counter()
        for _ in range(count):
            loss = step()
        loss = loss.item()  # waits
        if loss != loss:
            sys.exit("the loss is not a number")
        return (time.perf_counter() - began) / count * 1e3

    milliseconds(2)
    print(json.dumps({"version": torch.__version__, "losses": losses}), flush=True)
    count = None
    for question in sys.stdin:
        if question.strip() == "memory":
            print(mebibytes("VmHWM") - held, flush=True)
            continue
        if count is None:
            # Only now: other modes may have warmed up beside.
            count = max(3, min(2000, int(200 / milliseconds(3))))
            milliseconds(count)
        print(milliseconds(count), flush=True)


if __name__ == "__main__":
    main()
