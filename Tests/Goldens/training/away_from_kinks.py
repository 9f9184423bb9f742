"""Records resnet_sgd_nesterov and cnn_adam_kd so that no ReLU or maximum comes near its kink.

Needs torch and safetensors; writes both files into the folder given. Computed in float64, kept in
float32. Made by torch 2.15.0. `kinks.py` says how near a case comes; of each case this takes the first
seed that keeps away, which small networks do and large ones never.
"""

import json
import sys

import torch
from safetensors.torch import save_file
from torch.nn import BatchNorm2d, Conv2d, Linear
from torch.nn import functional as F

from kinks import LEAST, nearest

STEPS, CLASSES = 20, 10


class Block(torch.nn.Module):
    def __init__(self, ins, outs, stride):
        super().__init__()
        self.conv1, self.bn1 = Conv2d(ins, outs, 3, stride, 1, bias=False), BatchNorm2d(outs)
        self.conv2, self.bn2 = Conv2d(outs, outs, 3, 1, 1, bias=False), BatchNorm2d(outs)
        self.short = torch.nn.Sequential()
        if stride != 1:
            self.short.extend([Conv2d(ins, outs, 1, stride, bias=False), BatchNorm2d(outs)])

    def forward(self, x):
        y = torch.relu(self.bn1(self.conv1(x)))
        return torch.relu(self.bn2(self.conv2(y)) + self.short(x))


class Residual(torch.nn.Module):
    kind, shape, width = "resnet_sgd_nesterov", (5, 3, 7, 9), 4
    text = (
        'conv 3x3, bn, ReLU, b1: basic block (w->w, stride 1), b2: basic block (w->2w, stride 2, 1x1 '
        'conv + bn shortcut "short.0", "short.1"), global average pool, fc; batch norm eps 1e-5 '
        'momentum 0.1, running variance unbiased')
    loss_text = "cross entropy with label smoothing"
    hyper = {
        "optimizer": {
            "name": "sgd", "lr": 0.05, "momentum": 0.9, "nesterov": True, "weight_decay": 5e-4},
        "label_smoothing": 0.1, "steps": STEPS}

    def __init__(self):
        super().__init__()
        self.conv, self.bn = Conv2d(3, self.width, 3, 1, 1, bias=False), BatchNorm2d(self.width)
        self.b1 = Block(self.width, self.width, 1)
        self.b2 = Block(self.width, 2 * self.width, 2)
        self.fc = Linear(2 * self.width, CLASSES)

    def forward(self, x):
        return self.fc(self.b2(self.b1(torch.relu(self.bn(self.conv(x))))).mean((2, 3)))

    def optimizer(self):
        return torch.optim.SGD(
            self.parameters(), lr=0.05, momentum=0.9, nesterov=True, weight_decay=5e-4)

    def loss(self, x, y, teacher):
        return F.cross_entropy(self(x), y, label_smoothing=0.1)


class Convolutional(torch.nn.Module):
    kind, shape = "cnn_adam_kd", (6, 1, 13, 10)
    text = (
        "conv1 3x3 pad 1, ReLU, max pool 2, conv2 5x5 pad 2, ReLU, max pool 2 (floor), flatten in "
        "(C,H,W) order, fc")
    loss_text = "alpha CE + (1-alpha) T^2 KL(teacher || student)/B"
    hyper = {
        "optimizer": {"name": "adam", "lr": 1e-3, "beta1": 0.9, "beta2": 0.999, "eps": 1e-8},
        "alpha": 0.3, "temperature": 4.0, "steps": STEPS}

    def __init__(self):
        super().__init__()
        self.conv1, self.conv2 = Conv2d(1, 4, 3, padding=1), Conv2d(4, 7, 5, padding=2)
        self.fc = Linear(7 * 3 * 2, CLASSES)

    def forward(self, x):
        for layer in (self.conv1, self.conv2):
            x = F.max_pool2d(torch.relu(layer(x)), 2)
        return self.fc(x.flatten(1))

    def optimizer(self):
        return torch.optim.Adam(self.parameters(), lr=1e-3)

    def loss(self, x, y, teacher):
        logits = self(x)
        soft = F.kl_div(
            F.log_softmax(logits / 4, 1), F.log_softmax(teacher / 4, 1), reduction="batchmean",
            log_target=True)
        return 0.3 * F.cross_entropy(logits, y) + 0.7 * 16 * soft


def kept(prefix, tensors):
    return {
        f"{prefix}.{name}": value.detach().float().clone()
        for name, value in tensors if not name.endswith("num_batches_tracked")
    }


def record(make, seed):
    torch.manual_seed(seed)
    model = make().double()
    x = torch.randn(make.shape).float().double()
    y = torch.randint(CLASSES, make.shape[:1])
    teacher = (3 * torch.randn(make.shape[0], CLASSES)).float().double()
    for value in model.parameters():
        value.data = value.data.float().double()
    tensors = {"input.x": x.float(), "input.y": y.int()} | kept("init", model.state_dict().items())
    if "alpha" in make.hyper:
        tensors["input.teacher_logits"] = teacher.float()
    follow, losses = model.optimizer(), []
    for step in range(STEPS):
        follow.zero_grad()
        loss = model.loss(x, y, teacher)
        loss.backward()
        losses.append(loss.item())
        if step == 0:
            tensors |= kept("grad0", [(key, value.grad) for key, value in model.named_parameters()])
        follow.step()
    tensors["losses"] = torch.tensor(losses)
    return tensors | kept("final", model.state_dict().items())


def main():
    for make in (Residual, Convolutional):
        seed = 0
        while nearest(make.kind, tensors := record(make, seed), make.hyper) <= 3 * LEAST:
            seed += 1
        metadata = {
            "kind": make.kind, "model": make.text, "loss": make.loss_text,
            "hyper": json.dumps(make.hyper)}
        save_file(tensors, f"{sys.argv[1]}/{make.kind}.safetensors", metadata)
        losses = tensors["losses"]
        print(f"{make.kind}: seed {seed}, losses {losses[0]:.4f} to {losses[-1]:.4f}")


if __name__ == "__main__":
    main()
