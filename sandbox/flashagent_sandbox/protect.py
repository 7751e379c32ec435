"""Know every protected name of a work tree before a command runs, and take away the ones it made.

Existing names become read-only mounts (the back-ends do that with what `scan` returns). A mount cannot cover a name
that does not exist yet, so after the command `Guard.check` looks again: a protected name whose file was not there
before is removed and reported. Links are never followed.
"""

from __future__ import annotations

import os
import stat
import time
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from pathlib import Path

# Never looked into: their contents are made by tools, huge, and read by nobody as settings.
SKIPPED = frozenset(
    {"node_modules", "__pycache__", "site-packages", ".mypy_cache", ".pytest_cache", ".ruff_cache"}
)
MAX_FOLDERS = 20_000
_FOLDER = os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC
_GIT_PARTS = frozenset({"HEAD", "objects", "commondir"})
# A folder changed this shortly before it was read may change again within the same tick of the file system's clock.
_RACY_NS = 40_000_000


@dataclass(frozen=True, slots=True)
class Found:
    """A protected entry: its path relative to the root, its identity, and a link's target ('' for no link)."""

    path: str
    identity: tuple[int, int]
    is_folder: bool
    link: str = ""


@dataclass(frozen=True, slots=True)
class Scan:
    """All protected entries of a tree, the git folders that its `.git` files point to, all entries that must read as
    empty, and whether the walk saw every folder."""

    protected: tuple[Found, ...]
    pointed: tuple[Found, ...]
    denied: tuple[Found, ...]
    complete: bool


@dataclass(slots=True)
class _Folder:
    key: tuple[int, int]
    read_at: int
    folders: list[str] = field(default_factory=list)
    protected: list[Found] = field(default_factory=list)
    denied: list[Found] = field(default_factory=list)
    is_git: bool = False


class Guard:
    """Scans one tree again and again; a folder is read again only when its inode or change time moved."""

    def __init__(self, root: Path, protected: tuple[str, ...], denied: tuple[str, ...]) -> None:
        self.root = root
        self._protected = _Matcher(protected)
        self._denied = _Matcher(tuple(name for name in denied if not name.startswith("/")))
        self._protects_git = self._protected.matches(".git")
        self._cache: dict[str, _Folder] = {}

    def scan(self) -> Scan:
        """Breadth first, so that a tree over the cap is known best where it matters most."""
        protected: list[Found] = []
        denied: list[Found] = []
        seen: dict[str, _Folder] = {}
        queue, position = [""], 0
        while position < len(queue) and position < MAX_FOLDERS:
            relative = queue[position]
            position += 1
            folder = self._folder(relative)
            if folder is None:
                continue
            seen[relative] = folder
            protected += folder.protected
            denied += folder.denied
            queue += folder.folders
        self._cache = seen
        pointed = tuple(self._pointed_at(protected))
        return Scan(tuple(protected), pointed, tuple(denied), position == len(queue))

    def _folder(self, relative: str) -> _Folder | None:
        path = os.path.join(self.root, relative)
        try:
            status = os.lstat(path)
            key = (status.st_ino, status.st_ctime_ns)
            known = self._cache.get(relative)
            if known is not None and known.key == key and known.read_at - key[1] > _RACY_NS:
                return known
            folder = self._read(path, relative, _Folder(key, time.time_ns()))
            if folder.is_git and relative:
                itself = Found(relative, (status.st_dev, status.st_ino), True)
                return _Folder(key, folder.read_at, protected=[itself])
            return folder
        except OSError:
            return None  # gone, or closed to us and so to the command

    def _read(self, path: str, relative: str, folder: _Folder) -> _Folder:
        prefix = f"{relative}/" if relative else ""
        git_parts = set()
        with os.scandir(path) as entries:
            for entry in entries:
                name = entry.name
                is_folder = entry.is_dir(follow_symlinks=False)
                if name in _GIT_PARTS:
                    git_parts.add(name)
                if self._denied.matches(name):
                    folder.denied.append(_found(prefix + name, entry, is_folder))
                if self._protected.matches(name):
                    folder.protected.append(_found(prefix + name, entry, is_folder))
                elif is_folder and name not in SKIPPED:
                    folder.folders.append(prefix + name)
        # Git takes a folder with these in it for a repository, whatever its name, and obeys its settings.
        folder.is_git = self._protects_git and "HEAD" in git_parts and len(git_parts) > 1
        return folder

    def _pointed_at(self, protected: list[Found]) -> list[Found]:
        """Git folders under another name in the tree, to which a `.git` file points (`gitdir: ./.bare`)."""
        found = []
        for entry in protected:
            if entry.is_folder or entry.link or os.path.basename(entry.path) != ".git":
                continue
            target = git_pointer(self.root / entry.path)
            if target is None or not target.is_relative_to(self.root) or target == self.root:
                continue
            relative = str(target.relative_to(self.root))
            if not any(
                relative == known.path or relative.startswith(known.path + "/") for known in protected
            ):
                status = target.stat()
                found.append(Found(relative, (status.st_dev, status.st_ino), True))
        return found

    def check(self, before: Scan) -> tuple[str, ...]:
        """Remove protected entries that were not there before, put back links that were replaced; returns their
        paths. An entry that was only moved (same file) stays."""
        # Nothing can be mounted over a link, so a link can be deleted and its inode used again: its text counts.
        known = {entry.identity for entry in before.protected if not entry.link}
        links = {entry.path: entry.link for entry in before.protected if entry.link}
        touched = set()
        for entry in self.scan().protected:
            same = links.get(entry.path) == entry.link if entry.link else entry.identity in known
            if not same:
                self._remove(entry.path)
                touched.add(entry.path)
        for path, target in links.items():
            place = self.root / path
            if not os.path.lexists(place) and place.parent.is_dir():
                place.symlink_to(target)
                touched.add(path)
        return tuple(sorted(touched))

    def _remove(self, relative: str) -> None:
        """By descriptors from the root down, so that no link put in the way leads out of the tree."""
        *parents, name = relative.split("/")
        folder = os.open(self.root, _FOLDER)
        try:
            for parent in parents:
                inner = os.open(parent, _FOLDER, dir_fd=folder)
                os.close(folder)
                folder = inner
            _remove_entry(folder, name)
        except FileNotFoundError:
            return
        finally:
            os.close(folder)


class _Matcher:
    """Name patterns, compared without regard to case (some file systems fold it)."""

    def __init__(self, patterns: tuple[str, ...]) -> None:
        folded = [pattern.casefold() for pattern in patterns]
        self._plain = frozenset(pattern for pattern in folded if not set(pattern) & set("*?["))
        self._wild = tuple(pattern for pattern in folded if set(pattern) & set("*?["))

    def matches(self, name: str) -> bool:
        folded = name.casefold()
        return folded in self._plain or any(fnmatchcase(folded, pattern) for pattern in self._wild)


def _found(path: str, entry: os.DirEntry[str], is_folder: bool) -> Found:
    status = entry.stat(follow_symlinks=False)
    link = os.readlink(entry.path) if stat.S_ISLNK(status.st_mode) else ""
    return Found(path, (status.st_dev, status.st_ino), is_folder, link)


def _remove_entry(folder: int, name: str) -> None:
    """Delete a file, link or whole folder; one that the command closed is opened first, since it is ours."""
    if not stat.S_ISDIR(os.stat(name, dir_fd=folder, follow_symlinks=False).st_mode):
        os.unlink(name, dir_fd=folder)
        return
    handle = os.open(name, os.O_PATH | os.O_NOFOLLOW | os.O_CLOEXEC, dir_fd=folder)
    try:
        os.chmod(f"/proc/self/fd/{handle}", 0o700)
    finally:
        os.close(handle)
    inner = os.open(name, _FOLDER, dir_fd=folder)
    try:
        for entry in os.listdir(inner):
            _remove_entry(inner, entry)
    finally:
        os.close(inner)
    os.rmdir(name, dir_fd=folder)


def git_pointer(path: Path) -> Path | None:
    """The existing folder that a `.git` file names, or None; links resolved."""
    try:
        # O_NONBLOCK: a FIFO of that name must not hold us.
        descriptor = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_NOFOLLOW | os.O_CLOEXEC)
    except OSError:
        return None
    try:
        text = os.read(descriptor, 4096) if stat.S_ISREG(os.fstat(descriptor).st_mode) else b""
    finally:
        os.close(descriptor)
    if not text.startswith(b"gitdir:"):
        return None
    named = os.fsdecode(text[7:].strip())
    try:
        target = (path.parent / named).resolve(strict=True)
    except (OSError, ValueError, RuntimeError):
        return None
    return target if target.is_dir() else None
