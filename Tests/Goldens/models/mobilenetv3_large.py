"""torchvision's MobileNetV3-Large, narrow. Needs torch and torchvision."""

import torchvision

from recording import record

WIDTH = 0.25

model = torchvision.models.mobilenet_v3_large(num_classes=10, width_mult=WIDTH, dropout=0)
record(
    model, "mobilenetv3-large", {"width": WIDTH, "dropout": 0}, [3, 64, 96], torchvision, most=240)
