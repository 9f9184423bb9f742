"""Records names, shapes, logits and one training step of a PyTorch model.

Weights and images follow a rule that the tests repeat, so that none need be stored: see `noise` and
`filled`; the images are tensor -1, and each is darker by 10 than the one before. Computed in
float64; how far PyTorch's own float32 gradients are off is recorded too.
"""

import copy
import json
import math

import torch

BATCH = 4


def noise(count, number):
    index = torch.arange(1, count + 1, dtype=torch.float64)
    return (torch.sin(index * 12.9898 + (number + 1) * 78.233) * 43758.5453) % 1


def filled(name, shape, number, gain):
    u = noise(math.prod(shape), number)
    if name.endswith("running_var") or (len(shape) == 1 and name.endswith("weight")):
        values = 0.5 + u
    elif len(shape) == 1:
        values = 0.2 * u - 0.1
    else:
        values = (2 * u - 1) * gain * math.sqrt(3 / math.prod(shape[1:]))
    return values.float().double().reshape(shape)


def record(model, name, options, image, source=torch, most=2500, gain=1):
    """Prints what `model` computes, which the catalog's model `name` with `options` must.

    `image` is channels, height, width. Gradients of tensors of more than `most` elements are left
    out, to keep files small. `gain` multiplies weights of several axes, where pictures would else
    make little difference to what comes out.
    """
    model = model.double().eval()
    state = {
        key: tensor for key, tensor in model.state_dict().items()
        if not key.endswith("num_batches_tracked")
    }
    for number, (key, tensor) in enumerate(state.items()):
        tensor.copy_(filled(key, list(tensor.shape), number, gain))
    images = (40 * noise(BATCH * math.prod(image), -1)).reshape(BATCH, *image)
    images = (images - 10 * torch.arange(BATCH).reshape(-1, 1, 1, 1)).float().double()
    with torch.no_grad():
        logits = model(images)
    model.train()
    for module in model.modules():
        if isinstance(module, torch.nn.Dropout):
            module.p = 0
    narrow = step(copy.deepcopy(model).float(), images.float(), most)[1]
    loss, gradients = step(model, images, most)
    print(json.dumps({
        "source": f"{source.__name__} {source.__version__}", "model": name, "options": options,
        "classes": logits.shape[1], "image": image,
        **({} if gain == 1 else {"gain": gain}), "names": list(state),
        "shapes": [list(tensor.shape) for tensor in state.values()], "logits": numbers(logits),
        "loss": loss.item(),
        "gradients": {key: numbers(gradient) for key, gradient in gradients.items()},
        "float32": max(distance(narrow[key], gradients[key]) for key in gradients),
    }))


def step(model, images, most):
    """The cross-entropy, and its gradients by name."""
    logits = model(images)
    loss = torch.nn.functional.cross_entropy(logits, 3 * torch.arange(BATCH) % logits.shape[1])
    loss.backward()
    return loss, {
        key: parameter.grad for key, parameter in model.named_parameters()
        if parameter.numel() <= most
    }


def distance(found, expected):
    """How far float32 is off, relatively; 0 for gradients that are zero but for rounding."""
    norm = expected.norm().item()
    return (found.double() - expected).norm().item() / norm if norm >= 1e-6 else 0


def numbers(tensor):
    return [float(f"{value:.8g}") for value in tensor.flatten().tolist()]
