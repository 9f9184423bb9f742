"""Compiles every kernel that Retort gives a GPU, for GPUs that the machine need not have.

Usage: gpu-check.py RETORT [--all] [--table FILE]

`RETORT` writes the programs of training steps, recipes and recorded cases (`--device sources:…`);
clang makes PTX or AMD assembly of each, ptxas and clang's assembler make machine code of that, and
Intel's own compiler does all for its GPUs. An error, a register spill or scratch memory fails the
check. Results are kept under .build/gpu-check by the hash of all that they depend on.

Programs of a kernel differ in their tile, how it is loaded, a convolution's window, and their form
(what is fused into them). Without --all each tile is compiled in its longest form; each load, window
and form in its largest tile.
"""

import argparse
import concurrent.futures
import hashlib
import json
import math
import os
import pathlib
import re
import shutil
import sys
import tempfile
import textwrap

from gpu_compilers import (
    AMD, CLANG, DPAS, HOME, INTEL, NVIDIA, OCLOC_PACKAGES, TARGETS, Failure, clang, compiled, intel,
    ocloc, ptxas, run)

KERNELS = pathlib.Path("Kernels")
# What types and cores of products on matrix units are called, and the targets that have both.
TYPES = {"1": "tf32", "2": "bf16", "3": "fp16"}
CORES = {"1": "mma.sync", "2": "mfma", "3": "wmma", "4": "dpas 8", "5": "dpas 16"}
MATRIX_UNITS = {
    "tf32 mma.sync": ["sm_80", "sm_90"], "bf16 mma.sync": ["sm_80", "sm_90"],
    "fp16 mma.sync": ["sm_80", "sm_90"], "tf32 mfma": ["gfx942"],
    "bf16 mfma": ["gfx90a", "gfx942"], "fp16 mfma": ["gfx90a", "gfx942"],
    "bf16 wmma": ["gfx1100"], "fp16 wmma": ["gfx1100"],
    "bf16 dpas 8": ["dg2-g10"], "fp16 dpas 8": ["dg2-g10"],
    "bf16 dpas 16": ["pvc"], "fp16 dpas 16": ["pvc"],
}
# The targets that know a fence between work-groups, by its number in a program.
FENCES = {"1": NVIDIA, "2": AMD}
# Tiles that a device takes only where a search found them fastest: on Intel's few registers they may
# spill.
SEARCHED = {"128×128×16", "128×64×16", "64×128×16", "64×64×32"}
# The macros of products and convolutions: their tile, how they load it, and a convolution's window.
CORE = ["COMPUTE", "MATRIX_CORE"]
TILE = ["TILE_M", "TILE_N", "TILE_K", "ITEM_M", "ITEM_N", *CORE]
LOADS = ["VECTOR_A", "VECTOR_B", "PARTIAL", "TRANSPOSE_A", "TRANSPOSE_B", *CORE]
WINDOW = ["KERNEL_Y", "KERNEL_X", "STRIDE_Y", "STRIDE_X", "DILATION_Y", "DILATION_X",
          "CONV_GROUPS"]
NUMBER = r"(?<!\w)(?:0x[0-9a-f.]+p[-+]?\d+|-?\d[\d.]*(?:e[-+]?\d+)?)f?\b"
LOCAL_LIMIT = 48 << 10  # what NVIDIA's driver grants a work-group

# What is run without a device; {output} is a folder that is thrown away.
DEMO = ("run fashion-demo --output {output} --set stages.*.train.steps=1 "
        "--set stages.*.data.labelled=300 --set stages.distil.teacher.expected-accuracy=0")
WIDE = DEMO + " --set stages.teacher.teacher.width=128"  # fills tiles of any size
CASES = sorted(pathlib.Path("Tests/Goldens").rglob("*.safetensors"))
COMMANDS = [
    "bench step --models mlp,lenet5,resnet8,resnet20,mobile,encoder,tgt-first-order --repeats 1",
    "bench kernels --repeats 1",
    DEMO,
    WIDE,
    WIDE + " --set compute=tf32",
    WIDE + " --set compute=bf16",
    WIDE + " --set compute=fp16",
    "verify " + " ".join(map(str, CASES)),
]
# What the name of a program that no command launches ends with.
DEFAULTS = "defaults"


def write_sources(retort):
    """The programs that `retort` would build, one file for each with a kernel to look at."""
    folder = HOME / "sources"
    shutil.rmtree(folder, ignore_errors=True)
    for line in COMMANDS:
        with tempfile.TemporaryDirectory() as output:
            command = line.format(output=output).split()
            result = run([retort, *command, "--device", f"sources:{folder}"])
        # Verification finds that nothing was computed, and says so.
        if result.returncode != (1 if command[0] == "verify" else 0):
            raise Failure(f"retort {' '.join(command)} failed:\n{result.stderr.strip()}")
    write_rest(folder)
    return sorted(folder.glob("*.cl"))


def write_rest(folder):
    """The kernels for GPUs that no command launched, each with its file's default macros."""
    launched = {kernel_of(source) for source in folder.glob("*.cl")}
    prelude = (KERNELS / "prelude.cl").read_text()
    for file in KERNELS.rglob("*.cl"):
        text = with_includes(file)
        for kernel in re.findall(r"__kernel[^;{]*?\bvoid\s+(\w+)\(", text):
            # Templates are named by macros; they are launched all the same.
            if kernel not in launched and kernel != "ENTRY" and not kernel.endswith("_vector"):
                (folder / f"{kernel}-{DEFAULTS}.cl").write_text(prelude + text)


def covering(sources):
    """The programs that have every tile, load, window and form of each kernel."""
    groups = {}
    for source in sources:
        name = kernel_name(source)
        text = source.read_text().replace(kernel_of(source), name)  # which has a hash of the text
        macros = {}
        for macro, value in re.findall(r"^#define (\w+) (-?\d+)$", text, re.MULTILINE):
            macros.setdefault(macro, value)  # the host's come first
        form = re.sub(NUMBER, "0", text)
        size = tile_size(source)
        keys = [tuple(map(macros.get, names)) for names in (TILE, LOADS, WINDOW)] + [form]
        ranks = [(len(form), size)] + 3 * [(size, len(form))]
        for key, rank in zip(keys, ranks):
            groups.setdefault((name, key), []).append((rank, source))
    return sorted({max(programs)[1] for programs in groups.values()})


def with_includes(file):
    """A kernel file's text with what it includes in place, as programs have it."""
    return re.sub(r'#include "([^"]+)"', lambda found: with_includes(file.parent / found[1]),
                  file.read_text())


def kernel_of(source):
    """The kernel that a program is written for."""
    return source.stem.rsplit("-", 1)[0]


def matrix_units(source):
    """What a program multiplies on, a key of MATRIX_UNITS; empty if not on matrix units."""
    found = re.search(r"^#define COMPUTE (\d)\n#define MATRIX_CORE (\d)$", source.read_text(),
                      re.MULTILINE)
    return f"{TYPES[found[1]]} {CORES[found[2]]}" if found else ""


def targets_of(source):
    """The targets that a program is compiled for: those that have its matrix units and its fence."""
    fence = re.search(r"^#define FENCE (\d)$", source.read_text(), re.MULTILINE)
    fenced = FENCES.get(fence[1], TARGETS) if fence else TARGETS
    units = MATRIX_UNITS.get(matrix_units(source), TARGETS)
    return [target for target in units if target in fenced]


def check(source, target, versions):
    """What the compilers say of a program's kernel on one target; known results are not redone."""
    kernel = kernel_of(source)
    text = source.read_text()
    front = [target, *OCLOC_PACKAGES, DPAS] if target in INTEL else map(str, clang(target))
    inputs = [versions, *front, kernel, text]
    key = hashlib.sha256("\0".join(inputs).encode()).hexdigest()
    known = HOME / "results" / f"{key}.json"
    if known.exists():
        return json.loads(known.read_text())
    with tempfile.TemporaryDirectory() as name:
        folder = pathlib.Path(name)
        if target in INTEL:
            facts = intel(kernel, source, target, folder, " dpas" in matrix_units(source))
        else:
            facts = compiled(kernel, source, target, folder)
    beside = known.with_suffix(f".{os.getpid()}-{id(facts)}")
    beside.write_text(json.dumps(facts))
    beside.rename(known)
    return facts


def faults(source, target, facts):
    """Why a kernel is not fit for a target, as texts."""
    if "error" in facts:
        return [facts["error"]]
    names = {"stack": "bytes of scratch memory", "spills": "spilled bytes or registers"}
    searched = target in INTEL and tile(source) in SEARCHED
    # On pvc this compiler takes 32 lanes for tiles without matrix units, and some spill; with 16 lanes
    # or 256 registers to a thread none does.
    if searched or (target == "pvc" and tile(source) and not matrix_units(source)):
        del names["spills"]
    found = [f"{facts[key]} {name}" for key, name in names.items() if facts[key]]
    if facts["local"] > LOCAL_LIMIT:
        found.append(f"{facts['local']} bytes of local memory")
    if matrix_units(source) and not facts["matrix"]:
        found.append("no matrix instruction")
    return found


def tile(source):
    """The tile of a program, such as 64×64×16; empty if it has none."""
    # The host's macros come first, the file's defaults later.
    return "×".join(
        re.findall(r"^#define TILE_[MNK] (\d+)$", source.read_text(), re.MULTILINE)[:3])


def tile_size(source):
    """How many elements a program's tile has; 0 if it has none."""
    return math.prod(map(int, tile(source).split("×"))) if tile(source) else 0


def kernel_name(source):
    """The kernel without a generated name's hash."""
    return re.sub(r"_[0-9a-f]{16}$", "", kernel_of(source))


def row_name(source):
    """The kernel without a generated name's hash, and its tile if it has one."""
    kernel = kernel_name(source)
    if source.stem.endswith(DEFAULTS):
        return f"{kernel}, defaults"
    return " ".join(filter(None, [kernel, matrix_units(source), tile(source)]))


def table(results, targets):
    """A Markdown table: per kernel the most of everything over its programs."""
    rows = {}
    for source, facts in results.items():
        rows.setdefault(row_name(source), []).append(facts)
    lines = [
        "| kernel | programs | local bytes | matrix instructions | "
        + " | ".join(targets) + " |",
        "|---|--:|--:|--:|" + "--:|" * len(targets),
    ]

    def most(entries, key, targets):
        return max(facts.get(target, {}).get(key, 0) for facts in entries for target in targets)

    for name, entries in sorted(rows.items()):
        registers = [
            " + ".join(str(most(entries, key, [target])) for key in ("registers", "spills", "arrays")
                       if most(entries, key, [target])) or "–" for target in targets]
        lines.append(
            f"| {name} | {len(entries)} | {most(entries, 'local', targets)} | "
            f"{most(entries, 'matrix', targets) or 'none'} | " + " | ".join(registers) + " |")
    return "\n".join(lines) + "\n"


def page(text, count, built, versions):
    """The kept file: what was compiled, by what, and the table."""
    about = (
        f"Written by `make gpu-check` on a machine without a GPU: {count} of {built} "
        f"programs, which have every tile, load, window and fused form of each kernel, clang "
        f"{re.search(r'clang version ([0-9.]+)', versions)[1]}, ptxas "
        f"{re.search(r'V([0-9.]+)', versions)[1]}, Intel's ocloc of Debian 12. ")
    about += (
        "Each row has the most over its programs: bytes of local memory of a work-group, matrix "
        "instructions, and under each processor the registers of a work-item (vector registers on "
        "AMD, those of a thread on Intel; – where no program was compiled for it). Nothing spills, "
        "and nothing lies in scratch memory but, on Intel, what stands behind a +: registers of tiles "
        "without matrix units on pvc, where the compiler takes 32 lanes, and of tiles that only a "
        "search tries; bytes of arrays of other kernels.")
    return f"# Kernels on GPUs, as compiled\n\n{textwrap.fill(about, 100)}\n\n{text}"


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("retort", help="the built program")
    parser.add_argument("--all", action="store_true", help="compile every program")
    parser.add_argument("--table", help="the file that keeps the table")
    options = parser.parse_args()
    (HOME / "results").mkdir(parents=True, exist_ok=True)
    versions = run([CLANG, "--version"]).stdout + run([ptxas(), "--version"]).stdout
    ocloc()
    built = write_sources(pathlib.Path(options.retort).resolve())
    sources = built if options.all else covering(built)
    results = {source: {} for source in sources}
    with concurrent.futures.ThreadPoolExecutor(os.cpu_count()) as pool:
        waiting = {pool.submit(check, source, target, versions): (source, target)
                   for source in sources for target in targets_of(source)}
        for done in concurrent.futures.as_completed(waiting):
            source, target = waiting[done]
            results[source][target] = done.result()
    used = {target for facts in results.values() for target in facts}
    targets = [target for target in TARGETS if target in used]
    text = table(results, targets)
    print(text)
    count = 0
    for source in sources:
        for target, facts in results[source].items():
            for fault in faults(source, target, facts):
                count += 1
                print(f"gpu-check: {row_name(source)} on {target}: {fault}\n  {source}",
                      file=sys.stderr)
    if count:
        raise Failure(f"{count} faults in {len(sources)} programs")
    print(f"gpu-check: {len(sources)} of {len(built)} programs, all that were compiled, are fit for "
          + ", ".join(targets))
    if options.table:
        path = pathlib.Path(options.table)
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(page(text, len(sources), len(built), versions))


if __name__ == "__main__":
    try:
        main()
    except Failure as failure:
        sys.exit(f"gpu-check: {failure}")
