"""Patches that were found and not applied, kept in the user's state folder: as a patch file for any tool, and whole beside it,
so that one of them can be applied later."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

from flashagent.dataclass import dataclass
from flashagent.errors import UsageError
from flashagent.values import Contrast, FileChange, PatchOption

TYPE_CHECKING = False
if TYPE_CHECKING:
    from flashagent.workspace.checkpoints import Checkpoints
    from flashagent.workspace.journal import Workspace

VERSION = 1
MOST = 20  # jobs whose patches are kept
NOTHING_KEPT = "No patch is kept for this project."


@dataclass(frozen=True, slots=True)
class Offer:
    """A patch that a person may take: what is told of it, and its changes."""

    option: PatchOption
    changes: tuple[FileChange, ...]


@dataclass(frozen=True, slots=True)
class Kept:
    """The patches of one job, best first, and calls on which they differ; `time` is when it ended, `check` what had failed."""

    offers: tuple[Offer, ...]
    time: str
    check: str
    contrasts: tuple[Contrast, ...] = ()


def keep(folder: Path, kept: Kept) -> Path:
    """Write them; returns the patch file, which holds the diff of the best one. Only the last few jobs' stay."""
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    path = folder / f"{kept.time.replace(':', '').replace('.', '-')}.patch"
    diff = kept.offers[0].option.diff
    path.write_text(diff, encoding="utf-8", errors="surrogateescape", newline="")
    path.with_suffix(".json").write_text(json.dumps({"v": VERSION, **asdict(kept)}), encoding="ascii")
    for old in sorted(folder.glob("*.patch"))[:-MOST]:
        old.unlink(missing_ok=True)
        old.with_suffix(".json").unlink(missing_ok=True)
    return path


def last_kept(folder: Path) -> Kept:
    """Raises UsageError when there is none, or when its file is damaged."""
    found = sorted(folder.glob("*.json"))
    if not found:
        hint = "`flashagent fix` keeps what it finds and does not apply."
        raise UsageError(NOTHING_KEPT, hint=hint)
    try:
        return _read(json.loads(found[-1].read_text(encoding="ascii")))
    except (OSError, ValueError, KeyError, TypeError, RecursionError) as error:
        raise UsageError(
            f"{found[-1]} cannot be read.", hint="Run `flashagent fix --offline` again."
        ) from error


def land(offer: Offer, workspace: Workspace, checkpoints: Checkpoints) -> tuple[FileChange, ...]:
    """Write the patch beside what was saved meanwhile, so that undo takes it back; returns what was written, nothing where
    the files hold it already. Raises WorkspaceError, with nothing written, where somebody changed the same lines."""
    if all(change.before == change.after for change in workspace.rebased(offer.changes)):
        return ()
    checkpoints.take("before the kept patch")
    return workspace.apply_merging(offer.changes)


def _read(data: Any) -> Kept:
    if data["v"] != VERSION or not data["offers"]:
        raise ValueError("another version")
    offers = tuple(
        Offer(
            PatchOption(**{**one["option"], "reasons": tuple(one["option"]["reasons"])}),
            tuple(FileChange(**change) for change in one["changes"]),
        )
        for one in data["offers"]
    )
    contrasts = tuple(
        Contrast(**{**one, "answers": tuple(one["answers"])}) for one in data.get("contrasts", ())
    )
    return Kept(offers, data["time"], data["check"], contrasts)


def options_of(offers: Sequence[Offer]) -> tuple[PatchOption, ...]:
    return tuple(offer.option for offer in offers)
