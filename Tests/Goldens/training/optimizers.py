"""Records short trainings by PyTorch's optimizers, with clipped gradients and averaged weights.

Needs torch and safetensors; writes mlp_rmsprop.safetensors and the like into the folder given.
Computed in float64, kept in float32. Made by torch 2.15.0; the seed of a case is its number.
"""

import json
import sys

import torch
from safetensors.torch import save_file
from torch.optim.swa_utils import AveragedModel, get_ema_multi_avg_fn

STEPS = 20


class Perceptron(torch.nn.Module):
    kind, shape, text = "mlp_sgd", (11, 7), "fc1, ReLU, fc2"

    def __init__(self):
        super().__init__()
        self.fc1, self.fc2 = torch.nn.Linear(7, 9), torch.nn.Linear(9, 3)

    def forward(self, x):
        return self.fc2(self.fc1(x).relu())


class Convolutional(torch.nn.Module):
    kind, shape = "resnet_sgd_nesterov", (6, 1, 5, 7)
    text = "conv 3x3 pad 1, bn, ReLU, global average pool, fc"

    def __init__(self):
        super().__init__()
        self.conv = torch.nn.Conv2d(1, 5, 3, padding=1, bias=False)
        self.bn, self.fc = torch.nn.BatchNorm2d(5), torch.nn.Linear(5, 3)

    def forward(self, x):
        return self.fc(self.bn(self.conv(x)).relu().mean((2, 3)))


# Name, model, optimizer, what else `hyper` says. Some steps must be clipped, and some not.
CASES = [
    ("mlp_rmsprop", Perceptron,
     {"name": "rmsprop", "lr": 0.01, "alpha": 0.9, "eps": 1e-6, "weight_decay": 0.01}, {}),
    ("mlp_rmsprop_centered", Perceptron,
     {"name": "rmsprop", "lr": 0.002, "alpha": 0.99, "eps": 1e-8, "momentum": 0.8,
      "centered": True}, {}),
    ("mlp_sgd_clip_value_equal", Perceptron,
     {"name": "sgd", "lr": 0.3, "momentum": 0.5, "nesterov": True, "weight_decay": 0.01},
     {"clip_value": 0.1, "average": {"from": 6}}),
    ("resnet_adam_clip_norm_ema", Convolutional,
     {"name": "adam", "lr": 0.02, "beta1": 0.9, "beta2": 0.999, "eps": 1e-8},
     {"clip_norm": 0.25, "average": {"decay": 0.9, "from": 0}}),
]


def optimizer(model, rule):
    rule = dict(rule)
    name = rule.pop("name")
    if "beta1" in rule:
        rule["betas"] = (rule.pop("beta1"), rule.pop("beta2"))
    kinds = {"sgd": torch.optim.SGD, "adam": torch.optim.Adam, "rmsprop": torch.optim.RMSprop}
    return kinds[name](model.parameters(), **rule)


def kept(prefix, tensors):
    return {
        f"{prefix}.{name}": value.detach().float().clone()
        for name, value in tensors if not name.endswith("num_batches_tracked")
    }


def record(name, make, rule, more, seed):
    torch.manual_seed(seed)
    model = make().double()
    x, y = torch.randn(make.shape).double(), torch.randint(3, make.shape[:1])
    x = x.float().double()  # what the file holds
    for value in model.parameters():
        value.data = value.data.float().double()
    tensors = {"input.x": x.float(), "input.y": y.int()} | kept("init", model.state_dict().items())
    average = more.get("average")
    if average:
        decay = average.get("decay")
        averaged = AveragedModel(
            model, multi_avg_fn=None if decay is None else get_ema_multi_avg_fn(decay))
    follow, losses, clipped = optimizer(model, rule), [], 0
    for step in range(STEPS):
        follow.zero_grad()
        loss = torch.nn.functional.cross_entropy(model(x), y)
        loss.backward()
        losses.append(loss.item())
        if step == 0:
            gradients = [(key, value.grad) for key, value in model.named_parameters()]
            tensors |= kept("grad0", gradients)
        if "clip_norm" in more:
            norm = torch.nn.utils.clip_grad_norm_(model.parameters(), more["clip_norm"])
            clipped += norm.item() > more["clip_norm"]
        if "clip_value" in more:
            limit = more["clip_value"]
            clipped += any(value.grad.abs().max() > limit for value in model.parameters())
            torch.nn.utils.clip_grad_value_(model.parameters(), limit)
        follow.step()
        if average and step >= average["from"]:
            averaged.update_parameters(model)
    tensors["losses"] = torch.tensor(losses)
    tensors |= kept("final", model.state_dict().items())
    if average:
        tensors |= kept("average", averaged.module.state_dict().items())
    hyper = {"optimizer": rule, "steps": STEPS} | more
    metadata = {"kind": make.kind, "model": make.text, "hyper": json.dumps(hyper)}
    save_file(tensors, f"{sys.argv[1]}/{name}.safetensors", metadata)
    assert 0 < clipped < STEPS or not {"clip_norm", "clip_value"} & set(more), (name, clipped)
    print(name, "losses", losses[0], losses[-1], "clipped", clipped)


for number, case in enumerate(CASES):
    record(*case, number)
