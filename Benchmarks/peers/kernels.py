"""Single operations beside those of other libraries on the same machine, taking turns.

Losses and optimizers meet PyTorch in its fastest mode, matrix products and convolutions oneDNN, and
plain products once more CLBlast on the same OpenCL device (rows ending in '-clblast').
"""

import json
import os
import pathlib
import re
import subprocess
import sys

import rounds

HERE = pathlib.Path(__file__).parent
BUILD = HERE.parent.parent / ".build" / "peers"


def program(name, *libraries):
    """The path of a native peer, compiled if it is older than its source."""
    target = BUILD / name
    sources = [HERE / f"{name}.cpp", HERE / "sampling.h"]
    if not target.exists() or target.stat().st_mtime < max(s.stat().st_mtime for s in sources):
        BUILD.mkdir(parents=True, exist_ok=True)
        command = [os.environ.get("CXX", "clang++"), "-std=c++17", "-O2", sources[0], "-o", target]
        if subprocess.run(command + [f"-l{library}" for library in libraries]).returncode != 0:
            sys.exit(f"{sources[0]} does not build; Scripts/setup.sh peers installs what it needs")
    return target


def torch_peers(name):
    return [
        rounds.Peer(
            f"PyTorch {mode}", [sys.executable, HERE / "torch_kernel.py", name, "--mode", mode])
        for mode in ("eager", "compile")
    ]


def opponents(name, device):
    """The suffix of a row's name with the peers among which the fastest counts."""
    if not name.startswith(("gemm-", "conv-")):
        yield "", torch_peers(name)
        return
    yield "", [rounds.Peer("oneDNN", [program("onednn", "dnnl"), name])]
    place = re.match(r"opencl:(\d+):(\d+) ", device)
    if place and name.startswith("gemm-") and name.endswith("-nn"):
        command = [program("clblast", "clblast", "OpenCL"), name, *place.groups()]
        yield "-clblast", [rounds.Peer("CLBlast", command)]


def compare(options, name, unit, device):
    """A row per opponent of one operation."""

    def ours():
        arguments = ("bench", "kernels", "--names", name, "--repeats", 3)
        return rounds.retort(options, *arguments)["kernels"][0]["value"]

    for suffix, peers in opponents(name, device):
        best = rounds.fastest(peers, unit)
        mode = best.mode if best.greeting == best.mode else f"{best.mode} {best.greeting}"
        samples = rounds.interleave(options.rounds, ours, best.sample)
        best.close()
        yield rounds.row(name + suffix, *samples, mode, unit)


def rows(options, names=None):
    """Rows of all operations, or of those that `names` selects, printed as they are measured.

    `options` has `retort`, `device` and `rounds`.
    """
    # Once through everything: builds kernels, and says what there is.
    select = ("--names", names) if names else ()
    first = rounds.retort(options, "bench", "kernels", "--repeats", 1, *select)
    results = []
    for kernel in first["kernels"]:
        for row in compare(options, kernel["name"], kernel["unit"], first["device"]):
            results.append(row)
            print(rounds.line(row), flush=True)
    return results


def main():
    parser = rounds.parser(__doc__)
    parser.add_argument("--names", help="operations, or beginnings of their names, with commas")
    parser.add_argument("--output", help="a JSON file for the rows")
    options = parser.parse_args()
    print(rounds.heading())
    results = rows(options, options.names)
    if options.output:
        pathlib.Path(options.output).write_text(json.dumps(results, indent=1) + "\n")


if __name__ == "__main__":
    main()
