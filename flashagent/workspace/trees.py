"""A git tree with a few files of another one replaced: only the folders on the way are read and written.

For a handful of changes this costs the same in a small and in a huge repository; an index would be rewritten whole.
"""

from __future__ import annotations

import hashlib
import os
import subprocess
from collections.abc import Iterable
from dataclasses import field

from flashagent.dataclass import dataclass
from flashagent.errors import WorkspaceError
from flashagent.workspace.gitcalls import GitCalls

NOTHING = "000000"
_FOLDER = "40000"


@dataclass(slots=True)
class _Edits:
    """What changes in one folder: files set to (mode, id), files gone, and folders with edits of their own."""

    files: dict[bytes, tuple[str, str]] = field(default_factory=dict)
    gone: set[bytes] = field(default_factory=set)
    folders: dict[bytes, _Edits] = field(default_factory=dict)


def changed_tree(calls: GitCalls, tree: str, entries: Iterable[tuple[str, str, str]], algorithm: str) -> str:
    """The id of `tree` with each (mode, blob id, path) set; mode '000000' removes the path. Folders that become empty go,
    and a file may take the place of a folder or the other way round. The objects are stored. `algorithm` is 'sha1' or
    'sha256'."""
    writer = _Writer(calls, algorithm)
    try:
        made = writer.folder(tree, _by_folder(entries)) or writer.add({})
    finally:
        writer.close()
    writer.store()
    return made


def _by_folder(entries: Iterable[tuple[str, str, str]]) -> _Edits:
    root = _Edits()
    for mode, name, path in entries:
        here = root
        *parents, last = os.fsencode(path).split(b"/")
        for parent in parents:
            here = here.folders.setdefault(parent, _Edits())
        if mode == NOTHING:
            here.gone.add(last)
        else:
            here.files[last] = (mode, name)
    return root


class _Writer:
    """Reads trees by one kept process, and collects the new ones for another."""

    def __init__(self, calls: GitCalls, algorithm: str) -> None:
        self._calls = calls
        self._algorithm = algorithm
        self._id_bytes = hashlib.new(algorithm, usedforsecurity=False).digest_size
        self._reader: subprocess.Popen[bytes] | None = None
        self._new: dict[str, list[bytes]] = {}

    def folder(self, tree: str | None, edits: _Edits) -> str | None:
        """The id of a folder with the edits made, None when nothing is left in it."""
        entries = self._read(tree) if tree else {}
        for name in edits.gone:
            if name in entries and entries[name][0] != _FOLDER:
                del entries[name]
        for name, deeper in edits.folders.items():
            mode, old = entries.pop(name, ("", ""))
            made = self.folder(old if mode == _FOLDER else None, deeper)
            if made is not None:
                entries[name] = (_FOLDER, made)
        entries |= edits.files
        return self.add(entries) if entries else None

    def add(self, entries: dict[bytes, tuple[str, str]]) -> str:
        ordered = sorted(entries.items(), key=lambda item: item[0] + b"/" * (item[1][0] == _FOLDER))
        body = b"".join(
            mode.encode("ascii") + b" " + name + b"\0" + bytes.fromhex(id_) for name, (mode, id_) in ordered
        )
        head = b"tree %d\0" % len(body)
        made = hashlib.new(self._algorithm, head + body, usedforsecurity=False).hexdigest()
        self._new[made] = [
            f"{mode.zfill(6)} {_kind(mode)} {id_}\t".encode("ascii") + name for name, (mode, id_) in ordered
        ]
        return made

    def store(self) -> None:
        """Write the new trees, deepest first. Raises GitFailed, and WorkspaceError when git counts otherwise."""
        stdin = b"\0".join(b"".join(line + b"\0" for line in lines) for lines in self._new.values())
        written = self._calls.run("mktree", "-z", "--batch", "--missing", stdin=stdin + b"\0")
        if written.decode("ascii").split() != list(self._new):
            raise WorkspaceError("git stored other trees than it was given.", hint="Try `git fsck`.")

    def close(self) -> None:
        if self._reader is not None:
            self._reader.communicate()

    def _read(self, tree: str) -> dict[bytes, tuple[str, str]]:
        data = self._object(tree)
        entries: dict[bytes, tuple[str, str]] = {}
        at = 0
        while at < len(data):
            end = data.index(b"\0", at)
            mode, _, name = data[at:end].partition(b" ")
            at = end + 1 + self._id_bytes
            entries[name] = (mode.decode("ascii"), data[end + 1 : at].hex())
        return entries

    def _object(self, name: str) -> bytes:
        if self._reader is None:
            self._reader = self._calls.start("cat-file", "--batch")
        stdin, stdout = self._reader.stdin, self._reader.stdout
        assert stdin is not None and stdout is not None
        stdin.write(name.encode("ascii") + b"\n")
        stdin.flush()
        head = stdout.readline().split()
        if len(head) != 3:
            raise WorkspaceError(f"The git object {name} cannot be read.", hint="Try `git fsck`.")
        return stdout.read(int(head[2]) + 1)[:-1]


def _kind(mode: str) -> str:
    return {_FOLDER: "tree", "160000": "commit"}.get(mode, "blob")
