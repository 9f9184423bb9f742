"""Times Retort beside other programs on this machine; Benchmarks/README.md says what and how."""

import json
import os
import pathlib
import platform
import sys
import tempfile

import kernels
import predictions
import readme
import rounds
import steps
from record import Record

HERE = pathlib.Path(__file__).parent
RESULTS = HERE.parent / "results"
# The greatest relative difference of two losses at the same step, by what products multiply in.
TOLERANCES = {"float32": 1e-3, "tf32": 1e-2, "bf16": 5e-2}


# The greatest difference of two programs' outputs, by their greatest magnitude.
OUTPUT_TOLERANCE = 1e-3


def torch_peers(name, record, options):
    """PyTorch in every mode that can be the fastest one for this step."""
    return [
        rounds.Peer(
            f"PyTorch {mode}, {layout}",
            [sys.executable, HERE / "steps.py", "--name", name, "--mode", mode,
             "--layout", layout, "--record", record, "--device", options.peer_device,
             "--compute", options.compute])
        for mode in steps.MODES[options.peer_device] for layout in steps.NAMES[name]
    ]


def prediction_peers(name, record, options):
    """PyTorch in every mode, and ONNX Runtime on the processor."""
    def peer(title, mode, layout):
        return rounds.Peer(title, [
            sys.executable, HERE / "predictions.py", "--name", name, "--mode", mode,
            "--layout", layout, "--record", record, "--device", options.peer_device])

    for mode in predictions.MODES[options.peer_device]:
        if mode == predictions.RUNTIME:
            yield peer("ONNX Runtime", mode, "contiguous")
            continue
        for layout in predictions.LAYOUTS[name]:
            yield peer(f"PyTorch {mode}, {layout}", mode, layout)


def prediction_rows(name, options):
    """The time of one batch of outputs."""
    with tempfile.TemporaryDirectory() as folder:
        command = ("bench", "step", "--models", name)
        rounds.retort(options, *command, "--record", folder)
        peers = list(prediction_peers(name, f"{folder}/{name}.safetensors", options))
        shares = []

        def ours():
            timing = rounds.retort(options, *command, "--repeats", 1)["models"][0]
            shares.append(share_of_roofline(timing))
            return timing["seconds"] * 1e3

        try:
            for peer in peers:
                if not peer.runs:
                    print(f"{name}: {peer.mode} does not run", file=sys.stderr)
                    continue
                deviation = json.loads(peer.greeting)["deviation"]
                if not deviation <= OUTPUT_TOLERANCE:
                    raise RuntimeError(
                        f"{name}: outputs of {peer.mode} differ by {deviation} of the greatest; "
                        f"they must agree within {OUTPUT_TOLERANCE}")
            best = rounds.fastest(peers)
            mine, theirs = rounds.interleave(options.rounds, ours, best.sample)
        finally:
            for peer in peers:
                peer.close()
    yield rounds.row(name, mine, theirs, best.mode, "ms", shares)


def share_of_roofline(timing):
    """The least time that the device's peaks allow, by the time; none without measured peaks."""
    least = timing.get("rooflineSeconds")
    return None if least is None else least / timing["seconds"]


def check_curves(name, peers, ours, tolerance):
    """Refuses to time steps that do not compute the same."""
    for peer in peers:
        theirs = json.loads(peer.greeting)["losses"]
        for step, (a, b) in enumerate(zip(ours, theirs, strict=True)):
            if not abs(a - b) <= tolerance * abs(b):
                raise RuntimeError(
                    f"{name}: the loss of step {step} is {a} here and {b} in {peer.mode}; "
                    f"curves must agree within {tolerance}")


def step_rows(name, options):
    """The time and the memory of one training step."""
    with tempfile.TemporaryDirectory() as folder:
        command = ("bench", "step", "--models", name, "--compute", options.compute)
        rounds.retort(options, *command, "--record", folder)
        record = f"{folder}/{name}.safetensors"
        started = torch_peers(name, record, options)
        peers = [peer for peer in started if peer.runs]
        for peer in started:
            if not peer.runs:
                print(f"{name}: {peer.mode} does not run", file=sys.stderr)
        try:
            check_curves(
                name, peers, Record(record).tensors["losses"].tolist(),
                TOLERANCES[options.compute])
            # What a process holds says little where a GPU holds the tensors.
            memory = {
                peer.mode: peer.sample("memory") for peer in peers if options.peer_device == "cpu"
            }
            best = rounds.fastest(peers)
            resident, shares = [], []

            def ours():
                timing = rounds.retort(options, *command, "--repeats", 1)["models"][0]
                resident.append(timing["residentBytes"] / 2**20)
                shares.append(share_of_roofline(timing))
                return timing["seconds"] * 1e3

            mine, theirs = rounds.interleave(options.rounds, ours, best.sample)
        finally:
            for peer in peers:
                peer.close()
    yield rounds.row(name, mine, theirs, best.mode, "ms", shares)
    if memory:
        leanest = min(memory, key=memory.get)
        yield rounds.row(f"memory-{name}", resident, [memory[leanest]], leanest, "MiB")


def machine(options):
    """What the numbers depend on besides the programs."""
    with open("/proc/cpuinfo") as file:
        names = [line.split(":")[1].strip() for line in file if line.startswith("model name")]
    device = rounds.retort(options, "bench", "step", "--models", "mlp", "--repeats", 1)["device"]
    return {
        "device": device, "processor": names[0] if names else platform.processor(),
        "threads": steps.threads(), "torch": steps.torch.__version__,
        "rounds": options.rounds,
    }


def write(name, value):
    """Writes JSON beside and renames."""
    RESULTS.mkdir(exist_ok=True)
    beside = RESULTS / (name + ".part")
    beside.write_text(json.dumps(value, indent=1) + "\n")
    os.replace(beside, RESULTS / name)


def keep(results, machine):
    """Puts rows in the place of earlier ones of their names, each with its machine, and forgets machines without rows."""
    name = machine["processor"]
    known = json.loads((RESULTS / "latest.json").read_text())
    machines = json.loads((RESULTS / "machine.json").read_text()) | {name: machine}
    found = {row["name"]: row | {"machine": name} for row in results}
    rows = [found.pop(row["name"], row) for row in known] + list(found.values())
    write("latest.json", rows)
    write("machine.json", {key: value for key, value in machines.items()
                           if any(row["machine"] == key for row in rows)})


def main():
    parser = rounds.parser(__doc__)
    parser.add_argument(
        "--peer-device", choices=steps.MODES, default="cpu", help="PyTorch's device")
    parser.add_argument(
        "--compute", choices=TOLERANCES, default="float32",
        help="what products and convolutions multiply in on both sides")
    every = {**dict.fromkeys(steps.NAMES, step_rows), **dict.fromkeys(predictions.LAYOUTS, prediction_rows)}
    parser.add_argument("--steps", default=",".join(every), help="what of 'retort bench step' to time; '' for nothing")
    parser.add_argument("--kernels", help="what of 'retort bench kernels' to time: beginnings of names, with commas")
    parser.add_argument("--no-kernels", action="store_true", help="time steps and predictions alone")
    parser.add_argument(
        "--keep", action="store_true",
        help="write Benchmarks/results and README.md, in which these rows take the place of earlier ones")
    options = parser.parse_args()

    results, failures = [], 0
    print(rounds.heading(), flush=True)
    names = [name for name in options.steps.split(",") if name]
    unknown = [name for name in names if name not in every]
    if unknown:
        parser.error(f"no step {', '.join(unknown)}; there are {', '.join(every)}")
    for name in names:
        try:
            for row in every[name](name, options):
                results.append(row)
                print(rounds.line(row), flush=True)
        except RuntimeError as error:
            print(error, file=sys.stderr)
            failures += 1
    if not options.no_kernels:
        results += kernels.rows(options, options.kernels)
    if failures:
        sys.exit(f"{failures} failed; no results are written")
    if options.keep:
        keep(results, machine(options))
        readme.main()


if __name__ == "__main__":
    main()
