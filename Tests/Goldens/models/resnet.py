"""torchvision's ResNet-18, -34 or -50, narrow: resnet.py DEPTH. Needs torch and torchvision."""

import sys

import torchvision
from torch import nn
from torchvision.models.resnet import BasicBlock, Bottleneck, ResNet

from recording import record

WIDTH = 4
DEPTHS = {
    18: (BasicBlock, [2, 2, 2, 2]), 34: (BasicBlock, [3, 4, 6, 3]), 50: (Bottleneck, [3, 4, 6, 3]),
}


class Narrow(ResNet):
    """torchvision fixes the widths; all are scaled here."""

    def _make_layer(self, block, planes, blocks, stride=1, dilate=False):
        if planes == 64:
            self.inplanes = WIDTH
        return super()._make_layer(block, planes * WIDTH // 64, blocks, stride, dilate)


depth = int(sys.argv[1])
block, counts = DEPTHS[depth]
model = Narrow(block, counts, num_classes=10)
model.conv1 = nn.Conv2d(3, WIDTH, 7, 2, 3, bias=False)
model.bn1 = nn.BatchNorm2d(WIDTH)
model.fc = nn.Linear(8 * WIDTH * block.expansion, 10)
record(model, f"resnet{depth}", {"width": WIDTH}, [3, 64, 96], torchvision, most=200)
