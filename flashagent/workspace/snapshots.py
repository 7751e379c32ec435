"""Capture the whole state of a work tree as git trees, without touching the user's index, stash or branches.

The tree is built in a private copy of the user's index, so that git's own stat data tells what changed and only that
is read. Contents are stored raw: a checkpoint holds the bytes on disk, whatever line end rules or filters say.
"""

from __future__ import annotations

import hashlib
import os
import re
import stat
from collections.abc import Collection, Iterator, Mapping
from dataclasses import field
from pathlib import Path
from typing import Any

from flashagent.dataclass import dataclass
from flashagent.workspace import disk
from flashagent.workspace.blobs import (
    LARGE_BYTES,
    LARGEST_KEPT_BYTES,
    MOST_KEPT_BYTES,
    BlobWriter,
    KeptFiles,
    stays_out_of_git,
)
from flashagent.workspace.git import Repository, index_entries, raw_entries
from flashagent.workspace.gitcalls import join_nul, split_nul
from flashagent.workspace.trees import NOTHING, changed_tree

_RACY_NS = 100_000_000
_FEW = 200
_SMALL_BYTES = 1_000_000
_ABSENT = "~"
_STAT_SIZE = re.compile(rb"^  size: (\d+)\tflags: [0-9a-f]+$", re.MULTILINE)
_RAW_ATTRIBUTES = ("filter", "ident", "working-tree-encoding")


@dataclass(frozen=True, slots=True)
class Kept:
    """A file whose content lies outside of git: SHA-256 ('' = it did not exist) and mode. `ignored` files are there
    only because flashagent edited them; elsewhere their absence in a state means nothing."""

    digest: str
    mode: int
    ignored: bool

    @property
    def absent(self) -> bool:
        """Too large to be kept: `digest` tells versions apart, but no copy exists."""
        return self.digest.startswith(_ABSENT)


@dataclass(frozen=True, slots=True)
class State:
    """A work tree in one moment.

    `tree` holds the raw files; `staged` a tree of the blobs that only the index names; `index` the SHA-256 of the index
    file ('' = none); `modes` the full permission bits of files that differed from the index; `head` a commit id or
    None; `branch` a full ref name or None when HEAD is detached.
    """

    tree: str
    staged: str
    index: str
    head: str | None
    branch: str | None
    modes: Mapping[str, int] = field(default_factory=dict)
    kept: Mapping[str, Kept] = field(default_factory=dict)


class Snapshots:
    """Captures states of one work tree; keeps its private index and a table of known hashes in `folder`.

    Not safe against a second process: the caller holds a lock. One capture stores at most `most_bytes`, files under a
    megabyte aside.
    """

    def __init__(self, repository: Repository, folder: Path, most_bytes: int = MOST_KEPT_BYTES) -> None:
        self._repository = repository
        self._calls = repository.calls
        self._folder = folder
        self._most_bytes = self._room = most_bytes
        self._env = {"GIT_INDEX_FILE": str(folder / "index")}
        self.kept_files = KeptFiles(folder / "kept")
        self.algorithm = "sha256" if len(repository.empty_tree()) == 64 else "sha1"
        self._base: dict[str, Any] = disk.read_json(folder / "base.json") or {}
        self._hashes: dict[str, list[Any]] = disk.read_json(folder / "hashes.json") or {}

    def capture(self, watched: Collection[str] = ()) -> State:
        """The state now, its objects stored. `watched` names ignored files that flashagent edits.

        A file that vanishes meanwhile counts as deleted."""
        disk.make_state_folder(self._folder)
        head, branch = (
            self._repository.head(),
            self._calls.text("symbolic-ref", "-q", "HEAD", ok=(0, 1)) or None,
        )
        self._follow_index(head)
        self._room = self._most_bytes
        writer = BlobWriter(self._calls, self.algorithm)
        modes: dict[str, int] = {}
        kept: dict[str, Kept] = {}
        entries: list[tuple[str, str, str]] = []
        hashes: dict[str, list[Any]] = {}
        for path, old_mode, old_id, deleted in self._dirty():
            found = None if deleted else self._examine(path, writer, hashes)
            if found is None:
                new_mode, new_id = NOTHING, ""
            else:
                new_mode, new_id, full, outside = found
                modes[path] = full
                if outside:
                    kept[path] = Kept(new_id, full, ignored=False)
                    continue
            if (new_mode, new_id) != (old_mode, old_id) and (new_mode, old_mode) != (NOTHING, NOTHING):
                entries.append((new_mode, new_id, path))
        writer.close()
        for path in watched:
            kept[path] = self.keep(path)
        tree = self._write_tree(entries)
        self._remember(hashes)
        return State(tree, self._base["staged"], self._base["index"], head, branch, modes, kept)

    def index_bytes(self, digest: str) -> bytes | None:
        """The index file of a state; None when there was none."""
        return self._indexes().read(digest) if digest else None

    def _indexes(self) -> KeptFiles:
        return KeptFiles(self._folder / "indexes")

    def keep_only(self, states: Collection[State]) -> None:
        """Drop stored indexes and kept contents that none of these states needs."""
        self._indexes().keep_only({state.index for state in states} | {str(self._base.get("index", ""))})
        self.kept_files.keep_only({kept.digest for state in states for kept in state.kept.values()})
        self._remember({})

    def forget(self) -> None:
        """Trust no hash or tree of before: their objects may be gone once no checkpoint refers to them."""
        self._base = {}
        self._remember({})

    # The private index.

    def _follow_index(self, head: str | None) -> None:
        """Start again from the user's index when that has changed since; keep a copy of it for restoring."""
        place = self._repository.git_dir / "index"
        try:
            signature = list(disk.signature_of(place.stat()))
        except FileNotFoundError:
            signature = []
        if self._base.get("signature") == signature and signature and (self._folder / "index").exists():
            if self._base.get("head") != head:
                self._base |= {"staged": self._staged_blobs(), "head": head}
            return
        data = place.read_bytes() if signature else b""
        digest = hashlib.sha256(data).hexdigest() if signature else ""
        if digest != self._base.get("index") or not (self._folder / "index").exists():
            self._seed(data)
        if signature:
            self._indexes().add(data)
        self._base |= {"signature": signature, "index": digest, "staged": self._staged_blobs(), "head": head}

    def _seed(self, data: bytes) -> None:
        place = self._folder / "index"
        if data:
            disk.write_durably(place, data)
        else:
            self._calls.run("read-tree", "--empty", env=self._env)
        self._base.pop("tree", None)
        hidden: list[str] = []
        for line in split_nul(self._calls.run("ls-files", "-v", "-z", env=self._env)):
            tag, path = line[0], line[2:]
            # Assume-unchanged is a small letter, skip-worktree an S: both hide changes of files that are on disk.
            absent = tag in "sS" and not os.path.lexists(self._repository.root / path)
            if (tag.islower() or tag == "S") and not absent:
                hidden.append(path)
        if hidden:
            for option in ("--no-assume-unchanged", "--no-skip-worktree"):
                self._calls.run(
                    "update-index", option, "-z", "--stdin", stdin=join_nul(hidden), env=self._env
                )
        self._make_raw()

    def _make_raw(self) -> None:
        """Replace entries whose blob is not what is on disk (line ends converted, filters, $Id$) by zero stat data,
        so that they count as changed and are read."""
        if not self._may_convert():
            return
        listing = self._calls.run("ls-files", "-s", "-z", "--debug", env=self._env)
        sizes = [int(size) for size in _STAT_SIZE.findall(listing)]
        names = index_entries(_without_debug(listing))
        special = self._special([path for _, _, path in names])
        blobs = self._blob_sizes([name for _, name, _ in names])
        raw = [
            entry
            for entry, on_disk, stored in zip(names, sizes, blobs, strict=True)
            if entry[0].startswith("100") and (on_disk != stored or entry[2] in special)
        ]
        self._set_entries(raw)

    def _may_convert(self) -> bool:
        settings = self._calls.text(
            "config", "--get-regexp", r"^core\.(autocrlf|eol|attributesfile)$", ok=(0, 1)
        )
        info = self._calls.located.common_dir / "info" / "attributes"
        return bool(settings) or info.exists() or bool(self._attribute_files())

    def _attribute_files(self) -> list[str]:
        env = {**self._env, "GIT_LITERAL_PATHSPECS": "0"}
        return split_nul(self._calls.run("ls-files", "-c", "-o", "-z", "--", "*.gitattributes", env=env))

    def _special(self, paths: list[str]) -> set[str]:
        output = self._calls.run("check-attr", "-z", "--stdin", *_RAW_ATTRIBUTES, stdin=join_nul(paths))
        items = split_nul(output)
        found = zip(items[::3], items[2::3], strict=True)
        return {path for path, value in found if value not in ("unspecified", "unset")}

    def _blob_sizes(self, names: list[str]) -> list[int]:
        stdin = "".join(name + "\n" for name in names).encode("ascii")
        lines = (
            self._calls.run("cat-file", "--batch-check=%(objectsize)", stdin=stdin)
            .decode("ascii")
            .splitlines()
        )
        return [int(line) if line.isdigit() else -1 for line in lines]

    def _set_entries(self, entries: Collection[tuple[str, str, str]]) -> None:
        if not entries:
            return
        zero = "0" * (64 if self.algorithm == "sha256" else 40)
        ordered = sorted(
            entries, key=lambda entry: entry[0] != NOTHING
        )  # removals first: a folder may follow a file
        lines = [f"{'0' if mode == NOTHING else mode} {name or zero}\t{path}" for mode, name, path in ordered]
        stdin = b"".join(os.fsencode(line) + b"\0" for line in lines)
        self._calls.run(
            "-c", "core.splitIndex=false", "update-index", "-z", "--index-info", stdin=stdin, env=self._env
        )

    def _write_tree(self, entries: Collection[tuple[str, str, str]]) -> str:
        """A few entries are laid over the tree of the private index; many are put into the index for good."""
        if entries and len(entries) <= _FEW and "tree" in self._base:
            return changed_tree(self._calls, str(self._base["tree"]), entries, self.algorithm)
        self._set_entries(entries)
        if entries or "tree" not in self._base:
            output = self._calls.run("write-tree", "--missing-ok", env=self._env)
            self._base["tree"] = output.decode("ascii").strip()
        return str(self._base["tree"])

    def _staged_blobs(self) -> str:
        """A tree of the blobs that are staged and not in HEAD, so that they outlive being unstaged."""
        changed, unmerged = self._calls.together(
            (
                "diff-index",
                "--cached",
                "--raw",
                "-z",
                "--no-renames",
                "--ignore-submodules=all",
                self._repository.base(),
            ),
            ("ls-files", "-u", "-z"),
        )
        names = [entry.new_id for entry in raw_entries(changed) if entry.new_mode.startswith(("100", "12"))]
        names += [name for _, name, _ in index_entries(unmerged)]
        blobs = sorted({name for name in names if name.strip("0")})
        stdin = "".join(f"100644 blob {name}\t{name}\0" for name in blobs).encode("ascii")
        return self._calls.run("mktree", "-z", "--missing", stdin=stdin).decode("ascii").strip()

    # The files that differ from the private index.

    def _dirty(self) -> Iterator[tuple[str, str, str, bool]]:
        """Path, mode and id in the private index, and whether git saw that the file is gone."""
        changed, untracked = self._calls.together(
            ("diff-files", "--raw", "-z", "--no-renames", "--ignore-submodules=all"),
            ("ls-files", "-o", "-z", "--exclude-standard"),
            env=self._env,
        )
        seen: set[str] = set()
        for entry in raw_entries(changed):
            if entry.path in seen or "160000" in (entry.old_mode, entry.new_mode):
                continue
            seen.add(entry.path)
            unmerged = entry.status == "U"
            yield entry.path, "" if unmerged else entry.old_mode, entry.old_id, entry.status == "D"
        for path in split_nul(untracked):
            if not path.endswith("/") and path not in seen:
                yield path, NOTHING, "", False

    def _examine(
        self, path: str, writer: BlobWriter, hashes: dict[str, list[Any]]
    ) -> tuple[str, str, int, bool] | None:
        """Mode for git, blob id (or SHA-256 when kept outside), permission bits, and whether it is kept outside."""
        place = self._repository.root / path
        try:
            status = place.lstat()
            full = stat.S_IMODE(status.st_mode)
            if stat.S_ISLNK(status.st_mode):
                return "120000", writer.add(os.fsencode(place.readlink())), full, False
            if not stat.S_ISREG(status.st_mode):
                return None
            outside = stays_out_of_git(path, status.st_size)
            mode = "100755" if status.st_mode & 0o100 else "100644"
            known = self._hashes.get(path)
            if known is not None and known[0] == list(disk.signature_of(status)):
                hashes[path] = known
                return mode, str(known[1]), full, outside
            if self._is_too_large(status.st_size):
                return mode, _ABSENT + "-".join(map(str, disk.signature_of(status))), full, True
            name, signature = self._store(path, writer, status.st_size, outside=outside)
        except OSError:
            return None
        if signature[4] + _RACY_NS < _now_ns(self._folder):
            hashes[path] = [list(signature), name]
        return mode, name, full, outside

    def _is_too_large(self, size: int) -> bool:
        """For a copy: alone, or together with what this capture has stored. Small files always have room."""
        if size > LARGEST_KEPT_BYTES or (size > _SMALL_BYTES and size > self._room):
            return True
        self._room -= size
        return False

    def _store(
        self, path: str, writer: BlobWriter, size: int, *, outside: bool
    ) -> tuple[str, tuple[int, ...]]:
        """The name under which the content is kept, and the signature of the file that was read."""
        if size <= LARGE_BYTES:
            contents = self._read(path)
            add = self.kept_files.add if outside else writer.add
            return add(contents.data), contents.signature
        *parents, name = path.split("/")
        with (
            disk.folder(self._repository.root, parents) as directory,
            disk.open_in(directory, name) as stream,
        ):
            return self.kept_files.add_from(stream), disk.signature_of(os.fstat(stream.fileno()))

    def _read(self, path: str) -> disk.Contents:
        *parents, name = path.split("/")
        with disk.folder(self._repository.root, parents) as directory:
            return disk.read_in(directory, name)

    def keep(self, path: str) -> Kept:
        """An ignored file as it is now, its content stored."""
        try:
            contents = self._read(path)
        except OSError:
            return Kept("", 0, ignored=True)
        return Kept(self.kept_files.add(contents.data), contents.metadata.mode, ignored=True)

    def _remember(self, hashes: dict[str, list[Any]]) -> None:
        if hashes != self._hashes:
            self._hashes = hashes
            disk.write_json(self._folder / "hashes.json", hashes)
        if self._base != disk.read_json(self._folder / "base.json"):
            disk.write_json(self._folder / "base.json", self._base)


def _now_ns(folder: Path) -> int:
    """The time by the file system's own clock, which may lag behind the system's."""
    marker = folder / "clock"
    with disk.writing_state(marker):
        marker.touch()
        os.utime(marker)
        return marker.stat().st_mtime_ns


def _without_debug(listing: bytes) -> bytes:
    """`ls-files -s -z --debug` without the lines of stat data that follow each name."""
    return re.sub(rb"\0(?:  [a-z]+: [^\n]*\n)+", b"\0", listing)
