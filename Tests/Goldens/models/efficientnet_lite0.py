"""EfficientNet-Lite0 of efficientnet-lite-pytorch, narrow. Needs torch and that package."""

import efficientnet_lite_pytorch
from efficientnet_lite_pytorch import EfficientNet

from recording import record

WIDTH = 0.25
IMAGE = [3, 64, 90]

model = EfficientNet.from_name(
    "efficientnet-lite0", width_coefficient=WIDTH, image_size=IMAGE[1:], num_classes=10,
    drop_connect_rate=0)
options = {"width": WIDTH, "dropout": 0}
record(model, "efficientnet-lite0", options, IMAGE, efficientnet_lite_pytorch, most=240)
