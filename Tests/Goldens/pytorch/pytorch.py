"""Files of torch.save in both formats, the tensors they hold, and files that must be refused.

    python3 pytorch.py            # torch 2.15, safetensors 0.8

`pytorch_model.bin` has the weights of ../huggingface/sentence, under `module.` and half of them in bfloat16.
"""

import collections
import os
import pathlib
import pickle
import zipfile

import torch
from safetensors.torch import load_file, save_file

here = pathlib.Path(__file__).parent
torch.manual_seed(1)


def tensors():
    base = torch.randn(4, 6)
    model = torch.nn.Sequential(torch.nn.Conv2d(3, 2, 3), torch.nn.BatchNorm2d(2))
    model[1].num_batches_tracked += 7
    state = model.state_dict()
    state.update(
        {
            "part.rows": base[1:3],
            "part.transposed": base.t(),
            "part.column": base[:, 2:3],
            "part.whole": base,
            "part.repeated": torch.randn(1, 3).expand(2, 3),
            "half": torch.randn(3).half(),
            "bfloat": torch.randn(5).bfloat16(),
            "double": torch.randn(2, 2).double(),
            "long": torch.tensor([-(2**62), 5]),
            "int": torch.tensor([[-7], [8]], dtype=torch.int32),
            "short": torch.tensor([-300, 300], dtype=torch.int16),
            "char": torch.tensor([-1, 2], dtype=torch.int8),
            "byte": torch.tensor([200, 1], dtype=torch.uint8),
            "bool": torch.tensor([True, False, True]),
            "scalar": torch.tensor(2.5),
            "empty": torch.zeros(0, 3),
            "parameter": torch.nn.Parameter(torch.randn(2)),
        }
    )
    return state


class Hostile:
    def __reduce__(self):
        return os.system, ("touch retort-was-here",)


def write():
    state = tensors()
    plain = {name: value.detach().contiguous().clone() for name, value in state.items()}
    save_file(plain, here / "expected.safetensors")
    torch.save(state, here / "zip.pth")
    torch.save(state, here / "legacy.pth", _use_new_zipfile_serialization=False)
    torch.save(state, here / "protocol4.pth", pickle_protocol=4)

    weights = torch.nn.Parameter(torch.arange(6.0).reshape(2, 3))
    optimizer = torch.optim.AdamW([weights])
    weights.sum().backward()
    optimizer.step()
    checkpoint = {
        "epoch": 3, "accuracy": 0.5, "history": [1, 2.5, None, True], "shape": torch.Size([2, 3]),
        "type": torch.float32, "device": torch.device("cpu"), "seed": 2**70,
        "optimizer": optimizer.state_dict(), "queue": torch.zeros(4),
        "state_dict": collections.OrderedDict({"fc.weight": weights.detach()}),
    }
    torch.save(checkpoint, here / "checkpoint.pth")
    torch.save({"counts": torch.tensor([1, 65535], dtype=torch.uint16)}, here / "uint16.pth")

    torch.save({"w": torch.zeros(2), "x": Hostile()}, here / "hostile.pth")
    torch.save(Hostile(), here / "hostile-legacy.pth", _use_new_zipfile_serialization=False)
    (here / "hostile.pkl").write_bytes(pickle.dumps(Hostile(), protocol=4))
    (here / "plain.pkl").write_bytes(pickle.dumps({"w": [1.0, 2.0]}, protocol=2))
    torch.save(torch.nn.Linear(2, 1), here / "object.pth")
    torch.save([torch.zeros(2)], here / "list.pth")
    torch.save({"z": torch.zeros(2, dtype=torch.complex64)}, here / "complex.pth")
    torch.save({"s": torch.eye(2).to_sparse()}, here / "sparse.pth")
    with zipfile.ZipFile(here / "other.zip", "w") as archive:
        archive.writestr("a.txt", "no weights")

    sentence = load_file(here / "../huggingface/sentence/model.safetensors")
    saved = collections.OrderedDict(
        (f"module.{name}", value.bfloat16() if index % 2 else value)
        for index, (name, value) in enumerate(sentence.items())
    )
    torch.save(saved, here / "pytorch_model.bin")


write()
