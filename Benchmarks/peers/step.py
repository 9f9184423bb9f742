"""Times PyTorch's training step of one model, in one mode; driven by compare.py.

Prints a line when warm, then one sample (seconds per step) for every line on standard input.
Same models, arithmetic and data sizes as `retort bench step`: Adam 1e-3 on cross-entropy, float32,
synthetic 28x28x1 images, ten classes.
"""

import argparse
import sys
import time

import torch
from torch import nn
from torch.nn import functional as F


class MLP(nn.Module):
    def __init__(self):
        super().__init__()
        self.fc1, self.fc2, self.fc3 = nn.Linear(784, 512), nn.Linear(512, 256), nn.Linear(256, 10)

    def forward(self, x):
        return self.fc3(F.relu(self.fc2(F.relu(self.fc1(x.flatten(1))))))


class LeNet5(nn.Module):
    def __init__(self):
        super().__init__()
        self.conv1, self.conv2 = nn.Conv2d(1, 6, 5, padding=2), nn.Conv2d(6, 16, 5)
        self.fc1, self.fc2, self.fc3 = nn.Linear(400, 120), nn.Linear(120, 84), nn.Linear(84, 10)

    def forward(self, x):
        x = F.max_pool2d(F.relu(self.conv1(x)), 2)
        x = F.max_pool2d(F.relu(self.conv2(x)), 2).flatten(1)
        return self.fc3(F.relu(self.fc2(F.relu(self.fc1(x)))))


class Block(nn.Module):
    def __init__(self, inputs, outputs, stride):
        super().__init__()
        self.conv1 = nn.Conv2d(inputs, outputs, 3, stride, 1, bias=False)
        self.bn1 = nn.BatchNorm2d(outputs)
        self.conv2 = nn.Conv2d(outputs, outputs, 3, 1, 1, bias=False)
        self.bn2 = nn.BatchNorm2d(outputs)
        self.downsample = None
        if stride != 1 or inputs != outputs:
            self.downsample = nn.Sequential(
                nn.Conv2d(inputs, outputs, 1, stride, bias=False), nn.BatchNorm2d(outputs))

    def forward(self, x):
        y = self.bn2(self.conv2(F.relu(self.bn1(self.conv1(x)))))
        return F.relu(y + (x if self.downsample is None else self.downsample(x)))


class ResNet(nn.Module):
    def __init__(self, depth):
        super().__init__()
        self.conv1, self.bn1 = nn.Conv2d(1, 16, 3, 1, 1, bias=False), nn.BatchNorm2d(16)
        blocks, inputs = [], 16
        for outputs, stride in ((16, 1), (32, 2), (64, 2)):
            for index in range((depth - 2) // 6):
                blocks.append(Block(inputs, outputs, stride if index == 0 else 1))
                inputs = outputs
        self.blocks, self.fc = nn.Sequential(*blocks), nn.Linear(64, 10)

    def forward(self, x):
        return self.fc(self.blocks(F.relu(self.bn1(self.conv1(x)))).mean((2, 3)))


MODELS = {
    "mlp": MLP, "lenet5": LeNet5, "resnet8": lambda: ResNet(8), "resnet20": lambda: ResNet(20)
}


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--model", choices=MODELS, required=True)
    parser.add_argument("--mode", choices=["eager", "compile"], required=True)
    parser.add_argument("--format", choices=["contiguous", "channels_last"], required=True)
    parser.add_argument("--batch", type=int, default=128)
    parser.add_argument("--device", default="cpu")
    options = parser.parse_args()

    torch.manual_seed(1)
    layout = getattr(torch, options.format + ("_format" if options.format == "contiguous" else ""))
    model = MODELS[options.model]().to(options.device, memory_format=layout).train()
    images = torch.rand(options.batch, 1, 28, 28).to(options.device, memory_format=layout)
    labels = (torch.arange(options.batch) % 10).to(options.device)
    optimizer = torch.optim.Adam(model.parameters(), lr=1e-3, fused=True)
    forward = torch.compile(model) if options.mode == "compile" else model

    def step():
        optimizer.zero_grad(set_to_none=True)
        loss = F.cross_entropy(forward(images), labels)
        loss.backward()
        optimizer.step()
        return loss

    def seconds(count):
        began = time.perf_counter()
        for _ in range(count):
            loss = step()
        loss = loss.item()  # waits
        if not loss == loss:
            sys.exit("the loss is not a number")
        return (time.perf_counter() - began) / count

    for _ in range(3):
        seconds(1)
    count = max(3, min(2000, int(0.2 / seconds(3))))
    seconds(count)
    print(torch.__version__, flush=True)
    for _ in sys.stdin:
        print(seconds(count), flush=True)


main()
