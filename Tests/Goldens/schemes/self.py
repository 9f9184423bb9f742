"""Records a student whose layers learn from its own: be your own teacher, native ensemble, self attention distillation.

Needs torch; prints self.json. Computed in float64. Made by torch 2.15.0. Formulas: Zhang et al. 2019, section 3.2, with
the squared distance of features summed over elements and averaged over examples; Hou et al. 2019, equations 1 and 2,
with the larger map pooled and squares summed over places; Lan, Zhu, Gong 2018, section 3, with the gate of the authors'
code, Lan1991Xu/ONE_NeurIPS2018, but for the bias that its batch norm takes off again.
"""

import json

import torch
from torch import nn
from torch.nn import functional as F

from recording import numbers, rounded, weights

STEPS, BATCH, CLASSES, RATE = 4, 6, 3, 0.02
ALPHA, TEMPERATURE, FEATURES, ATTENTION = 0.3, 3.0, 0.03, 0.5


class Exit(nn.Module):
    def __init__(self):
        super().__init__()
        self.bottleneck = nn.Sequential(nn.Conv2d(3, 4, 3, 2, 1, bias=False), nn.BatchNorm2d(4), nn.ReLU())
        self.fc = nn.Linear(4, CLASSES)


class Gate(nn.Module):
    def __init__(self):
        super().__init__()
        self.fc, self.norm = nn.Linear(3, 3, bias=False), nn.BatchNorm1d(3)

    def forward(self, x):
        return self.norm(self.fc(x.mean((2, 3)))).relu().softmax(1)


class Sections(nn.Module):
    def __init__(self, name):
        super().__init__()
        self.conv1, self.conv2 = nn.Conv2d(1, 3, 3, 1, 1, bias=False), nn.Conv2d(3, 4, 3, 2, 1, bias=False)
        self.output = nn.Linear(4, CLASSES)
        layers = {"exits": [Exit], "native-ensemble": [Exit, Exit, Gate], "self-attention": []}[name]
        if layers:
            self.adapters = nn.ModuleDict({name: nn.ModuleList([layer() for layer in layers])})

    def forward(self, x):
        first = self.conv1(x)
        second = self.conv2(first.relu())
        return self.output(second.relu().mean((2, 3))), first, second


def exits(model, output, first, second, labels):
    exit = model.adapters["exits"][0]
    features = exit.bottleneck(first)
    logits = exit.fc(features.mean((2, 3)))
    kl = F.kl_div(
        F.log_softmax(logits / TEMPERATURE, 1), F.softmax(output.detach() / TEMPERATURE, 1),
        reduction="batchmean") * TEMPERATURE**2
    distance = (features - second.detach()).square().sum((1, 2, 3)).mean()
    return [(1 - ALPHA, F.cross_entropy(logits, labels)), (ALPHA, kl), (FEATURES, distance)]


def native_ensemble(model, output, first, second, labels):
    *branches, gate = model.adapters["native-ensemble"]
    others = [branch.fc(branch.bottleneck(first).mean((2, 3))) for branch in branches]
    shares = gate(first)
    together = sum(shares[:, i:i + 1] * z for i, z in enumerate([output] + others))
    target = F.softmax(together.detach() / TEMPERATURE, 1)
    kl = sum(
        F.kl_div(F.log_softmax(z / TEMPERATURE, 1), target, reduction="batchmean") for z in [output] + others)
    return [
        (1, sum(F.cross_entropy(z, labels) for z in others)), (1, F.cross_entropy(together, labels)),
        (1, kl * TEMPERATURE**2)]


def attention(model, output, first, second, labels):
    def psi(x):
        return x.square().sum(1).flatten(1).softmax(1)
    return [(ATTENTION, (psi(F.adaptive_avg_pool2d(first, 4)) - psi(second.detach())).square().sum(1).mean())]


def train(name, loss):
    torch.manual_seed(6)
    images = torch.rand(BATCH, 1, 8, 8).float().double()
    labels = torch.arange(BATCH) % CLASSES
    model = rounded(Sections(name))
    record = {
        "loss": name, "images": numbers(images), "labels": labels.tolist(), "initial": weights(model), "losses": []}
    optimizer = torch.optim.Adam(model.parameters(), RATE)
    for _ in range(STEPS):
        output, first, second = model(images)
        terms = [(1, F.cross_entropy(output, labels))] + loss(model, output, first, second, labels)
        record["losses"].append([value.item() for _, value in terms])
        optimizer.zero_grad()
        sum(weight * value for weight, value in terms).backward()
        optimizer.step()
    record["final"] = weights(model)
    return record


print(json.dumps({
    "source": f"torch {torch.__version__}", "steps": STEPS, "rate": RATE,
    "trainings": [
        train("exits", exits), train("native-ensemble", native_ensemble), train("self-attention", attention)]}))
