"""Runs all cases of ONNX's own suite on the processor and on OpenCL.

Usage: test-onnx.py TESTS [FOLDER]

`TESTS` is the built test program; `FOLDER` has a folder for each kind of cases, which are those that
Debian packages unless it is given. Prints how many passed of each kind, the operators that are not
supported, what is refused, and what failed; each case is in .build/test-onnx.log. Ends with one line,
and with status 1 where a case of supported operators failed or the program crashed.
"""

import collections
import os
import pathlib
import re
import subprocess
import sys

CASES = "/usr/share/libonnx-testdata/data"
LOG = pathlib.Path(".build/test-onnx.log")
LINE = re.compile(r"case (\S+) (\S+) (\S+) (?:(passed|failed|refused|unsupported)(?:: (.*))?)?$")
OUTCOMES = ("passed", "failed", "refused", "unsupported")


def counted(names):
    """Names with how often each stands, the most frequent first."""
    rows = sorted(collections.Counter(names).items(), key=lambda row: (-row[1], row[0]))
    return ", ".join(f"{name} {count}" for name, count in rows)


def main():
    if len(sys.argv) not in (2, 3):
        sys.exit(__doc__)
    folder = sys.argv[2] if len(sys.argv) == 3 else CASES
    environment = {"POCL_CACHE_DIR": str(pathlib.Path(".build/pocl").resolve()), **os.environ,
                   "RETORT_ONNX_CASES": folder}
    with LOG.open("w") as log:
        status = subprocess.run(
            [pathlib.Path(sys.argv[1]).resolve(), "--testing-library", "swift-testing",
             "--filter", r"ONNXConformanceTests(/|$)"],
            env=environment, stdin=subprocess.DEVNULL, stdout=log, stderr=subprocess.STDOUT).returncode
    found = [match.groups() for match in map(LINE.match, LOG.read_text(errors="replace").splitlines())
             if match]
    counts = collections.Counter((backend, kind, outcome) for backend, kind, _, outcome, _ in found)
    for backend, kind in dict.fromkeys((backend, kind) for backend, kind, _, _, _ in found):
        parts = (f"{counts[backend, kind, outcome]} {outcome}" for outcome in OUTCOMES)
        print(f"{backend} {kind}: {', '.join(parts)}")
    first = found[0][0] if found else ""
    for outcome in ("unsupported", "refused"):
        text = counted(reason for backend, _, _, found, reason in found
                       if found == outcome and backend == first)
        print(f"{outcome}: {text or 'none'}")
    for backend, kind, name, outcome, reason in found:
        if outcome in (None, "failed"):
            print(f"{backend} {kind} {name}: {reason or 'crashed'}")
    passed, failed = (sum(row[3] == outcome for row in found) for outcome in ("passed", "failed"))
    isRight = status == 0 and passed > 0
    print(f"{'✔' if isRight else '✘'} ONNX: {passed} passed and {failed} failed of {len(found)}"
          + ("" if status >= 0 else f"; the program was ended by signal {-status}") + f"; see {LOG}")
    sys.exit(0 if isRight else 1)


if __name__ == "__main__":
    main()
