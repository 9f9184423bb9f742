"""PyTorch's side of one loss or optimizer step; driven by kernels.py. Losses of features and relations are torchdistill's.

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


# The tensors of a batch as RepDistiller's on CIFAR-100 has it.
LOGITS, EMBEDDING = [64, 100], [64, 64]
MIDDLE, LAST = [64, 32, 16, 16], [64, 64, 8, 8]


def places(*names):
    """Where torchdistill's losses of one layer find the two sides' tensors."""
    return {f"{side}_{name}": "0" if name.endswith("path") else "output"
            for side in ("student", "teacher") for name in names}


def pairs(count):
    return {str(index): {side: {"path": str(index), "io": "output"} for side in ("student", "teacher")}
            for index in range(count)}


def torchdistill_losses():
    """By name: a loss of torchdistill's, and the shapes that it compares."""
    from torchdistill.losses import mid_level

    flow = {f"{side}_{which}": {"path": str(index), "io": "output"}
            for side in ("student", "teacher") for index, which in enumerate(("first", "second"))}
    module, output = places("module_path", "module_io"), places("output_path")
    kernel = {"type": "gaussian", "gamma": 0.4, "max_p": 2}
    return {
        "kd": (mid_level.KDLoss, dict(module, temperature=4, alpha=0), [LOGITS]),
        "dist": (mid_level.DISTLoss, dict(module, tau=4), [LOGITS]),
        "standardized-kd": (mid_level.LogitStdKDLoss, dict(module, temperature=2, alpha=0), [LOGITS]),
        "attention-transfer": (mid_level.ATLoss, {"at_pairs": pairs(2)}, [MIDDLE, LAST]),
        "fsp": (mid_level.FSPLoss, {"fsp_pairs": {"0": flow}}, [LAST, LAST]),
        "similarity": (mid_level.SPKDLoss, dict(output, reduction="batchmean"), [LAST]),
        "rkd": (mid_level.RKDLoss, dict(output, dist_factor=25, angle_factor=50, reduction="mean"), [EMBEDDING]),
        "pkt": (mid_level.PKTLoss, module, [EMBEDDING]),
        "correlation": (
            mid_level.CCKDLoss,
            dict(places("linear_path"), kernel_config=kernel, reduction="batchmean"), [EMBEDDING]),
    }


def torchdistill_loss(name, mode):
    """One of torchdistill's losses and its gradient by the student's tensors."""
    kind, options, shapes = torchdistill_losses()[name]
    loss = kind(**options)
    student = [torch.rand(shape).requires_grad_() for shape in shapes]
    teacher = [torch.rand(shape) for shape in shapes]
    sides = [{str(index): {"output": tensor} for index, tensor in enumerate(side)}
             for side in (student, teacher)]
    if mode == "compile":
        loss = torch.compile(loss)

    def run():
        value = loss(*sides)
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
    if options.name.startswith("loss-"):
        run = torchdistill_loss(options.name.removeprefix("loss-"), options.mode)
    elif kind == "adam":
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
