"""What goes to another machine and what comes back, as JSON: an item with its limits; its patch, usage and events."""

from __future__ import annotations

import dataclasses
import json
from dataclasses import field
from typing import Any

from flashagent.agent.limits import Limits
from flashagent.dataclass import dataclass
from flashagent.jobs.batch.spec import Item, Target
from flashagent.jobs.batch.working import Worked
from flashagent.values import FileChange, Usage


@dataclass(frozen=True, slots=True)
class Task:
    """One try of one item. `tree` names the base, `spec` is the dumped job. There is no endpoint and no key in it."""

    batch: str
    tree: str
    spec: str
    item: Item
    attempt: int
    limits: Limits
    below: tuple[FileChange, ...] = ()
    rule_code: str = ""

    def dumped(self) -> str:
        return json.dumps(dataclasses.asdict(self))

    @classmethod
    def loaded(cls, text: str) -> Task:
        plain: dict[str, Any] = json.loads(text)
        item = plain.pop("item")
        targets = tuple(Target(**one) for one in item.pop("targets"))
        limits, below = Limits(**plain.pop("limits")), _changes(plain.pop("below"))
        return cls(**plain, item=Item(**item, targets=targets), limits=limits, below=below)


@dataclass(frozen=True, slots=True)
class Told:
    """What came of a try. `unfit` says why the worker can do no item of this batch ('' when it can); `events` are lines as
    a session's file holds them."""

    worked: Worked
    usage: Usage = field(default_factory=Usage)
    cost: float | None = 0.0
    requests: int = 0
    events: tuple[str, ...] = ()
    unfit: str = ""
    worker: str = ""

    def dumped(self) -> str:
        return json.dumps(dataclasses.asdict(self))

    @classmethod
    def loaded(cls, text: str) -> Told:
        plain: dict[str, Any] = json.loads(text)
        worked = plain.pop("worked")
        patch, files = _changes(worked.pop("patch")), tuple(worked.pop("files"))
        usage, events = Usage(**plain.pop("usage")), tuple(plain.pop("events"))
        return cls(**plain, worked=Worked(**worked, patch=patch, files=files), usage=usage, events=events)


def _changes(plain: list[dict[str, Any]]) -> tuple[FileChange, ...]:
    return tuple(FileChange(**one) for one in plain)
