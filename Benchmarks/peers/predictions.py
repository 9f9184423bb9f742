"""Other programs' side of the models whose outputs `retort bench step` times, driven by bench.py.

Begins with the weights and inputs that `retort bench step --record` wrote, for ONNX Runtime with the
ONNX file beside them. Prints a line of JSON, its version and how far its outputs are from Retort's by
their greatest magnitude, and then one number for every line on standard input: milliseconds per batch.
"""

import argparse
import json
import pathlib
import sys
import time

import torch
from torch.nn import functional as F

import steps
from record import Record

# What each model is to PyTorch; layout is nothing to models without images.
LAYOUTS = {
    "predict-resnet18": ["contiguous", "channels_last"],
    "predict-efficientnet-lite0": ["contiguous", "channels_last"],
    "predict-minilm-32": ["contiguous"], "predict-minilm-128": ["contiguous"],
}
RUNTIME = "onnxruntime"
MODES = {"cpu": ["eager", "compile", RUNTIME], "cuda": ["eager", "compile"]}


class SentenceEncoder(torch.nn.Module):
    """all-MiniLM-L6-v2 for sentences of one length: the mean of states, of length 1."""

    def __init__(self):
        super().__init__()
        from transformers import BertConfig, BertModel

        self.bert = BertModel(BertConfig(
            vocab_size=30522, hidden_size=384, num_hidden_layers=6, num_attention_heads=12,
            intermediate_size=1536, max_position_embeddings=512), add_pooling_layer=False)

    def forward(self, ids):
        return F.normalize(self.bert(ids).last_hidden_state.mean(1), dim=1)

    def load_state_dict(self, weights, strict=True):
        return self.bert.load_state_dict(weights, strict)


def model(name):
    """The model in PyTorch, by the packages that published it."""
    if name == "predict-resnet18":
        from torchvision.models import resnet18

        return resnet18()
    if name == "predict-efficientnet-lite0":
        from efficientnet_lite_pytorch import EfficientNet

        return EfficientNet.from_name("efficientnet-lite0")
    return SentenceEncoder()


def torch_function(options, record):
    layout = getattr(
        torch, "channels_last" if options.layout == "channels_last" else "contiguous_format")
    network = steps.load(model(options.name), record, "model").eval().to(options.device)
    if "ids" in record.tensors:
        inputs = record.tensors["ids"].long().to(options.device)
    else:
        network = network.to(memory_format=layout)
        inputs = record.tensors["images"].to(options.device, memory_format=layout)
    if options.mode == "compile":
        network = torch.compile(network)

    def run():
        with torch.inference_mode():
            outputs = network(inputs)
        if options.device == "cuda":
            torch.cuda.synchronize()
        return outputs.cpu()

    return torch.__version__, run


def runtime_function(options, record):
    import onnxruntime

    settings = onnxruntime.SessionOptions()
    settings.intra_op_num_threads = steps.threads()
    session = onnxruntime.InferenceSession(
        pathlib.Path(options.record).with_suffix(".onnx"), settings,
        providers=["CPUExecutionProvider"])
    if "ids" in record.tensors:
        ids = record.tensors["ids"].long()
        inputs = {"input_ids": ids.numpy(), "attention_mask": torch.ones_like(ids).numpy()}
        inputs = {value.name: inputs[value.name] for value in session.get_inputs()}
    else:
        inputs = {"input": record.tensors["images"].numpy()}
    return onnxruntime.__version__, lambda: torch.from_numpy(session.run(None, inputs)[0])


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--name", choices=LAYOUTS, required=True)
    parser.add_argument("--mode", choices=MODES["cpu"], required=True)
    parser.add_argument("--layout", choices=["contiguous", "channels_last"], required=True)
    parser.add_argument("--record", required=True)
    parser.add_argument("--device", choices=MODES, default="cpu")
    options = parser.parse_args()

    torch.set_num_threads(steps.threads())
    torch.backends.cuda.matmul.allow_tf32 = torch.backends.cudnn.allow_tf32 = False
    torch.backends.cudnn.benchmark = True
    record = Record(options.record)
    function = runtime_function if options.mode == RUNTIME else torch_function
    version, run = function(options, record)
    expected = record.tensors["outputs"]
    deviation = float((run() - expected).abs().max() / expected.abs().max())

    def milliseconds(count):
        began = time.perf_counter()
        for _ in range(count):
            run()
        return (time.perf_counter() - began) / count * 1e3

    milliseconds(2)
    print(json.dumps({"version": version, "deviation": deviation}), flush=True)
    count = None
    for _ in sys.stdin:
        if count is None:
            count = max(1, min(2000, int(200 / milliseconds(1))))
        print(milliseconds(count), flush=True)


if __name__ == "__main__":
    main()
