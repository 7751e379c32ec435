"""One folder that stands for a tree: what was copied into it, changes made in it, and what does not belong taken out."""

from __future__ import annotations

import os
import shutil
import stat
from collections.abc import Collection, Iterable
from dataclasses import field
from pathlib import Path

from flashagent.dataclass import dataclass
from flashagent.errors import NoSuchFile, SavedMeanwhile, WorkspaceError
from flashagent.values import FileChange
from flashagent.workspace import disk, files, merging, paths
from flashagent.workspace.removing import open_up, remove_tree

Signature = tuple[int, ...]
_PIECE = 1 << 20


@dataclass(slots=True)
class Slot:
    """One folder of the pool: for each path the signature of its source and of the copy, as they were after copying.
    `ready` is the listing (the very object) that the folder was made equal to since it was last used."""

    folder: Path
    copies: dict[str, tuple[Signature, Signature]] = field(default_factory=dict)
    ready: dict[str, Signature] | None = None


def signature(place: str | Path) -> Signature | None:
    """What tells one state of a regular file or link from another; None for anything else and for nothing."""
    try:
        status = os.lstat(place)
    except (FileNotFoundError, NotADirectoryError):
        return None
    if not (stat.S_ISREG(status.st_mode) or stat.S_ISLNK(status.st_mode)):
        return None
    return disk.signature_of(status)


def clone_file(source: Path, target: Path) -> None:
    """Copy a regular file with its mode and times, sharing its blocks where the file system can."""
    with source.open("rb", buffering=0) as old, target.open("wb") as new:
        status = os.fstat(old.fileno())
        if not _reflink(old.fileno(), new.fileno()):
            shutil.copyfileobj(old, new, max(1, min(status.st_size, _PIECE)))
            new.flush()  # a write after the times are set would change them
        os.fchmod(new.fileno(), stat.S_IMODE(status.st_mode))
        os.utime(new.fileno(), ns=(status.st_atime_ns, status.st_mtime_ns))


def _reflink(old: int, new: int) -> bool:
    import fcntl

    ficlone = 0x40049409  # _IOW(0x94, 9, int), the same on every Linux architecture that Python runs on today
    try:
        fcntl.ioctl(new, ficlone, old)
    except OSError:
        return False
    return True


def apply_to_slot(slot: Slot, change: FileChange) -> None:
    """Write one change into the tree, in the file's own encoding; the copy counts as changed at the next reset."""
    place = paths.resolve(slot.folder, change.path)
    path = paths.relative(slot.folder, place)
    slot.copies.pop(path, None)
    if change.before is None:
        if place.exists():
            raise WorkspaceError(f"{path} already exists, so it was not created.", hint="Read it first.")
        if change.after is not None:
            data = files.FileText("").encode(change.after)
            disk.replace_file(slot.folder.resolve(), path, data, None, durable=False)
        return
    try:
        contents = files.read_contents(slot.folder, path)
    except NoSuchFile as error:
        raise SavedMeanwhile(
            f"{path} was removed by someone else meanwhile.", hint="It stays removed."
        ) from error
    text = files.decode(contents.data)
    after = change.after
    if text.text != change.before:
        if after is None:
            raise WorkspaceError(f"{path} is not what it was when it was read.", hint="Read the file again.")
        after = merging.merge(path, change.before, text.text, after)
    if after is None:
        disk.remove_file(slot.folder.resolve(), path)
    else:
        disk.replace_file(slot.folder.resolve(), path, text.encode(after), contents.metadata, durable=False)


def without_strangers(root: Path, wanted: Collection[str]) -> dict[str, Signature]:
    """Remove every file and folder that the project does not have, whatever modes a command left on them. Returns the
    signatures of the files that stay; one look at each folder."""
    folders = folders_of(wanted)
    found: dict[str, Signature] = {}
    pending = [""]
    while pending:
        here = pending.pop()
        place = root / here
        open_up(place)
        with os.scandir(place) as listed:
            entries = list(listed)
        for entry in entries:
            path = f"{here}/{entry.name}" if here else entry.name
            if entry.is_dir(follow_symlinks=False):
                if path in folders:
                    pending.append(path)
                else:
                    remove_tree(Path(entry.path))
            elif path in wanted:
                found[path] = disk.signature_of(entry.stat(follow_symlinks=False))
            else:
                Path(entry.path).unlink()
    return found


def folders_of(paths: Iterable[str]) -> set[str]:
    folders = {""}
    for path in paths:
        parent = path.rpartition("/")[0]
        while parent not in folders:
            folders.add(parent)
            parent = parent.rpartition("/")[0]
    return folders
