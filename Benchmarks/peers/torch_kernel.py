"""PyTorch's side of one loss or optimizer step; driven by kernels.py.

Prints PyTorch's version when warm, then one sample (milliseconds per run) for every line on
standard input: as many runs as take a tenth of a second. Names are those of `retort bench kernels`.
"""

import argparse
import sys
import time

import torch
from torch.nn import functional as F

TEMPERATURE = 4


def soft_target_loss(sizes, mode):
    """Hinton's loss and its gradient by the student's logits."""
    student = torch.rand(sizes).requires_grad_()
    teacher = torch.rand(sizes)

    def loss(student, teacher):
        log_p = F.log_softmax(student / TEMPERATURE, 1)
        p = F.softmax(teacher / TEMPERATURE, 1)
        return F.kl_div(log_p, p, reduction="batchmean") * TEMPERATURE**2

    if mode == "compile":
        loss = torch.compile(loss)

    def run():
        value = loss(student, teacher)
        torch.autograd.grad(value, student)
        return value

    return run


def adam(count, mode):
    """One step over a flat parameter."""
    parameter = torch.nn.Parameter(torch.rand(count))
    parameter.grad = torch.rand(count)
    optimizer = torch.optim.Adam([parameter], lr=1e-3, fused=mode == "eager")
    step = torch.compile(optimizer.step) if mode == "compile" else optimizer.step

    def run():
        step()
        return parameter[0]

    return run


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("name")
    parser.add_argument("--mode", choices=["eager", "compile"], required=True)
    options = parser.parse_args()

    torch.manual_seed(1)
    kind, _, size = options.name.rpartition("-")
    if kind == "adam":
        run = adam(int(size.removesuffix("M")) * 1_000_000, options.mode)
    else:
        run = soft_target_loss([int(extent) for extent in size.split("x")], options.mode)

    def milliseconds(count):
        began = time.perf_counter()
        for _ in range(count):
            value = run()
        if not torch.isfinite(value):
            sys.exit(f"{options.name}: the result is not finite")
        return (time.perf_counter() - began) / count * 1e3

    for _ in range(3):
        milliseconds(1)
    count = max(1, min(2000, int(100 / milliseconds(1))))
    milliseconds(count)
    print(torch.__version__, flush=True)
    for _ in sys.stdin:
        print(milliseconds(count), flush=True)


main()
