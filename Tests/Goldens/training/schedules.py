"""Records short trainings by PyTorch's schedules, parameter groups, geometries and mixup.

Needs torch and safetensors; writes mlp_sgd_dampening.safetensors and the like into the folder given.
Computed in float64, kept in float32. Made by torch 2.15.0. The seed of a case is the first from its
number on with which no ReLU comes nearer to its kink than 1e-5 of its input's root mean square.
"""

import json
import sys

import torch
from safetensors.torch import save_file

nearest = []


def relu(x):
    nearest.append((x.abs().min() / x.square().mean().sqrt()).item())
    return x.relu()


class Perceptron(torch.nn.Module):
    kind, shape, steps, text = "mlp_sgd", (11, 7), 20, "fc1, ReLU, fc2"

    def __init__(self):
        super().__init__()
        self.fc1, self.fc2 = torch.nn.Linear(7, 9), torch.nn.Linear(9, 3)

    def forward(self, x):
        return self.fc2(relu(self.fc1(x)))


class Residual(torch.nn.Module):
    kind, shape, steps = "resnet_sgd_nesterov", (4, 3, 8, 8), 10
    text = (
        'conv 3x3, bn, ReLU, b1: basic block (w->w, stride 1), b2: basic block (w->2w, stride 2, '
        '1x1 conv + bn shortcut "short.0", "short.1"), global average pool, fc; batch norm eps 1e-5 '
        'momentum 0.1, running variance unbiased')

    def __init__(self):
        super().__init__()
        self.conv, self.bn = convolution(3, 8), torch.nn.BatchNorm2d(8)
        self.b1, self.b2 = Block(8, 8, 1), Block(8, 16, 2)
        self.fc = torch.nn.Linear(16, 3)

    def forward(self, x):
        x = self.b2(self.b1(relu(self.bn(self.conv(x)))))
        return self.fc(x.mean((2, 3)))


class Block(torch.nn.Module):
    def __init__(self, inputs, outputs, stride):
        super().__init__()
        self.conv1, self.bn1 = convolution(inputs, outputs, stride), torch.nn.BatchNorm2d(outputs)
        self.conv2, self.bn2 = convolution(outputs, outputs), torch.nn.BatchNorm2d(outputs)
        if stride != 1:
            self.short = torch.nn.Sequential(
                torch.nn.Conv2d(inputs, outputs, 1, stride, bias=False),
                torch.nn.BatchNorm2d(outputs))

    def forward(self, x):
        y = self.bn2(self.conv2(relu(self.bn1(self.conv1(x)))))
        return relu(y + (self.short(x) if hasattr(self, "short") else x))


def convolution(inputs, outputs, stride=1):
    return torch.nn.Conv2d(inputs, outputs, 3, stride, padding=1, bias=False)


class Geometries(torch.nn.Module):
    kind, shape, steps = "cnn_adam_kd", (5, 2, 16, 14), 10
    text = "conv1, ReLU, max pool 2, conv2, ..., adaptive average pool, flatten in (C,H,W) order, fc"
    loss = "alpha CE + (1-alpha) T^2 KL(teacher || student)/B"
    hyper = {
        "alpha": 0.3, "temperature": 4.0, "conv1_dilation": 2, "conv2_groups": 2,
        "conv3_transposed": True, "conv3_stride": 3, "conv3_output_padding": 1, "conv3_pad": 1,
        "adaptive_pool": [2, 3]}

    def __init__(self):
        super().__init__()
        self.conv1 = torch.nn.Conv2d(2, 4, 3, padding=2, dilation=2)
        self.conv2 = torch.nn.Conv2d(4, 6, 3, padding=1, groups=2)
        self.conv3 = torch.nn.ConvTranspose2d(6, 4, 3, 3, padding=1, output_padding=1)
        self.fc = torch.nn.Linear(24, 3)

    def forward(self, x):
        for layer in (self.conv1, self.conv2, self.conv3):
            x = torch.nn.functional.max_pool2d(relu(layer(x)), 2)
        return self.fc(torch.nn.functional.adaptive_avg_pool2d(x, (2, 3)).flatten(1))


# Name, model, optimizer, what else `hyper` says.
CASES = [
    ("mlp_sgd_dampening", Perceptron,
     {"name": "sgd", "lr": 0.3, "momentum": 0.9, "dampening": 0.3, "weight_decay": 0.05,
      "decay_biases": False},
     {"schedule": {"name": "multi_step", "milestones": [5, 12], "gamma": 0.3}}),
    ("mlp_sgd_one_cycle", Perceptron, {"name": "sgd", "lr": 0.3, "nesterov": True},
     {"schedule": {"name": "one_cycle"}, "clip_norm": 0.3}),
    ("mlp_adam_amsgrad", Perceptron,
     {"name": "adam", "lr": 0.05, "beta2": 0.8, "eps": 1e-4, "amsgrad": True},
     {"schedule": {"name": "polynomial", "total_iters": 15, "power": 2.0}}),
    ("mlp_rmsprop_step", Perceptron, {"name": "rmsprop", "lr": 0.01, "eps": 1e-3},
     {"schedule": {"name": "step", "step_size": 6, "gamma": 0.5}, "mixup": 0.3}),
    ("resnet_adamw_one_cycle", Residual,
     {"name": "adamw", "lr": 0.01, "weight_decay": 0.5, "eps": 1e-3, "decay_biases": False,
      "decay_norms": False},
     {"schedule": {"name": "one_cycle", "pct_start": 0.4, "max_momentum": 0.9}, "mixup": 0.7}),
    ("cnn_geometries", Geometries, {"name": "adam", "lr": 0.01, "eps": 1e-3},
     {"schedule": {"name": "cosine", "eta_min": 0.002}}),
]
KINDS = {
    "sgd": torch.optim.SGD, "adam": torch.optim.Adam, "adamw": torch.optim.AdamW,
    "rmsprop": torch.optim.RMSprop}


def optimizer(model, rule):
    rule = dict(rule)
    kind, norms = KINDS[rule.pop("name")], rule.pop("decay_norms", True)
    biases = rule.pop("decay_biases", True)
    if "beta1" in rule or "beta2" in rule:
        rule["betas"] = (rule.pop("beta1", 0.9), rule.pop("beta2", 0.999))
    if rule.get("nesterov"):
        rule.setdefault("momentum", 0.9)
    own, none = [], []
    for part in model.modules():
        for name, value in part.named_parameters(recurse=False):
            is_norm = isinstance(part, torch.nn.BatchNorm2d)
            (own if (norms if is_norm else biases or name != "bias") else none).append(value)
    groups = [{"params": own}] + ([{"params": none, "weight_decay": 0}] if none else [])
    return kind(groups, **rule)


def schedule(follow, rule, rate, steps):
    rule = dict(rule)
    make = torch.optim.lr_scheduler
    name = rule.pop("name")
    if name == "one_cycle":
        return make.OneCycleLR(follow, rate, total_steps=steps, **rule)
    if name == "cosine":
        return make.CosineAnnealingLR(follow, steps, **rule)
    kinds = {
        "step": make.StepLR, "multi_step": make.MultiStepLR, "polynomial": make.PolynomialLR}
    return kinds[name](follow, **rule)


def kept(prefix, tensors):
    return {
        f"{prefix}.{name}": value.detach().float().clone()
        for name, value in tensors if not name.endswith("num_batches_tracked")
    }


def record(make, rule, more, seed):
    torch.manual_seed(seed)
    nearest.clear()
    model = make().double()
    more = getattr(make, "hyper", {}) | more
    x, y = torch.randn(make.shape).float().double(), torch.randint(3, make.shape[:1])
    for value in model.parameters():
        value.data = value.data.float().double()
    tensors = {"input.x": x.float(), "input.y": y.int()} | kept("init", model.state_dict().items())
    share, partner = more.get("mixup", 1), torch.randperm(len(y))
    if share < 1:
        tensors["input.partner"] = partner.int()
        x = share * x + (1 - share) * x[partner]
    if "alpha" in more:
        teacher = (torch.randn(len(y), 3) * 3).float()
        tensors["input.teacher_logits"], soft = teacher, teacher.double()

    def objective(logits):
        def hard(labels):
            return torch.nn.functional.cross_entropy(
                logits, labels, label_smoothing=more.get("label_smoothing", 0))
        loss = hard(y) if share == 1 else share * hard(y) + (1 - share) * hard(y[partner])
        if "alpha" not in more:
            return loss
        heat = more["temperature"]
        distance = torch.nn.functional.kl_div(
            (logits / heat).log_softmax(1), (soft / heat).log_softmax(1), log_target=True,
            reduction="batchmean")
        return more["alpha"] * loss + (1 - more["alpha"]) * heat**2 * distance

    follow, losses = optimizer(model, rule), []
    rates = schedule(follow, more["schedule"], rule["lr"], make.steps) if "schedule" in more else None
    for step in range(make.steps):
        follow.zero_grad()
        loss = objective(model(x))
        loss.backward()
        losses.append(loss.item())
        if step == 0:
            tensors |= kept("grad0", [(key, value.grad) for key, value in model.named_parameters()])
        if "clip_norm" in more:
            torch.nn.utils.clip_grad_norm_(model.parameters(), more["clip_norm"])
        follow.step()
        if rates and step + 1 < make.steps:
            rates.step()
    tensors["losses"] = torch.tensor(losses)
    tensors |= kept("final", model.state_dict().items())
    metadata = {
        "kind": make.kind, "model": make.text, "loss": getattr(make, "loss", "cross entropy"),
        "hyper": json.dumps({"optimizer": rule, "steps": make.steps} | more)}
    return tensors, metadata, min(nearest)


for number, (name, *case) in enumerate(CASES, 1):
    seed, margin = number * 1000 - 1, 0
    while margin < 1e-5:
        seed += 1
        tensors, metadata, margin = record(*case, seed)
    save_file(tensors, f"{sys.argv[1]}/{name}.safetensors", metadata)
    print(name, "seed", seed, "margin", margin, "losses", tensors["losses"][[0, -1]].tolist())
