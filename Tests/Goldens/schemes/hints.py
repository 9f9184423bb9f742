"""Records a student that has hints from two teachers, weighed by how right their classifiers are about its features.

Needs torch and numpy; prints hints.json. Computed in float64. Made by torch 2.15.0. Formulas: Zhang, Chen, Wang 2022,
equations 5 to 7, as CAMKD and CalWeight of Rorozhl/CA-MKD have them, but for the division by the number of teachers:
the projector's map goes through the teacher's mean and last layer, and gradients through the weights.
"""

import json

import torch
from torch import nn
from torch.nn import functional as F

from recording import CLASSES, numbers, rounded, weights

STEPS, BATCH, WEIGHT, RATE = 6, 6, 5.0, 0.02


class Averaging(nn.Module):
    def __init__(self, width):
        super().__init__()
        self.conv = nn.Conv2d(1, width, 3, stride=2, padding=1, bias=False)
        self.output = nn.Linear(width, CLASSES)

    def forward(self, x):
        map = self.conv(x).relu()
        return map, self.output(map.mean((2, 3)))


def projector(inputs, outputs):
    def block(a, b, kernel):
        return [nn.Conv2d(a, b, kernel, padding=kernel // 2, bias=False), nn.BatchNorm2d(b), nn.ReLU()]
    width = outputs // 2
    return nn.Sequential(*block(inputs, width, 1), *block(width, width, 3), *block(width, outputs, 1))


class Adapted(nn.Module):
    """The student with one projector per teacher."""

    def __init__(self, student, projectors):
        super().__init__()
        self.student, self.projectors = student, nn.ModuleList(projectors)


def named(model):
    """Under the names of a model with adapters."""
    found = weights(model)
    for entry in found:
        entry["name"] = entry["name"].removeprefix("student.").replace("projectors.", "adapters.confident-hint.")
    return found


torch.manual_seed(5)
images = torch.rand(BATCH, 1, 8, 8).float().double()
labels = torch.arange(BATCH) % CLASSES
teachers = [rounded(Averaging(width)) for width in (4, 5)]
for teacher in teachers:
    # Teachers of initial weights hardly differ.
    teacher.output.weight.data *= 4
    for value in teacher.parameters():
        value.requires_grad_(False)
model = rounded(Adapted(Averaging(3), [projector(3, width) for width in (4, 5)]))
record = {
    "source": f"torch {torch.__version__}", "steps": STEPS, "weight": WEIGHT, "rate": RATE,
    "images": numbers(images), "labels": labels.tolist(), "initial": named(model),
    "teachers": [weights(teacher) for teacher in teachers], "losses": []}
optimizer = torch.optim.Adam(model.parameters(), RATE)
for _ in range(STEPS):
    features, output = model.student(images)
    label = F.cross_entropy(output, labels)
    errors, doubts = [], []
    for adapter, teacher in zip(model.projectors, teachers):
        own = adapter(features)
        errors.append((own - teacher(images)[0]).square().mean((1, 2, 3)))
        doubts.append(F.cross_entropy(teacher.output(own.mean((2, 3))), labels, reduction="none"))
    shares = (1 - torch.stack(doubts).softmax(0)) / (len(teachers) - 1)
    hint = (shares * torch.stack(errors)).sum(0).mean()
    record["losses"].append([label.item(), hint.item()])
    optimizer.zero_grad()
    (label + WEIGHT * hint).backward()
    optimizer.step()
record["final"] = named(model)
print(json.dumps(record))
