"""Interleaves `retort bench step` with PyTorch's fastest mode and prints medians and ratios.

The machine's speed drifts; so the two take turns, and what counts is the median of each.
"""

import argparse
import json
import pathlib
import statistics
import subprocess
import sys

HERE = pathlib.Path(__file__).parent
MODES = [
    (mode, layout)
    for mode in ("eager", "compile")
    for layout in ("contiguous", "channels_last")
]


class Peer:
    """PyTorch in one mode: a process that waits between samples."""

    def __init__(self, model, mode, layout, options):
        self.name = f"{mode}, {layout}"
        self.process = subprocess.Popen(
            [sys.executable, HERE / "step.py", "--model", model, "--mode", mode, "--format", layout,
             "--batch", str(options.batch), "--device", options.peer_device],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        self.version = self.process.stdout.readline().strip()

    @property
    def runs(self):
        return bool(self.version)

    def sample(self):
        self.process.stdin.write("\n")
        self.process.stdin.flush()
        return float(self.process.stdout.readline())

    def close(self):
        self.process.stdin.close()
        self.process.wait()


def retort(model, options):
    output = subprocess.run(
        [options.retort, "bench", "step", "--models", model, "--batch", str(options.batch),
         "--repeats", "3", "--device", options.device, "--json"],
        check=True, stdout=subprocess.PIPE, text=True).stdout
    result = json.loads(output)
    return result["device"], result["models"][0]


def compare(model, options):
    peers = [Peer(model, *mode, options) for mode in MODES]
    for peer in peers:
        if not peer.runs:
            print(f"{model}: PyTorch does not run in mode {peer.name}", file=sys.stderr)
    running = [peer for peer in peers if peer.runs]
    if not running:
        sys.exit("PyTorch runs in no mode")
    rough = {peer: min(peer.sample() for _ in range(3)) for peer in running}
    best = min(rough, key=rough.get)
    for peer in peers:
        if peer is not best:
            peer.close()
    ours, theirs = [], []
    for _ in range(options.rounds):
        device, result = retort(model, options)
        ours.append(result["seconds"])
        theirs.append(best.sample())
    best.close()
    return {
        "model": model, "device": device, "launches": result["launches"], "retort": ours,
        "torch": theirs, "torchMode": best.name, "torchVersion": best.version,
        "torchModes": {peer.name: seconds for peer, seconds in rough.items()},
        "ratio": statistics.median(ours) / statistics.median(theirs),
    }


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("retort")
    parser.add_argument("--device", default="auto")
    parser.add_argument("--peer-device", default="cpu", help="cpu or cuda")
    parser.add_argument("--models", default="mlp,lenet5,resnet8,resnet20")
    parser.add_argument("--batch", type=int, default=128)
    parser.add_argument("--rounds", type=int, default=9)
    parser.add_argument("--output", help="a JSON file for all samples")
    options = parser.parse_args()

    rows = []
    print(
        f"{'model':10} {'retort ms':>10} {'torch ms':>10} {'ratio':>7} {'launches':>9}  "
        "torch's mode")
    for model in options.models.split(","):
        row = compare(model, options)
        rows.append(row)
        print(
            f"{model:10} {statistics.median(row['retort']) * 1e3:10.3f} "
            f"{statistics.median(row['torch']) * 1e3:10.3f} {row['ratio']:7.2f} "
            f"{row['launches']:9}  {row['torchMode']}", flush=True)
    print(
        f"\n{rows[0]['device']} beside PyTorch {rows[0]['torchVersion']} "
        f"on {options.peer_device}; batch {options.batch}, medians of {options.rounds}; below 1 Retort is faster")
    if options.output:
        pathlib.Path(options.output).write_text(json.dumps(rows, indent=1) + "\n")


main()
