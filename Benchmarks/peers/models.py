"""PyTorch's models, with the names of parameters that Retort's files have."""

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


class LeNet5Small(nn.Module):
    def __init__(self):
        super().__init__()
        self.conv1, self.conv2 = nn.Conv2d(1, 8, 5, padding=2), nn.Conv2d(8, 16, 5, padding=2)
        self.fc1, self.fc2 = nn.Linear(784, 64), nn.Linear(64, 10)

    def forward(self, x):
        x = F.max_pool2d(F.relu(self.conv1(x)), 2)
        x = F.max_pool2d(F.relu(self.conv2(x)), 2).flatten(1)
        return self.fc2(F.relu(self.fc1(x)))


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

        def stage(inputs, outputs, stride):
            count = (depth - 2) // 6
            blocks = [Block(inputs, outputs, stride)]
            return nn.Sequential(*blocks, *(Block(outputs, outputs, 1) for _ in range(count - 1)))

        self.layer1, self.layer2, self.layer3 = stage(16, 16, 1), stage(16, 32, 2), stage(32, 64, 2)
        self.fc = nn.Linear(64, 10)

    def forward(self, x):
        x = self.layer3(self.layer2(self.layer1(F.relu(self.bn1(self.conv1(x))))))
        return self.fc(x.mean((2, 3)))


def normalised(inputs, outputs, kernel, stride=1, groups=1, activation=None):
    return nn.Sequential(
        nn.Conv2d(inputs, outputs, kernel, stride, kernel // 2, groups=groups, bias=False),
        nn.BatchNorm2d(outputs, eps=1e-3, momentum=0.01), *([activation()] if activation else []))


class SqueezeExcitation(nn.Module):
    def __init__(self, channels):
        super().__init__()
        squeezed = max(8, (channels // 4 + 4) // 8 * 8)
        self.fc1, self.fc2 = nn.Conv2d(channels, squeezed, 1), nn.Conv2d(squeezed, channels, 1)

    def forward(self, x):
        return x * F.hardsigmoid(self.fc2(F.relu(self.fc1(x.mean((2, 3), keepdim=True)))))


class InvertedResidual(nn.Module):
    def __init__(self, inputs, kernel, expanded, outputs, squeezes, activation, stride):
        super().__init__()
        self.is_residual = stride == 1 and inputs == outputs
        self.block = nn.Sequential(
            *([normalised(inputs, expanded, 1, activation=activation)]
              if expanded != inputs else []),
            normalised(expanded, expanded, kernel, stride, expanded, activation),
            *([SqueezeExcitation(expanded)] if squeezes else []),
            normalised(expanded, outputs, 1))

    def forward(self, x):
        return x + self.block(x) if self.is_residual else self.block(x)


class MobileNetV3Small(nn.Module):
    """torchvision's, but for the first strides."""

    def __init__(self):
        super().__init__()
        relu, swish = nn.ReLU, nn.Hardswish
        rows = [
            (16, 3, 16, 16, True, relu, 1), (16, 3, 72, 24, False, relu, 2),
            (24, 3, 88, 24, False, relu, 1), (24, 5, 96, 40, True, swish, 2),
            (40, 5, 240, 40, True, swish, 1), (40, 5, 240, 40, True, swish, 1),
            (40, 5, 120, 48, True, swish, 1), (48, 5, 144, 48, True, swish, 1),
            (48, 5, 288, 96, True, swish, 2), (96, 5, 576, 96, True, swish, 1),
            (96, 5, 576, 96, True, swish, 1),
        ]
        self.features = nn.Sequential(
            normalised(1, 16, 3, activation=swish), *(InvertedResidual(*row) for row in rows),
            normalised(96, 576, 1, activation=swish))
        self.classifier = nn.Sequential(
            nn.Linear(576, 1024), nn.Hardswish(), nn.Identity(), nn.Linear(1024, 10))

    def forward(self, x):
        return self.classifier(self.features(x).mean((2, 3)))


class EncoderLayer(nn.Module):
    def __init__(self, width, heads, inner):
        super().__init__()
        self.heads = heads

        def norm():
            return nn.LayerNorm(width, eps=1e-12)

        own = nn.ModuleDict({key: nn.Linear(width, width) for key in ("query", "key", "value")})
        out = nn.ModuleDict({"dense": nn.Linear(width, width), "LayerNorm": norm()})
        self.attention = nn.ModuleDict({"self": own, "output": out})
        self.intermediate = nn.ModuleDict({"dense": nn.Linear(width, inner)})
        self.output = nn.ModuleDict({"dense": nn.Linear(inner, width), "LayerNorm": norm()})

    def forward(self, x):
        batch, length, width = x.shape

        def split(y):
            return y.view(batch, length, self.heads, width // self.heads).transpose(1, 2)

        own, out = self.attention["self"], self.attention["output"]
        mixed = F.scaled_dot_product_attention(
            split(own["query"](x)), split(own["key"](x)), split(own["value"](x)))
        mixed = mixed.transpose(1, 2).reshape(batch, length, width)
        x = out["LayerNorm"](x + out["dense"](mixed))
        inner = F.gelu(self.intermediate["dense"](x))
        return self.output["LayerNorm"](x + self.output["dense"](inner))


class Encoder(nn.Module):
    """BERT's encoder with a classifier, without dropout and padding."""

    def __init__(self, vocabulary=8192, width=256, layers=4, heads=4, inner=1024, length=128):
        super().__init__()
        embeddings = {
            "word_embeddings": nn.Embedding(vocabulary, width),
            "position_embeddings": nn.Embedding(length, width),
            "token_type_embeddings": nn.Embedding(2, width),
            "LayerNorm": nn.LayerNorm(width, eps=1e-12),
        }
        stack = nn.Sequential(*(EncoderLayer(width, heads, inner) for _ in range(layers)))
        self.bert = nn.ModuleDict({
            "embeddings": nn.ModuleDict(embeddings),
            "encoder": nn.ModuleDict({"layer": stack}),
            "pooler": nn.ModuleDict({"dense": nn.Linear(width, width)}),
        })
        self.classifier = nn.Linear(width, 2)

    def forward(self, ids):
        tables = self.bert["embeddings"]
        positions = tables["position_embeddings"].weight[:ids.shape[1]]
        segment = tables["token_type_embeddings"].weight[:1]
        x = tables["LayerNorm"](tables["word_embeddings"](ids) + (positions + segment))
        x = self.bert["encoder"]["layer"](x)
        return self.classifier(torch.tanh(self.bert["pooler"]["dense"](x[:, 0])))


class ConvVAE(nn.Module):
    def __init__(self, latent=16, width=32, hidden=256):
        super().__init__()
        inner = 2 * width * 49
        self.encoder = nn.Sequential(
            nn.Conv2d(1, width, 4, 2, 1), nn.ReLU(), nn.Conv2d(width, 2 * width, 4, 2, 1),
            nn.ReLU(), nn.Flatten(), nn.Linear(inner, hidden), nn.ReLU())
        self.mean, self.log_variance = nn.Linear(hidden, latent), nn.Linear(hidden, latent)
        self.decoder = nn.Sequential(
            nn.Linear(latent, hidden), nn.ReLU(), nn.Linear(hidden, inner), nn.ReLU(),
            nn.Unflatten(1, (2 * width, 7, 7)),
            nn.ConvTranspose2d(2 * width, width, 4, 2, 1), nn.ReLU(),
            nn.ConvTranspose2d(width, 1, 4, 2, 1))

    def encode(self, x):
        return self.mean(self.encoder(x))

    def decode(self, z):
        return torch.sigmoid(self.decoder(z))
