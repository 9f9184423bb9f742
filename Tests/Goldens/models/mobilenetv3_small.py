"""Records names, shapes and logits of torchvision's MobileNetV3-Small, changed for small images.

Needs torch and torchvision; prints JSON. Weights and images follow a rule that the test repeats, so
that none need be stored; see `noise` and `filled`. The images are tensor -1.
"""

import json
import math

import torch
import torchvision
from torchvision.models.mobilenetv3 import MobileNetV3, _mobilenet_v3_conf

WIDTH = 0.25


def noise(count, number):
    index = torch.arange(1, count + 1, dtype=torch.float64)
    return (torch.sin(index * 12.9898 + (number + 1) * 78.233) * 43758.5453) % 1


def filled(name, shape, number):
    u = noise(math.prod(shape), number)
    if name.endswith("running_var") or (len(shape) == 1 and name.endswith("weight")):
        values = 0.5 + u
    elif len(shape) == 1:
        values = 0.2 * u - 0.1
    else:
        values = (2 * u - 1) * math.sqrt(3 / math.prod(shape[1:]))
    return values.float().double().reshape(shape)


def main():
    settings, last = _mobilenet_v3_conf("mobilenet_v3_small", width_mult=WIDTH)
    settings[0].stride = 1
    model = MobileNetV3(settings, last, num_classes=10)
    stem = model.features[0][0]
    model.features[0][0] = torch.nn.Conv2d(1, stem.out_channels, 3, 1, 1, bias=False)
    model = model.double().eval()
    state = {
        name: tensor for name, tensor in model.state_dict().items()
        if not name.endswith("num_batches_tracked")
    }
    for number, (name, tensor) in enumerate(state.items()):
        tensor.copy_(filled(name, list(tensor.shape), number))
    images = (40 * noise(2 * 784, -1)).reshape(2, 1, 28, 28)
    images[1] -= 20  # else both would be much alike
    images = images.float().double()
    with torch.no_grad():
        logits = model(images)
    record = {
        "torchvision": torchvision.__version__, "width": WIDTH,
        "names": list(state), "shapes": [list(tensor.shape) for tensor in state.values()],
        "logits": logits.flatten().tolist(),
    }
    print(json.dumps(record))


main()
