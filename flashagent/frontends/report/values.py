"""What a page tells of a session, and how its fields are read. Pure.

A record is foreign data: a field that lacks or is of another kind than it should be counts as empty.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import field
from typing import Any, Literal

from flashagent.dataclass import dataclass

Mark = Literal["", "good", "bad", "warning"]
Kind = Literal["text", "code", "diff"]
Plain = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Piece:
    """A body of an entry. `name` says what it is; a folded one opens by a click."""

    body: str
    kind: Kind = "text"
    name: str = ""
    folded: bool = False


@dataclass(frozen=True, slots=True)
class Entry:
    """One moment. `at` is in seconds after the start of the session; `sort` is the word that stands before the title."""

    sort: str
    title: str
    at: float
    mark: Mark = ""
    pieces: tuple[Piece, ...] = ()
    rows: tuple[tuple[str, ...], ...] = ()


@dataclass(frozen=True, slots=True)
class Step:
    """One reply: tokens as the endpoint told them, US dollars (None where no price is known), seconds from asking."""

    number: int
    model: str
    fresh: int
    cached: int
    written: int
    cost: float | None
    seconds: float
    estimated: bool = False


@dataclass(frozen=True, slots=True)
class CheckRun:
    passed: int
    failed: int
    seconds: float
    good: bool


@dataclass(slots=True)
class Story:
    """What a page tells. `outcome` is that of the job, else how the last turn ended."""

    entries: list[Entry] = field(default_factory=list)
    steps: list[Step] = field(default_factory=list)
    checks: list[CheckRun] = field(default_factory=list)
    outcome: str = ""
    seconds: float = 0.0
    cost: float | None = None


def said(event: Plain, key: str) -> str:
    value = event.get(key)
    return value if isinstance(value, str) else ""


def number(event: Plain, key: str) -> float:
    value = event.get(key)
    usable = isinstance(value, int | float) and not isinstance(value, bool) and abs(value) < 1e15
    return float(value) if usable and value is not None else 0.0


def items(event: Plain, key: str) -> list[Any]:
    value = event.get(key)
    return value if isinstance(value, list) else []


def inner(event: Plain, key: str) -> Plain:
    value = event.get(key)
    return value if isinstance(value, Mapping) else {}


def filled(pieces: Iterable[Piece]) -> tuple[Piece, ...]:
    return tuple(piece for piece in pieces if piece.body.strip())
