"""torchvision's MobileNetV3-Small. Needs torch and torchvision."""

import torchvision

from recording import record

WIDTH = 0.25

model = torchvision.models.mobilenet_v3_small(num_classes=10, width_mult=WIDTH, dropout=0)
record(
    model, "mobilenetv3-small", {"width": WIDTH, "dropout": 0, "torchvision": 1}, [3, 64, 64],
    torchvision, most=400)
