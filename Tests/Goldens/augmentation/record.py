"""Records what torchvision makes of two pictures: python3 record.py (torchvision 0.29, PyTorch 2.15).

cases.npz has the pictures, colour and grey, [height, width, channels], and what becomes of each: `colour brightness
0.3` by the function of that name, `grey 5 17 -` by RandAugment's operation of that number, strength and sign.
"""
import numpy as np
import torch
from torchvision.transforms import InterpolationMode, RandAugment
from torchvision.transforms import functional as F
from torchvision.transforms.autoaugment import _apply_op

generator = torch.Generator().manual_seed(7)
rows, columns = torch.meshgrid(torch.arange(13), torch.arange(18), indexing="ij")
wave = torch.stack([128 + 100 * torch.sin(rows / 3 + c + columns / 5) for c in range(3)])
noise = torch.randint(-30, 30, (3, 13, 18), generator=generator)
colour = (wave + noise).clamp(10, 240).to(torch.uint8)
pictures = {"colour": colour, "grey": colour[:1].clone()}
functions = {
    "brightness": (F.adjust_brightness, [0.3, 1.7]),
    "contrast": (F.adjust_contrast, [0.3, 1.7]),
    "saturation": (F.adjust_saturation, [0.0, 0.4, 1.9]),
    "hue": (F.adjust_hue, [-0.5, -0.13, 0.08, 0.4]),
    "sharpness": (F.adjust_sharpness, [0.2, 1.8]),
}
found = {}
for name, picture in pictures.items():
    found[name] = picture
    for function, (apply, amounts) in functions.items():
        for amount in amounts:
            found[f"{name} {function} {amount}"] = apply(picture, amount)
    space = RandAugment()._augmentation_space(31, (13, 18))
    for number, (kind, (magnitudes, signed)) in enumerate(space.items()):
        for strength in [9, 30] if name == "colour" else [17]:
            for sign in "+-" if signed else "+":
                amount = float(magnitudes[strength]) if magnitudes.ndim else 0.0
                found[f"{name} {number} {strength} {sign}"] = _apply_op(
                    picture, kind, -amount if sign == "-" else amount, InterpolationMode.NEAREST, None)
np.savez_compressed("cases.npz", **{n: t.permute(1, 2, 0).numpy() for n, t in found.items()})

# A batch of three, mixed with the weight 0.3 and with a part of rows 1 to 3, columns 2 to 5; logits, and the
# cross-entropy of each example with the mixed labels, smoothed by 0.1.
logits = torch.randn(3, 4, generator=generator, dtype=torch.float64)
labels = torch.nn.functional.one_hot(torch.tensor([2, 0, 3]), 4).double()
losses = [
    torch.nn.functional.cross_entropy(
        logits, labels * w + labels.roll(1, 0) * (1 - w), reduction="none", label_smoothing=0.1)
    for w in (0.3, 1.0)
]
np.savez_compressed("mixed.npz", logits=logits.numpy(), losses=torch.stack(losses).numpy())
