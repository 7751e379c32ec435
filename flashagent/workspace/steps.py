"""The steps of one patch, and their record in the state folder from which a restart can finish or undo it."""

from __future__ import annotations

import base64
import shutil
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from flashagent.dataclass import dataclass
from flashagent.workspace import disk
from flashagent.workspace.disk import Metadata

_PLAN = "plan.json"


@dataclass(frozen=True, slots=True)
class Step:
    """One file of a patch: `old` None = nothing was there, `new` None = it goes. `path` is real (links resolved);
    `temporary` is the name that its new bytes are staged under; `expected` the signature of the file that was read."""

    path: str
    temporary: str
    old: bytes | None
    new: bytes | None
    metadata: Metadata | None
    expected: tuple[int, ...] | None


@dataclass(frozen=True, slots=True)
class Record:
    """A patch as it was recorded. `folders` are those that it makes, shallowest first."""

    steps: tuple[Step, ...]
    folders: tuple[str, ...]


def store(folder: Path, steps: Sequence[Step]) -> None:
    """Put the old and new bytes of every file into the new folder `folder`, on disk when this returns."""
    folder.mkdir(parents=True, mode=0o700)
    with disk.folder(folder, ()) as directory:
        for number, step in enumerate(steps):
            for suffix, data in (("old", step.old), ("new", step.new)):
                if data is not None:
                    disk.stage(directory, f"{number}.{suffix}", data, Metadata(0o600))
    disk.sync_folder(folder)
    disk.sync_folder(folder.parent)


def commit(folder: Path, record: Record) -> None:
    """Write the plan: its appearance is the moment from which recovery acts on the work tree."""
    plan = {"folders": record.folders, "steps": [_to_plain(step) for step in record.steps]}
    disk.write_json(folder / _PLAN, plan)


def load(folder: Path) -> Record | None:
    """The record, None when there is no plan: the work tree was not touched yet, or the patch is complete."""
    plan = disk.read_json(folder / _PLAN)
    if plan is None:
        return None
    steps = tuple(_from_plain(folder, number, plain) for number, plain in enumerate(plan["steps"]))
    return Record(steps, tuple(plan["folders"]))


def close(folder: Path) -> None:
    """Remove the plan, on disk when this returns: the patch is complete, or undone."""
    if not folder.exists():
        return
    (folder / _PLAN).unlink(missing_ok=True)
    disk.sync_folder(folder)


def discard(folder: Path) -> None:
    shutil.rmtree(folder, ignore_errors=True)


def _to_plain(step: Step) -> dict[str, Any]:
    kept = step.metadata
    return {
        "path": step.path,
        "temporary": step.temporary,
        "old": step.old is not None,
        "new": step.new is not None,
        "metadata": None
        if kept is None
        else [
            kept.mode,
            kept.uid,
            kept.gid,
            [[n, base64.b64encode(v).decode("ascii")] for n, v in kept.xattrs],
        ],
    }


def _from_plain(folder: Path, number: int, plain: dict[str, Any]) -> Step:
    metadata = None
    if plain["metadata"] is not None:
        mode, uid, gid, xattrs = plain["metadata"]
        metadata = Metadata(mode, uid, gid, tuple((name, base64.b64decode(value)) for name, value in xattrs))
    old = (folder / f"{number}.old").read_bytes() if plain["old"] else None
    new = (folder / f"{number}.new").read_bytes() if plain["new"] else None
    return Step(plain["path"], plain["temporary"], old, new, metadata, None)
