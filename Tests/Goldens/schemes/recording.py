"""What the records of schemes share: Philox's normal numbers, small students, and weights as JSON."""

import numpy
import torch
from torch import nn

WORD, CLASSES = 0xFFFFFFFF, 3


def block(counter, key):
    x, k = list(counter), list(key)
    for _ in range(10):
        first, second = x[0] * 0xD2511F53, x[2] * 0xCD9E8D57
        x = [second >> 32 ^ x[1] ^ k[0], second & WORD, first >> 32 ^ x[3] ^ k[1], first & WORD]
        k = [k[0] + 0x9E3779B9 & WORD, k[1] + 0xBB67AE85 & WORD]
    return x


def normals(count, seed, stream, step):
    """The numbers that a plan draws; Salmon et al. 2011 and Box–Muller."""
    values = []
    for index in range((count + 3) // 4):
        x = block((index, step, stream, 0), (seed & WORD, seed >> 32))
        for a, b in (x[:2], x[2:]):
            radius = numpy.sqrt(-2 * numpy.log(((a >> 8) + 1) * 2.0**-24))
            angle = 2 * numpy.pi * (b >> 8) * 2.0**-24
            values += [radius * numpy.cos(angle), radius * numpy.sin(angle)]
    return torch.tensor(values[:count], dtype=torch.float64)


def numbers(tensor):
    return [float(f"{value:.9g}") for value in tensor.detach().flatten().tolist()]


def weights(model):
    return [
        {"name": name, "shape": list(value.shape), "values": numbers(value)}
        for name, value in model.state_dict().items() if not name.endswith("num_batches_tracked")]


def rounded(model):
    """`model` in float64 with weights that float32 holds."""
    for value in model.parameters():
        value.data = value.data.float()
    return model.double()


class Dense(nn.Module):
    def __init__(self, width):
        super().__init__()
        self.hidden, self.output = nn.Linear(16, width), nn.Linear(width, CLASSES)

    def forward(self, x):
        return self.output(self.hidden(x.flatten(1)).tanh())


class Convolutional(nn.Module):
    def __init__(self):
        super().__init__()
        self.conv, self.norm = nn.Conv2d(1, 4, 3, bias=False), nn.BatchNorm2d(4)
        self.output = nn.Linear(16, CLASSES)

    def forward(self, x):
        return self.output(self.norm(self.conv(x)).tanh().flatten(1))
