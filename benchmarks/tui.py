"""How fast the terminal app is in a real terminal: first sign of life, ready, the echo of a key, bytes.

    python benchmarks/tui.py [--keys N] [--answers N] [--json]

The start is that of the real program, offline, in an empty repository. All else runs on a controller that plays a script
(tests/helpers/tui_controller.py), so that no model, git or sandbox is measured with it. Times are in ms, from the write of a
key to the read that holds it.
"""

from __future__ import annotations

import argparse
import contextlib
import fcntl
import json
import os
import pty
import select
import signal
import statistics
import struct
import subprocess
import sys
import tempfile
import termios
import time
from collections.abc import Sequence
from pathlib import Path

QUICK = ("--keys", "12", "--answers", "3")
TESTS = Path(__file__).parents[1] / "tests"
LETTERS = "ZQXJKV"  # none of them stands in the answers
PATIENCE_S = 30.0
GAP_S = 0.1


class App:
    """The app in a terminal of 120 x 40; `read` gives what it wrote."""

    def __init__(self, program: Sequence[str], folder: Path) -> None:
        self.started = time.perf_counter()
        self.pid, self.terminal = pty.fork()
        if self.pid == 0:
            os.chdir(folder)
            home = {"FLASHAGENT_HOME": str(folder / "home")} if folder != TESTS else {}
            os.execvpe(program[0], program, {**_variables(), **home, "TERM": "xterm-256color"})
        fcntl.ioctl(self.terminal, termios.TIOCSWINSZ, struct.pack("HHHH", 40, 120, 0, 0))

    def write(self, text: str) -> None:
        os.write(self.terminal, text.encode())

    def read(self, wait_s: float) -> bytes:
        """What comes next, b'' when nothing does in time."""
        if not select.select([self.terminal], [], [], wait_s)[0]:
            return b""
        return os.read(self.terminal, 65536)

    def until(self, wanted: str) -> tuple[float, int]:
        """Seconds until the text was read, and how many bytes were."""
        start, seen = time.perf_counter(), b""
        while wanted.encode() not in seen:
            left = start + PATIENCE_S - time.perf_counter()
            if left <= 0:
                raise SystemExit(f"{wanted!r} did not come")
            seen += self.read(left)
        return time.perf_counter() - start, len(seen)

    def drain(self, wait_s: float) -> int:
        """Read until nothing has come for so long; how many bytes there were."""
        count = 0
        while data := self.read(wait_s):
            count += len(data)
        return count

    def end(self) -> None:
        with contextlib.suppress(ProcessLookupError):
            os.kill(self.pid, signal.SIGKILL)
        os.waitpid(self.pid, 0)
        os.close(self.terminal)


def _variables() -> dict[str, str]:
    return {name: value for name, value in os.environ.items() if name != "NO_COLOR"}


def starts(times: int = 5) -> dict[str, float]:
    """First sign of life, and the first key that stands in the prompt; it is typed before the app is there. Medians; the
    first start, which compiles, is not counted."""
    with tempfile.TemporaryDirectory() as folder:
        subprocess.run(["git", "init", "-q"], cwd=folder, check=True)
        found = [_start(Path(folder)) for _ in range(times + 1)][1:]
    paints, readies = zip(*found, strict=True)
    return {"paint": statistics.median(paints), "ready": statistics.median(readies)}


def _start(folder: Path) -> tuple[float, float]:
    app = App([sys.executable, "-m", "flashagent", "--offline"], folder)
    try:
        app.until("flashagent")
        paint = time.perf_counter() - app.started
        app.write("Z")
        app.until("Z")
        return 1000 * paint, 1000 * (time.perf_counter() - app.started)
    finally:
        app.end()


def echoes(app: App, keys: int) -> dict[str, float]:
    """How long keys take to stand on the screen; what else is written meanwhile is read too."""
    times, start = [], time.perf_counter()
    for number in range(keys):
        letter = LETTERS[number % len(LETTERS)]
        app.write(letter)
        seconds, _ = app.until(letter)
        times.append(1000 * seconds)
        while (left := start + (number + 1) * GAP_S - time.perf_counter()) > 0:
            app.read(left)
    app.write("\x15")  # clears the prompt
    cuts = statistics.quantiles(times, n=20, method="inclusive")
    return {"p50": statistics.median(times), "p95": cuts[18]}


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--keys", type=int, default=60)
    parser.add_argument("--answers", type=int, default=200)
    parser.add_argument("--json", action="store_true")
    args = parser.parse_args()
    rows: dict[str, dict[str, float]] = {"start": starts()}
    app = App([sys.executable, "-m", "helpers.tui_controller"], TESTS)
    try:
        app.until("Ask for something")
        rows["idle"] = echoes(app, args.keys)
        app.drain(1.0)
        rows["quiet"] = {"bytes": app.drain(2.0)}
        app.write("long\r")
        app.until("the model is writing")
        rows["streaming"] = echoes(app, args.keys)
        app.write("\x1b")
        app.until("Ask for something")
        for _ in range(args.answers):
            app.write("Why?\r")
            app.until("Ask for something")
        app.drain(0.5)
        rows[f"idle, {args.answers} answers"] = echoes(app, args.keys)
    finally:
        app.end()
    if args.json:
        print(json.dumps({"cores": os.cpu_count(), "rows": rows}))
        return 0
    for name, row in rows.items():
        print(f"{name:<20} " + "  ".join(f"{key} {value:.1f}" for key, value in row.items()))
    return 0


if __name__ == "__main__":
    sys.exit(main())
