"""torchvision's MobileNetV2. Needs torch and torchvision."""

import torchvision

from recording import record

WIDTH = 0.25

model = torchvision.models.mobilenet_v2(num_classes=10, width_mult=WIDTH)
record(model, "mobilenetv2", {"width": WIDTH, "torchvision": 1}, [3, 64, 64], torchvision, most=400)
