"""Runs models that Retort exported by ONNX Runtime, and compares with what Retort computes.

    python3 onnx_runtime.py FOLDER

FOLDER has NAME.onnx and NAME.safetensors for each model, as the test `modelsAreWrittenForOthers` writes them
(`make check-onnx-runtime`): inputs of batches of 1, 3 and 8 as Retort has them, pictures with channels last,
and outputs in float64. Every file must pass ONNX's own full check, take batches of any size, and give the
outputs to 1e-4 of the largest. Exit status 1 where one does not.

Needs onnx, onnxruntime, numpy and safetensors.
"""

import collections
import os
import sys

import numpy
import onnx
import onnxruntime
from safetensors.numpy import load_file

BOUND = 1e-4


def fed(session, tensors, batch):
    """The inputs of a batch, in the file's shapes and order of axes."""
    feed = {}
    for index, value in enumerate(session.get_inputs()):
        assert value.shape[0] == "batch", f"input '{value.name}' is {value.shape}"
        shape = [batch] + value.shape[1:]
        flat = tensors[f"{batch}/input/{index}"]
        if len(shape) == 4:
            pictures = flat.reshape(batch, shape[2], shape[3], shape[1])
            feed[value.name] = numpy.ascontiguousarray(pictures.transpose(0, 3, 1, 2))
        else:
            feed[value.name] = flat.reshape(shape)
    return feed


def distance(session, tensors, batch):
    """How far the outputs are from Retort's, relative to the largest."""
    found = session.run(None, fed(session, tensors, batch))[0]
    if found.ndim == 4:
        found = found.transpose(0, 2, 3, 1)
    expected = tensors[f"{batch}/output"]
    assert found.shape[0] == batch and found.size == expected.size, f"{found.shape}"
    assert numpy.isfinite(found).all()
    return float(abs(found.ravel() - expected).max() / abs(expected).max())


def main(folder):
    worst = 0.0
    names = sorted(name[:-5] for name in os.listdir(folder) if name.endswith(".onnx"))
    if not names:
        sys.exit(f"{folder} has no models")
    print(f"{'model':28} {'nodes':>6} {'bytes':>10} {'distance':>10}  operators")
    for name in names:
        path = f"{folder}/{name}.onnx"
        model = onnx.load(path)
        onnx.checker.check_model(model, full_check=True)
        assert model.opset_import[0].version == 17 and model.producer_name == "retort"
        session = onnxruntime.InferenceSession(path, providers=["CPUExecutionProvider"])
        tensors = load_file(f"{folder}/{name}.safetensors")
        far = max(distance(session, tensors, batch) for batch in (1, 3, 8))
        worst = max(worst, far)
        count = collections.Counter(node.op_type for node in model.graph.node)
        operators = " ".join(f"{key}:{value}" for key, value in sorted(count.items()))
        size = os.path.getsize(path)
        print(f"{name:28} {len(model.graph.node):6} {size:10} {far:10.1e}  {operators}")
    print(f"{len(names)} models pass onnx {onnx.__version__}'s full check; ONNX Runtime "
          f"{onnxruntime.__version__} is at most {worst:.1e} off")
    if not worst <= BOUND:
        sys.exit(f"more than {BOUND} off")


if __name__ == "__main__":
    if len(sys.argv) != 2:
        sys.exit(__doc__)
    main(sys.argv[1])
