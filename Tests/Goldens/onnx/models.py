"""Exports small PyTorch models to ONNX files, with what ONNX Runtime computes by them.

Needs torch, onnx and onnxruntime. Writes NAME.onnx and NAME.safetensors, with `input/0` and `output/0`.
"""

import numpy as np
import onnx
import onnxruntime
import torch
from torch import nn

import tensors


class MLP(nn.Module):
    def __init__(self):
        super().__init__()
        self.fc1, self.fc2 = nn.Linear(784, 8), nn.Linear(8, 10)

    def forward(self, x):
        return self.fc2(torch.relu(self.fc1(x.flatten(1))))


class Block(nn.Module):
    def __init__(self, channels):
        super().__init__()
        self.conv1, self.bn1 = nn.Conv2d(channels, channels, 3, padding=1, bias=False), nn.BatchNorm2d(channels)
        self.conv2, self.bn2 = nn.Conv2d(channels, channels, 3, padding=1, bias=False), nn.BatchNorm2d(channels)

    def forward(self, x):
        return torch.relu(self.bn2(self.conv2(torch.relu(self.bn1(self.conv1(x))))) + x)


class CNN(nn.Module):
    """Batch norms, a residual sum, both poolings, and a softmax at the end."""

    def __init__(self):
        super().__init__()
        self.stem, self.bn = nn.Conv2d(1, 6, 5, stride=2, padding=2), nn.BatchNorm2d(6)
        self.block, self.fc = Block(6), nn.Linear(6 * 3 * 3, 10)

    def forward(self, x):
        x = nn.functional.max_pool2d(torch.relu(self.bn(self.stem(x))), 3, 2, 1)
        x = nn.functional.avg_pool2d(self.block(x), 2)
        return self.fc(x.flatten(1)).softmax(1)


class Mobile(nn.Module):
    """An inverted residual with squeeze and excitation, as in MobileNetV3."""

    def __init__(self):
        super().__init__()
        self.stem = nn.Conv2d(3, 8, 3, stride=2, padding=1)
        self.expand, self.bn1 = nn.Conv2d(8, 16, 1, bias=False), nn.BatchNorm2d(16)
        self.depthwise = nn.Conv2d(16, 16, 5, padding=2, groups=16, bias=False)
        self.bn2 = nn.BatchNorm2d(16)
        self.squeeze, self.excite = nn.Conv2d(16, 4, 1), nn.Conv2d(4, 16, 1)
        self.project, self.bn3 = nn.Conv2d(16, 8, 1, bias=False), nn.BatchNorm2d(8)
        self.fc = nn.Linear(8, 5)
        self.act, self.gate = nn.Hardswish(), nn.Hardsigmoid()

    def forward(self, x):
        x = self.act(self.stem(x))
        y = self.act(self.bn2(self.depthwise(self.act(self.bn1(self.expand(x))))))
        scale = nn.functional.adaptive_avg_pool2d(y, 1)
        y = y * self.gate(self.excite(torch.relu(self.squeeze(scale))))
        x = x + self.bn3(self.project(y))
        return self.fc(x.mean((2, 3)))


class Transformer(nn.Module):
    """Patches, a class token, positions, and one layer with attention written out."""

    def __init__(self, width=12, heads=3):
        super().__init__()
        self.heads, self.patch = heads, nn.Conv2d(1, width, 4, stride=4)
        self.token = nn.Parameter(torch.randn(1, 1, width))
        self.positions = nn.Parameter(torch.randn(1, 10, width))
        self.norm1, self.norm2, self.norm = (nn.LayerNorm(width) for _ in range(3))
        self.qkv, self.out = nn.Linear(width, 3 * width), nn.Linear(width, width)
        self.up, self.down, self.fc = nn.Linear(width, 24), nn.Linear(24, width), nn.Linear(width, 4)

    def forward(self, x):
        x = self.patch(x).flatten(2).transpose(1, 2)
        x = torch.cat([self.token.expand(x.shape[0], -1, -1), x], 1) + self.positions
        batch, length, width = x.shape
        qkv = self.qkv(self.norm1(x)).reshape(batch, length, 3, self.heads, width // self.heads)
        query, key, value = qkv.permute(2, 0, 3, 1, 4).unbind(0)
        weights = (query @ key.transpose(-2, -1) / (width // self.heads) ** 0.5).softmax(-1)
        x = x + self.out((weights @ value).transpose(1, 2).reshape(batch, length, width))
        x = x + self.down(nn.functional.gelu(self.up(self.norm2(x))))
        return self.fc(self.norm(x)[:, 0])


class Text(nn.Module):
    """An encoder of token ids with a mask, and the mean over what is not masked."""

    def __init__(self, width=8):
        super().__init__()
        self.words, self.kinds = nn.Embedding(30, width), nn.Embedding(2, width)
        self.positions, self.norm = nn.Embedding(16, width), nn.LayerNorm(width)
        self.query, self.key, self.value = (nn.Linear(width, width) for _ in range(3))
        self.fc = nn.Linear(width, 3)

    def forward(self, input_ids, attention_mask, token_type_ids):
        places = torch.arange(input_ids.shape[1]).unsqueeze(0)
        x = self.words(input_ids) + self.kinds(token_type_ids) + self.positions(places)
        x = self.norm(x)
        bias = (1 - attention_mask[:, None, :].to(x.dtype)) * torch.finfo(torch.float32).min
        weights = (self.query(x) @ self.key(x).transpose(1, 2) / x.shape[-1] ** 0.5 + bias).softmax(-1)
        x = x + weights @ self.value(x)
        mask = attention_mask.unsqueeze(-1).expand(x.size()).float()
        return self.fc((x * mask).sum(1) / mask.sum(1).clamp(min=1e-9))


def record_text(name, model):
    tokens = torch.randint(1, 30, (3, 6))
    mask = torch.tensor([[1, 1, 1, 1, 1, 1], [1, 1, 1, 0, 0, 0], [1, 1, 0, 0, 0, 0]])
    inputs = {"input_ids": tokens * mask, "attention_mask": mask, "token_type_ids": torch.zeros_like(mask)}
    axes = {key: {0: "batch", 1: "length"} for key in inputs}
    torch.onnx.export(
        model.eval(), tuple(inputs.values()), f"{name}.onnx", input_names=list(inputs), output_names=["logits"],
        opset_version=17, dynamic_axes=axes | {"logits": {0: "batch"}}, dynamo=False)
    arrays = {key: value.numpy() for key, value in inputs.items()}
    session = onnxruntime.InferenceSession(f"{name}.onnx", providers=["CPUExecutionProvider"])
    result = session.run(None, arrays)[0]
    print(name, [node.op_type for node in onnx.load(f"{name}.onnx").graph.node])
    tensors.write(
        f"{name}.safetensors",
        {"input/0": arrays["input_ids"], "input/1": arrays["attention_mask"], "output/0": result})


def record(name, model, shape):
    with torch.no_grad():
        for module in model.modules():
            if isinstance(module, nn.BatchNorm2d):
                module.running_mean.uniform_(-0.3, 0.3)
                module.running_var.uniform_(0.5, 1.5)
                module.weight.uniform_(0.5, 1.5)
                module.bias.uniform_(-0.3, 0.3)
    model.eval()
    x = torch.rand(3, *shape)
    torch.onnx.export(
        model, (x,), f"{name}.onnx", input_names=["input"], output_names=["output"], opset_version=17,
        dynamic_axes={"input": {0: "batch"}, "output": {0: "batch"}}, dynamo=False, do_constant_folding=True,
        training=torch.onnx.TrainingMode.PRESERVE)
    onnx.checker.check_model(f"{name}.onnx")
    session = onnxruntime.InferenceSession(f"{name}.onnx", providers=["CPUExecutionProvider"])
    result = session.run(None, {"input": x.numpy()})[0]
    reference = model(x).detach().numpy()
    print(name, np.abs(result - reference).max(), [node.op_type for node in onnx.load(f"{name}.onnx").graph.node])
    tensors.write(f"{name}.safetensors", {"input/0": x.numpy(), "output/0": result})


torch.manual_seed(5)
record("mlp", MLP(), (1, 28, 28))
record("cnn", CNN(), (1, 28, 28))
record("mobile", Mobile(), (3, 12, 12))
record("transformer", Transformer(), (1, 12, 12))
record_text("text", Text())
