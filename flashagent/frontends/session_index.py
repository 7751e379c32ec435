"""The index of the recorded sessions of one project: one SQLite file beside the JSON-lines files, which alone count.

It can be removed at any time and is built again from them; where it cannot be written, it is built in memory.
"""

from __future__ import annotations

import contextlib
import sqlite3
from collections.abc import Callable, Iterator, Mapping
from dataclasses import astuple
from pathlib import Path
from typing import Any

from flashagent.agent.recorder import read_record
from flashagent.frontends.session_values import Recorded, Summary, summary_of, texts_of

NAME = "index.sqlite"
VERSION = 1
_TABLES = """
CREATE TABLE sessions (id TEXT PRIMARY KEY, size INTEGER, written INTEGER, started TEXT, title TEXT, outcome TEXT,
    turns INTEGER, requests INTEGER, tokens INTEGER);
CREATE TABLE texts (session TEXT PRIMARY KEY, folded TEXT);
"""
Clean = Callable[[Any], Any]


class SessionIndex:
    """`clean` masks secrets in the values of a record. Use `opened`; every look brings the index up to the files first."""

    def __init__(self, folder: Path, clean: Clean, database: sqlite3.Connection) -> None:
        self._folder = folder
        self._clean = clean
        self._database = database

    def summaries(self) -> list[Summary]:
        """The newest first."""
        return [
            Summary(*row)
            for row in self._asked(
                "SELECT id, started, title, outcome, turns, requests, tokens FROM sessions ORDER BY id DESC"
            )
        ]

    def holding(self, text: str) -> list[str]:
        """The ids of the sessions in which the text stands, whatever its case; the newest first."""
        found = "SELECT session FROM texts WHERE instr(folded, ?) > 0 ORDER BY session DESC"
        return [row[0] for row in self._asked(found, text.casefold())]

    def _asked(self, query: str, *values: str) -> list[tuple[Any, ...]]:
        """The rows, of an index that is brought up to the files; one that turns out to be broken is built in memory."""
        try:
            self._refresh()
            return self._database.execute(query, values).fetchall()
        except sqlite3.DatabaseError as error:
            self._database.close()
            if not isinstance(error, sqlite3.OperationalError):
                (self._folder / NAME).unlink(missing_ok=True)
            self._database = _in_memory()
            self._refresh()
            return self._database.execute(query, values).fetchall()

    def close(self) -> None:
        self._database.close()

    def _refresh(self) -> None:
        known = {row[0]: row[1:] for row in self._database.execute("SELECT id, size, written FROM sessions")}
        there = {path.stem: (path, path.stat()) for path in self._folder.glob("*.jsonl")}
        changed = [
            (id_, path, status)
            for id_, (path, status) in there.items()
            if known.get(id_) != (status.st_size, status.st_mtime_ns)
        ]
        gone = known.keys() - there.keys()
        if not changed and not gone:
            return
        with self._database:
            for id_ in gone:
                self._database.execute("DELETE FROM sessions WHERE id = ?", (id_,))
                self._database.execute("DELETE FROM texts WHERE session = ?", (id_,))
            for id_, path, status in changed:
                self._read(id_, path, (status.st_size, status.st_mtime_ns))

    def _read(self, id_: str, path: Path, state: tuple[int, int]) -> None:
        events: tuple[Mapping[str, Any], ...] = tuple(self._clean(line) for line in read_record(path))
        _, *rest = astuple(summary_of(Recorded(id_, events)))
        row = (id_, *state, *rest)
        self._database.execute(f"INSERT OR REPLACE INTO sessions VALUES ({','.join('?' * len(row))})", row)
        folded = "\n".join(text for event in events for text in texts_of(event)).casefold()
        storable = folded.encode("utf-8", "replace").decode()  # half of a surrogate pair cannot be stored
        self._database.execute("INSERT OR REPLACE INTO texts VALUES (?, ?)", (id_, storable))


@contextlib.contextmanager
def opened(folder: Path, clean: Clean) -> Iterator[SessionIndex]:
    """The index of the sessions in `folder`; a damaged file or one of another version is built anew."""
    database = _connect(folder / NAME) if folder.is_dir() else _in_memory()
    with contextlib.closing(SessionIndex(folder, clean, database)) as index:
        yield index


def _connect(path: Path) -> sqlite3.Connection:
    for _ in range(2):
        try:
            return _with_tables(sqlite3.connect(path, timeout=10.0))
        except sqlite3.OperationalError:  # not writable, or no room: sessions can be read all the same
            return _in_memory()
        except sqlite3.DatabaseError:  # damaged: everything in it can be had again
            path.unlink(missing_ok=True)
    return _in_memory()


def _in_memory() -> sqlite3.Connection:
    return _with_tables(sqlite3.connect(":memory:"))


def _with_tables(database: sqlite3.Connection) -> sqlite3.Connection:
    try:
        with database:
            database.execute("BEGIN IMMEDIATE")
            (version,) = database.execute("PRAGMA user_version").fetchone()
            if version != VERSION:
                for table in ("sessions", "texts"):
                    database.execute(f"DROP TABLE IF EXISTS {table}")
                for statement in filter(str.strip, _TABLES.split(";")):
                    database.execute(statement)
                database.execute(f"PRAGMA user_version = {VERSION}")
    except sqlite3.Error:
        database.close()
        raise
    return database
