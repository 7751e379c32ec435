"""The map's cache: one SQLite file that several processes read and one at a time writes. The one importer of sqlite3 here.

Contents are kept by digest, so branches, work trees and clones share them; each root only remembers which content
stands at which path. A cache that cannot be read or written is left alone and memory takes its place (`in_memory`).
"""

from __future__ import annotations

import contextlib
import sqlite3
from array import array
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path

from flashagent.repomap.extract import FileRow, Segment
from flashagent.repomap.view import Content, Entry

FORMAT = 7
_BUSY_MS = 10_000
_SMALL_SEGMENT = 1000
_FEW = 200
_MANY_SEGMENTS = 40
_SCHEMA = """
CREATE TABLE content(
  id INTEGER PRIMARY KEY, digest BLOB NOT NULL, kind TEXT NOT NULL, reading TEXT NOT NULL, symbols INTEGER NOT NULL,
  first_document INTEGER NOT NULL, lengths BLOB NOT NULL, UNIQUE(digest, kind));
CREATE TABLE record(id INTEGER PRIMARY KEY, data BLOB NOT NULL);
CREATE TABLE segment(id INTEGER PRIMARY KEY, base INTEGER NOT NULL, documents INTEGER NOT NULL);
CREATE TABLE posting(term TEXT NOT NULL, segment INTEGER NOT NULL, numbers BLOB NOT NULL, PRIMARY KEY(term, segment)) WITHOUT ROWID;
CREATE TABLE emptied(times INTEGER NOT NULL);
INSERT INTO emptied VALUES (0);
CREATE TABLE entry(
  root TEXT NOT NULL, path TEXT NOT NULL, mtime_ns INTEGER NOT NULL, ctime_ns INTEGER NOT NULL, size INTEGER NOT NULL,
  inode INTEGER NOT NULL, content INTEGER NOT NULL, PRIMARY KEY(root, path)) WITHOUT ROWID;
CREATE TABLE snapshot(root TEXT PRIMARY KEY, data BLOB NOT NULL);
CREATE TABLE graph(root TEXT PRIMARY KEY, state BLOB NOT NULL, edges BLOB NOT NULL);
"""
_KEPT = ("entry", "snapshot", "posting", "segment", "content", "record", "graph")
_TABLES = ("emptied", *_KEPT)


class Store:
    """Open with `Store.open`. Not for use from several threads at once."""

    def __init__(self, connection: sqlite3.Connection, in_memory: str) -> None:
        self._connection = connection
        self.in_memory = in_memory
        """Why the cache is not on disk, in words; '' when it is."""

    @classmethod
    def open(cls, file: Path | None) -> Store:
        """The cache in `file`, made if need be, emptied when its format is another one. None means memory."""
        if file is None:
            return cls(_connect(":memory:"), "asked for")
        try:
            return cls(_open_file(file), "")
        except (sqlite3.Error, OSError) as first:
            reason = str(first)
        with contextlib.suppress(sqlite3.Error, OSError):
            if _is_damaged(file):
                _remove(file)
                return cls(_open_file(file), "")
        return cls(_connect(":memory:"), reason)

    def close(self) -> None:
        self._connection.close()

    def snapshot(self, root: str) -> bytes | None:
        """What `remember_all` kept last for the root."""
        found = self._connection.execute("SELECT data FROM snapshot WHERE root = ?", (root,)).fetchone()
        return None if found is None else bytes(found[0])

    def entries(self, root: str) -> dict[str, Entry]:
        """What changed in the root since its snapshot."""
        rows = self._connection.execute(
            "SELECT path, mtime_ns, ctime_ns, size, inode, content FROM entry WHERE root = ?", (root,)
        )
        return {
            path: Entry((mtime, ctime, size, inode), content)
            for path, mtime, ctime, size, inode, content in rows
        }

    def known(self, digest: bytes, kind: str) -> int | None:
        """The number of a content already taken apart."""
        row = self._connection.execute(
            "SELECT id FROM content WHERE digest = ? AND kind = ?", (digest, kind)
        ).fetchone()
        return None if row is None else int(row[0])

    def contents(self, numbers: Iterable[int]) -> Iterator[Content]:
        """The contents of these numbers, in the order of their documents."""
        wanted = set(numbers)
        columns = "SELECT id, reading, symbols, first_document, lengths FROM content"
        if len(wanted) <= _FEW:
            for number in sorted(wanted):
                yield from (
                    Content(*row) for row in self._connection.execute(f"{columns} WHERE id = ?", (number,))
                )
            return
        for row in self._connection.execute(f"{columns} ORDER BY id"):
            if row[0] in wanted:
                yield Content(*row)

    def record(self, number: int) -> bytes:
        """The packed record; empty for a content that was not read."""
        row = self._connection.execute("SELECT data FROM record WHERE id = ?", (number,)).fetchone()
        return b"" if row is None else bytes(row[0])

    def postings(self, term: str) -> Iterator[tuple[int, bytes]]:
        """(first document number of the segment, array('I') of document << 4 | count) for each segment with the term."""
        yield from self._connection.execute(
            "SELECT base, numbers FROM posting JOIN segment ON segment.id = posting.segment WHERE term = ? ORDER BY base",
            (term,),
        )

    def terms(self, prefix: str) -> Iterator[tuple[str, int, bytes]]:
        """(term, first document number of the segment, numbers) of all terms that start with `prefix`, in order."""
        yield from self._connection.execute(
            "SELECT term, base, numbers FROM posting JOIN segment ON segment.id = posting.segment "
            "WHERE term >= ? AND term < ? ORDER BY term, base",
            (prefix, prefix[:-1] + chr(ord(prefix[-1]) + 1)),
        )

    def edges(self, root: str, state: bytes) -> bytes | None:
        """The packed edges of a root's graph, kept for exactly this state of it."""
        found = self._connection.execute(
            "SELECT edges FROM graph WHERE root = ? AND state = ?", (root, state)
        ).fetchone()
        return None if found is None else bytes(found[0])

    def keep_edges(self, root: str, state: bytes, edges: bytes) -> None:
        """Keep them in place of those of an earlier state. A cache that cannot be written costs time, nothing else."""
        with contextlib.suppress(sqlite3.Error), self.writing() as connection:
            connection.execute("INSERT OR REPLACE INTO graph VALUES (?,?,?)", (root, state, edges))

    def documents(self) -> int:
        """How many documents there are, those of contents no longer in use included."""
        return int(
            self._connection.execute("SELECT coalesce(max(base + documents), 0) FROM segment").fetchone()[0]
        )

    def add(self, segment: Segment) -> dict[tuple[bytes, str], int]:
        """Store a batch; the numbers of its contents by digest and kind. Contents already there keep their numbers."""
        with self.writing() as connection:
            base = self.documents()
            number = connection.execute(
                "INSERT INTO segment(base, documents) VALUES (?, ?)", (base, segment.documents)
            ).lastrowid
            last = connection.execute("SELECT coalesce(max(id), 0) FROM content").fetchone()[0]
            connection.executemany(
                "INSERT OR IGNORE INTO content(digest, kind, reading, symbols, first_document, lengths) VALUES (?,?,?,?,?,?)",
                (
                    (r.digest, r.kind, r.reading, r.symbols, base + r.first_document, r.lengths)
                    for r in segment.rows
                ),
            )
            fresh = connection.execute("SELECT digest, kind, id FROM content WHERE id > ?", (last,))
            added = {(digest, kind): content for digest, kind, content in fresh}
            connection.executemany(
                "INSERT INTO record VALUES (?,?)",
                {added[key]: row.record for row in segment.rows if (key := _key(row)) in added}.items(),
            )
            connection.executemany(
                "INSERT INTO posting(term, segment, numbers) VALUES (?,?,?)",
                ((term, number, numbers) for term, numbers in sorted(segment.postings.items())),
            )
            others = (key for row in segment.rows if (key := _key(row)) not in added)
            return added | {key: found for key in others if (found := self.known(*key)) is not None}

    def remember(self, root: str, entries: Mapping[str, Entry]) -> int:
        """Note what changed since the snapshot; how many such notes there are now."""
        with self.writing() as connection:
            connection.executemany(
                "INSERT OR REPLACE INTO entry VALUES (?,?,?,?,?,?,?)",
                ((root, path, *entry.signature, entry.content) for path, entry in entries.items()),
            )
            return int(connection.execute("SELECT count(*) FROM entry WHERE root = ?", (root,)).fetchone()[0])

    def remember_all(self, root: str, snapshot: bytes) -> None:
        """Keep a snapshot of the whole root in place of the last one and of what was noted since."""
        with self.writing() as connection:
            connection.execute("DELETE FROM entry WHERE root = ?", (root,))
            connection.execute("INSERT OR REPLACE INTO snapshot VALUES (?,?)", (root, snapshot))

    def merge_small(self) -> None:
        """Join the last segments into one when many small ones have gathered, so that a long session of edits does not
        slow every query down. Documents keep their numbers."""
        with self.writing() as connection:
            run: list[tuple[int, int, int]] = []
            for row in connection.execute("SELECT id, base, documents FROM segment ORDER BY id DESC"):
                if row[2] > _SMALL_SEGMENT:
                    break
                run.append(row)
            if len(run) < _MANY_SEGMENTS:
                return
            first, base, _ = run[-1]
            shift = {number: start - base << 4 for number, start, _ in run}
            merged: dict[str, array[int]] = {}
            found = "SELECT term, segment, numbers FROM posting WHERE segment >= ? ORDER BY term, segment"
            for term, segment, data in connection.execute(found, (first,)):
                numbers: array[int] = array("I")
                numbers.frombytes(data)
                merged.setdefault(term, array("I")).extend(number + shift[segment] for number in numbers)
            connection.execute("DELETE FROM posting WHERE segment >= ?", (first,))
            connection.execute("DELETE FROM segment WHERE id > ?", (first,))
            total = sum(documents for _, _, documents in run)
            connection.execute("UPDATE segment SET documents = ? WHERE id = ?", (total, first))
            connection.executemany(
                "INSERT INTO posting(term, segment, numbers) VALUES (?,?,?)",
                ((term, first, numbers.tobytes()) for term, numbers in merged.items()),
            )

    def forget_everything(self) -> None:
        """Empty the cache, for a rebuild."""
        with self.writing() as connection:
            for table in _KEPT:
                connection.execute(f"DELETE FROM {table}")
            connection.execute("UPDATE emptied SET times = times + 1")

    def generation(self) -> int:
        """How often the cache was emptied: numbers handed out before the last time mean nothing any more."""
        return int(self._connection.execute("SELECT times FROM emptied").fetchone()[0])

    @contextlib.contextmanager
    def reading(self) -> Iterator[None]:
        """All reads inside see one state, whatever other processes write; nested uses join the outer one."""
        if self._connection.in_transaction:
            yield
            return
        self._connection.execute("BEGIN")
        try:
            yield
        finally:
            self._connection.execute("COMMIT")

    @contextlib.contextmanager
    def writing(self) -> Iterator[sqlite3.Connection]:
        """One write transaction; nested uses join the outer one. Rolled back when anything is raised."""
        connection = self._connection
        if connection.in_transaction:
            yield connection
            return
        connection.execute("BEGIN IMMEDIATE")
        try:
            yield connection
        except BaseException:
            connection.execute("ROLLBACK")
            raise
        connection.execute("COMMIT")

    def to_memory(self, reason: str) -> None:
        """Go on in memory after a failed write (full disk, lost folder); what was read so far is read again."""
        with contextlib.suppress(sqlite3.Error):
            self._connection.close()
        self._connection = _connect(":memory:")
        self.in_memory = reason


def _key(row: FileRow) -> tuple[bytes, str]:
    return row.digest, row.kind


def _open_file(file: Path) -> sqlite3.Connection:
    file.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    return _connect(str(file))


def _connect(name: str) -> sqlite3.Connection:
    connection = sqlite3.connect(name, timeout=_BUSY_MS / 1000, isolation_level=None, check_same_thread=False)
    try:
        # Losing the last write to a power cut costs a few re-parsed files, so no fsync per commit.
        for pragma in (
            "journal_mode=WAL",
            "synchronous=NORMAL",
            "temp_store=MEMORY",
            "cache_size=-16000",
            "mmap_size=268435456",
            "wal_autocheckpoint=10000",
        ):
            connection.execute(f"PRAGMA {pragma}")
        _ensure_schema(connection)
    except BaseException:
        connection.close()
        raise
    return connection


def _ensure_schema(connection: sqlite3.Connection) -> None:
    if connection.execute("PRAGMA user_version").fetchone()[0] == FORMAT:
        # Reads one page of each table, so that damage shows here and not in the middle of an answer.
        for table in _TABLES:
            connection.execute(f"SELECT 1 FROM {table} LIMIT 1").fetchone()
        return
    connection.execute("BEGIN IMMEDIATE")
    if connection.execute("PRAGMA user_version").fetchone()[0] != FORMAT:
        for table in _TABLES:
            connection.execute(f"DROP TABLE IF EXISTS {table}")
        for statement in _SCHEMA.split(";"):
            connection.execute(statement)
        connection.execute(f"PRAGMA user_version = {FORMAT}")
    connection.execute("COMMIT")


def _is_damaged(file: Path) -> bool:
    """True for a file that is no database or a broken one; a locked or forbidden one is not ours to remove."""
    if not file.is_file():
        return False
    try:
        with contextlib.closing(sqlite3.connect(file, timeout=1)) as connection:
            return bool(connection.execute("PRAGMA quick_check(1)").fetchone()[0] != "ok")
    except sqlite3.OperationalError:
        return False
    except sqlite3.DatabaseError:
        return True


def _remove(file: Path) -> None:
    for name in (file, file.with_name(file.name + "-wal"), file.with_name(file.name + "-shm")):
        name.unlink(missing_ok=True)
