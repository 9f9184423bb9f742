"""MobileNetV2 with RepDistiller's keys, strides and ReLU. Needs torch."""

from torch import nn

from recording import record

WIDTH = 0.125
ROWS = [  # expansion, channels, blocks, first stride
    (1, 16, 1, 1), (6, 24, 2, 1), (6, 32, 3, 2), (6, 64, 4, 2), (6, 96, 3, 1), (6, 160, 3, 2),
    (6, 320, 1, 1),
]


def convolution(inputs, outputs, kernel, stride=1, groups=1):
    layer = nn.Conv2d(
        inputs, outputs, kernel, stride, kernel // 2, groups=groups, bias=False)
    return [layer, nn.BatchNorm2d(outputs)]


class Bottleneck(nn.Module):
    def __init__(self, inputs, outputs, expansion, stride):
        super().__init__()
        inner = inputs * expansion
        self.conv = nn.Sequential(
            *convolution(inputs, inner, 1), nn.ReLU(),
            *convolution(inner, inner, 3, stride, groups=inner), nn.ReLU(),
            *convolution(inner, outputs, 1))
        self.adds = stride == 1 and inputs == outputs

    def forward(self, x):
        return x + self.conv(x) if self.adds else self.conv(x)


class MobileNetV2(nn.Module):
    def __init__(self, channels, classes, width):
        super().__init__()
        inputs = int(32 * width)
        self.conv1 = nn.Sequential(*convolution(channels, inputs, 3, 2), nn.ReLU())
        self.blocks = nn.ModuleList()
        for expansion, outputs, count, stride in ROWS:
            outputs = int(outputs * width)
            row = []
            for index in range(count):
                row.append(Bottleneck(inputs, outputs, expansion, 1 if index else stride))
                inputs = outputs
            self.blocks.append(nn.Sequential(*row))
        features = int(1280 * width) if width > 1 else 1280
        self.conv2 = nn.Sequential(*convolution(inputs, features, 1), nn.ReLU())
        self.classifier = nn.Sequential(nn.Linear(features, classes))

    def forward(self, x):
        x = self.conv1(x)
        for row in self.blocks:
            x = row(x)
        return self.classifier(self.conv2(x).mean((2, 3)))


if __name__ == "__main__":
    record(MobileNetV2(1, 10, WIDTH), "mobilenetv2", {"width": WIDTH}, [1, 28, 28], most=400)
