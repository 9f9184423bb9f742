"""PyTorch's side of one loss or optimizer step; driven by kernels.py. Losses are torchdistill's where it has them; others
are the formulas that recorded cases are computed by, or PyTorch's own.

Prints PyTorch's version when warm, then one sample (milliseconds per run) for every line on
standard input: as many runs as take a tenth of a second. Names are those of `retort bench kernels`.
"""

import argparse
import pathlib
import sys
import time

import torch
from torch import nn
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
# States of 16 texts of 64 tokens, as wide as MiniLM's.
STATES, HEADS = [16, 64, 384], 12


def places(*names):
    """Where torchdistill's losses of one layer find the two sides' tensors."""
    return {f"{side}_{name}": "0" if name.endswith("path") else "output"
            for side in ("student", "teacher") for name in names}


def pairs(count):
    return {str(index): {side: {"path": str(index), "io": "output"} for side in ("student", "teacher")}
            for index in range(count)}


def torchdistill_losses():
    """By name: a loss of torchdistill's, the shapes that it compares, and the layer that the student's go through."""
    from torchdistill.losses import mid_level
    from torchdistill.models.wrapper import Regressor4VID

    flow = {f"{side}_{which}": {"path": str(index), "io": "output"}
            for side in ("student", "teacher") for index, which in enumerate(("first", "second"))}
    module, output = places("module_path", "module_io"), places("output_path")
    kernel = {"type": "gaussian", "gamma": 0.4, "max_p": 2}
    connector = nn.Sequential(nn.Conv2d(64, 64, 1, bias=False), nn.BatchNorm2d(64))
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
        "vid": (mid_level.VIDLoss, {"feature_pairs": pairs(1)}, [LAST],
                Regressor4VID(64, 64, 64, eps=1e-5, init_pred_var=5.0)),
        "activation-boundary": (
            mid_level.AltActTransferLoss, {"feature_pairs": pairs(1), "margin": 1.0, "reduction": "mean"}, [LAST],
            connector),
    }


def formulas():
    """By name: a loss of lists of tensors, the shapes that it compares, and the layers that learn with it."""
    sys.path.append(str(pathlib.Path(__file__).parents[2] / "Tests" / "Goldens" / "losses"))
    import formulas as written

    labels = torch.arange(64) % 10
    factors = written.Factors(64, 64, 32)
    fusions = [written.Fusion(32, 64, 32, True), written.Fusion(64, 64, 64, False)]
    heads = written.Heads(64, 64, 128)
    same = [nn.Identity()] * 2

    def selectivity(s, t):
        """NST with the polynomial kernel of RepDistiller."""
        s, t = (F.normalize(x[0].flatten(2), dim=2) for x in (s, t))

        def kernel(a, b):
            return (a @ b.transpose(1, 2)).square().mean()
        return kernel(s, s) + kernel(t, t) - 2 * kernel(s, t)

    def dissimilarity(s, teachers):
        """written.dissimilarity of all triplets at once."""
        def distances(x):
            squares = (x[:, None] - x).square().sum(2)
            return squares.clamp(min=1e-12).sqrt() * others
        others = 1 - torch.eye(64)
        own = distances(s)
        own = own / (own.sum() / (64 * 63))
        votes = sum(torch.sign(d[:, None, :] - d[:, :, None]) for d in map(distances, teachers))
        lack = (0.1 - (own[:, None, :] - own[:, :, None])).clamp(min=0)
        return (lack * (votes > 0) * others[:, :, None] * others[:, None, :]).sum() / (64 * 63 * 62 / 2)

    def relation_kl(s, t):
        """written.relation_kl of texts without padding."""
        return written.kl(F.log_softmax(t, -1), F.log_softmax(s, -1)).mean()

    def relations(x, first, second):
        return written.relation(x[first], x[second], HEADS)

    def minilm(s, t):
        return sum(relation_kl(relations(s, *pair), relations(t, *pair)) for pair in ((0, 1), (2, 2)))

    def minilm2(s, t):
        return sum(relation_kl(relations(s, i, i), relations(t, i, i)) for i in range(3)) / 3

    def pairs_of(x):
        x = F.normalize(x, dim=1)
        return x[0::2] @ x[1::2].T / 0.05

    norm = nn.BatchNorm2d(64).eval().requires_grad_(False)
    margin = written.overhaul_margin(norm)
    connector = nn.Sequential(nn.Conv2d(64, 64, 1, bias=False), nn.BatchNorm2d(64))

    def overhaul(s, t):
        """written.overhaul with a margin that is computed once."""
        own, target = connector(s), torch.max(norm(t), margin)
        return ((own - target) ** 2 * ((own > target) | (target > 0))).sum() / len(s)

    level = written.Level()
    graphs = [written.GraphLayer(32, 32, None, 8), written.GraphLayer(64, 64, 32, 8)]
    written.philox_normals = lambda count, stream: torch.randn(count)

    return {
        "ctkd": (lambda s, t: written.ctkd(s[0], t[0], level, 1000, 1), [LOGITS], [level]),
        "overhaul": (lambda s, t: overhaul(s[0], t[0]), [LAST], [connector]),
        "dissimilarity": (lambda s, t: dissimilarity(s[0], t), [EMBEDDING, EMBEDDING]),
        "mhgd": (lambda s, t: written.mhgd(s, t, graphs), [MIDDLE, LAST], graphs),
        "contrastive": (lambda s, t: F.cross_entropy(pairs_of(s[0]), torch.arange(32)), [EMBEDDING]),
        "retrieval": (lambda s, t: relation_kl(pairs_of(s[0]), pairs_of(t[0])), [EMBEDDING]),
        "token-cosine": (lambda s, t: (1 - F.cosine_similarity(s[0], t[0], dim=-1)).mean(), [STATES]),
        "attention-scores": (lambda s, t: F.mse_loss(relations(s, 0, 1), relations(t, 0, 1)), [STATES, STATES]),
        "minilm": (minilm, [STATES] * 3),
        "minilm2": (minilm2, [STATES] * 3),
        "soft-cross-entropy": (lambda s, t: written.soft_cross_entropy(s[0], t[0], 4), [LOGITS]),
        "reverse-kl": (lambda s, t: written.reverse_kl(s[0], t[0], 4), [LOGITS]),
        "jsd": (lambda s, t: written.jsd(s[0], t[0], 4, 0.5), [LOGITS]),
        "logits": (lambda s, t: written.logits(s[0], t[0]), [LOGITS]),
        "dkd": (lambda s, t: written.dkd(s[0], t[0], labels, 4, 1, 8), [LOGITS]),
        "hard-labels": (lambda s, t: written.hard_labels(s[0], t[0]), [LOGITS]),
        "top-k": (lambda s, t: written.top_k(s[0], t[0], 4, 5), [LOGITS]),
        "sigmoid-kd": (lambda s, t: written.sigmoid_kd(s[0], t[0], 1), [LOGITS]),
        "hint": (lambda s, t: F.mse_loss(s[0], t[0]), [LAST]),
        "factor-transfer": (lambda s, t: written.factor_transfer(s[0], t[0], factors), [LAST], [factors]),
        "nst": (selectivity, [LAST]),
        "review": (lambda s, t: written.review(s, t, fusions), [MIDDLE, LAST], fusions),
        "crd": (lambda s, t: written.crd(s[0], t[0], heads, 0.07), [LAST], [heads]),
        "svd": (lambda s, t: written.svd(s, t, same, 1), [MIDDLE, LAST]),
        "ickd": (lambda s, t: written.ickd(s[0], t[0]), [LAST]),
        "affinity": (lambda s, t: written.affinity(s[0], t[0], 8), [LAST]),
        "irg": (lambda s, t: written.irg(s[0], *s, t[0], *t), [LAST, LAST]),
        "embedding": (lambda s, t: (1 - F.cosine_similarity(s[0], t[0], dim=1)).mean(), [EMBEDDING]),
    }


def loss_with_gradient(name, mode):
    """A loss and its gradient by the student's tensors and by the layers that learn with it."""
    if name in (ready := torchdistill_losses()):
        kind, options, shapes, *layers = ready[name]
        loss = kind(**options)

        def call(student, teacher):
            first = layers[0](student[0]) if layers else student[0]
            sides = [first, *student[1:]], teacher
            return loss(*({str(index): {"output": tensor} for index, tensor in enumerate(side)} for side in sides))
    else:
        call, shapes, *rest = formulas()[name]
        layers = rest[0] if rest else []
    student = [torch.rand(shape).requires_grad_() for shape in shapes]
    teacher = [torch.rand(shape) for shape in shapes]
    learnt = student + [parameter for layer in layers for parameter in layer.parameters()]
    if mode == "compile":
        call = torch.compile(call)

    def run():
        value = call(student, teacher)
        torch.autograd.grad(value, learnt, allow_unused=True)
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
        run = loss_with_gradient(options.name.removeprefix("loss-"), options.mode)
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
