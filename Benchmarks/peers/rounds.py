"""What every comparison needs: taking turns, peers that wait between samples, and rows of results.

A machine's speed drifts. So the two sides take turns, the fastest mode of a peer counts, and medians
are compared. A ratio above 1 means that Retort is faster (or leaner).
"""

import argparse
import functools
import json
import statistics
import subprocess
import sys

# Units of which more is better; of all others less is.
RATES = {"GFLOP/s", "GB/s"}


def parser(description):
    """The options of every comparison; `retort`, `device` and `rounds` are used below."""
    parser = argparse.ArgumentParser(description=description)
    parser.add_argument("retort", help="the release binary")
    parser.add_argument("--device", default="auto", help="Retort's device")
    parser.add_argument("--rounds", type=int, default=9, help="samples of each side")
    return parser


class Peer:
    """Another program in one mode: a process that waits between samples.

    It prints one line of greeting (say, its version) when it is warm, and then one number for every
    line that it reads: an empty line asks for a sample. A program that fails before its greeting
    does not run in this mode.
    """

    def __init__(self, mode, command, environment=None):
        self.mode = mode
        self.process = subprocess.Popen(
            [str(word) for word in command], stdin=subprocess.PIPE, stdout=subprocess.PIPE,
            text=True, env=environment)

    @functools.cached_property
    def greeting(self):
        """What the program says when it is warm; peers that are started together warm up together."""
        return self.process.stdout.readline().strip()

    @property
    def runs(self):
        return bool(self.greeting)

    def sample(self, question=""):
        try:
            self.process.stdin.write(question + "\n")
            self.process.stdin.flush()
        except BrokenPipeError:
            pass  # the missing answer tells
        line = self.process.stdout.readline()
        if not line:
            raise RuntimeError(f"{self.mode} ended with status {self.process.wait()}")
        return float(line)

    def close(self):
        self.process.stdin.close()
        self.process.wait()


def retort(options, *arguments):
    """The JSON that `retort ARGUMENTS --device … --json` prints."""
    command = [options.retort, *(str(word) for word in arguments)]
    command += ["--device", options.device, "--json"]
    outcome = subprocess.run(command, stdout=subprocess.PIPE, text=True)
    if outcome.returncode != 0:
        raise RuntimeError(" ".join(command) + f" ended with status {outcome.returncode}")
    return json.loads(outcome.stdout)


def fastest(peers, unit="ms", draws=3):
    """The best of the peers that run, by the best of a few samples; closes all others.

    All samples go to standard error.
    """
    choose = max if unit in RATES else min
    rough = {peer: choose(peer.sample() for _ in range(draws)) for peer in peers if peer.runs}
    if not rough:
        raise RuntimeError("none of " + ", ".join(peer.mode for peer in peers) + " runs")
    best = choose(rough, key=rough.get)
    for peer, sample in rough.items():
        print(f"  {peer.mode}: {sample:.3f} {unit}", file=sys.stderr, flush=True)
    for peer in peers:
        if peer is not best:
            peer.close()
    return best


def interleave(rounds, *sources):
    """Lists of samples, one per source: all are asked once a round, in turning order."""
    samples = [[] for _ in sources]
    for index in range(rounds):
        turn = list(zip(samples, sources))
        for kept, source in turn if index % 2 == 0 else reversed(turn):
            kept.append(source())
    return samples


def row(name, ours, theirs, mode, unit, shares=()):
    """One line of the results, from both sides' samples in `unit`, and Retort's shares of the roofline."""
    mine, peer = statistics.median(ours), statistics.median(theirs)
    low, _, high = statistics.quantiles(ours, n=4) if len(ours) > 1 else (mine, mine, mine)
    shares = [share for share in shares if share is not None]
    return {
        "name": name, "ours": mine, "peer": peer, "peerMode": mode, "unit": unit,
        "ratio": mine / peer if unit in RATES else peer / mine, "spread": (high - low) / mine,
        "roofline": statistics.median(shares) if shares else None,
    }


def heading():
    return (
        f"{'name':34} {'retort':>10} {'peer':>10} {'unit':8} {'ratio':>6} {'spread':>7} {'roof':>5}"
        "  peer's mode")


def line(row):
    """A row as text; print it as soon as it is measured."""
    roof = "-" if row["roofline"] is None else f"{row['roofline']:.2f}"
    return (
        f"{row['name']:34} {row['ours']:10.3f} {row['peer']:10.3f} {row['unit']:8} "
        f"{row['ratio']:6.2f} {100 * row['spread']:6.1f}% {roof:>5}  {row['peerMode']}")
