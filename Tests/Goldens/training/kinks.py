"""Says how near recorded trainings come to a kink: of a ReLU, a hard sigmoid or a maximum.

Usage: kinks.py CASE.safetensors…   Needs torch and safetensors. Fails where a case comes nearer than
LEAST. On a kink the last bit of a sum decides whether a gradient passes, so right devices differ. How
near is |x| / rms of a layer's x in a step, x being the distance to the kink, over all steps.
"""

import json
import sys

import torch
from safetensors import safe_open
from torch.nn import functional as F

LEAST = 1e-5


class Kinks:
    """Functions with kinks, and the least distance to one that they were called at."""

    def __init__(self):
        self.least = float("inf")

    def note(self, distance, scale):
        rms = scale.detach().square().mean().sqrt()
        self.least = min(self.least, (distance.detach().abs().min() / rms).item())

    def relu(self, x):
        self.note(x, x)
        return F.relu(x)

    def hard_sigmoid(self, x):
        self.note(x.abs() - 3, x)
        return F.hardsigmoid(x)

    def hard_swish(self, x):
        self.note(x.abs() - 3, x)
        return F.hardswish(x)

    def max_pool(self, x):
        height, width = x.shape[2] // 2 * 2, x.shape[3] // 2 * 2
        cells = x[:, :, :height, :width].unfold(2, 2, 2).unfold(3, 2, 2).flatten(4)
        two = cells.topk(2).values
        gap = two[..., 0] - two[..., 1]
        # Where all are zero behind a ReLU no gradient passes, whichever is taken.
        self.note(torch.where(two[..., 0] > 0, gap, torch.inf), x)
        return F.max_pool2d(x, 2)


class Layers:
    """The layers of a case by name."""

    def __init__(self, values, prefix, hyper):
        self.hyper = hyper
        self.values = {
            name.removeprefix(prefix): value for name, value in values.items()
            if name.startswith(prefix)
        }
        self.parameters = {
            name: value.requires_grad_() for name, value in self.values.items()
            if "running" not in name
        }

    def has(self, name):
        return name + ".weight" in self.values

    def linear(self, name, x):
        return F.linear(x, self.values[name + ".weight"], self.values[name + ".bias"])

    def conv(self, name, x, stride=1):
        weight = self.values[name + ".weight"]
        stride = self.hyper.get(name + "_stride", stride)
        padding = self.hyper.get(name + "_pad", weight.shape[2] // 2)
        groups = x.shape[1] // weight.shape[1]
        return F.conv2d(x, weight, self.values.get(name + ".bias"), stride, padding, 1, groups)

    def norm(self, name, x):
        weight, bias = self.values[name + ".weight"], self.values[name + ".bias"]
        epsilon = self.hyper.get("bn_eps", 1e-5)
        return F.batch_norm(x, None, None, weight, bias, training=True, eps=epsilon)


def perceptron(layers, kinks, x):
    return layers.linear("fc2", kinks.relu(layers.linear("fc1", x)))


def convolutional(layers, kinks, x):
    for name in ("conv1", "conv2"):
        x = kinks.max_pool(kinks.relu(layers.conv(name, x)))
    return layers.linear("fc", x.flatten(1))


def residual(layers, kinks, x):
    x = kinks.relu(layers.norm("bn", layers.conv("conv", x)))
    block = 1
    while layers.has(f"b{block}.conv1"):
        name = f"b{block}."
        projects = layers.has(name + "short.0")
        stride = layers.hyper.get(f"b{block}_stride", 2 if projects else 1)
        y = kinks.relu(layers.norm(name + "bn1", layers.conv(name + "conv1", x, stride)))
        y = layers.norm(name + "bn2", layers.conv(name + "conv2", y))
        if projects:
            x = layers.norm(name + "short.1", layers.conv(name + "short.0", x, stride))
        x, block = kinks.relu(x + y), block + 1
    return layers.linear("fc", x.mean((2, 3)))


def inverted(layers, kinks, x):
    x = kinks.hard_swish(layers.norm("bn0", layers.conv("stem", x, 2)))
    x = kinks.hard_swish(layers.norm("bn1", layers.conv("exp", x)))
    x = kinks.hard_swish(layers.norm("bn2", layers.conv("dw", x, 2)))
    squeezed = kinks.relu(layers.conv("se1", x.mean((2, 3), keepdim=True)))
    x = x * kinks.hard_sigmoid(layers.conv("se2", squeezed))
    return layers.linear("fc", layers.norm("bn3", layers.conv("proj", x)).mean((2, 3)))


def label_loss(forward):
    def loss(layers, kinks, values, hyper, step):
        logits = forward(layers, kinks, values["input.x"])
        hard = F.cross_entropy(
            logits, values["input.y"].long(), label_smoothing=hyper.get("label_smoothing", 0))
        if "input.teacher_logits" not in values:
            return hard
        t, alpha = hyper["temperature"], hyper["alpha"]
        teacher = F.log_softmax(values["input.teacher_logits"] / t, 1)
        soft = F.kl_div(
            F.log_softmax(logits / t, 1), teacher, reduction="batchmean", log_target=True)
        return alpha * hard + (1 - alpha) * t * t * soft
    return loss


def autoencoder_loss(layers, kinks, values, hyper, step):
    x = values["input.x"]
    hidden = kinks.relu(layers.linear("e1", x))
    mu, lv = layers.linear("mu", hidden), layers.linear("lv", hidden)
    z = mu + (lv / 2).exp() * values["input.eps"][step]
    logits = layers.linear("d2", kinks.relu(layers.linear("d1", z)))
    divergence = -0.5 * (1 + lv - mu * mu - lv.exp()).sum()
    bce = F.binary_cross_entropy_with_logits(logits, x, reduction="sum")
    return (bce + divergence) / len(x)


LOSSES = {
    "mlp_sgd": label_loss(perceptron), "cnn_adam_kd": label_loss(convolutional),
    "resnet_sgd_nesterov": label_loss(residual), "inverted_residual_adamw": label_loss(inverted),
    "vae_adam": autoencoder_loss,
}
# Without kinks: softplus, GELU, tanh, sigmoid, softmax.
SMOOTH = {"encoder_adamw", "gradient_penalty_sgd", "kd", "kd_with_labels"}


def training(kind, values, hyper):
    kinks, layers = Kinks(), Layers(values, "init.", hyper)
    rule = dict(hyper["optimizer"])
    make = {
        "sgd": torch.optim.SGD, "adam": torch.optim.Adam, "adamw": torch.optim.AdamW,
        "rmsprop": torch.optim.RMSprop,
    }[rule.pop("name")]
    if "beta1" in rule:
        rule["betas"] = (rule.pop("beta1"), rule.pop("beta2"))
    parameters = list(layers.parameters.values())
    follow = make(parameters, **rule)
    for step in range(hyper["steps"]):
        follow.zero_grad()
        loss = LOSSES[kind](layers, kinks, values, hyper, step)
        if step == 0:
            first = values["losses"][0].item()
            assert abs(loss.item() - first) <= 1e-5 * max(abs(first), 1), "another model"
        loss.backward()
        if "clip_norm" in hyper:
            torch.nn.utils.clip_grad_norm_(parameters, hyper["clip_norm"])
        if "clip_value" in hyper:
            torch.nn.utils.clip_grad_value_(parameters, hyper["clip_value"])
        follow.step()
    return kinks.least


def exploration(values):
    kinks = Kinks()
    decoder = Layers(values, "decoder.", {})
    players = [Layers(values, prefix, {}) for prefix in ("teacher.", "student.")]
    steps = [name for name in values if name.startswith("z.")]
    for name in steps:
        hidden = torch.tanh(decoder.linear("d1", values[name]))
        x = torch.sigmoid(decoder.linear("d2", hidden))
        for player in players:
            perceptron(player, kinks, x)
    return kinks.least


def nearest(kind, values, hyper):
    """How near the case comes; infinity where it has no kinks."""
    values = {
        name: value.double() if value.is_floating_point() else value
        for name, value in values.items()
    }
    if kind in SMOOTH:
        return float("inf")
    return exploration(values) if kind.startswith("tgt") else training(kind, values, hyper)


def main():
    faulty = 0
    for path in sys.argv[1:]:
        with safe_open(path, "pt") as file:
            values = {name: file.get_tensor(name) for name in file.keys()}
            metadata = file.metadata()
        kind = metadata.get("kind", "kd")  # a single loss
        least = nearest(kind, values, json.loads(metadata.get("hyper", "{}")))
        faulty += least <= LEAST
        print(f"{least:9.1e}  {'NEAR' if least <= LEAST else 'ok':4}  {path}")
    sys.exit(1 if faulty else 0)


if __name__ == "__main__":
    main()
