"""How soon an attempt is judged where the whole check is slow: `python benchmarks/verify.py [--suite-seconds 60] [--json]`.

A project is made whose whole suite takes that long (tests that wait, one second each) and whose fault three tests cover. It is
repaired by `flashagent fix` twice, in the real process: without a model, and with a scripted model on loopback whose first
edit is wrong, so that one attempt fails and one succeeds. Read from the program's own events:

- 'attempt judged': from the model's answer to the end of the runs that judge its edit, the whole run left out;
- 'whole run': the last one, which decides and is never left out.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

QUICK = ("--suite-seconds", "12")
PYTHON = str(Path(sys.base_prefix) / "bin" / "python3")  # not flashagent's own: checks never run in that
GOAL_S = 3.0
PRICES = '''"""Prices in cents."""


def with_tax(cents, rate):
    """The price with the tax of `rate` percent on it."""
    return cents - cents * rate // 100


def total(prices):
    return sum(prices)
'''
TESTS = """import unittest

from shop.prices import total, with_tax


class PricesTest(unittest.TestCase):
    def test_tax(self):
        self.assertEqual(with_tax(1000, 20), 1200)

    def test_reduced_tax(self):
        self.assertEqual(with_tax(1000, 5), 1050)

    def test_tax_of_a_basket(self):
        self.assertEqual(with_tax(total([500, 500]), 10), 1100)

    def test_no_tax(self):
        self.assertEqual(with_tax(1000, 0), 1000)

    def test_nothing_costs_nothing(self):
        self.assertEqual(with_tax(0, 20), 0)

    def test_no_tax_on_one_cent(self):
        self.assertEqual(with_tax(1, 0), 1)

    def test_total(self):
        self.assertEqual(total([1, 2]), 3)
"""
SLOW = """import time
import unittest

from shop import store


class Store{number}Test(unittest.TestCase):
    def test_waits(self):
        time.sleep(1)
        self.assertEqual(store.shelf({number}), {number})
"""
OLD, WRONG, RIGHT = "return cents - ", "return 1 + cents + ", "return cents + "


def make(root: Path, seconds: int) -> None:
    """The project, as one commit."""
    files = {
        "shop/__init__.py": "",
        "shop/prices.py": PRICES,
        "shop/store.py": "def shelf(number):\n    return number\n",
        "tests/__init__.py": "",
        "tests/test_prices.py": TESTS,
    }
    files |= {f"tests/test_store_{n}.py": SLOW.format(number=n) for n in range(seconds)}
    for name, text in files.items():
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_text(text, encoding="utf-8")
    identity = ("-c", "user.name=B", "-c", "user.email=b@example.invalid")
    for command in (("init", "-q", "-b", "main"), ("add", "-A"), (*identity, "commit", "-q", "-m", "Start")):
        subprocess.run(["git", *command], cwd=root, check=True)


def edit(old: str, new: str) -> str:
    return json.dumps({"edits": [{"path": "shop/prices.py", "old": old, "new": new}]})


@contextmanager
def answering(edits: Sequence[str]) -> Iterator[str]:
    """A server that answers with the edits in turn, the last one again and again; its address."""
    left = list(edits)

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:  # the name that http.server looks for
            self.rfile.read(int(self.headers["content-length"]))
            arguments = left.pop(0) if len(left) > 1 else left[0]
            self.send_response(200)
            self.send_header("content-type", "text/event-stream")
            self.end_headers()
            self.wfile.write(_stream(arguments, len(left)))

        def log_message(self, *_: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}/v1"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def _stream(arguments: str, number: int) -> bytes:
    function = {"name": "edit", "arguments": arguments}
    call = {"index": 0, "id": f"call_{number}", "type": "function", "function": function}
    chunks: list[dict[str, Any]] = [
        {"delta": {"role": "assistant", "content": "", "tool_calls": [call]}},
        {"delta": {}, "finish_reason": "tool_calls"},
    ]
    head = {"id": "1", "object": "chat.completion.chunk", "created": 0, "model": "scripted"}
    lines = [json.dumps({**head, "choices": [{"index": 0, **chunk}]}) for chunk in chunks]
    return "".join(f"data: {line}\n\n" for line in [*lines, "[DONE]"]).encode()


def fix(root: Path, home: Path, *options: str, **variables: str) -> list[dict[str, Any]]:
    """The events of one `flashagent fix`."""
    environ = {
        "PATH": os.environ["PATH"],
        "HOME": str(home),
        "FLASHAGENT_HOME": str(home / "fa"),
        **variables,
    }
    command = [sys.executable, "-m", "flashagent", "fix", "--json", "--check", f"{PYTHON} -m unittest"]
    done = subprocess.run([*command, *options], cwd=root, env=environ, stdout=subprocess.PIPE, check=False)
    return [json.loads(line) for line in done.stdout.splitlines()]


def at(event: dict[str, Any]) -> float:
    return datetime.fromisoformat(event["time"]).timestamp()


def whole_runs(events: Sequence[dict[str, Any]], tests: int) -> list[tuple[float, float]]:
    """Begin and end of each run of all tests."""
    found, began = [], 0.0
    for event in events:
        if event["type"] == "CheckStarted":
            began = at(event)
        elif event["type"] == "CheckFinished" and event["passed"] + event["failed"] >= tests:
            found.append((began, at(event)))
    return found


def judged(events: Sequence[dict[str, Any]], tests: int) -> list[float]:
    """Seconds from each answer of the model to the end of what judges it, or to the begin of the whole run."""
    answers = [at(event) for event in events if event["type"] == "AssistantReplied"]
    starts = [begin for begin, _ in whole_runs(events, tests)]
    ends = [at(event) for event in events if event["type"] == "CheckFinished"]
    times = []
    for answer in answers:
        candidates = [moment for moment in (*starts, *ends) if moment > answer]
        times.append(round(min(candidates) - answer, 2) if candidates else float("nan"))
    return times


def measure(seconds: int) -> dict[str, Any]:
    tests = TESTS.count("def test_") + seconds
    found: dict[str, Any] = {"tests": tests}
    with tempfile.TemporaryDirectory(prefix="flashagent-verify-") as scratch:
        for name in ("offline", "model"):
            root = Path(scratch) / name / "project"
            make(root, seconds)
            home = Path(scratch) / name / "home"
            home.mkdir()
            if name == "offline":
                events = fix(root, home, "--offline", "--search-time", "30")
            else:
                edits = [edit(OLD, WRONG), edit(WRONG, RIGHT)]
                with answering(edits) as address:
                    keys = {"MODEL_API_KEY": "none", "MODEL_BASE_URL": address}
                    events = fix(root, home, "--model", "scripted", "--timeout", "900", **keys)
            runs = [round(end - begin, 1) for begin, end in whole_runs(events, tests)]
            total = at(events[-1]) - at(events[0])
            found[name] = {
                "outcome": events[-1]["outcome"],
                "whole runs s": runs,
                "attempts judged s": judged(events, tests),
                "all s": round(total, 1),
                "beside the whole runs told s": round(total - sum(runs), 1),
            }
    return found


def main() -> int:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--suite-seconds", type=int, default=60)
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args()
    found = measure(options.suite_seconds)
    if options.json:
        print(json.dumps(found))
    else:
        for name, value in found.items():
            print(f"{name}: {value}")
    times = found["model"]["attempts judged s"]
    good = all(found[name]["outcome"] == "fixed" for name in ("offline", "model"))
    return 0 if good and times and max(times) <= GOAL_S else 1


if __name__ == "__main__":
    sys.exit(main())
