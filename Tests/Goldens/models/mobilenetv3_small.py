"""torchvision's MobileNetV3-Small, changed for small images. Needs torch and torchvision."""

import torch
import torchvision
from torchvision.models.mobilenetv3 import MobileNetV3, _mobilenet_v3_conf

from recording import record

WIDTH = 0.25

settings, last = _mobilenet_v3_conf("mobilenet_v3_small", width_mult=WIDTH)
settings[0].stride = 1
model = MobileNetV3(settings, last, num_classes=10)
stem = model.features[0][0]
model.features[0][0] = torch.nn.Conv2d(1, stem.out_channels, 3, 1, 1, bias=False)
record(
    model, "mobilenetv3-small", {"width": WIDTH, "dropout": 0}, [1, 28, 28], torchvision, most=400)
