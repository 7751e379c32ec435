"""Checkpoints: states of the work tree that can be brought back exactly, and undo and redo over them.

Objects live in the repository under a private ref that names trees only, so that no log shows them; the rest (index
file, permission bits, copies that stay out of git) lies in the user's state folder. Taking one touches neither the
index, nor a branch, the stash or a reflog. Before anything is restored, the present state becomes a checkpoint itself.

`restore` brings a whole state back. `undo` and `redo` only touch the files that flashagent wrote.
"""

from __future__ import annotations

import dataclasses
import hashlib
import secrets
from collections.abc import Callable, Collection, Iterable, Mapping
from datetime import UTC, datetime
from pathlib import Path

from flashagent.dataclass import dataclass
from flashagent.errors import WorkspaceError
from flashagent.values import FileChange
from flashagent.workspace import disk, files
from flashagent.workspace.blobs import MOST_KEPT_BYTES
from flashagent.workspace.git import Repository
from flashagent.workspace.locks import ProcessLock
from flashagent.workspace.restoring import (
    MANY_PATHS,
    Change,
    Restorer,
    Side,
    changes_of,
    differences,
    side_of,
    too_large,
)
from flashagent.workspace.snapshots import Snapshots, State
from flashagent.workspace.timeline import Checkpoint, Shelf, Timeline, Undone, timeline_of
from flashagent.workspace.trees import NOTHING

KEEP = 200
_SLACK = 20  # pruning reads them all, so it is not done each time
_LIST = "`flashagent undo --list` shows all checkpoints."
_NAMED = 5


def _utc_now() -> str:
    return datetime.now(UTC).isoformat(timespec="milliseconds")


@dataclass(frozen=True, slots=True)
class Restored:
    """What restoring did, or would do: `checkpoint` is the one brought back, `before` the state that was left (None
    in a preview), `diff` a unified diff from the old to the new state. `head_moved` says that HEAD is elsewhere than
    at the checkpoint and was left there, and the index with it. `too_large` names files that differ and were left
    alone, since no copy of them was kept."""

    checkpoint: Checkpoint
    before: Checkpoint | None
    changes: tuple[Change, ...]
    diff: str
    index_restored: bool = False
    head_moved: bool = False
    too_large: tuple[str, ...] = ()


class Checkpoints:
    """The checkpoints of one work tree. `state_dir` is this repository's folder in the user's state.

    `now` gives the time for new ones; the oldest go when more than `most_kept_bytes` are kept outside of git. All methods raise WorkspaceError when another flashagent is at work on them.
    """

    def __init__(
        self,
        repository: Repository,
        state_dir: Path,
        *,
        now: Callable[[], str] = _utc_now,
        most_kept_bytes: int = MOST_KEPT_BYTES,
    ) -> None:
        self._repository = repository
        self._folder = state_dir / "checkpoints"
        self._now = now
        self._most_kept_bytes = most_kept_bytes
        self._shelf = Shelf(self._folder)
        self._snapshots = Snapshots(repository, self._folder / "snapshots", most_kept_bytes)
        self._restorer = Restorer(repository, self._snapshots)
        self._lock = ProcessLock(self._folder / "lock", purpose="the checkpoints of this repository")
        key = hashlib.sha256(str(repository.root).encode("utf-8", "surrogateescape")).hexdigest()[:12]
        self._refs = f"refs/flashagent/{key}"

    def take(self, label: str) -> Checkpoint:
        """Record the state now; what was undone can then no longer be redone (it stays restorable by id)."""
        with self._lock.held():
            taken = self._take(label)
            self._bound()
            return taken

    def watch(self, written: Mapping[str, bytes | None]) -> None:
        """Say, right before it happens, which files flashagent writes and what (None = it goes): this is what `undo`
        takes back. Nothing is recorded before the first checkpoint.

        Where the user changed one of the files since the latest checkpoint, the present state becomes a new one.
        Ignored files, which are not in checkpoints otherwise, join the latest one as they are now.
        """
        with self._lock.held():
            timeline = self._shelf.timeline()
            fresh = self._watch_ignored(written)
            if not timeline.ids:
                return
            latest = self._shelf.load(timeline.ids[-1])
            kept = {**latest.state.kept, **{path: self._snapshots.keep(path) for path in fresh}}
            latest = dataclasses.replace(latest, state=dataclasses.replace(latest.state, kept=kept))
            if timeline.undone or self._changed_since(latest, written):
                latest = self._take(latest.label)
            sides = {path: self._restorer.side_of_bytes(data) for path, data in written.items()}
            self._shelf.save(_with_written(latest, sides))

    def list(self) -> tuple[Checkpoint, ...]:
        """All checkpoints, oldest first, those that were undone included."""
        return self._shelf.all()

    def diff(self, a: str, b: str | None = None) -> str:
        """A unified diff from checkpoint `a` to `b`, or to the present. Files kept outside of git are named only."""
        with self._lock.held():
            later = self._capture() if b is None else self._shelf.load(b).state
            return self._diff(self._shelf.load(a).state, later)

    def latest(self) -> Checkpoint | None:
        """The last one that was taken before flashagent wrote; those that undo and redo make do not count."""
        with self._lock.held():
            ids = self._shelf.timeline().ids
            return self._shelf.load(ids[-1]) if ids else None

    def preview(self, id: str) -> Restored:  # noqa: A002 (the contract's word)
        """What `restore` would do."""
        with self._lock.held():
            checkpoint, now = self._shelf.load(id), self._capture()
            changes = changes_of(differences(self._repository, now, checkpoint.state))
            return Restored(
                checkpoint,
                None,
                changes,
                self._diff(now, checkpoint.state),
                head_moved=_moved(now, checkpoint),
                too_large=too_large(now, checkpoint.state),
            )

    def restore(self, id: str, *, move_head: bool = False) -> Restored:  # noqa: A002
        """Bring the work tree and the index back to a checkpoint, all files of it; the present state becomes one
        first, and `undo` goes back to that.

        HEAD and branches stay where they are unless `move_head`; when HEAD has moved since, the index then stays too
        (it belongs to HEAD). Ignored files are left alone, except those that flashagent edited.
        """
        with self._lock.held():
            self._finish_interrupted()
            checkpoint = self._shelf.load(id)
            before = self._take(f"before restoring {checkpoint.label}")
            found = differences(self._repository, before.state, checkpoint.state)
            self._shelf.save(_with_written(before, {path: side for path, (_, side) in found.items()}))
            return self._restore(checkpoint, before, self._shelf.timeline(), move_head=move_head)

    def undo(self, *, force: bool = False) -> Restored:
        """Take back what flashagent wrote after the latest checkpoint whose written files are not as they were then;
        all other files, and index entries, stay as they are.

        Raises WorkspaceError when there is nothing to undo, and, unless `force`, when somebody has changed one of the
        files since flashagent wrote it.
        """
        with self._lock.held():
            self._finish_interrupted()
            now, timeline = self._capture(), self._shelf.timeline()
            target, found = self._to_undo(now, timeline, force=force)
            before = self._append("before undo", now)
            paths = None if target.written is None else tuple(sorted(found))
            undone = (*timeline.undone, Undone(target.id, before.id, paths))
            return self._restore(target, before, dataclasses.replace(timeline, undone=undone), paths)

    def preview_undo(self, *, force: bool = False) -> Restored:
        """What `undo` would do; raises as it does."""
        with self._lock.held():
            self._finish_interrupted()
            now = self._capture()
            target, found = self._to_undo(now, self._shelf.timeline(), force=force)
            diff = self._diff(now, target.state, found)
            return Restored(target, None, changes_of(found), diff, head_moved=_moved(now, target))

    def texts(self, restored: Restored) -> tuple[FileChange, ...]:
        """What restoring did, as changes of texts. Raises WorkspaceError where a file is no text."""
        if restored.before is None:
            return ()
        found = self._between(restored.before.state, restored.checkpoint.state, None)
        return tuple(
            FileChange(change.path, *(self._text(change.path, side) for side in found[change.path]))
            for change in restored.changes
        )

    def _text(self, path: str, side: Side) -> str | None:
        try:
            return None if side.mode == NOTHING else files.decode(self._restorer.content(side)).text
        except WorkspaceError as error:
            raise WorkspaceError(f"{path}: {error.message}", hint="Commit it with git.") from error

    def redo(self, *, force: bool = False) -> Restored:
        """Bring back what the last `undo` took away. Raises WorkspaceError when there is nothing to redo, and, unless
        `force`, when somebody has changed one of the files since the undo."""
        with self._lock.held():
            self._finish_interrupted()
            now, timeline = self._capture(), self._shelf.timeline()
            if not timeline.undone:
                raise WorkspaceError(
                    "There is nothing to redo.", hint=f"Only what was undone can be done again. {_LIST}"
                )
            step = timeline.undone[-1]
            left, target = self._shelf.load(step.target), self._shelf.load(step.before)
            found = self._between(now, target.state, step.paths)
            if not force:
                as_left = {path: (side_of(self._repository, left.state, path),) for path in found}
                self._refuse_changed(as_left, found, "the undo", "redo")
            before = self._append("before redo", now)
            rest = dataclasses.replace(timeline, undone=timeline.undone[:-1])
            return self._restore(target, before, rest, step.paths)

    def recover(self) -> str | None:
        """Finish a restore that a crash interrupted; the label of its checkpoint, or None."""
        with self._lock.held():
            return self._finish_interrupted()

    def prune(self, keep: int = KEEP) -> int:
        """Remove all but the last `keep` checkpoints; how many went."""
        with self._lock.held():
            old = self.list()[:-keep] if keep else self.list()
            gone = {checkpoint.id for checkpoint in old}
            timeline = self._shelf.timeline()
            ids = tuple(item for item in timeline.ids if item not in gone)
            undone = tuple(step for step in timeline.undone if gone.isdisjoint((step.target, step.before)))
            self._shelf.store(dataclasses.replace(timeline, ids=ids, undone=undone))
            for item in gone:
                self._shelf.remove(item)
                self._repository.calls.run("update-ref", "-d", f"{self._refs}/{item}")
            if gone:
                self._snapshots.keep_only([checkpoint.state for checkpoint in self.list()])
            return len(gone)

    def _bound(self) -> None:
        """Let the oldest go when there are too many, or when what is kept outside of git is too large in all."""
        count = self._shelf.count()
        if count > KEEP + _SLACK:
            self.prune(KEEP)
        while count > 1 and self._snapshots.kept_files.size() > self._most_kept_bytes:
            count = max(1, count * 3 // 4)
            self.prune(count)

    # What to take back.

    def _to_undo(
        self, now: State, timeline: Timeline, *, force: bool
    ) -> tuple[Checkpoint, Mapping[str, tuple[Side, Side]]]:
        target, found = self._last_written(now, timeline)
        if target is None:
            raise WorkspaceError("There is nothing to undo.", hint=_LIST)
        if target.written is not None and not force:
            self._refuse_changed(target.written, found, "flashagent wrote it", "undo")
        return target, found

    def _last_written(
        self, now: State, timeline: Timeline
    ) -> tuple[Checkpoint | None, Mapping[str, tuple[Side, Side]]]:
        """The latest checkpoint with something to take back, and the differences of its written files. One that does
        not know what was written counts only while it is the latest of all, and then with all files."""
        standing = timeline.standing()
        for item in reversed(standing):
            checkpoint = self._shelf.load(item)
            if checkpoint.written is None and item != standing[-1]:
                break
            found = self._between(now, checkpoint.state, checkpoint.written)
            if found:
                return checkpoint, found
        return None, {}

    def _between(
        self, now: State, target: State, paths: Collection[str] | None
    ) -> dict[str, tuple[Side, Side]]:
        if paths is not None and not paths:
            return {}
        found = differences(self._repository, now, target)
        return found if paths is None else {path: sides for path, sides in found.items() if path in paths}

    def _refuse_changed(
        self, expected: Mapping[str, tuple[Side, ...]], found: Collection[str], since: str, command: str
    ) -> None:
        changed = [
            path for path in sorted(found) if not any(self._restorer.holds(path, s) for s in expected[path])
        ]
        if changed:
            more = f" and {len(changed) - _NAMED} more" if len(changed) > _NAMED else ""
            raise WorkspaceError(
                f"Changed since {since}: {', '.join(changed[:_NAMED])}{more}. Nothing was done.",
                hint=f"`flashagent {command} --force` overwrites the changes, and keeps them as a checkpoint first; "
                + _LIST,
            )

    # Recording.

    def _take(self, label: str) -> Checkpoint:
        checkpoint = self._append(label, self._capture())
        timeline = self._shelf.timeline()
        ids = (*timeline.standing(), checkpoint.id)
        self._shelf.store(Timeline(ids, (), timeline.count))
        return checkpoint

    def _watch_ignored(self, paths: Iterable[str]) -> tuple[str, ...]:
        """Those of the paths that are ignored and were not yet watched."""
        known = self._watched()
        new = sorted(self._repository.is_ignored([path for path in paths if path not in known]))
        if new:
            disk.write_json(self._folder / "watched.json", [*known, *new])
        return tuple(new)

    def _changed_since(self, checkpoint: Checkpoint, paths: Iterable[str]) -> bool:
        """Whether one of the files is neither as in the checkpoint nor as flashagent wrote it since."""
        written = checkpoint.written or {}
        for path in paths:
            known = written.get(path) or (side_of(self._repository, checkpoint.state, path),)
            if not any(self._restorer.holds(path, side) for side in known):
                return True
        return False

    def _watched(self) -> tuple[str, ...]:
        return tuple(disk.read_json(self._folder / "watched.json") or ())

    def _capture(self) -> State:
        if not self._shelf.timeline().ids:
            self._snapshots.forget()
        return self._snapshots.capture(self._watched())

    def _append(self, label: str, state: State) -> Checkpoint:
        """A new checkpoint, not yet in the order of those that can be undone."""
        timeline = self._shelf.timeline()
        number = timeline.count + 1
        checkpoint = Checkpoint(f"c{number:06d}-{secrets.token_hex(3)}", label, self._now(), state)
        parts = (("staged", state.staged), ("work", state.tree))
        entries = "".join(f"040000 tree {tree}\t{name}\0" for name, tree in parts)
        run = self._repository.calls.run
        tree = run("mktree", "-z", stdin=entries.encode("ascii")).decode("ascii").strip()
        run("-c", "core.logAllRefUpdates=false", "update-ref", f"{self._refs}/{checkpoint.id}", tree)
        self._shelf.save(checkpoint)
        self._shelf.store(dataclasses.replace(timeline, count=number))
        return checkpoint

    # Restoring.

    def _restore(
        self,
        target: Checkpoint,
        before: Checkpoint,
        after: Timeline,
        paths: Collection[str] | None = None,
        *,
        move_head: bool = False,
    ) -> Restored:
        """Bring back all files, or only those of `paths`; at the end the timeline becomes `after`, its count aside."""
        found = self._between(before.state, target.state, paths)
        marker = self._folder / "restoring.json"
        temporary = disk.temporary_name()
        plan = {"target": target.id, "move_head": move_head, "after": dataclasses.asdict(after)}
        plan |= {"temporary": temporary, "files": list(found)}
        disk.write_json(marker, {**plan, "paths": None if paths is None else list(paths)})
        try:
            self._restorer.files(found, temporary)
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
        index = False
        if move_head or not moved:
            restorer = self._restorer
            index = restorer.index(target.state) if paths is None else restorer.entries(target.state, paths)
        self._shelf.store(dataclasses.replace(after, count=self._shelf.timeline().count))
        marker.unlink()
        diff = self._diff(before.state, target.state, found)
        left = too_large(before.state, target.state) if paths is None else ()
        return Restored(target, before, changes_of(found), diff, index, moved and not move_head, left)

    def _finish_interrupted(self) -> str | None:
        plain = disk.read_json(self._folder / "restoring.json")
        if plain is None:
            return None
        target = self._shelf.load(plain["target"])
        self._restorer.drop_leftovers(plain.get("files", ()), plain.get("temporary", disk.TEMPORARY))
        before = self._append(f"while restoring {target.label}", self._capture())
        after = timeline_of(plain["after"]) if "after" in plain else self._shelf.timeline()
        self._restore(target, before, after, plain.get("paths"), move_head=plain["move_head"])
        return target.label

    def _diff(self, a: State, b: State, paths: Collection[str] | None = None) -> str:
        outside = [
            f"# {path} {'is' if kept.digest else 'is not'} there; its content is kept outside of git\n"
            for path, kept in b.kept.items()
            if a.kept.get(path) not in (kept, None) and (paths is None or path in paths)
        ]
        if paths is not None and not paths:
            return ""
        names = None if paths is None or len(paths) > MANY_PATHS else sorted(paths)
        return self._repository.diff(names, trees=(a.tree, b.tree)) + "".join(outside)


def _with_written(checkpoint: Checkpoint, sides: Mapping[str, Side]) -> Checkpoint:
    written = dict(checkpoint.written or {})
    for path, side in sides.items():
        written[path] = tuple(dict.fromkeys((*written.get(path, ()), side)))
    return dataclasses.replace(checkpoint, written=written)


def _moved(now: State, checkpoint: Checkpoint) -> bool:
    return (now.head, now.branch) != (checkpoint.state.head, checkpoint.state.branch)
