"""What a repair costs in tokens and in time outside the model: `python benchmarks/tokens.py [--runs 5] [--json]`.

A scripted model on loopback repairs the one-line bug of `shopcart`. It edits at once only where the faulty line stands
word for word in the request; otherwise it asks to read the file first. The tasks:

- `in focus`: the failing test names the place, so that one request should do;
- `check is run`: the same with `--fresh`: the check runs before the first request, and much is imported beside it;
- `place unknown`: the check says nothing but its exit status;
- `out of focus`: the same, and the user's words point at another place, so that the model has to look;
- `no check run`: a change with a check that costs nothing, for the start alone;
- `wrong at first`: the place is in view, but the first two edits do not repair it, for the time of a turn with an edit.

Tokens are counted over messages, tool-call arguments and the compact JSON of the tools: by o200k_base where `tiktoken` and
its table are at hand (TIKTOKEN_CACHE_DIR), else by our own estimate; which one is said. 'start' runs from the fork of the
process to the first byte of the first request, less the wall time of the checks that ran before it as the events tell it
(nothing where the result was known from an earlier run on the same files, as in all but `check is run`). 'turn'
is the time between the last byte of an answer and the first byte of the next request, less the wall time of the checks in
between. Medians; times are also given as
multiples of a bare interpreter in the same rounds.
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
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import shopcart

QUICK = ("--runs", "3")
PYTHON = str(Path(sys.base_prefix) / "bin" / "python3")  # not flashagent's own: checks never run in that
PATH = f"shopcart/{shopcart.BUGGY}"
WRONG = ("    return round_money(amount - percent / 10)", "    return round_money(amount - percent)")
READ = ("read", {"path": PATH})


def edit(old: str, new: str) -> tuple[str, dict[str, Any]]:
    return "edit", {"edits": [{"path": PATH, "old": old, "new": new}]}


MUTE = "import subprocess, sys\nsys.exit(subprocess.call([sys.executable, '-m', 'unittest', '-q'], stderr=subprocess.DEVNULL))\n"
DECOY = "class Inventory:\n" + "".join(
    f"    def take_{name}(self, amount):\n        if self.{name} < amount:\n            raise ValueError('{name}')\n"
    f"        self.{name} -= amount\n        return self.{name}\n\n"
    for name in ("pens", "books", "bread", "paper", "lamps", "chairs", "tables")
)  # a place that the words of a user may mean as well
TASKS = {
    "in focus": ["fix", "--check", f"{PYTHON} -m unittest -q"],
    "check is run": ["fix", "--fresh", "--check", f"{PYTHON} -m unittest -q"],
    "place unknown": ["fix", "--check", f"{PYTHON} mute.py"],
    "out of focus": ["fix", "take_pens of Inventory seems to be wrong", "--check", f"{PYTHON} mute.py"],
    "no check run": ["do", "Make apply_discount right", "--check", "/bin/true"],
    "wrong at first": ["fix", "--check", f"{PYTHON} -m unittest -q"],
}
WRONG_AT_FIRST = "wrong at first"
GOALS = [
    ("in focus", "start", 0.375),
    ("check is run", "start", 0.375),
    ("in focus", "requests", 1),
    ("in focus", "first", 1_800),
    ("in focus", "all", 2_500),
    ("in focus", "system and tools", 1_200),
    ("out of focus", "requests", 2),
    ("out of focus", "first", 1_100),
    ("out of focus", "turn", 0.030),
    ("place unknown", "first", 1_100),
    (WRONG_AT_FIRST, "turn", 0.030),
]


@dataclass
class Model:
    """The scripted model: what it was asked, and when requests came and answers had gone out. `texts` are what it writes in
    place of the faulty line, one after another."""

    texts: tuple[str, ...] = (shopcart.NEW,)
    base_url: str = ""
    bodies: list[dict[str, Any]] = field(default_factory=list)
    came: list[float] = field(default_factory=list)
    answered: list[float] = field(default_factory=list)

    def answer(self, body: dict[str, Any]) -> bytes:
        texts = [str(message.get("content") or "") for message in body["messages"]]
        edits = sum("Written:" in text for text in texts)
        written = edits == len(self.texts)
        if written:
            delta: dict[str, Any] = {"content": "Done."}
        else:
            old = self.texts[edits - 1] if edits else shopcart.OLD
            known = edits or any(old in text for text in texts)
            name, arguments = edit(old, self.texts[edits]) if known else READ
            function = {"name": name, "arguments": json.dumps(arguments)}
            call = {"index": 0, "id": f"call_{len(self.bodies)}", "type": "function", "function": function}
            delta = {"content": "", "tool_calls": [call]}
        head = {"id": "1", "object": "chat.completion.chunk", "created": 0, "model": "scripted"}
        finish = "stop" if written else "tool_calls"
        choices = [
            {"index": 0, "delta": {"role": "assistant", **delta}},
            {"index": 0, "delta": {}, "finish_reason": finish},
        ]
        lines = [json.dumps({**head, "choices": [choice]}) for choice in choices]
        return "".join(f"data: {line}\n\n" for line in [*lines, "[DONE]"]).encode()


@contextmanager
def serving(texts: tuple[str, ...] = (shopcart.NEW,)) -> Iterator[Model]:
    model = Model(texts)

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:  # the name that http.server looks for
            model.came.append(time.perf_counter())
            body = json.loads(self.rfile.read(int(self.headers["content-length"])))
            model.bodies.append(body)
            self.send_response(200)
            self.send_header("content-type", "text/event-stream")
            self.end_headers()
            self.wfile.write(model.answer(body))
            self.wfile.flush()
            model.answered.append(time.perf_counter())

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


def counter() -> tuple[str, Callable[[str], int]]:
    """How tokens are counted, by name, and the function that does it."""
    try:
        import tiktoken

        encoding = tiktoken.get_encoding("o200k_base")
        return "o200k_base", lambda text: len(encoding.encode(text, disallowed_special=()))
    except Exception as error:  # not installed, or its table cannot be had: whatever it raises then
        from flashagent.models.tokens import estimate

        return f"estimate ({type(error).__name__}: no o200k_base)", estimate


def one_run(
    task: str, scratch: Path, environ: dict[str, str], count: Callable[[str], int]
) -> dict[str, float]:
    """One repair from a fresh state of the files. Raises RuntimeError when it did not succeed."""
    repository = scratch / "repository"
    (repository / PATH).write_text(shopcart.FILES[PATH], encoding="utf-8")
    for memory in scratch.glob("fa/state/repositories/*/memory.json"):
        memory.unlink()  # each run is the first one here: nothing is remembered of the last
    with serving((*WRONG, shopcart.NEW) if task == WRONG_AT_FIRST else (shopcart.NEW,)) as model:
        told = {"MODEL_BASE_URL": model.base_url, "MODEL_API_KEY": "sk-bench", "FLASHAGENT_MODEL": "scripted"}
        argv = [sys.executable, "-m", "flashagent", *TASKS[task], "--json"]
        began = time.perf_counter()
        done = subprocess.run(
            argv, cwd=repository, env={**environ, **told}, capture_output=True, text=True, check=False
        )
        wall = time.perf_counter() - began
    if done.returncode:
        raise RuntimeError(f"{argv} ended with {done.returncode}: {done.stdout[-2000:]}{done.stderr[-500:]}")
    events = [json.loads(line) for line in done.stdout.splitlines()]
    between = zip(model.answered, model.came[1:], checks_after_replies(events), strict=False)
    turns = [later - earlier - checks for earlier, later, checks in between]
    return {
        "start": model.came[0] - began - checks_before_asking(events),
        "wall": wall,
        "turn": statistics.median(turns) if turns else 0.0,
        **tokens_of(model.bodies, events, count),
    }


def checks_before_asking(events: list[dict[str, Any]]) -> float:
    """Seconds that checks ran before the first request, by their own account; a known result took none."""
    seconds = 0.0
    for event in events:
        if event["type"] == "CheckFinished" and not event["cached"]:
            seconds += event["seconds"]
        if event["type"] == "AttemptStarted":
            break
    return seconds


def checks_after_replies(events: list[dict[str, Any]]) -> list[float]:
    """Seconds that checks ran after each reply, by their own account."""
    seconds: list[float] = []
    for event in events:
        if event["type"] == "AssistantReplied":
            seconds.append(0.0)
        elif event["type"] == "CheckFinished" and not event["cached"] and seconds:
            seconds[-1] += event["seconds"]
    return seconds


def tokens_of(
    bodies: list[dict[str, Any]], events: list[dict[str, Any]], count: Callable[[str], int]
) -> dict[str, float]:
    def compact(value: object) -> str:
        return json.dumps(value, separators=(",", ":"), ensure_ascii=False)

    def message(one: dict[str, Any]) -> int:
        calls = sum(count(call["function"]["arguments"]) for call in one.get("tool_calls", ()))
        return count(one.get("content") or "") + calls

    asked = [count(compact(body["tools"])) + sum(map(message, body["messages"])) for body in bodies]
    replies = [
        count(event["text"]) + sum(count(call["arguments"]) for call in event["tool_calls"])
        for event in events
        if event["type"] == "AssistantReplied"
    ]
    prefix = count(compact(bodies[0]["tools"])) + message(bodies[0]["messages"][0])
    return {
        "requests": len(bodies),
        "first": asked[0],
        "system and tools": prefix,
        "all": sum(asked) + sum(replies),
    }


def bare() -> float:
    began = time.perf_counter()
    subprocess.run([sys.executable, "-c", "pass"], check=True)
    return time.perf_counter() - began


def measure(runs: int, count: Callable[[str], int]) -> dict[str, dict[str, float]]:
    with tempfile.TemporaryDirectory() as name:
        scratch = Path(name).resolve()
        shopcart.make(scratch / "repository", more={"mute.py": MUTE, "warehouse/inventory.py": DECOY})
        kept = {name: os.environ[name] for name in ("PATH", "LANG") if name in os.environ}
        environ = {**kept, "GIT_CONFIG_NOSYSTEM": "1", "HOME": name, "FLASHAGENT_HOME": str(scratch / "fa")}
        rounds = []
        for number in range(
            runs + 1
        ):  # the first fills the caches of the disk, the map and the compiled files
            row = {task: one_run(task, scratch, environ, count) for task in TASKS}
            floor = bare()
            for values in row.values():
                values["start x bare"] = values["start"] / floor
            if number:
                rounds.append(row)
    return {
        task: {key: statistics.median(row[task][key] for row in rounds) for key in rounds[0][task]}
        for task in TASKS
    }


def show(rows: dict[str, dict[str, float]], how: str) -> None:
    print(f"tokens by {how}\n")
    keys = ("requests", "first", "system and tools", "all", "start", "start x bare", "turn", "wall")
    print(f"{'':14}" + "".join(f"{key:>18}" for key in keys))
    for task, row in rows.items():
        print(
            f"{task:14}"
            + "".join(f"{row[key]:18.3f}" if row[key] % 1 else f"{row[key]:18.0f}" for key in keys)
        )
    print()
    for task, key, goal in GOALS:
        value = rows[task][key]
        print(f"{'met ' if value <= goal else 'over'}  {task}: {key} {value:g} (goal: at most {goal:g})")


def main() -> int:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--runs", type=int, default=5)
    parser.add_argument("--json", action="store_true")
    args = parser.parse_args()
    how, count = counter()
    rows = measure(args.runs, count)
    if args.json:
        print(json.dumps({"runs": args.runs, "cores": os.cpu_count(), "tokens": how, "rows": rows}))
    else:
        show(rows, how)
    return 0


if __name__ == "__main__":
    sys.exit(main())
