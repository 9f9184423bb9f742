"""torchvision's ConvNeXt-T, narrow. Needs torch and torchvision."""

import torchvision
from torchvision.models.convnext import CNBlockConfig, ConvNeXt

from recording import record

WIDTH = 4

stages = [
    CNBlockConfig(WIDTH, 2 * WIDTH, 3), CNBlockConfig(2 * WIDTH, 4 * WIDTH, 3),
    CNBlockConfig(4 * WIDTH, 8 * WIDTH, 9), CNBlockConfig(8 * WIDTH, None, 3),
]
model = ConvNeXt(stages, num_classes=10)
record(model, "convnext-tiny", {"width": WIDTH}, [3, 64, 96], torchvision, most=200)
