"""Records two students in training by each scheme whose students have no teacher of their own.

Needs torch; prints peers.json. Computed in float64. Made by torch 2.15.0. Formulas: collaborative is Guo et al. 2020,
section 3.2; codistillation Anil et al. 2018, algorithm 1; snapshot Yang et al. 2019, equation 2; ps-kd Kim et al.
2021, equations 3 and 6, with the Kullback-Leibler divergence for the cross-entropy.
"""

import copy
import json

import torch
from torch.nn import functional as F

from recording import CLASSES, Convolutional, Dense, numbers, rounded, weights

STEPS, BATCH, EVERY, SHARE = 7, 6, 2, 0.8
TEMPERATURE, WEIGHT, RATES = 2.0, 0.7, [0.05, 0.02]


def kd(student, teacher):
    return F.kl_div(
        F.log_softmax(student / TEMPERATURE, 1), F.softmax(teacher.detach() / TEMPERATURE, 1),
        reduction="batchmean") * TEMPERATURE**2


def min_logit(outputs, labels):
    return torch.stack([z - z.gather(1, labels[:, None]) for z in outputs]).amin(0)


def naive(outputs, labels):
    return min(outputs, key=lambda z: F.cross_entropy(z, labels).item())


def train(scheme):
    torch.manual_seed(4)
    images = torch.rand(BATCH, 1, 4, 4).float().double()
    labels = torch.arange(BATCH) % CLASSES
    students = [rounded(Dense(5)), rounded(Convolutional())]
    record = {
        "scheme": scheme, "images": numbers(images), "labels": labels.tolist(),
        "initial": [weights(model) for model in students], "losses": []}
    optimizers = [torch.optim.Adam(model.parameters(), rate) for model, rate in zip(students, RATES)]
    pasts = None
    for step in range(STEPS):
        said = [model(images) for model in pasts] if pasts else [None, None]
        # The copy of step k · EVERY, before anything is done in it, answers in the steps after it.
        if step % EVERY == 0:
            pasts = [copy.deepcopy(model).eval() for model in students]
        outputs = [model(images) for model in students]
        losses = []
        for own, output in enumerate(outputs):
            label, zero = F.cross_entropy(output, labels), torch.zeros((), dtype=torch.float64)
            if scheme in ("min-logit", "naive", "mean"):
                teacher = {
                    "min-logit": min_logit, "naive": naive,
                    "mean": lambda z, _: torch.stack(z).mean(0)}[scheme](outputs, labels)
                peer = kd(output, teacher)
            elif scheme == "online":
                peer = kd(output, outputs[0]) if own else None
            elif scheme == "codistillation":
                peer = kd(output, said[1 - own]) if step else zero
            elif scheme == "snapshot":
                peer = kd(output, said[own]) if step > EVERY else zero
            else:
                share = SHARE * step / STEPS if step > EVERY else 0.0
                label = label * (1 - share)
                peer = kd(output, said[own]) * share if share else zero
            losses.append([label] if peer is None else [label, peer])
        record["losses"].append([value.item() for pair in losses for value in pair])
        for optimizer in optimizers:
            optimizer.zero_grad()
        for label, *peer in losses:
            (label + WEIGHT * sum(peer)).backward(retain_graph=True)
        for optimizer in optimizers:
            optimizer.step()
    record["final"] = [weights(model) for model in students]
    return record


NAMES = ["min-logit", "naive", "mean", "online", "codistillation", "snapshot", "ps-kd"]
print(json.dumps({
    "source": f"torch {torch.__version__}", "steps": STEPS, "every": EVERY, "share": SHARE,
    "temperature": TEMPERATURE, "weight": WEIGHT, "rates": RATES,
    "trainings": [train(name) for name in NAMES]}))
