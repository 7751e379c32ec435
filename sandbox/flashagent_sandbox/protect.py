"""Know every protected name of a work tree before a command runs, and take away the ones it made.

Existing names become read-only mounts (the back-ends do that with what `scan` returns). A mount cannot cover a name
that does not exist yet, so after the command `Guard.check` looks again: a protected name that was not there before is
moved to a quarantine and reported. Links are never followed.
"""

from __future__ import annotations

import os
import re
import stat
import time
from dataclasses import dataclass, field
from fnmatch import translate
from pathlib import Path

from flashagent_sandbox.quarantine import Quarantine, remove_entry

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
    """A protected entry: its path relative to the root, its identity, a link's target ('' for no link), and the identity
    of the folder that holds it."""

    path: str
    identity: tuple[int, int]
    is_folder: bool
    link: str = ""
    parent: tuple[int, int] = (0, 0)


@dataclass(frozen=True, slots=True)
class Scan:
    """All protected entries of a tree, the git folders that its `.git` files point to, all entries that must read as
    empty, and whether the walk saw every folder."""

    protected: tuple[Found, ...]
    pointed: tuple[Found, ...]
    denied: tuple[Found, ...]
    complete: bool


@dataclass(frozen=True, slots=True)
class Findings:
    """What `check` did: the entries taken away with the place where each lies now ('' when it was deleted), the links
    put back, and the names that somebody else replaced meanwhile, which were left alone. Sorted by path."""

    taken: tuple[tuple[str, str], ...] = ()
    relinked: tuple[str, ...] = ()
    replaced: tuple[str, ...] = ()

    @property
    def paths(self) -> tuple[str, ...]:
        """All that is not as the command left it."""
        return tuple(sorted({*(path for path, _ in self.taken), *self.relinked}))


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
            folder = self._read(path, relative, _Folder(key, time.time_ns()), _identity(status))
            if folder.is_git and relative:
                above = os.lstat(os.path.dirname(path))
                itself = Found(relative, _identity(status), True, parent=_identity(above))
                return _Folder(key, folder.read_at, protected=[itself])
            return folder
        except OSError:
            return None  # gone, or closed to us and so to the command

    def _read(self, path: str, relative: str, folder: _Folder, itself: tuple[int, int]) -> _Folder:
        prefix = f"{relative}/" if relative else ""
        git_parts = set()
        with os.scandir(path) as entries:
            for entry in entries:
                name = entry.name
                is_folder = entry.is_dir(follow_symlinks=False)
                if name in _GIT_PARTS:
                    git_parts.add(name)
                # Files only: `.env` is a usual name for a folder with a whole Python in it.
                if not is_folder and self._denied.matches(name):
                    folder.denied.append(_found(prefix + name, entry, is_folder, itself))
                if self._protected.matches(name):
                    folder.protected.append(_found(prefix + name, entry, is_folder, itself))
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
                found.append(Found(relative, _identity(status), True))
        return found

    def check(self, before: Scan, quarantine: Quarantine | None) -> Findings:
        """Take away protected entries that were not there before, and put back links that were replaced.

        They go to the quarantine, or are deleted when there is none. An entry that was only moved (same file) stays.
        So does a name in the same folder as before, whatever file it is now: the command saw a mount there, which it
        can neither delete nor rename over, so somebody else saved it.
        """
        # Nothing can be mounted over a link, so a link can be deleted and its inode used again: its text counts.
        links = {entry.path: entry.link for entry in before.protected if entry.link}
        mounted = {entry.path: entry for entry in before.protected if not entry.link}
        known = {entry.identity for entry in mounted.values()}
        new, replaced = [], []
        for entry in self.scan().protected:
            old = mounted.get(entry.path)
            if old is None or old.parent != entry.parent:
                new.append(entry)
            elif old.identity != entry.identity:
                replaced.append(entry.path)
                known.discard(old.identity)  # gone, so a new file may have its number
        taken = []
        for entry in new:
            same = links.get(entry.path) == entry.link if entry.link else entry.identity in known
            if not same and (place := self._take(entry.path, quarantine)) is not None:
                taken.append((entry.path, place))
        return Findings(tuple(sorted(taken)), self._relink(links), tuple(sorted(replaced)))

    def _relink(self, links: dict[str, str]) -> tuple[str, ...]:
        put_back = []
        for path, target in links.items():
            place = self.root / path
            if not os.path.lexists(place) and place.parent.is_dir():
                place.symlink_to(target)
                put_back.append(path)
        return tuple(sorted(put_back))

    def _take(self, relative: str, quarantine: Quarantine | None) -> str | None:
        """By descriptors from the root down, so that no link put in the way leads out of the tree. None: it is gone."""
        *parents, name = relative.split("/")
        folder = os.open(self.root, _FOLDER)
        try:
            for parent in parents:
                inner = os.open(parent, _FOLDER, dir_fd=folder)
                os.close(folder)
                folder = inner
            if quarantine is not None:
                return quarantine.take(folder, name, relative)
            remove_entry(folder, name)
            return ""
        except FileNotFoundError:
            return None
        finally:
            os.close(folder)


class _Matcher:
    """Name patterns, compared without regard to case (some file systems fold it); `!name` is never matched."""

    def __init__(self, patterns: tuple[str, ...]) -> None:
        folded = [pattern.casefold() for pattern in patterns]
        wild = [pattern for pattern in folded if set(pattern) & set("*?[")]
        self._except = frozenset(pattern[1:] for pattern in folded if pattern.startswith("!"))
        self._plain = frozenset(pattern for pattern in folded if pattern[0] != "!") - frozenset(wild)
        self._wild = re.compile("|".join(map(translate, wild))) if wild else None

    def matches(self, name: str) -> bool:
        folded = name.casefold()
        found = folded in self._plain or (self._wild is not None and self._wild.match(folded) is not None)
        return found and folded not in self._except


def _identity(status: os.stat_result) -> tuple[int, int]:
    return status.st_dev, status.st_ino


def _found(path: str, entry: os.DirEntry[str], is_folder: bool, parent: tuple[int, int]) -> Found:
    status = entry.stat(follow_symlinks=False)
    link = os.readlink(entry.path) if stat.S_ISLNK(status.st_mode) else ""
    return Found(path, _identity(status), is_folder, link, parent)


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
