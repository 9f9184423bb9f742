"""Reads safetensors files with nothing but PyTorch."""

import json
import pathlib

import torch

TYPES = {"F32": torch.float32, "I32": torch.int32}


class Record:
    """The tensors of a file by name, and its metadata."""

    def __init__(self, path):
        content = bytearray(pathlib.Path(path).read_bytes())
        start = 8 + int.from_bytes(content[:8], "little")
        entries = json.loads(content[8:start])
        self.metadata = entries.pop("__metadata__", {})
        self.tensors = {
            name: torch.frombuffer(
                content[start + entry["data_offsets"][0]:start + entry["data_offsets"][1]],
                dtype=TYPES[entry["dtype"]]).reshape(entry["shape"])
            for name, entry in entries.items()
        }
