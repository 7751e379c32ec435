"""What is remembered of checkpoints: each with what flashagent wrote after it, and which of them were undone."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from flashagent.dataclass import dataclass
from flashagent.errors import WorkspaceError
from flashagent.workspace import disk
from flashagent.workspace.restoring import Side
from flashagent.workspace.snapshots import Kept, State

Written = Mapping[str, tuple[Side, ...]]


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """A state that can be restored. `time` is ISO 8601 in UTC; ids sort in the order in which they were taken.

    `written` has each file that flashagent wrote since, with everything that it put there (a patch may follow a
    patch); None in a checkpoint of a version that did not record it.
    """

    id: str
    label: str
    time: str
    state: State
    written: Written | None = dataclasses.field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Undone:
    """A checkpoint that was gone back to, and the one that holds what was there before. `paths` None = all files."""

    target: str
    before: str
    paths: tuple[str, ...] | None


@dataclass(frozen=True, slots=True)
class Timeline:
    """`ids` in the order in which they were taken, those made by undo and redo left out; `undone` the last one last;
    `count` is the number of the newest checkpoint."""

    ids: tuple[str, ...] = ()
    undone: tuple[Undone, ...] = ()
    count: int = 0

    def standing(self) -> tuple[str, ...]:
        """The ids that were not undone."""
        gone = {step.target for step in self.undone}
        return tuple(item for item in self.ids if item not in gone)


class Shelf:
    """Checkpoints and the timeline as files in a folder. Not safe against a second process: the caller holds a lock."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def timeline(self) -> Timeline:
        plain = disk.read_json(self._folder / "timeline.json")
        if plain is None:
            return Timeline()
        if "undone" not in plain:  # written by a version that went back and forth over all files
            return Timeline(tuple(plain["ids"][: plain["position"] + 1]), (), plain["count"])
        return timeline_of(plain)

    def store(self, timeline: Timeline) -> None:
        disk.write_json(self._folder / "timeline.json", dataclasses.asdict(timeline))

    def save(self, checkpoint: Checkpoint) -> None:
        disk.write_json(self._folder / f"{checkpoint.id}.json", dataclasses.asdict(checkpoint))

    def load(self, id: str) -> Checkpoint:  # noqa: A002 (the contract's word)
        known = id.startswith("c") and "/" not in id and "\0" not in id
        plain = disk.read_json(self._folder / f"{id}.json") if known else None
        if plain is None:
            raise WorkspaceError(
                f"There is no checkpoint {id}.", hint="`flashagent undo --list` shows all checkpoints."
            )
        written = plain.get("written")
        return Checkpoint(
            plain["id"],
            plain["label"],
            plain["time"],
            _state(plain["state"]),
            None if written is None else _written(written),
        )

    def all(self) -> tuple[Checkpoint, ...]:
        return tuple(self.load(place.stem) for place in sorted(self._folder.glob("c*.json")))

    def count(self) -> int:
        return sum(1 for _ in self._folder.glob("c*.json"))

    def remove(self, id: str) -> None:  # noqa: A002
        (self._folder / f"{id}.json").unlink()


def timeline_of(plain: Mapping[str, Any]) -> Timeline:
    """A timeline from its plain form (`dataclasses.asdict`, through JSON)."""
    undone = tuple(
        Undone(step["target"], step["before"], None if step["paths"] is None else tuple(step["paths"]))
        for step in plain["undone"]
    )
    return Timeline(tuple(plain["ids"]), undone, plain["count"])


def _state(plain: dict[str, Any]) -> State:
    kept = {path: Kept(**value) for path, value in plain["kept"].items()}
    return State(**{**plain, "kept": kept})


def _written(plain: Mapping[str, Any]) -> Written:
    return {path: tuple(Side(**side) for side in sides) for path, sides in plain.items()}
