"""Runs all tests, each suite in a process of its own, as many at once as there are processors.

Usage: test.py TESTS [--fast] [--all] [--filter REGEX] [--jobs N] [--record]

`TESTS` is the built test program. The heaviest suites start first, by the processor seconds that
Scripts/test-weights.txt has recorded. A line tells of each suite as it ends, with the output of one
that failed; everything is in .build/test.log. A suite that a signal ends is run once more, since
drivers' compilers crash now and then (PoCL 3.1 in one of several hundred runs); its line and the
closing lines say so. These are the ten slowest suites and one summary in the form of Swift's own test
runner. A skipped test is a failure, but for what needs a browser. Kernels that PoCL compiles are kept
in .build/pocl, unless POCL_CACHE_DIR says otherwise, by the tests and by the programs that they start.
"""

import argparse
import concurrent.futures
import os
import pathlib
import re
import signal
import subprocess
import sys
import tempfile
import threading
import time

WEIGHTS = pathlib.Path(__file__).with_name("test-weights.txt")
LOG = pathlib.Path(".build/test.log")
LIMIT = 1800  # seconds that a suite may take
HEAVY = 10  # processor seconds from which on a suite is left out of --fast
UNKNOWN = 5  # the weight of a suite that was never recorded
SKIP = "childListsDevices"  # the body of a process that another test starts
MAY_SKIP = "Chromium is not installed"
CLOSING = re.compile(r"Test run with (\d+) tests? in (\d+) suites? (passed|failed)")


class Outcome:
    """What a suite's process left."""

    def __init__(self, suite, text, status, seconds, processor):
        self.suite, self.text, self.seconds, self.processor = suite, text, seconds, processor
        closing = CLOSING.search(text)
        # What ended the suite at first, where this is its second run.
        self.first = ""
        self.isSignal = status < 0 and status != -signal.SIGKILL  # which ends one that takes too long
        self.tests, self.suites = (int(closing[1]), int(closing[2])) if closing else (0, 0)
        skipped = [line for line in text.splitlines() if "➜" in line and MAY_SKIP not in line]
        if status < 0:
            self.fault = f"ended by {signal.Signals(-status).name}"
        elif status or not closing:
            self.fault = "failed" if closing else f"ended early with status {status}"
        else:
            self.fault = "skips tests, which is a failure here" if skipped else ""

    def line(self):
        name = self.suite.split(".", 1)[-1]
        times = f"{self.seconds:.1f} s, {self.processor:.1f} s of processor"
        again = f", {self.first} when it was first run" if self.first else ""
        if self.fault:
            return f"✘ {name} {self.fault} after {times}{again}"
        return f"✔ {name} passed: {self.tests} tests, {times}{again}"


class Runner:
    """Suites as processes; an interrupt ends those that run."""

    def __init__(self, program, environment):
        self.program, self.environment = program, environment
        self.lock = threading.Lock()
        self.running = set()
        self.isEnding = False

    def run(self, suite):
        """The outcome of a suite: of its second run, where a signal ended the first."""
        outcome = self.once(suite)
        if not outcome or not outcome.isSignal or self.isEnding:
            return outcome
        again = self.once(suite)
        if again:
            again.first, again.text = outcome.fault, outcome.text + again.text
        return again

    def once(self, suite):
        with tempfile.TemporaryFile() as output:
            start = time.monotonic()
            with self.lock:
                if self.isEnding:
                    return None
                process = subprocess.Popen(
                    [self.program, "--testing-library", "swift-testing", "--skip", SKIP,
                     "--filter", "^" + re.escape(suite) + r"(/|\(|$)"],
                    stdin=subprocess.DEVNULL, stdout=output, stderr=subprocess.STDOUT,
                    env=self.environment, start_new_session=True)
                self.running.add(process.pid)
            limit = threading.Timer(LIMIT, end, [process.pid])
            limit.start()
            _, status, usage = os.wait4(process.pid, 0)
            process.returncode = os.waitstatus_to_exitcode(status)
            limit.cancel()
            with self.lock:
                self.running.discard(process.pid)
            output.seek(0)
            text = output.read().decode(errors="replace")
        return Outcome(suite, text, process.returncode, time.monotonic() - start,
                       usage.ru_utime + usage.ru_stime)

    def end(self):
        with self.lock:
            self.isEnding = True
            for pid in self.running:
                end(pid)


def end(group):
    """Kills a process and all that it has started."""
    try:
        os.killpg(group, signal.SIGKILL)
    except ProcessLookupError:
        pass


def suites_of(program):
    """The suites of the test program, as MODULE.SUITE."""
    listed = subprocess.run([program, "--testing-library", "swift-testing", "--list-tests"],
                            stdout=subprocess.PIPE, text=True, check=True).stdout
    return sorted({line.split("/")[0] for line in listed.split("\n") if line})


def recorded():
    """Processor seconds of suites, with an empty cache of kernels."""
    if not WEIGHTS.exists():
        return {}
    rows = (line.split() for line in WEIGHTS.read_text().splitlines())
    return {suite: float(seconds) for seconds, suite in rows}


def told(outcome, log):
    """Prints and logs a suite's end."""
    log.write(f"{outcome.line()}\n{outcome.text}\n")
    log.flush()
    print(outcome.line(), flush=True)
    if outcome.fault:
        lines = [line for line in outcome.text.splitlines() if not line.startswith("◇")]
        print("\n".join("    " + line for line in lines if not line.startswith("✔")), flush=True)


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("tests", type=pathlib.Path, help="the built test program")
    parser.add_argument("--fast", action="store_true",
                        help=f"leave out suites of {HEAVY} processor seconds and more")
    parser.add_argument("--all", action="store_true",
                        help="sweep wholly where tests otherwise take the most telling cases")
    parser.add_argument("--filter", default="", help="only suites that this expression finds")
    parser.add_argument("--jobs", type=int, default=os.cpu_count(), help="suites at one time")
    parser.add_argument("--record", action="store_true", help="rewrite test-weights.txt")
    options = parser.parse_args()
    # A shell's background jobs ignore interrupts, and so would what they start; tests send some.
    signal.signal(signal.SIGINT, signal.default_int_handler)
    program = options.tests.resolve()
    weights = recorded()

    def weight(suite):
        return weights.get(suite, UNKNOWN)

    suites = [suite for suite in suites_of(program) if re.search(options.filter, suite)]
    if options.fast:
        suites = [suite for suite in suites if weight(suite) < HEAVY]
    suites.sort(key=weight, reverse=True)
    environment = {"POCL_CACHE_DIR": str(pathlib.Path(".build/pocl").resolve()),
                   "SWIFT_BACKTRACE": "enable=yes,interactive=no,color=no", **os.environ}
    if options.all:
        environment["RETORT_TESTS"] = "all"
    pathlib.Path(environment["POCL_CACHE_DIR"]).mkdir(parents=True, exist_ok=True)
    runner = Runner(program, environment)
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    outcomes = []
    start = time.monotonic()
    with LOG.open("w") as log, concurrent.futures.ThreadPoolExecutor(options.jobs) as pool:
        try:
            waiting = [pool.submit(runner.run, suite) for suite in suites]
            for done in concurrent.futures.as_completed(waiting):
                outcomes.append(done.result())
                told(outcomes[-1], log)
        except KeyboardInterrupt:
            runner.end()
            sys.exit("test: interrupted")
    if options.record:
        weights.update((outcome.suite, outcome.processor) for outcome in outcomes)
        rows = sorted(weights.items(), key=lambda row: (-row[1], row[0]))
        WEIGHTS.write_text("".join(f"{seconds:.1f} {suite}\n" for suite, seconds in rows))
    print("The slowest:")
    for outcome in sorted(outcomes, key=lambda outcome: -outcome.processor)[:10]:
        print(f"  {outcome.processor:7.1f} s  {outcome.suite}")
    failed = [outcome for outcome in outcomes if outcome.fault]
    for outcome in outcomes:
        if outcome.fault or outcome.first:
            print(outcome.line())
    tests, count = (sum(outcome.tests for outcome in outcomes),
                    sum(outcome.suites for outcome in outcomes))
    print(f"{'✘' if failed else '✔'} Test run with {tests} tests in {count} suites "
          f"{'failed' if failed else 'passed'} after {time.monotonic() - start:.3f} seconds"
          + (f" with {len(failed)} suites at fault." if failed else "."))
    sys.exit(1 if failed or not outcomes else 0)


if __name__ == "__main__":
    main()
