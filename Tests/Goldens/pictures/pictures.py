"""Writes the pictures beside this file, and what Pillow makes of them.

    pip install pillow==13.0.0 numpy==2.4.6
    python3 pictures.py

`NAME.png` and `NAME.jpg` are sources. `NAME.decoded.png` has the samples of all pixels, upright; `NAME.SIDE.png`
and `NAME.SIDE.grey.png` what torchvision's evaluation transform of that side makes of them in colour and in grey:
Resize(side * 8 // 7, or the side up to 64) and CenterCrop(side), bilinear with antialiasing, which is Pillow's.
`tall.partSIDE.png` is what RandomResizedCrop makes of one part.
"""
import pathlib

import numpy as np
from PIL import Image, ImageOps

HERE = pathlib.Path(__file__).parent
generator = np.random.default_rng(7)


def scene(height, width):
    """Smooth colours with edges and a little noise, so that every resampling differs."""
    y, x = np.mgrid[0:height, 0:width] / max(height, width)
    waves = [np.sin(9 * x + 3 * y), np.cos(7 * y * x + 1), np.sin(11 * y - 4 * x)]
    values = np.stack(waves, axis=-1) * 90 + 128
    values[(x - 0.4) ** 2 + (y - 0.3) ** 2 < 0.03] = [250, 30, 60]
    values += generator.normal(0, 6, values.shape)
    return Image.fromarray(np.clip(values, 0, 255).astype(np.uint8))


def fitted(image, side):
    covered = side if side <= 64 else side * 8 // 7
    width, height = image.size
    short, long = min(width, height), max(width, height)
    other = int(covered * long / short)
    size = (covered, other) if width <= height else (other, covered)
    image = image.resize(size, Image.Resampling.BILINEAR)
    left, top = (int(round((extent - side) / 2.0)) for extent in size)
    return image.crop((left, top, left + side, top + side))


def record(name, sides, whole=True):
    image = ImageOps.exif_transpose(Image.open(HERE / name))
    stem = pathlib.Path(name).stem
    image = image.convert("L" if image.mode == "L" else "RGB")
    if whole:
        image.save(HERE / f"{stem}.decoded.png", optimize=True)
    for side in sides:
        fitted(image.convert("RGB"), side).save(HERE / f"{stem}.{side}.png", optimize=True)
        fitted(image.convert("L"), side).save(HERE / f"{stem}.{side}.grey.png", optimize=True)


scene(45, 60).save(HERE / "wide.jpg", quality=90)
scene(71, 50).save(HERE / "tall.png", optimize=True)
scene(40, 41).convert("L").save(HERE / "grey.jpg", quality=80)
scene(33, 37).save(HERE / "progressive.jpg", quality=85, subsampling=0, progressive=True)
scene(30, 50).quantize(32).save(HERE / "palette.png", optimize=True)
scene(300, 400).save(HERE / "large.jpg", quality=85)
for name in ["wide.jpg", "tall.png", "grey.jpg", "progressive.jpg", "palette.png"]:
    record(name, [16, 72])
record("large.jpg", [64], whole=False)
# A part in rows 7 to 27 and columns 11 to 42, larger than it is and smaller.
part = Image.open(HERE / "tall.png").crop((11, 7, 42, 27))
part.resize((16, 16), Image.Resampling.BILINEAR).save(HERE / "tall.part16.png", optimize=True)
part.resize((40, 40), Image.Resampling.BILINEAR).save(HERE / "tall.part40.png", optimize=True)
picture = scene(20, 33)
for orientation in range(2, 9):
    exif = Image.Exif()
    exif[0x0112] = orientation
    picture.save(HERE / f"turned{orientation}.jpg", quality=95, exif=exif)
    record(f"turned{orientation}.jpg", [])
print("by Pillow", __import__("PIL").__version__, "and NumPy", np.__version__)

# libwebp's: lossy, lossless, and with transparency, which leaves a chunk before the picture.
scene(34, 45).save(HERE / "lossy.webp", quality=80)
scene(31, 22).save(HERE / "lossless.webp", lossless=True)
clear = scene(20, 27)
clear.putalpha(Image.linear_gradient("L").resize((27, 20)))
clear.save(HERE / "clear.webp", lossless=True, exact=True)
for name in ["lossy.webp", "lossless.webp", "clear.webp"]:
    record(name, [])
