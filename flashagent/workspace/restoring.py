"""Bring a work tree from the state it is in to an earlier one, touching only what differs."""

from __future__ import annotations

import contextlib
import os
import stat
import tempfile
from collections.abc import Collection, Iterator, Mapping
from pathlib import Path
from typing import Literal

from flashagent.dataclass import dataclass
from flashagent.errors import WorkspaceError
from flashagent.workspace import disk
from flashagent.workspace.blobs import object_id
from flashagent.workspace.disk import Contents, Metadata
from flashagent.workspace.entries import wait_for_index_lock
from flashagent.workspace.git import Repository, raw_entries
from flashagent.workspace.snapshots import Kept, Snapshots, State
from flashagent.workspace.trees import NOTHING

ChangeKind = Literal["created", "modified", "deleted"]
MANY_PATHS = 500  # more of them do not go into one command line


@dataclass(frozen=True, slots=True)
class Change:
    """One file that restoring brings back, alters or removes."""

    path: str
    kind: ChangeKind


@dataclass(frozen=True, slots=True)
class Side:
    """A path in one state: git mode ('000000' = nothing there), blob id or, when `outside`, SHA-256 of a kept copy,
    and the full permission bits where they are known."""

    mode: str = NOTHING
    name: str = ""
    outside: bool = False
    permissions: int | None = None


def differences(repository: Repository, now: State, target: State) -> dict[str, tuple[Side, Side]]:
    """Each path that differs, as it is in `now` and in `target`; ignored files only where both states know them."""
    found: dict[str, tuple[Side, Side]] = {}
    output = repository.calls.run("diff-tree", "-r", "-z", "--raw", "--no-renames", now.tree, target.tree)
    for entry in raw_entries(output):
        old = Side(entry.old_mode, entry.old_id, permissions=now.modes.get(entry.path))
        new = Side(entry.new_mode, entry.new_id, permissions=target.modes.get(entry.path))
        found[entry.path] = (old, new)
    for path in {**now.kept, **target.kept}:
        mine, wanted = now.kept.get(path), target.kept.get(path)
        if mine == wanted or _only_watched(mine, wanted) or _absent(mine, wanted):
            found.pop(path, None)
        else:
            found[path] = (_side(repository, now, path, mine), _side(repository, target, path, wanted))
    for path, permissions in now.modes.items():
        wanted_permissions = target.modes.get(path, permissions)
        if path not in found and path not in now.kept and wanted_permissions != permissions:
            side = _tree_side(repository, now, path)
            if side.mode.startswith("100"):
                found[path] = (side, _tree_side(repository, target, path))
    return found


def _only_watched(mine: Kept | None, wanted: Kept | None) -> bool:
    """An ignored file that one of the states did not look at."""
    return (mine is None and wanted is not None and wanted.ignored) or (
        wanted is None and mine is not None and mine.ignored
    )


def _absent(mine: Kept | None, wanted: Kept | None) -> bool:
    """A file too large to be kept on one of the sides is left alone: it could not be brought back."""
    return (mine is not None and mine.absent) or (wanted is not None and wanted.absent)


def too_large(now: State, target: State) -> tuple[str, ...]:
    """The files that differ and are left alone because no copy of them was kept."""
    both = {**now.kept, **target.kept}
    return tuple(
        path
        for path in sorted(both)
        if now.kept.get(path) != target.kept.get(path) and _absent(now.kept.get(path), target.kept.get(path))
    )


def _side(repository: Repository, state: State, path: str, kept: Kept | None) -> Side:
    if kept is None:
        return _tree_side(repository, state, path)
    if not kept.digest:
        return Side()
    return Side("100755" if kept.mode & 0o100 else "100644", kept.digest, True, kept.mode)


def side_of(repository: Repository, state: State, path: str) -> Side:
    """One path as it is in a state."""
    return _side(repository, state, path, state.kept.get(path))


def _tree_side(repository: Repository, state: State, path: str) -> Side:
    output = os.fsdecode(repository.calls.run("ls-tree", "-z", "--full-tree", state.tree, "--", path))
    if not output:
        return Side()
    mode, _, name = output.partition("\t")[0].split(" ")
    return Side(mode, name, permissions=state.modes.get(path))


def changes_of(found: Mapping[str, tuple[Side, Side]]) -> tuple[Change, ...]:
    """What carrying these differences out does to each file, sorted by path."""
    return tuple(Change(path, _kind(*sides)) for path, sides in sorted(found.items()))


def _kind(now: Side, target: Side) -> ChangeKind:
    if target.mode == NOTHING:
        return "deleted"
    return "created" if now.mode == NOTHING else "modified"


class Restorer:
    """Writes states back. Each file is replaced atomically; run again after a crash it finishes what is left."""

    def __init__(self, repository: Repository, snapshots: Snapshots) -> None:
        self._repository = repository
        self._root = repository.root
        self._snapshots = snapshots

    def files(self, found: Mapping[str, tuple[Side, Side]], temporary: str) -> None:
        """Carry differences out: first everything is checked, then files are removed, then written, each under the
        name `temporary` beside it and then renamed.

        Raises WorkspaceError, with nothing written, when a file is no longer what `now` says, or when a folder that is
        in the way holds ignored files.
        """
        contents = {
            path: self.content(target) for path, (_, target) in found.items() if target.mode != NOTHING
        }
        for path, (now, target) in found.items():
            self._check(path, now)
            self._check_room(path, target, found)
        metadata = {path: self._metadata(path, target) for path, (_, target) in found.items()}
        for path, (now, target) in sorted(found.items(), reverse=True):
            if target.mode == NOTHING and now.mode != NOTHING:
                disk.remove_file(self._root, path)
                disk.prune_parents(self._root, path)
        for path, data in sorted(contents.items()):
            self._write(path, found[path][1], data, metadata[path], temporary)

    def content(self, side: Side) -> bytes:
        """The bytes of a file as it is in a state. Raises WorkspaceError when they are gone."""
        return (
            self._snapshots.kept_files.read(side.name)
            if side.outside
            else self._repository.read_object(side.name)
        )

    def _check(self, path: str, now: Side) -> None:
        if not self.holds(path, now):
            raise WorkspaceError(
                f"{path} changes while it is being restored; nothing was done.", hint="Try again."
            )

    def side_of_bytes(self, data: bytes | None) -> Side:
        """A regular file with this content (None = no file), for `holds`; nothing is stored."""
        return Side() if data is None else Side("100644", self._id(data))

    def holds(self, path: str, side: Side) -> bool:
        """Whether the path is on disk now what `side` says; permission bits do not count."""
        *parents, name = path.split("/")
        try:
            with disk.folder(self._root, parents) as directory:
                status = disk.status_in(directory, name)
                if status is None or stat.S_ISDIR(status.st_mode):
                    return side.mode == NOTHING
                if stat.S_ISLNK(status.st_mode):
                    data = os.fsencode(os.readlink(name, dir_fd=directory))
                    return side.mode == "120000" and self._id(data) == side.name
                if not side.mode.startswith("100"):
                    return not stat.S_ISREG(status.st_mode) and side.mode == NOTHING
                data = disk.read_in(directory, name).data
        except (FileNotFoundError, NotADirectoryError):
            return side.mode == NOTHING
        except OSError:  # a link where a folder of the path should be
            return side.mode == NOTHING
        if side.outside:
            return self._snapshots.kept_files.add(data) == side.name
        return self._id(data) == side.name

    def _id(self, data: bytes) -> str:
        return object_id(data, self._snapshots.algorithm)

    def _check_room(self, path: str, target: Side, found: Mapping[str, tuple[Side, Side]]) -> None:
        """A folder where a file is to come must become empty by the removals."""
        place = self._root / path
        if target.mode == NOTHING or not place.is_dir() or place.is_symlink():
            return
        for item in place.rglob("*"):
            name = item.relative_to(self._root).as_posix()
            if (item.is_symlink() or not item.is_dir()) and name not in found:
                raise WorkspaceError(
                    f"{path} cannot be restored: there is a folder of that name now, and it holds {name}.",
                    hint="Move the folder aside and try again.",
                )

    def _metadata(self, path: str, target: Side) -> Metadata | None:
        """Owner and attributes of the file that is there; permission bits of the target as far as they are known."""
        executable = target.mode == "100755"
        present = self._present(path)
        if present is None:
            if target.permissions is None:
                return Metadata(0o755) if executable else None
            return Metadata(target.permissions)
        old = present.metadata
        mode = old.mode if target.permissions is None else target.permissions
        if target.permissions is None and bool(mode & 0o100) != executable:
            mode = mode | (mode & 0o444) >> 2 if executable else mode & ~0o111
        return Metadata(mode, old.uid, old.gid, old.xattrs)

    def _present(self, path: str) -> Contents | None:
        *parents, name = path.split("/")
        try:
            with disk.folder(self._root, parents) as directory:
                return disk.read_in(directory, name)
        except OSError:
            return None

    def drop_leftovers(self, paths: Collection[str], temporary: str) -> None:
        """Remove what a crash in `files` left beside these paths, and the folders that it was about to remove."""
        for folder in {path.rpartition("/")[0] for path in paths}:
            with contextlib.suppress(OSError):  # a folder that is gone, or a link in its place
                disk.remove_file(self._root, f"{folder}/{temporary}" if folder else temporary)
        for path in paths:
            disk.prune_parents(self._root, path)

    def _write(self, path: str, target: Side, data: bytes, metadata: Metadata | None, temporary: str) -> None:
        place = self._root / path
        if place.is_dir() and not place.is_symlink():
            for folder in sorted((item for item in place.rglob("*") if item.is_dir()), reverse=True):
                disk.remove_folder(self._root, folder.relative_to(self._root).as_posix())
            disk.remove_folder(self._root, path)
        if target.mode == "120000":
            disk.replace_link(self._root, path, data, temporary=temporary)
        else:
            disk.replace_file(self._root, path, data, metadata, temporary=temporary)

    def index(self, state: State) -> bool:
        """Put the index file of the state back, by git's own lock. False when it is already that one."""
        data = self._snapshots.index_bytes(state.index)
        place = self._repository.git_dir / "index"
        present = place.read_bytes() if place.exists() else None
        if present == data:
            return False
        with self._index_lock() as lock:
            if data is None:
                place.unlink()
            else:
                lock.write_bytes(data)
                with lock.open("rb") as stream:
                    os.fsync(stream.fileno())
                lock.replace(place)
        return True

    def entries(self, state: State, paths: Collection[str]) -> bool:
        """Put the index entries of these paths alone back as they are in the state. False when they are so already."""
        present = self._listed(None, paths)
        with tempfile.TemporaryDirectory(prefix="flashagent-") as scratch:
            old = Path(scratch) / "index"
            data = self._snapshots.index_bytes(state.index)
            if data is not None:
                old.write_bytes(data)
            wanted = self._listed({"GIT_INDEX_FILE": str(old)}, paths)
        if present == wanted:
            return False
        zero = "0" * (64 if self._snapshots.algorithm == "sha256" else 40)
        lines = [os.fsencode(f"0 {zero}\t{path}") for path in paths]  # removes all stages
        wait_for_index_lock(self._repository.git_dir)
        stdin = b"".join(line + b"\0" for line in lines) + wanted
        self._repository.calls.run("update-index", "-z", "--index-info", stdin=stdin)
        return True

    def _listed(self, env: Mapping[str, str] | None, paths: Collection[str]) -> bytes:
        only = sorted(paths) if len(paths) <= MANY_PATHS else ()
        listed = self._repository.calls.run("ls-files", "-s", "-z", "--", *only, env=env)
        lines = (line for line in listed.split(b"\0") if os.fsdecode(line.partition(b"\t")[2]) in paths)
        return b"".join(line + b"\0" for line in lines)

    @contextlib.contextmanager
    def _index_lock(self) -> Iterator[Path]:
        wait_for_index_lock(self._repository.git_dir)
        lock = self._repository.git_dir / "index.lock"
        os.close(os.open(lock, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o644))
        try:
            yield lock
        finally:
            lock.unlink(missing_ok=True)

    def head(self, state: State) -> None:
        """Put HEAD and its branch back where they were; the reflog tells where they came from."""
        run = self._repository.calls.run
        note = ("-m", "flashagent: restore checkpoint")
        if state.branch is None:
            run("update-ref", *note, "--no-deref", "HEAD", state.head or "")
            return
        run("symbolic-ref", *note, "HEAD", state.branch)
        if state.head is None:
            run("update-ref", *note, "-d", state.branch)
        else:
            run("update-ref", *note, state.branch, state.head)
