"""How fast edits land: edits per second, p50 and p95 by file size, with and without the syntax check.

    python benchmarks/edits.py [ROUNDS]

Each round takes one place of a made-up Python file, writes an edit of it in one of the formats (clean or with other
indentation, so that the tolerant rungs count too; or of text that is not there, which is refused with the nearest
lines) and applies the reply.
"""

from __future__ import annotations

import json
import random
import statistics
import sys
import time
from collections.abc import Sequence

from flashagent.edits.check import check_nothing, check_syntax
from flashagent.edits.reply import apply_reply

SIZES = (2_000, 10_000, 50_000, 200_000)
KINDS = ("edit", "sr", "udiff", "dedented", "apply_patch", "anchors", "whole", "refused")
GOAL_P50_MS, GOAL_P95_MS, GOAL_BYTES = 1.0, 10.0, 50_000


def make_file(size: int) -> list[str]:
    """Lines of a well-formed Python file of about that many bytes, with a distinct body per function."""
    lines: list[str] = ["import math", ""]
    number = 0
    while sum(map(len, lines)) + len(lines) < size:
        number += 1
        lines += [
            "",
            f"def measure_{number}(values, scale={number}):",
            f'    """Scale and add up, variant {number}."""',
            f"    total_{number} = 0",
            "    for value in values:",
            f"        if value > {number}:",
            f"            total_{number} += math.sqrt(value) * scale",
            f"    return total_{number}",
            "",
        ]
    return lines


def reply_for(lines: Sequence[str], kind: str, at: int) -> str:
    """A reply that changes the sum in the function whose heading stands at line `at`."""
    old = list(lines[at + 2 : at + 7])
    new = [*old[:3], old[3].replace("scale", "scale + 1"), *old[4:]]
    if kind == "edit":
        edit = {"path": "measure.py", "old": "\n".join(old) + "\n", "new": "\n".join(new) + "\n"}
        return json.dumps({"edits": [edit]})
    if kind == "dedented":
        old, new = [line[4:] for line in old], [line[4:] for line in new]
    if kind == "udiff":
        body = [" " + line for line in old[:3]] + ["-" + old[3], "+" + new[3], " " + old[4]]
        return "```diff\n--- a/measure.py\n+++ b/measure.py\n@@ ... @@\n" + "\n".join(body) + "\n```\n"
    if kind == "apply_patch":
        body = ["-" + old[3], "+" + new[3]]
        return "\n".join(["*** Begin Patch", "*** Update File: measure.py", "@@", *body, "*** End Patch", ""])
    if kind == "anchors":
        parts = [
            "measure.py",
            "<<<<<<< FIRST",
            old[0],
            "======= LAST 5",
            old[-1],
            "======= NEW",
            *new,
            ">>>>>>> END",
        ]
        return "\n".join([*parts, ""])
    if kind == "whole":
        return "measure.py\n```python\n" + "\n".join([*lines[: at + 2], *new, *lines[at + 7 :]]) + "\n```\n"
    if kind == "refused":
        old = [line.replace("total", "amount") for line in old]
    text = "\n".join(["<<<<<<< SEARCH", *old, "=======", *new, ">>>>>>> REPLACE"])
    return f"measure.py\n```python\n{text}\n```\n"


def measure(size: int, rounds: int, check: bool) -> list[float]:
    """Milliseconds per applied reply."""
    lines = make_file(size)
    files = {"measure.py": "\n".join(lines) + "\n"}
    heads = [index for index, line in enumerate(lines) if line.startswith("def ")]
    choose = random.Random(size)
    times = []
    for turn in range(rounds):
        kind = KINDS[turn % len(KINDS)]
        reply = reply_for(lines, kind, choose.choice(heads))
        start = time.perf_counter()
        result = apply_reply(files, reply, syntax=check_syntax if check else check_nothing)
        times.append((time.perf_counter() - start) * 1000)
        if result.ok == (kind == "refused"):
            raise SystemExit(f"not as it should be: {kind}: {result.refusals}")
    return times


def main(argv: Sequence[str]) -> int:
    rounds = int(argv[0]) if argv else 400
    measure(2_000, 8, True)  # load the parser before the clock starts
    print(f"{'bytes':>8} {'check':>6} {'edits/s':>9} {'p50 ms':>8} {'p95 ms':>8}")
    met = True
    for size in SIZES:
        for check in (False, True):
            times = sorted(measure(size, rounds, check))
            p50, p95 = statistics.median(times), times[int(len(times) * 0.95)]
            rate = 1000 * len(times) / sum(times)
            print(f"{size:>8} {'yes' if check else 'no':>6} {rate:>9.0f} {p50:>8.2f} {p95:>8.2f}")
            met = met and (
                size > GOAL_BYTES or (p95 < GOAL_P95_MS and (size == GOAL_BYTES or p50 < GOAL_P50_MS))
            )
    print(
        "goal met" if met else "goal missed",
        f"(p50 < {GOAL_P50_MS} ms, p95 < {GOAL_P95_MS} ms up to {GOAL_BYTES} bytes)",
    )
    return 0 if met else 1


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
