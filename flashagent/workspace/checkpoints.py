"""Checkpoints: states of the work tree that can be brought back exactly, and undo and redo over them.

Objects live in the repository under a private ref that names trees only, so that no log shows them; the rest (index
file, permission bits, copies that stay out of git) lies in the user's state folder. Taking one touches neither the
index, nor a branch, the stash or a reflog. Before anything is restored, the present state becomes a checkpoint itself.
"""

from __future__ import annotations

import dataclasses
import hashlib
import secrets
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from flashagent.errors import WorkspaceError
from flashagent.workspace import disk
from flashagent.workspace.git import Repository
from flashagent.workspace.locks import ProcessLock
from flashagent.workspace.restoring import Change, Restorer, changes_of, differences
from flashagent.workspace.snapshots import Kept, Snapshots, State

KEEP = 200


def _utc_now() -> str:
    return datetime.now(UTC).isoformat(timespec="milliseconds")


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """A state that can be restored. `time` is ISO 8601 in UTC; ids sort in the order in which they were taken."""

    id: str
    label: str
    time: str
    state: State


@dataclass(frozen=True, slots=True)
class Restored:
    """What restoring did, or would do: `checkpoint` is the one brought back, `before` the state that was left (None
    in a preview), `diff` a unified diff from the old to the new state. `head_moved` says that HEAD is elsewhere than
    at the checkpoint and was left there, and the index with it."""

    checkpoint: Checkpoint
    before: Checkpoint | None
    changes: tuple[Change, ...]
    diff: str
    index_restored: bool = False
    head_moved: bool = False


class Checkpoints:
    """The checkpoints of one work tree. `state_dir` is this repository's folder in the user's state.

    `now` gives the time for new ones. All methods raise WorkspaceError when another flashagent is at work on them.
    """

    def __init__(self, repository: Repository, state_dir: Path, *, now: Callable[[], str] = _utc_now) -> None:
        self._repository = repository
        self._folder = state_dir / "checkpoints"
        self._now = now
        self._snapshots = Snapshots(repository, self._folder / "snapshots")
        self._restorer = Restorer(repository, self._snapshots)
        self._lock = ProcessLock(self._folder / "lock", purpose="the checkpoints of this repository")
        key = hashlib.sha256(str(repository.root).encode("utf-8", "surrogateescape")).hexdigest()[:12]
        self._refs = f"refs/flashagent/{key}"

    def take(self, label: str) -> Checkpoint:
        """Record the state now, after the present place in the timeline; what was undone can then no longer be redone
        (it stays restorable by id)."""
        with self._lock.held():
            return self._append(label, self._capture())

    def watch(self, paths: Iterable[str]) -> None:
        """Say, before writing to them, which files flashagent edits: ignored ones are not in checkpoints otherwise.

        Their present state joins the latest checkpoint, which was taken before the edit.
        """
        with self._lock.held():
            known = self._watched()
            new = sorted(self._repository.is_ignored([path for path in paths if path not in known]))
            if not new:
                return
            disk.write_json(self._folder / "watched.json", [*known, *new])
            timeline = self._timeline()
            if timeline.ids:
                latest = self._load(timeline.ids[timeline.position])
                kept = {**latest.state.kept, **{path: self._snapshots.keep(path) for path in new}}
                self._save(dataclasses.replace(latest, state=dataclasses.replace(latest.state, kept=kept)))

    def list(self) -> tuple[Checkpoint, ...]:
        """All checkpoints, oldest first, those that were undone included."""
        return tuple(self._load(place.stem) for place in sorted(self._folder.glob("c*.json")))

    def diff(self, a: str, b: str | None = None) -> str:
        """A unified diff from checkpoint `a` to `b`, or to the present. Files kept outside of git are named only."""
        with self._lock.held():
            later = self._capture() if b is None else self._load(b).state
            return self._diff(self._load(a).state, later)

    def preview(self, id: str) -> Restored:  # noqa: A002 (the contract's word)
        """What `restore` would do."""
        with self._lock.held():
            checkpoint, now = self._load(id), self._capture()
            changes = changes_of(differences(self._repository, now, checkpoint.state))
            return Restored(
                checkpoint,
                None,
                changes,
                self._diff(now, checkpoint.state),
                head_moved=_moved(now, checkpoint),
            )

    def restore(self, id: str, *, move_head: bool = False) -> Restored:  # noqa: A002
        """Bring the work tree and the index back to a checkpoint; the present state becomes one first.

        HEAD and branches stay where they are unless `move_head`; when HEAD has moved since, the index then stays too
        (it belongs to HEAD). Ignored files are left alone, except those that flashagent edited.
        """
        with self._lock.held():
            self._finish_interrupted()
            checkpoint = self._load(id)
            before = self._append(f"before restoring {checkpoint.label}", self._capture())
            done = self._restore(checkpoint, before, move_head=move_head)
            self._append(f"restored {checkpoint.label}", self._capture())
            return done

    def undo(self) -> Restored:
        """Go back to the latest checkpoint whose files differ from the present ones.

        Edits made since the last checkpoint are recorded first, so that `redo` brings them back. Raises WorkspaceError
        when there is nothing to undo.
        """
        with self._lock.held():
            self._finish_interrupted()
            now, timeline = self._capture(), self._timeline()
            target = self._nearest(now, reversed(timeline.ids[: timeline.position + 1]))
            if target is None:
                raise WorkspaceError(
                    "There is nothing to undo.", hint="`flashagent undo --list` shows all checkpoints."
                )
            if not self._load(timeline.ids[timeline.position]).state.same_files(now):
                before = self._append("before undo", now)
            else:
                before = self._load(timeline.ids[timeline.position])
            done = self._restore(target, before)
            self._go_to(target.id)
            return done

    def redo(self) -> Restored:
        """Go forward again after `undo`. Raises WorkspaceError when there is nothing to redo, or when files were
        changed since the undo."""
        with self._lock.held():
            self._finish_interrupted()
            now, timeline = self._capture(), self._timeline()
            target = self._nearest(now, timeline.ids[timeline.position + 1 :])
            if target is None:
                raise WorkspaceError(
                    "There is nothing to redo.", hint="Only what was undone can be done again."
                )
            here = self._load(timeline.ids[timeline.position])
            if not here.state.same_files(now):
                raise WorkspaceError(
                    "Files were changed since the undo, so it is not redone.",
                    hint=f"Restore checkpoint {target.id} if you want it in their place.",
                )
            done = self._restore(target, here)
            self._go_to(target.id)
            return done

    def recover(self) -> str | None:
        """Finish a restore that a crash interrupted; the label of its checkpoint, or None."""
        with self._lock.held():
            return self._finish_interrupted()

    def prune(self, keep: int = KEEP) -> int:
        """Remove all but the last `keep` checkpoints; how many went."""
        with self._lock.held():
            old = self.list()[:-keep] if keep else self.list()
            gone = {checkpoint.id for checkpoint in old}
            timeline = self._timeline()
            position = timeline.position - sum(
                1 for item in timeline.ids[: timeline.position] if item in gone
            )
            ids = [item for item in timeline.ids if item not in gone]
            self._store(dataclasses.replace(timeline, ids=ids, position=max(0, min(position, len(ids) - 1))))
            for item in gone:
                (self._folder / f"{item}.json").unlink()
                self._repository.calls.run("update-ref", "-d", f"{self._refs}/{item}")
            if gone:
                self._snapshots.keep_only([checkpoint.state for checkpoint in self.list()])
            return len(gone)

    # The timeline: ids in order, and the place in it that the work tree is at.

    def _timeline(self) -> _Timeline:
        plain = disk.read_json(self._folder / "timeline.json") or {"ids": [], "position": 0, "count": 0}
        return _Timeline(plain["ids"], plain["position"], plain["count"])

    def _store(self, timeline: _Timeline) -> None:
        disk.write_json(self._folder / "timeline.json", dataclasses.asdict(timeline))

    def _go_to(self, id: str) -> None:  # noqa: A002
        timeline = self._timeline()
        self._store(dataclasses.replace(timeline, position=timeline.ids.index(id)))

    def _nearest(self, now: State, ids: Iterable[str]) -> Checkpoint | None:
        for item in ids:
            checkpoint = self._load(item)
            if not checkpoint.state.same_files(now):
                return checkpoint
        return None

    # Recording.

    def _watched(self) -> tuple[str, ...]:
        return tuple(disk.read_json(self._folder / "watched.json") or ())

    def _capture(self) -> State:
        if not self._timeline().ids:
            self._snapshots.forget()
        return self._snapshots.capture(self._watched())

    def _append(self, label: str, state: State) -> Checkpoint:
        timeline = self._timeline()
        number = timeline.count + 1
        checkpoint = Checkpoint(f"c{number:06d}-{secrets.token_hex(3)}", label, self._now(), state)
        parts = (("staged", state.staged), ("work", state.tree))
        entries = "".join(f"040000 tree {tree}\t{name}\0" for name, tree in parts)
        run = self._repository.calls.run
        tree = run("mktree", "-z", stdin=entries.encode("ascii")).decode("ascii").strip()
        run("-c", "core.logAllRefUpdates=false", "update-ref", f"{self._refs}/{checkpoint.id}", tree)
        self._save(checkpoint)
        ids = [*timeline.ids[: timeline.position + 1], checkpoint.id]
        self._store(_Timeline(ids, len(ids) - 1, number))
        return checkpoint

    def _save(self, checkpoint: Checkpoint) -> None:
        disk.write_json(self._folder / f"{checkpoint.id}.json", dataclasses.asdict(checkpoint))

    def _load(self, id: str) -> Checkpoint:  # noqa: A002
        known = id.startswith("c") and "/" not in id
        plain = disk.read_json(self._folder / f"{id}.json") if known else None
        if plain is None:
            raise WorkspaceError(
                f"There is no checkpoint {id}.", hint="`flashagent undo --list` shows all checkpoints."
            )
        return Checkpoint(plain["id"], plain["label"], plain["time"], _state(plain["state"]))

    # Restoring.

    def _restore(self, target: Checkpoint, before: Checkpoint, *, move_head: bool = False) -> Restored:
        found = differences(self._repository, before.state, target.state)
        marker = self._folder / "restoring.json"
        disk.write_json(marker, {"target": target.id, "before": before.id, "move_head": move_head})
        try:
            self._restorer.files(found)
        except WorkspaceError:  # refused before the first write
            marker.unlink()
            raise
        except OSError as error:
            raise WorkspaceError(
                f"Restoring stopped half way: {error.strerror or error}. It goes on at the next undo or restore.",
                hint=f"Free some space. The state before is checkpoint {before.id}.",
            ) from error
        moved = _moved(before.state, target)
        if moved and move_head:
            self._restorer.head(target.state)
        restored = self._restorer.index(target.state) if move_head or not moved else False
        marker.unlink()
        diff = self._diff(before.state, target.state)
        return Restored(target, before, changes_of(found), diff, restored, moved and not move_head)

    def _finish_interrupted(self) -> str | None:
        plain = disk.read_json(self._folder / "restoring.json")
        if plain is None:
            return None
        target = self._load(plain["target"])
        before = self._append(f"while restoring {target.label}", self._capture())
        self._restore(target, before, move_head=plain["move_head"])
        self._append(f"restored {target.label}", self._capture())
        return target.label

    def _diff(self, a: State, b: State) -> str:
        outside = [
            f"# {path} {'is' if kept.digest else 'is not'} there; its content is kept outside of git\n"
            for path, kept in b.kept.items()
            if a.kept.get(path) not in (kept, None)
        ]
        return self._repository.diff(trees=(a.tree, b.tree)) + "".join(outside)


@dataclass(frozen=True, slots=True)
class _Timeline:
    ids: list[str]
    position: int
    count: int


def _moved(now: State, checkpoint: Checkpoint) -> bool:
    return (now.head, now.branch) != (checkpoint.state.head, checkpoint.state.branch)


def _state(plain: dict[str, Any]) -> State:
    kept = {path: Kept(**value) for path, value in plain["kept"].items()}
    return State(**{**plain, "kept": kept})
