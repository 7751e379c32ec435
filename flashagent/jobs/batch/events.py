"""What a batch tells while it runs: values for every front end, each convertible to one JSON line."""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Callable
from typing import Literal

from flashagent.dataclass import dataclass
from flashagent.values import Usage

ItemState = Literal["waiting", "done", "unchanged", "failed", "conflict", "broke", "merged"]
BatchOutcome = Literal["done", "partly", "nothing", "failed", "interrupted"]


@dataclass(frozen=True, slots=True)
class BatchStarted:
    """First of a run. `finished` items were done in an earlier run of the same batch."""

    batch: str
    name: str
    items: int
    finished: int
    jobs: int


@dataclass(frozen=True, slots=True)
class ItemStarted:
    item: str
    title: str
    attempt: int


@dataclass(frozen=True, slots=True)
class ItemFinished:
    """One per ItemStarted. `state` is 'done', 'unchanged' or 'failed'; `how` is 'rule' or 'model'; `retried` says that
    another try follows."""

    item: str
    state: ItemState
    how: str
    message: str
    usage: Usage
    cost: float | None
    seconds: float
    files: tuple[str, ...]
    retried: bool = False


@dataclass(frozen=True, slots=True)
class ItemMerged:
    """The item's patch is on the branch (`commit`), or why it is not ('conflict', 'broke')."""

    item: str
    state: ItemState
    commit: str = ""
    message: str = ""


@dataclass(frozen=True, slots=True)
class BatchNotice:
    level: Literal["info", "warning", "error"]
    text: str
    hint: str = ""


@dataclass(frozen=True, slots=True)
class BatchFinished:
    """Last of a run. Counts are of the whole batch."""

    batch: str
    outcome: BatchOutcome
    branch: str
    commit: str
    merged: int
    unchanged: int
    failed: int
    left: int
    usage: Usage
    cost: float | None
    seconds: float
    check: str
    message: str = ""
    hint: str = ""


BatchEvent = BatchStarted | ItemStarted | ItemFinished | ItemMerged | BatchNotice | BatchFinished
EmitBatch = Callable[[BatchEvent], None]


def to_line(event: BatchEvent, *, seq: int, time: str, batch: str) -> str:
    """One JSON line in the shape of every other event's."""
    fields = {"v": 1, "seq": seq, "time": time, "session": batch, "type": type(event).__name__}
    return json.dumps({**fields, **dataclasses.asdict(event)}, ensure_ascii=False)
