"""What `flashagent fix` costs outside the model: `python benchmarks/fix.py [--runs 9] [--json]`.

A scripted model on loopback without latency repairs a one-line bug by one edit. Measured by turns in the same rounds, so
that a busy moment hits all alike; the median counts:

- a bare interpreter (`python -c pass`) and a plain run of the check: what the rest is compared with;
- `flashagent fix --offline` on a repository whose check passes: it finds nothing to do;
- `flashagent fix` with the scripted model: the check before, the edit, the failing test alone, the check after.

CPU is user and system time of the whole process tree; 'own' is that less one plain run of the check for each time that
a check ran. RSS is that of the largest process. 'asks after' is the time from the start of the process to the first
request at the server. Tokens are bytes / 4 of the messages, tool calls and compact JSON of the tools: within about 5 %
of a count by o200k_base here. 'All' is every request and every reply.
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import shopcart

QUICK = ("--runs", "5")
PYTHON = str(Path(sys.base_prefix) / "bin" / "python3")  # not flashagent's own: checks never run in that
CHECK = [PYTHON, "-m", "unittest", "-q"]
BARE, PLAIN, NOTHING, FIX = "python -c pass", "the check alone", "fix --offline, green", "fix with a model"
GOALS = {
    "CPU s of 'fix --offline' on a green repository": 0.6,
    "tokens of the first request": 1800,
    "tokens of all requests and replies": 2500,
    "of these system and tools": 1200,
}
EDIT = {"edits": [{"path": f"shopcart/{shopcart.BUGGY}", "old": shopcart.OLD, "new": shopcart.NEW}]}


@dataclass
class Model:
    """A server that answers every request with the same edit, and keeps when the first one came and what was asked."""

    base_url: str = ""
    arrived: float = 0.0
    bodies: list[dict[str, Any]] = field(default_factory=list)


@contextmanager
def serving() -> Iterator[Model]:
    model = Model()
    call = {"index": 0, "id": "call_1", "type": "function"}
    function = {"name": "edit", "arguments": json.dumps(EDIT)}
    chunks = [
        {"delta": {"role": "assistant", "content": "", "tool_calls": [{**call, "function": function}]}},
        {"delta": {}, "finish_reason": "tool_calls"},
    ]
    head = {"id": "1", "object": "chat.completion.chunk", "created": 0, "model": "scripted"}
    lines = [json.dumps({**head, "choices": [{"index": 0, **chunk}]}) for chunk in chunks]
    answer = "".join(f"data: {line}\n\n" for line in [*lines, "[DONE]"]).encode()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:  # the name that http.server looks for
            model.arrived = model.arrived or time.perf_counter()
            model.bodies.append(json.loads(self.rfile.read(int(self.headers["content-length"]))))
            self.send_response(200)
            self.send_header("content-type", "text/event-stream")
            self.end_headers()
            self.wfile.write(answer)

        def log_message(self, *_: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    model.base_url = f"http://127.0.0.1:{server.server_port}/v1"
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield model
    finally:
        server.shutdown()
        server.server_close()


def measured(argv: list[str], cwd: Path, environ: dict[str, str], output: Path) -> dict[str, float]:
    """Wall and CPU seconds and the largest process in MB. Raises RuntimeError when the command fails."""
    with output.open("wb") as out:
        began = time.perf_counter()
        process = subprocess.Popen(
            argv, cwd=cwd, env=environ, stdin=subprocess.DEVNULL, stdout=out, stderr=subprocess.DEVNULL
        )
        _, status, used = os.wait4(process.pid, 0)
        wall = time.perf_counter() - began
        process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        raise RuntimeError(f"{argv} ended with {process.returncode}: {output.read_text()[-2000:]}")
    return {"began": began, "wall": wall, "cpu": used.ru_utime + used.ru_stime, "rss": used.ru_maxrss / 1024}


def one_round(scratch: Path, environ: dict[str, str]) -> dict[str, dict[str, float]]:
    """Each command once."""
    green, red = scratch / "green", scratch / "red"
    fix = [sys.executable, "-m", "flashagent", "fix", "--json", "--check", " ".join(CHECK)]
    output = scratch / "output"
    rows = {
        BARE: measured([sys.executable, "-c", "pass"], green, environ, output),
        # As flashagent runs it: the project's compiled files are never written.
        PLAIN: measured(CHECK, green, {**environ, "PYTHONDONTWRITEBYTECODE": "1"}, output),
        NOTHING: measured([*fix, "--offline"], green, environ, output),
    }
    rows[NOTHING]["checks"] = checks_in(output)
    (red / "shopcart" / shopcart.BUGGY).write_text(shopcart.FILES[f"shopcart/{shopcart.BUGGY}"])
    with serving() as model:
        told = {"MODEL_BASE_URL": model.base_url, "MODEL_API_KEY": "sk-bench", "FLASHAGENT_MODEL": "scripted"}
        row = rows[FIX] = measured(fix, red, {**environ, **told}, output)
    row["checks"] = checks_in(output)
    row["asks after"] = model.arrived - row["began"]
    row |= tokens_of(model.bodies)
    for name in (NOTHING, FIX):
        rows[name]["own"] = rows[name]["cpu"] - rows[name]["checks"] * rows[PLAIN]["cpu"]
    return rows


def checks_in(output: Path) -> int:
    return sum(json.loads(line)["type"] == "CheckStarted" for line in output.read_text().splitlines())


def tokens_of(bodies: list[dict[str, Any]]) -> dict[str, float]:
    def tokens(value: object) -> int:
        text = value if isinstance(value, str) else json.dumps(value, separators=(",", ":"))
        return round(len(text.encode()) / 4)

    first = bodies[0]
    prefix = tokens(first["messages"][0]["content"]) + tokens(first["tools"])
    asked = [
        tokens(body["tools"]) + sum(tokens(message["content"] or "") for message in body["messages"])
        for body in bodies
    ]
    replies = len(bodies) * tokens(EDIT)
    return {"requests": len(bodies), "first": asked[0], "prefix": prefix, "all": sum(asked) + replies}


def environment(scratch: Path) -> dict[str, str]:
    kept = {name: os.environ[name] for name in ("PATH", "LANG") if name in os.environ}
    home = scratch / "home"
    home.mkdir()
    return {**kept, "GIT_CONFIG_NOSYSTEM": "1", "HOME": str(home), "FLASHAGENT_HOME": str(scratch / "fa")}


def measure(runs: int) -> dict[str, dict[str, float]]:
    with tempfile.TemporaryDirectory() as name:
        scratch = Path(name).resolve()
        shopcart.make(scratch / "green", green=True)
        shopcart.make(scratch / "red")
        environ = environment(scratch)
        one_round(scratch, environ)  # once for the caches of the disk, the map and the compiled files
        rounds = [one_round(scratch, environ) for _ in range(runs)]
    return {
        name: {key: statistics.median(found[name][key] for found in rounds) for key in row}
        for name, row in rounds[0].items()
    }


def show(rows: dict[str, dict[str, float]]) -> None:
    print(
        f"{'':22}{'CPU s':>8}{'x bare':>8}{'x check':>9}{'own':>7}{'wall s':>8}{'x bare':>8}{'RSS MB':>8}{'checks':>8}"
    )
    for name, row in rows.items():
        bare, plain = rows[BARE], rows[PLAIN]
        own = f"{row['own']:7.2f}" if "own" in row else f"{'-':>7}"
        print(
            f"{name:22}{row['cpu']:8.3f}{row['cpu'] / bare['cpu']:8.1f}{row['cpu'] / plain['cpu']:9.1f}{own}"
            f"{row['wall']:8.3f}{row['wall'] / bare['wall']:8.1f}{row['rss']:8.0f}{row.get('checks', 0):8.0f}"
        )
    fix = rows[FIX]
    print(
        f"\nfix with a model asks after {fix['asks after']:.2f} s ({fix['asks after'] / rows[BARE]['wall']:.0f} x bare); "
        f"{fix['requests']:.0f} request; tokens (bytes / 4): first {fix['first']:.0f} "
        f"(system and tools {fix['prefix']:.0f}), all {fix['all']:.0f}\n"
    )
    reached = (round(rows[NOTHING]["cpu"], 2), fix["first"], fix["all"], fix["prefix"])
    for (what, goal), value in zip(GOALS.items(), reached, strict=True):
        print(f"{'met ' if value <= goal else 'over'}  {what}: {value:g} (goal: at most {goal:g})")


def main() -> int:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--runs", type=int, default=9)
    parser.add_argument("--json", action="store_true")
    args = parser.parse_args()
    rows = measure(args.runs)
    if args.json:
        print(json.dumps({"runs": args.runs, "cores": os.cpu_count(), "rows": rows}))
    else:
        show(rows)
    return 0


if __name__ == "__main__":
    sys.exit(main())
