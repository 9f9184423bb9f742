"""Trains a linear classifier on the tests' pictures of bars and exports it to bars.onnx.

Needs torch and onnx. The pictures are those of SmallPictures.swift, normalised by their own mean and
deviation, which the file does not say.
"""

import numpy as np
import torch

torch.manual_seed(0)
index = np.arange(60 * 784)
image, row, column = index // 784, index // 28 % 28, index % 28
bar = ((row + image) % 28 < 4 + 2 * (image % 10)) & (column > image % 10)
samples = (np.where(bar, 180, 20) + (index * 37 + image * 11) % 50).reshape(60, 1, 28, 28)
x = torch.tensor(samples / 255, dtype=torch.float32)
x = (x - x.mean()) / x.std()
y = torch.arange(60) % 10
model = torch.nn.Sequential(torch.nn.Flatten(), torch.nn.Linear(784, 10))
optimizer = torch.optim.SGD(model.parameters(), 0.02)
for _ in range(60):
    optimizer.zero_grad()
    loss = torch.nn.functional.cross_entropy(model(x), y)
    loss.backward()
    optimizer.step()
torch.onnx.export(
    model, torch.zeros(1, 1, 28, 28), "bars.onnx", input_names=["input"], output_names=["logits"],
    dynamic_axes={"input": {0: "batch"}, "logits": {0: "batch"}}, dynamo=False)
