"""Keep the cache in step with a folder, and show it as a view: files, documents, their lengths and words.

Incremental: a file whose stat signature is unchanged is not opened; a content that is known is not parsed. Cold
builds above `POOL_FROM` files go to worker processes. Nothing here follows a symbolic link.
"""

from __future__ import annotations

import os
import sqlite3
import stat
from array import array
from collections import Counter, deque
from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import BrokenExecutor, Future
from dataclasses import dataclass, field
from pathlib import Path

from flashagent.repomap.extract import Segment, blob_digest, build_segment, content_kind
from flashagent.repomap.imports.project import is_config
from flashagent.repomap.sources import Reading, is_source, judge_path
from flashagent.repomap.store import Entry, Signature, Store
from flashagent.syntax.languages import language_for

POOL_FROM = 500
_BATCH = 150
_DEAD_SHARE = 6
_DEAD_SLACK = 50_000


@dataclass(frozen=True, slots=True)
class MapStats:
    """One refresh. `from_cache` is true when no file had to be parsed. `skipped` counts files left out, by reason;
    `in_memory` says why the cache is not on disk ('' when it is)."""

    files: int
    symbols: int
    seconds: float
    from_cache: bool
    parsed: int = 0
    skipped: tuple[tuple[str, int], ...] = ()
    in_memory: str = ""


@dataclass(slots=True)
class View:
    """The tree as it was at the last refresh. Documents are numbered over the whole cache; `owner[d]` is the index of
    the content that document belongs to, or -1 when no file here has it."""

    paths: list[str] = field(default_factory=list)
    content_of: list[int] = field(default_factory=list)
    contents: list[int] = field(default_factory=list)
    first: list[int] = field(default_factory=list)
    definitions: list[int] = field(default_factory=list)
    """By content: how many definitions it has; document `first + n` is the n-th."""
    owner: array[int] = field(default_factory=lambda: array("i"))
    lengths: array[int] = field(default_factory=lambda: array("H"))
    content_words: list[int] = field(default_factory=list)
    symbols: int = 0
    paths_of: list[list[int]] = field(default_factory=list)
    documents: int = 0
    words: int = 0
    index: dict[str, int] = field(default_factory=dict)
    configs: tuple[str, ...] = ()


class Index:
    """A root in a store. `refresh` brings it up to date and returns the view."""

    def __init__(self, root: Path, store: Store, *, processes: int) -> None:
        self._root = root
        self.name = os.fsencode(root).decode("utf-8", "backslashreplace")
        self._store = store
        self._processes = processes

    def refresh(self, paths: Iterable[str]) -> tuple[View, Counter[str], int]:
        """(the view, files left out by reason, files parsed). Goes on in memory when the cache cannot be written."""
        listed = list(paths)
        try:
            return self._refresh(listed)
        except (sqlite3.Error, OSError) as problem:
            self._store.to_memory(str(problem))
            return self._refresh(listed)

    def _refresh(self, listed: Sequence[str]) -> tuple[View, Counter[str], int]:
        skipped: Counter[str] = Counter()
        before = self._store.entries(self.name)
        kept: dict[str, Entry] = {}
        stale: list[tuple[str, Signature]] = []
        for path, signature in self._stat(listed, skipped):
            entry = before.get(path)
            if entry is not None and entry.signature == signature:
                kept[path] = entry
            else:
                stale.append((path, signature))
        fresh, parsed = self._read(stale, skipped)
        gone = [path for path in before if path not in kept and path not in fresh]
        if fresh or gone:
            self._store.remember(self.name, fresh, gone)
        if fresh:
            self._store.merge_small()
        view = self._view({**kept, **fresh}, skipped)
        view.configs = tuple(path for path in listed if is_config(path))
        if self._store.documents() > _DEAD_SHARE * view.documents + _DEAD_SLACK:
            # Old contents outweigh the living ones: start over rather than drag them through every query.
            self._store.forget_everything()
            return self._refresh(listed)
        return view, skipped, parsed

    def _stat(self, listed: Iterable[str], skipped: Counter[str]) -> Iterator[tuple[str, Signature]]:
        top = os.fspath(self._root)
        for path in listed:
            if language_for(path) is None and not is_source(path):
                skipped["other"] += 1
                continue
            try:
                path.encode()  # a name that is not UTF-8 cannot be stored or shown
                found = os.lstat(f"{top}/{path}")  # joined by hand: this runs for every file of the tree
            except (OSError, ValueError):
                found = None
            if found is None or not stat.S_ISREG(found.st_mode):
                skipped["unreadable"] += 1
                continue
            reading = judge_path(path, found.st_size)
            if reading == "ok":
                yield path, (found.st_mtime_ns, found.st_ctime_ns, found.st_size, found.st_ino)
            else:
                skipped[reading] += 1

    def _read(
        self, stale: Sequence[tuple[str, Signature]], skipped: Counter[str]
    ) -> tuple[dict[str, Entry], int]:
        """The new entries, and how many files were parsed for them."""
        signatures = dict(stale)
        keys: dict[str, tuple[bytes, str]] = {}
        numbers: dict[tuple[bytes, str], int] = {}
        unknown: dict[tuple[bytes, str], str] = {}
        for path in signatures:
            try:
                key = blob_digest((self._root / path).read_bytes()), content_kind(path)
            except OSError:
                skipped["unreadable"] += 1
                continue
            keys[path] = key
            if key in numbers or key in unknown:
                continue
            number = self._store.known(*key)
            if number is None:
                unknown[key] = path
            else:
                numbers[key] = number
        for segment in self._segments(list(unknown.values())):
            numbers.update(self._store.add(segment))
        fresh = {path: Entry(signatures[path], numbers[key]) for path, key in keys.items() if key in numbers}
        return fresh, len(unknown)

    def _segments(self, paths: Sequence[str]) -> Iterator[Segment]:
        batches = [paths[at : at + _BATCH] for at in range(0, len(paths), _BATCH)]
        done = 0
        if len(paths) >= POOL_FROM and self._processes > 1:
            try:
                for segment in self._pooled(batches):
                    done += 1
                    yield segment
            except BrokenExecutor:
                # Killed workers (memory, a caller that cannot be imported again) cost time, not the map.
                pass
        for batch in batches[done:]:
            yield build_segment(self.name, batch)

    def _pooled(self, batches: Sequence[Sequence[str]]) -> Iterator[Segment]:
        from concurrent.futures import ProcessPoolExecutor
        from multiprocessing import get_context

        with ProcessPoolExecutor(self._processes, mp_context=get_context("spawn")) as pool:
            # A short queue: finished segments must not pile up in memory when the disk is slower than the parsers.
            waiting: deque[Future[Segment]] = deque()
            for batch in batches:
                waiting.append(pool.submit(build_segment, self.name, batch))
                if len(waiting) > 2 * self._processes:
                    yield waiting.popleft().result()
            while waiting:
                yield waiting.popleft().result()

    def _view(self, entries: dict[str, Entry], skipped: Counter[str]) -> View:
        view = View()
        total = self._store.documents()
        view.owner = array("i", [-1]) * total
        view.lengths = array("H", [0]) * total
        place: dict[int, int] = {}
        readings: dict[int, Reading] = {}
        for content in self._store.contents(entry.content for entry in entries.values()):
            readings[content.number] = content.reading  # type: ignore[assignment]
            if content.reading != "ok":
                continue
            count = len(content.lengths) // 2
            index = place[content.number] = len(view.contents)
            view.contents.append(content.number)
            view.first.append(content.first_document)
            view.definitions.append(max(0, count - 1))
            view.paths_of.append([])
            view.owner[content.first_document : content.first_document + count] = array("i", [index]) * count
            view.lengths[content.first_document : content.first_document + count] = array(
                "H", content.lengths
            )
            view.content_words.append(
                sum(view.lengths[content.first_document : content.first_document + count])
            )
            view.symbols += content.symbols
            view.documents += count
        for path in sorted(entries):
            number = entries[path].content
            if number not in place:
                skipped[readings.get(number, "unreadable")] += 1
                continue
            view.index[path] = len(view.paths)
            view.paths_of[place[number]].append(len(view.paths))
            view.paths.append(path)
            view.content_of.append(place[number])
        view.words = sum(view.lengths)
        return view
