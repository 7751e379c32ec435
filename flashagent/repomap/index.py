"""Keep the cache in step with a folder, and show it as a view: files, documents, their lengths and words.

Incremental: a file whose stat signature is unchanged is not opened; a content that is known is not parsed. Cold
builds above `POOL_FROM` files go to worker processes. Nothing here follows a symbolic link.
"""

from __future__ import annotations

import hashlib
import os
import sqlite3
import stat
from collections import Counter, deque
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import BrokenExecutor, Future
from dataclasses import replace
from pathlib import Path

from flashagent.dataclass import dataclass
from flashagent.repomap.extract import Segment, blob_digest, build_segment, content_kind
from flashagent.repomap.imports.project import is_config
from flashagent.repomap.sources import Reading, is_source, judge_path
from flashagent.repomap.store import Store
from flashagent.repomap.view import (
    Entry,
    Signature,
    State,
    View,
    build_view,
    pack_state,
    unpack_state,
    with_contents,
)
from flashagent.syntax.languages import language_for

POOL_FROM = 500
_BATCHES = 150, 600
_BATCH_BYTES = 6_000_000
_MANY_STALE = 200
_63 = (1 << 63) - 1
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


class Index:
    """A root in a store. `refresh` brings it up to date and returns the state."""

    def __init__(self, root: Path, store: Store, *, processes: int) -> None:
        self._root = root
        self.name = os.fsencode(root).decode("utf-8", "backslashreplace")
        self._store = store
        self._processes = processes
        self._state: State | None = None
        self._generation = -1

    def refresh(
        self, paths: Callable[[], Iterable[str]], only: Collection[str] | None = None
    ) -> tuple[State, int]:
        """(the state, files parsed). With `only`, files that are known look at nothing else; anything new among them means
        a look at everything. Goes on in memory when the cache cannot be written."""
        try:
            return self._refresh(paths, only)
        except (sqlite3.Error, OSError) as problem:
            self._store.to_memory(str(problem))
            self._state = None
            return self._refresh(paths, None)

    def _refresh(self, paths: Callable[[], Iterable[str]], only: Collection[str] | None) -> tuple[State, int]:
        before = self._known()
        # A name that the map does not have may be a new file.
        if before and only is not None and all(one in before.entries or not _may_count(one) for one in only):
            stale = self._stale(before, [one for one in only if one in before.entries])
            if stale is not None and (quick := self._patched(before, stale)) is not None:
                return quick
        listed = list(paths())
        digest = hashlib.sha256("\0".join(listed).encode("utf-8", "surrogateescape")).digest()
        if (
            before is not None
            and before.listing == digest
            and all(self._judged(path) == reading for path, reading in before.doubtful.items())
        ):
            stale = self._stale(before, before.entries)
            if stale is not None and (quick := self._patched(before, stale)) is not None:
                return quick
        return self._whole(listed, digest, before.entries if before else {})

    def _known(self) -> State | None:
        """The last state: of this process, else from the cache; None when there is none of the cache as it is now."""
        if self._generation != self._store.generation():
            self._state, self._generation = None, self._store.generation()
        if self._state is None and (state := _unpacked(self._store.snapshot(self.name))) is not None:
            since = {
                path: one for path, one in self._store.entries(self.name).items() if path in state.entries
            }
            self._state = self._with(state, since) if since else state
        return self._state

    def _with(self, state: State, fresh: dict[str, Entry]) -> State | None:
        """The state after these entries changed; None where that takes a look at everything."""
        found = {one.number: one for one in self._store.contents(entry.content for entry in fresh.values())}
        changed = {path: found[entry.content] for path, entry in fresh.items() if entry.content in found}
        view = (
            with_contents(state.view, changed, self._store.documents())
            if len(changed) == len(fresh)
            else None
        )
        return None if view is None else replace(state, entries=state.entries | fresh, view=view)

    def _patched(self, before: State, stale: Sequence[tuple[str, Signature]]) -> tuple[State, int] | None:
        """The state after a few files changed; None where that takes a look at everything."""
        if not stale:
            return before, 0
        if len(stale) > _MANY_STALE:
            return None
        fresh, parsed = self._read(stale, Counter())
        after = self._with(before, fresh) if len(fresh) == len(stale) else None
        if after is None or self._outgrown(after.view):
            return None
        self._store.merge_small()
        if self._store.remember(self.name, fresh) > _MANY_STALE:
            self._store.remember_all(self.name, pack_state(after))
        self._state = after
        return after, parsed

    def _whole(self, listed: Sequence[str], digest: bytes, before: Mapping[str, Entry]) -> tuple[State, int]:
        passed: Counter[str] = Counter()
        doubtful: dict[str, Reading] = {}
        kept: dict[str, Entry] = {}
        stale: list[tuple[str, Signature]] = []
        for path, signature in self._stat(listed, passed, doubtful):
            entry = before.get(path)
            if entry is not None and entry.signature == signature:
                kept[path] = entry
            else:
                stale.append((path, signature))
        fresh, parsed = self._read(stale, passed)
        if fresh:
            self._store.merge_small()
        entries = {**kept, **fresh}
        contents = self._store.contents(entry.content for entry in entries.values())
        view, left_out = build_view(entries, contents, self._store.documents())
        view.configs = tuple(path for path in listed if is_config(path))
        if self._outgrown(view):
            # Old contents outweigh the living ones: start over rather than drag them through every query.
            self._store.forget_everything()
            self._generation = self._store.generation()
            return self._whole(listed, digest, {})
        self._state = State(digest, entries, passed, doubtful, left_out, view)
        self._store.remember_all(self.name, pack_state(self._state))
        return self._state, parsed

    def _outgrown(self, view: View) -> bool:
        return self._store.documents() > _DEAD_SHARE * view.documents + _DEAD_SLACK

    def _stale(self, before: State, paths: Iterable[str]) -> list[tuple[str, Signature]] | None:
        """The known files that are not as they were; None when one of them is not to be read any more."""
        top, entries = os.fspath(self._root), before.entries
        stale: list[tuple[str, Signature]] = []
        for path in paths:
            try:
                found = os.lstat(f"{top}/{path}")  # joined by hand: this runs for every file of the tree
            except (OSError, ValueError):
                return None
            signature = _signature(found)
            if entries[path].signature != signature:
                if not _readable(path, found):
                    return None
                stale.append((path, signature))
        return stale

    def _judged(self, path: str) -> Reading:
        """What the name, the kind and the size of a file say of it now."""
        try:
            found = os.lstat(self._root / path)
        except (OSError, ValueError):
            return "unreadable"
        return judge_path(path, found.st_size) if stat.S_ISREG(found.st_mode) else "unreadable"

    def _stat(
        self, listed: Iterable[str], passed: Counter[str], doubtful: dict[str, Reading]
    ) -> Iterator[tuple[str, Signature]]:
        top = os.fspath(self._root)
        for path in listed:
            if not _may_count(path):
                passed["notebook" if path.endswith(".ipynb") else "other"] += 1
                continue
            try:
                path.encode()  # a name that is not UTF-8 cannot be stored or shown
                found = os.lstat(f"{top}/{path}")
            except (OSError, ValueError):
                found = None
            if found is None or not stat.S_ISREG(found.st_mode):
                passed["unreadable"] += 1
                if path.isprintable():
                    doubtful[path] = "unreadable"
                continue
            reading = judge_path(path, found.st_size)
            if reading == "ok":
                yield path, _signature(found)
            else:
                passed[reading] += 1
                if reading == "huge":
                    doubtful[path] = reading

    def _read(
        self, stale: Sequence[tuple[str, Signature]], skipped: Counter[str]
    ) -> tuple[dict[str, Entry], int]:
        """The new entries, and how many files were parsed for them."""
        signatures = dict(stale)
        top = os.fspath(self._root)
        keys: dict[str, tuple[bytes, str]] = {}
        numbers: dict[tuple[bytes, str], int] = {}
        unknown: dict[tuple[bytes, str], str] = {}
        empty = not self._store.documents()
        for path in signatures:
            try:
                with open(f"{top}/{path}", "rb", buffering=0) as file:  # noqa: PTH123 - as above
                    key = blob_digest(file.readall()), content_kind(path)
            except OSError:
                skipped["unreadable"] += 1
                continue
            keys[path] = key
            if key in numbers or key in unknown:
                continue
            number = None if empty else self._store.known(*key)
            if number is None:
                unknown[key] = path
            else:
                numbers[key] = number
        for segment in self._segments([(path, signatures[path][2]) for path in unknown.values()]):
            numbers.update(self._store.add(segment))
        fresh = {path: Entry(signatures[path], numbers[key]) for path, key in keys.items() if key in numbers}
        return fresh, len(unknown)

    def _segments(self, sized: Sequence[tuple[str, int]]) -> Iterator[Segment]:
        batches = list(_batches(sized, 4 * self._processes))
        done = 0
        if len(sized) >= POOL_FROM and self._processes > 1:
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


def _unpacked(snapshot: bytes | None) -> State | None:
    try:
        return None if snapshot is None else unpack_state(snapshot)
    except (ValueError, LookupError, TypeError):
        # Half a snapshot, or one of another machine: the files themselves are looked at instead.
        return None


def _batches(sized: Sequence[tuple[str, int]], shares: int) -> Iterator[list[str]]:
    """Large pieces keep the index short; small ones keep all workers busy to the end, and memory low."""
    most = min(_BATCHES[1], max(_BATCHES[0], len(sized) // shares))
    batch: list[str] = []
    total = 0
    for path, size in sized:
        batch.append(path)
        total += size
        if len(batch) >= most or total > _BATCH_BYTES:
            yield batch
            batch, total = [], 0
    if batch:
        yield batch


def _may_count(path: str) -> bool:
    return language_for(path) is not None or is_source(path)


def _readable(path: str, found: os.stat_result) -> bool:
    return stat.S_ISREG(found.st_mode) and judge_path(path, found.st_size) == "ok"


def _signature(found: os.stat_result) -> Signature:
    # Some file systems number their files with all 64 bits.
    return found.st_mtime_ns, found.st_ctime_ns, found.st_size, found.st_ino & _63
