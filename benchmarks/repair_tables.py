"""Answers of the offline engine to planted faults as values and as tables."""

from __future__ import annotations

import json
import statistics
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

WORDS = ("certain", "likely", "possible", "weak")


@dataclass(frozen=True, slots=True)
class Row:
    """One fault, number `attempt` of its library and seed. `rank` is the place of the first correct patch and `line_rank`
    that of the faulty line, 0 for none. `state` names the engine's code, `load` the machine's load when it answered."""

    library: str
    seed: int
    attempt: int
    operator: str
    place: str
    text: str
    state: str
    held_out: bool
    noticed: bool = False
    plausible: int = 0
    rank: int = 0
    confidence: str = ""
    line_rank: int = 0
    tried: int = 0
    seconds: float = 0.0
    cpu_s: float = 0.0
    suite_s: float = 0.0
    load: float = 0.0
    how: str = ""
    reasons: tuple[str, ...] = ()
    difference: str = ""
    notes: str = ""
    phases: tuple[tuple[str, float], ...] = ()


def read(paths: Sequence[Path]) -> list[Row]:
    """All rows of such files."""
    rows = []
    for path in paths:
        for line in path.read_text().splitlines():
            known = json.loads(line)
            known["reasons"] = tuple(known["reasons"])
            known["phases"] = tuple((name, seconds) for name, seconds in known["phases"])
            rows.append(Row(**known))
    return rows


def tables(rows: Sequence[Row]) -> str:
    """The figures of all noticed faults, then by library, by operator and by the engine's state."""
    seen = [row for row in rows if row.noticed]
    parts = [summary(seen)]
    keys: list[tuple[str, Callable[[Row], str]]] = [
        ("library", lambda row: row.library + (" (held out)" if row.held_out else "")),
        ("operator", lambda row: row.operator),
        ("state", lambda row: row.state),
    ]
    for title, key in keys:
        parts.append(_table(title, seen, key))
    return "\n\n".join(parts)


def _table(title: str, rows: Sequence[Row], key: Callable[[Row], str]) -> str:
    head = f"{title:30} faults plausible rank 1 line<=10 likely/right median s"
    lines = []
    for name in sorted({key(row) for row in rows}):
        some = [row for row in rows if key(row) == name]
        likely = [row for row in some if row.confidence == "likely"]
        lines.append(
            f"{name:30} {len(some):6} {_share(some, lambda r: r.plausible > 0):>9} {_share(some, lambda r: r.rank == 1):>6}"
            f" {_share(some, lambda r: 0 < r.line_rank <= 10):>8} {len(likely):6}/{sum(r.rank == 1 for r in likely):<5}"
            f" {statistics.median(r.seconds for r in some):8.1f}"
        )
    return "\n".join([head, *lines])


def _share(rows: Sequence[Row], holds: Callable[[Row], bool]) -> str:
    return f"{sum(map(holds, rows)) / (len(rows) or 1):.0%}"


def summary(rows: Sequence[Row]) -> str:
    rates = [row.tried / row.seconds for row in rows if row.seconds and row.tried]
    told = [
        f"faults {len(rows)}; plausible {_share(rows, lambda r: r.plausible > 0)}; correct at rank 1 "
        f"{_share(rows, lambda r: r.rank == 1)}; correct anywhere {_share(rows, lambda r: r.rank > 0)}",
        f"faulty line in the first ten: {_share(rows, lambda r: 0 < r.line_rank <= 10)}",
        f"seconds: median {statistics.median([r.seconds for r in rows] or [0.0]):.1f}; "
        f"candidates a second: median {statistics.median(rates or [0.0]):.0f}",
    ]
    for word in WORDS:
        some = [row for row in rows if row.confidence == word]
        if some:
            told.append(f"{word}: {sum(row.rank == 1 for row in some)} of {len(some)} right at rank 1")
    spent: dict[str, float] = {}
    for row in rows:
        for name, seconds in row.phases:
            spent[name] = spent.get(name, 0.0) + seconds
    told.append("seconds by part: " + ", ".join(f"{name} {seconds:.0f}" for name, seconds in spent.items()))
    return "\n".join(told)
