"""Rewrites the part of README.md between two markers from Benchmarks/results."""

import json
import math
import os
import pathlib
import sys

ROOT = pathlib.Path(__file__).resolve().parents[2]
BEGIN, END = "<!-- speed: written by make bench -->\n", "<!-- end of speed -->\n"


def number(value):
    return f"{value:.2f}" if value < 10 else f"{value:.1f}" if value < 100 else f"{value:.0f}"


def table(rows):
    lines = [
        "| | Retort | peer | ratio | spread | of roofline | peer's mode |",
        "|---|---|---|---|---|---|---|",
    ]
    for row in rows:
        share = row.get("roofline")
        lines.append(
            f"| {row['name']} | {number(row['ours'])} {row['unit']} "
            f"| {number(row['peer'])} {row['unit']} | {number(row['ratio'])} "
            f"| {100 * row['spread']:.0f} % | {'-' if share is None else number(share)} "
            f"| {row['peerMode']} |")
    return "\n".join(lines)


def summary(rows, prefix, what):
    """One sentence on the many rows of products or convolutions."""
    rows = [row for row in rows if row["name"].startswith(prefix) and "clblast" not in row["name"]]
    if not rows:
        return ""
    least = min(rows, key=lambda row: row["ratio"])
    mean = math.exp(sum(math.log(row["ratio"]) for row in rows) / len(rows))
    return (
        f"{what} reach {number(mean)} of oneDNN's rate in the geometric mean of {len(rows)}, the least "
        f"is {number(least['ratio'])} ({least['name']}).\n")


def section(rows, machines):
    parts = []
    for name, machine in machines.items():
        own = [row for row in rows if row["machine"] == name]
        many = summary(own, "gemm-", "Products") + summary(own, "conv-", "Convolutions")
        shown = [row for row in own if not row["name"].startswith(("gemm-", "conv-"))]
        parts.append(
            f"{machine['device']}, {machine['threads']} threads, PyTorch {machine['torch']}; medians of "
            f"{machine['rounds']} rounds:\n\n" + (f"{table(shown)}\n\n" if shown else "") + many)
    return (
        "A ratio above 1 means that Retort is faster, or holds less. Each row is of the machine that stands above it.\n\n"
        + "\n".join(parts) + "All rows are in `Benchmarks/results/latest.json`.\n")


def main():
    results = ROOT / "Benchmarks" / "results"
    rows = json.loads((results / "latest.json").read_text())
    machines = json.loads((results / "machine.json").read_text())
    page = ROOT / "README.md"
    text = page.read_text()
    if text.count(BEGIN) != 1 or text.count(END) != 1:
        sys.exit(f"{page}: the markers {BEGIN.strip()} and {END.strip()} must stand there once each")
    before, rest = text.split(BEGIN)
    after = rest.split(END)[1]
    beside = page.with_suffix(".part")
    beside.write_text(before + BEGIN + section(rows, machines) + END + after)
    os.replace(beside, page)


if __name__ == "__main__":
    main()
