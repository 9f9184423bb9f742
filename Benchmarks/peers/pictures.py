"""Draws a stand-in for Fashion-MNIST, for machines without it and without a network.

Usage: pictures.py FOLDER. Ten classes of 28×28 pictures: class c is a bright shape of its own, moved,
scaled in brightness and covered with noise. Accuracies on it say that training works, and no more.
"""

import pathlib
import random
import struct
import sys

SIDE = 28
PARTS = {"train": 6000, "t10k": 1000}


def shape(number, draw):
    """The pixels of a class's shape: a few rectangles."""
    pixels = bytearray(SIDE * SIDE)
    for _ in range(3 + number % 3):
        top, left = draw.randrange(4, 18), draw.randrange(4, 18)
        high, wide = draw.randrange(3, 8), draw.randrange(3, 8)
        for row in range(top, top + high):
            pixels[row * SIDE + left:row * SIDE + left + wide] = bytes([1]) * wide
    return pixels


def picture(pixels, draw):
    down, right = draw.randrange(-2, 3), draw.randrange(-2, 3)
    light = draw.randrange(120, 200)
    moved = (
        pixels[(row - down) % SIDE * SIDE + (column - right) % SIDE]
        for row in range(SIDE) for column in range(SIDE))
    return bytes(light * bright + noise % 50 for bright, noise in zip(moved, draw.randbytes(784)))


def main():
    folder = pathlib.Path(sys.argv[1])
    folder.mkdir(parents=True, exist_ok=True)
    draw = random.Random(1)
    shapes = [shape(number, draw) for number in range(10)]
    for part, count in PARTS.items():
        labels = bytes(index % 10 for index in range(count))
        images = b"".join(picture(shapes[label], draw) for label in labels)
        (folder / f"{part}-images-idx3-ubyte").write_bytes(
            struct.pack(">4i", 0x803, count, SIDE, SIDE) + images)
        (folder / f"{part}-labels-idx1-ubyte").write_bytes(
            struct.pack(">2i", 0x801, count) + labels)


main()
