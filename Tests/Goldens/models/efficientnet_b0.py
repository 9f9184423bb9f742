"""torchvision's EfficientNet-B0, narrow and deeper in parts. Needs torch and torchvision."""

import torchvision
from torchvision.models.efficientnet import EfficientNet, _efficientnet_conf

from recording import record

WIDTH, DEPTH = 0.25, 1.1

rows, last = _efficientnet_conf("efficientnet_b0", width_mult=WIDTH, depth_mult=DEPTH)
model = EfficientNet(rows, dropout=0, stochastic_depth_prob=0, num_classes=10, last_channel=last)
options = {"width": WIDTH, "depth": DEPTH, "dropout": 0}
record(model, "efficientnet-b0", options, [3, 64, 96], torchvision, most=120, gain=1.1)
