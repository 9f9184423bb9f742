"""Records students whose searches climb one step a visit, in some steps only, or in whitened codes, in PyTorch, in float64.

python climbing.py  (safetensors 0.8, torch 2.15) writes climbing.safetensors beside it. Inputs and weights are drawn in
float32. Searches start at the codes themselves, without noise. The order of examples has one twice in a step.
"""

import math
import os

import torch
from safetensors.torch import save_file
from torch import nn
from torch.nn import functional as F

(POINTS, DISPLACEMENT, RATE, TEMPERATURE, FROM, EVERY) = (2, 0.6, 0.4, 2.0, 0.3, 2)
torch.manual_seed(21)
images = torch.rand(8, 16)
batches = torch.tensor(
    [[0, 1, 2, 3], [4, 5, 0, 1], [2, 0, 6, 7], [0, 3, 1, 0], [5, 1, 0, 2], [7, 0, 4, 6], [0, 2, 1, 5], [3, 4, 1, 0]])


class Classifier(nn.Module):
    def __init__(self, width):
        super().__init__()
        (self.hidden, self.output) = (nn.Linear(16, width), nn.Linear(width, 3))

    def forward(self, x):
        return self.output(torch.tanh(self.hidden(x)))


class Autoencoder(nn.Module):
    def __init__(self):
        super().__init__()
        (self.encoder, self.decoder) = (nn.Linear(16, 2), nn.Linear(2, 16))

    def decode(self, z):
        return torch.sigmoid(3 * self.decoder(z))


(student, teacher, generator) = (Classifier(5), Classifier(12), Autoencoder())
for model in (teacher, generator):
    for parameter in model.parameters():
        parameter.data *= 3
models = {"student": student, "teacher": teacher, "generator": generator}
out = {"images": images, "batches": batches.int()}
for name, model in models.items():
    out |= {f"{name}.{key}": value.detach().clone() for key, value in model.state_dict().items()}
    model.double()
x = images.double()
with torch.no_grad():
    all_codes = generator.encoder(x)
    size = DISPLACEMENT / POINTS * all_codes.norm(dim=1).mean()
    deviation = all_codes.std(0)
    white_size = DISPLACEMENT / POINTS * (all_codes / deviation).norm(dim=1).mean()


def rows(own, other, temperature=1.0):
    (own, other) = ((own / temperature).log_softmax(1), (other / temperature).log_softmax(1))
    return (other.exp() * (other - own)).sum(1)


def lesson(x):
    return TEMPERATURE ** 2 * rows(student(x), teacher(x).detach(), TEMPERATURE).mean()


def moved(z):
    z = z.detach().requires_grad_()
    made = generator.decode(z)
    (slope,) = torch.autograd.grad(rows(student(made), teacher(made)).sum(), z)
    return (z + size * slope / (slope.norm(dim=1, keepdim=True) + 1e-12)).detach()


def train(name, search):
    student.load_state_dict({key: out[f"student.{key}"].double() for key in student.state_dict()})
    optimizer = torch.optim.SGD(student.parameters(), lr=RATE)
    losses = []
    for (step, ids) in enumerate(batches):
        found = search(step, ids, generator.encoder(x[ids]).detach())
        terms = [lesson(x[ids]), lesson(generator.decode(found).detach())]
        optimizer.zero_grad()
        sum(terms).backward()
        optimizer.step()
        losses.append([term.item() for term in terms])
    out[f"{name}.losses"] = torch.tensor(losses)
    out.update({f"{name}.student.{key}": value.detach().clone() for key, value in student.state_dict().items()})


codes, made = torch.zeros(8, 2, dtype=torch.float64), torch.zeros(8, dtype=torch.float64)


def visit(step, ids, start):
    z = torch.where(made[ids][:, None] > 0, codes[ids], start)
    (codes[ids], made[ids]) = (moved(z), torch.where(made[ids] < POINTS, made[ids] + 1, 0 * made[ids]))
    return z


def climb(step, ids, start):
    first = math.ceil(FROM * len(batches))
    if step < first or (step - first) % EVERY:
        return start
    for _ in range(POINTS):
        start = moved(start)
    return start


def whitened(step, ids, start):
    w = start / deviation
    for _ in range(POINTS):
        w = w.detach().requires_grad_()
        made = generator.decode(w * deviation)
        (slope,) = torch.autograd.grad(rows(student(made), teacher(made)).sum(), w)
        w = w + white_size * slope / (slope.norm(dim=1, keepdim=True) + 1e-12)
    return (w * deviation).detach()


train("chains", visit)
out["chains.codes"], out["chains.steps"] = codes, made
assert len(set(made.tolist())) == POINTS + 1, made
train("climb", climb)
train("whitened", whitened)
print(out["chains.losses"], out["climb.losses"], made)
save_file(
    {key: value if value.dtype == torch.int32 else value.float().contiguous() for key, value in out.items()},
    os.path.join(os.path.dirname(os.path.abspath(__file__)), "climbing.safetensors"),
    metadata={
        "points": str(POINTS), "displacement": str(DISPLACEMENT), "rate": str(RATE), "temperature": str(TEMPERATURE),
        "from": str(FROM), "every": str(EVERY), "torch": torch.__version__})
