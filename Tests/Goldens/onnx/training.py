"""Exports small PyTorch models to ONNX files by both exporters, with the losses of their training.

Needs torch, onnx and onnxscript. Writes training/NAME-EXPORTER.onnx, and training/losses.safetensors:
`pictures` of [steps, batch, channels, height, width], `labels`, and `NAME`, the loss of each step of SGD.
"""

import pathlib
import warnings

import numpy as np
import onnx
import torch
from torch import nn

import tensors

STEPS, BATCH, CLASSES, RATE = 20, 12, 5, 0.1
FOLDER = pathlib.Path("training")
SIZE_LIMIT = 100_000


class MLP(nn.Module):
    def __init__(self):
        super().__init__()
        self.fc1, self.fc2, self.fc3 = nn.Linear(128, 24), nn.Linear(24, 16), nn.Linear(16, CLASSES)

    def forward(self, x):
        return self.fc3(torch.tanh(self.fc2(torch.relu(self.fc1(x.flatten(1))))))


class CNN(nn.Module):
    """Convolutions with batch norms, a pooling of each kind, and a linear layer."""

    def __init__(self):
        super().__init__()
        self.conv1, self.bn1 = nn.Conv2d(2, 8, 3, padding=1, bias=False), nn.BatchNorm2d(8)
        self.conv2, self.bn2 = nn.Conv2d(8, 12, 3, padding=1), nn.BatchNorm2d(12, momentum=0.3)
        self.fc = nn.Linear(12, CLASSES)

    def forward(self, x):
        x = nn.functional.max_pool2d(torch.relu(self.bn1(self.conv1(x))), 2)
        x = nn.functional.silu(self.bn2(self.conv2(x)))
        return self.fc(nn.functional.adaptive_avg_pool2d(x, 1).flatten(1))


class Block(nn.Module):
    def __init__(self, inputs, outputs, stride):
        super().__init__()
        self.conv1, self.bn1 = nn.Conv2d(inputs, outputs, 3, stride, 1, bias=False), nn.BatchNorm2d(outputs)
        self.conv2, self.bn2 = nn.Conv2d(outputs, outputs, 3, 1, 1, bias=False), nn.BatchNorm2d(outputs)
        self.shortcut = nn.Sequential()
        if stride > 1:
            self.shortcut = nn.Sequential(nn.Conv2d(inputs, outputs, 1, stride, bias=False), nn.BatchNorm2d(outputs))

    def forward(self, x):
        y = self.bn2(self.conv2(torch.relu(self.bn1(self.conv1(x)))))
        return torch.relu(y + self.shortcut(x))


class ResNet(nn.Module):
    """Two stages of a residual block each."""

    def __init__(self):
        super().__init__()
        self.conv, self.bn = nn.Conv2d(2, 8, 3, 1, 1, bias=False), nn.BatchNorm2d(8)
        self.blocks = nn.Sequential(Block(8, 8, 1), Block(8, 16, 2))
        self.fc = nn.Linear(16, CLASSES)

    def forward(self, x):
        return self.fc(self.blocks(torch.relu(self.bn(self.conv(x)))).mean((2, 3)))


class Encoder(nn.Module):
    """Two layers of PyTorch's transformer encoder over patches."""

    def __init__(self, width=16):
        super().__init__()
        self.patch = nn.Conv2d(2, width, 2, stride=2)
        self.positions = nn.Parameter(torch.randn(1, 16, width) * 0.2)
        layer = nn.TransformerEncoderLayer(width, 4, 32, dropout=0.0, activation="gelu", batch_first=True)
        self.layers = nn.TransformerEncoder(layer, 2, enable_nested_tensor=False)
        self.norm, self.fc = nn.LayerNorm(width), nn.Linear(width, CLASSES)

    def forward(self, x):
        x = self.patch(x).flatten(2).transpose(1, 2) + self.positions
        return self.fc(self.norm(self.layers(x)).mean(1))


def strip(path):
    """Removes what the exporter notes of the program that it read."""
    model = onnx.load(path)
    for part in [model.graph, *model.graph.node, *model.graph.value_info]:
        part.ClearField("metadata_props")
        part.ClearField("doc_string")
    model.graph.ClearField("value_info")
    onnx.checker.check_model(model)
    onnx.save(model, path)


def export(model, name):
    x = torch.rand(3, 2, 8, 8)
    model.eval()
    names = {"input_names": ["input"], "output_names": ["logits"], "opset_version": 18}
    torch.onnx.export(
        model, (x,), FOLDER / f"{name}-script.onnx", dynamo=False, dynamic_axes={"input": {0: "batch"}},
        training=torch.onnx.TrainingMode.PRESERVE, do_constant_folding=False, **names)
    torch.onnx.export(
        model, (x,), FOLDER / f"{name}-dynamo.onnx", dynamo=True, dynamic_shapes=({0: torch.export.Dim("batch")},),
        external_data=False, optimize=False, **names)
    for path in FOLDER.glob(f"{name}-*.onnx"):
        strip(path)
        assert path.stat().st_size <= SIZE_LIMIT, (path, path.stat().st_size)


def losses(model, pictures, labels):
    """The loss of each step, before its update."""
    model.train()
    optimizer = torch.optim.SGD(model.parameters(), lr=RATE)
    found = []
    for x, y in zip(pictures, labels):
        optimizer.zero_grad()
        loss = nn.functional.cross_entropy(model(x), y)
        loss.backward()
        optimizer.step()
        found.append(loss.item())
    return np.array(found, np.float32)


def main():
    warnings.simplefilter("ignore")
    torch.backends.mha.set_fastpath_enabled(False)
    torch.manual_seed(8)
    FOLDER.mkdir(exist_ok=True)
    patterns = torch.rand(CLASSES, 2, 8, 8)
    labels = torch.randint(0, CLASSES, (STEPS, BATCH))
    pictures = 0.6 * patterns[labels] + 0.4 * torch.rand(STEPS, BATCH, 2, 8, 8)
    record = {"pictures": pictures.numpy(), "labels": labels.to(torch.int32).numpy()}
    for name, model in (("mlp", MLP()), ("cnn", CNN()), ("resnet", ResNet()), ("encoder", Encoder())):
        export(model, name)
        record[name] = losses(model, pictures, labels)
        print(name, record[name])
    tensors.write(FOLDER / "losses.safetensors", record)
    print("torch", torch.__version__)


main()
