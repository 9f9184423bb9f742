"""Records three students that teach each other: Zhang et al. 2018, equations 4 to 8, all at once.

Needs torch; prints mutual.json. Computed in float64. Made by torch 2.13.0.
"""

import json

import torch
from torch.nn import functional as F

from recording import CLASSES, Convolutional, Dense, numbers, rounded, weights

STEPS, BATCH = 4, 6
TEMPERATURE, WEIGHT, RATES = 2.0, 0.7, [0.05, 0.02, 0.01]

torch.manual_seed(3)
images = torch.rand(BATCH, 1, 4, 4).float().double()
labels = torch.arange(BATCH) % CLASSES
students = [rounded(model) for model in (Dense(5), Dense(7), Convolutional())]
record = {
    "source": f"torch {torch.__version__}", "steps": STEPS, "temperature": TEMPERATURE,
    "weight": WEIGHT, "rates": RATES, "images": numbers(images), "labels": labels.tolist(),
    "initial": [weights(model) for model in students], "losses": []}
optimizers = [torch.optim.Adam(model.parameters(), rate) for model, rate in zip(students, RATES)]
for _ in range(STEPS):
    outputs = [model(images) for model in students]
    losses = []
    for own, output in enumerate(outputs):
        label = F.cross_entropy(output, labels)
        peers = [other.detach() for index, other in enumerate(outputs) if index != own]
        kl = sum(
            F.kl_div(
                F.log_softmax(output / TEMPERATURE, 1), F.softmax(peer / TEMPERATURE, 1),
                reduction="batchmean") * TEMPERATURE**2 for peer in peers) / len(peers)
        losses.append((label, kl))
    record["losses"].append([value.item() for pair in losses for value in pair])
    for optimizer in optimizers:
        optimizer.zero_grad()
    for label, kl in losses:
        (label + WEIGHT * kl).backward()
    for optimizer in optimizers:
        optimizer.step()
record["final"] = [weights(model) for model in students]
print(json.dumps(record))
