"""Records a student of two teachers that are weighed for each example, or of which one is drawn in each step.

Needs torch and numpy; prints teachers.json. Computed in float64. Made by torch 2.15.0. Formulas: confidence is Zhang,
Chen, Wang 2022, equations 3 and 4, with T²·KL as the authors' code Rorozhl/CA-MKD has it, but for its division by the
number of teachers; entropy weighs in the same way by entropies; random takes the teacher that Philox draws.
"""

import json

import torch
from torch.nn import functional as F

from recording import CLASSES, Convolutional, Dense, block, numbers, rounded, weights

STEPS, BATCH, SEED, STREAM = 6, 6, 1, 4095
TEMPERATURE, WEIGHT, RATE = 3.0, 0.7, 0.05


def divergences(student, teacher):
    log_p, log_q = F.log_softmax(teacher / TEMPERATURE, 1), F.log_softmax(student / TEMPERATURE, 1)
    return (log_p.exp() * (log_p - log_q)).sum(1) * TEMPERATURE**2


def shares(combine, said, labels, step):
    if combine == "random":
        draw = (block((0, step, STREAM, 0), (SEED, 0))[0] >> 8) * 2.0**-24
        return torch.tensor([[float(draw < 0.5)], [float(draw >= 0.5)]], dtype=torch.float64)
    if combine == "confidence":
        doubts = torch.stack([F.cross_entropy(z, labels, reduction="none") for z in said])
    else:
        doubts = torch.stack([-(F.softmax(z, 1) * F.log_softmax(z, 1)).sum(1) for z in said])
    return (1 - doubts.softmax(0)) / (len(said) - 1)


def train(combine):
    torch.manual_seed(8)
    images = torch.rand(BATCH, 1, 4, 4).float().double()
    labels = torch.arange(BATCH) % CLASSES
    student, teachers = rounded(Dense(5)), [rounded(Dense(7)), rounded(Convolutional())]
    for teacher in teachers:
        teacher.eval()
        # Teachers of initial weights hardly differ.
        teacher.output.weight.data *= 4
    said = [teacher(images).detach() for teacher in teachers]
    record = {
        "combine": combine, "images": numbers(images), "labels": labels.tolist(), "initial": weights(student),
        "teachers": [weights(teacher) for teacher in teachers], "losses": []}
    optimizer = torch.optim.Adam(student.parameters(), RATE)
    for step in range(STEPS):
        output = student(images)
        label = F.cross_entropy(output, labels)
        parts = torch.stack([divergences(output, z) for z in said])
        taught = (shares(combine, said, labels, step) * parts).sum(0).mean()
        record["losses"].append([label.item(), taught.item()])
        optimizer.zero_grad()
        (label + WEIGHT * taught).backward()
        optimizer.step()
    record["final"] = weights(student)
    return record


print(json.dumps({
    "source": f"torch {torch.__version__}", "steps": STEPS, "seed": SEED, "temperature": TEMPERATURE,
    "weight": WEIGHT, "rate": RATE, "trainings": [train(name) for name in ["random", "confidence", "entropy"]]}))
