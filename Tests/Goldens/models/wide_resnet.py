"""The wide residual network for small images with RepDistiller's keys. Needs torch."""

from torch import nn

from recording import record

WIDTH = 4  # 16 in the paper


class Block(nn.Module):
    def __init__(self, inputs, outputs, stride):
        super().__init__()
        self.bn1 = nn.BatchNorm2d(inputs)
        self.conv1 = nn.Conv2d(inputs, outputs, 3, stride, 1, bias=False)
        self.bn2 = nn.BatchNorm2d(outputs)
        self.conv2 = nn.Conv2d(outputs, outputs, 3, 1, 1, bias=False)
        self.convShortcut = None
        if inputs != outputs:
            self.convShortcut = nn.Conv2d(inputs, outputs, 1, stride, bias=False)

    def forward(self, x):
        active = self.bn1(x).relu()
        y = self.conv2(self.bn2(self.conv1(active)).relu())
        return y + (self.convShortcut(active) if self.convShortcut else x)


class Stage(nn.Module):
    def __init__(self, blocks, inputs, outputs, stride):
        super().__init__()
        self.layer = nn.Sequential(
            Block(inputs, outputs, stride),
            *(Block(outputs, outputs, 1) for _ in range(blocks - 1)))

    def forward(self, x):
        return self.layer(x)


class WideResNet(nn.Module):
    def __init__(self, channels, classes, depth, widening, width):
        super().__init__()
        blocks, first = (depth - 4) // 6, widening * width
        self.conv1 = nn.Conv2d(channels, width, 3, 1, 1, bias=False)
        self.block1 = Stage(blocks, width, first, 1)
        self.block2 = Stage(blocks, first, 2 * first, 2)
        self.block3 = Stage(blocks, 2 * first, 4 * first, 2)
        self.bn1 = nn.BatchNorm2d(4 * first)
        self.fc = nn.Linear(4 * first, classes)

    def forward(self, x):
        x = self.block3(self.block2(self.block1(self.conv1(x))))
        return self.fc(self.bn1(x).relu().mean((2, 3)))


if __name__ == "__main__":
    record(WideResNet(1, 10, 16, 2, WIDTH), "wrn16-2", {"width": WIDTH}, [1, 12, 16])
