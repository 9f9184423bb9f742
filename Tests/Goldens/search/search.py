"""Records how a search chooses among proposals and what its surrogate minimises, in PyTorch, in float64.

python search.py  (safetensors 0.8, torch 2.15) writes search.safetensors beside it. Inputs are drawn in float32.
"""

import os

import torch
from safetensors.torch import save_file
from torch import nn
from torch.nn import functional as F

torch.manual_seed(17)
(candidates, count, greed) = (5, 33, 1.7)
values = torch.rand(candidates * count) ** 4 * 3
values[7] = 0
uniform = torch.rand(candidates * count)
gumbel = -torch.log(-torch.log(uniform.double()))
keys = (greed * torch.log(values.double().clamp(min=1e-30)) + gumbel).reshape(candidates, count)
number = keys.argmax(0)
chances = (greed * torch.log(values.double().clamp(min=1e-30))).reshape(candidates, count).softmax(0)
exponent = 0.6
weights_of_drawn = (1 / (candidates * chances.gather(0, number[None])[0])) ** exponent

(batch, size) = (19, 6)
# The codes of all examples, of which the surrogate sees others in standard deviations from the mean.
table = torch.randn(50, size) * (torch.rand(size) + 0.1) + torch.randn(size)
mean, deviation = table.double().mean(0), table.double().std(0)
codes = torch.randn(batch, size) * 2
disagreement = torch.rand(batch) ** 6 * 5
disagreement[3] = 0
layers = nn.Sequential(nn.Linear(size, 64), nn.ReLU(), nn.Linear(64, 64), nn.ReLU(), nn.Linear(64, 1))
weights = {name: value.detach().clone() for name, value in layers.state_dict().items()}
layers.double()
white = (codes.double() - mean) / deviation
expected = layers(white).squeeze(1)
error = F.huber_loss(expected, disagreement.double().clamp(min=1e-4).log(), delta=1.0)
error.backward()

out = {
    "values": values, "uniform": uniform, "ids": (number * count + torch.arange(count)).int(),
    "codes": codes, "table": table, "disagreement": disagreement,
    "expected": expected.detach().float(), "error": error.detach().float().reshape(1),
}
out["weights"] = weights_of_drawn.float()
out.update({f"layers.{name}": value for name, value in weights.items()})
out.update({f"grad.layers.{name}": value.grad.float() for name, value in layers.named_parameters()})
save_file(out, os.path.join(os.path.dirname(os.path.abspath(__file__)), "search.safetensors"),
          metadata={"candidates": str(candidates), "greed": str(greed), "exponent": str(exponent), "torch": torch.__version__})
