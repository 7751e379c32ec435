"""The state of a batch in one SQLite file (WAL): killed at any moment, it goes on without paying twice.

One process writes (it holds the lock file beside it), any number may read.
"""

from __future__ import annotations

import dataclasses
import json
import sqlite3
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, cast

from flashagent.dataclass import dataclass
from flashagent.errors import UsageError, WorkspaceError
from flashagent.jobs.batch.events import ItemState
from flashagent.jobs.batch.spec import Item, Target
from flashagent.values import FileChange, Usage

FORMAT = 1
_TABLES = """
CREATE TABLE IF NOT EXISTS batch (key TEXT PRIMARY KEY, value TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS items (
    id TEXT PRIMARY KEY, title TEXT NOT NULL, targets TEXT NOT NULL, own_check TEXT NOT NULL,
    state TEXT NOT NULL DEFAULT 'waiting', attempts INTEGER NOT NULL DEFAULT 0, how TEXT NOT NULL DEFAULT '',
    message TEXT NOT NULL DEFAULT '', patch TEXT NOT NULL DEFAULT '[]', commit_id TEXT NOT NULL DEFAULT '',
    again INTEGER NOT NULL DEFAULT 0, below TEXT NOT NULL DEFAULT '[]'
);
CREATE TABLE IF NOT EXISTS attempts (
    item TEXT NOT NULL REFERENCES items (id), number INTEGER NOT NULL, state TEXT NOT NULL, how TEXT NOT NULL,
    message TEXT NOT NULL, usage TEXT NOT NULL, cost REAL, seconds REAL NOT NULL, started TEXT NOT NULL,
    PRIMARY KEY (item, number)
);
CREATE TABLE IF NOT EXISTS judged (tree TEXT PRIMARY KEY, why TEXT NOT NULL);
"""
_COLUMNS = "id, title, targets, own_check, state, attempts, how, message, patch, commit_id, again, below"


@dataclass(frozen=True, slots=True)
class Row:
    """An item as it stands. `patch` is its result, made on the base or, when it was done `again`, on the base with other
    items on top: `below` is what those changed in the same files. `commit` is set once merged."""

    item: Item
    state: ItemState
    attempts: int = 0
    how: str = ""
    message: str = ""
    patch: tuple[FileChange, ...] = ()
    commit: str = ""
    again: bool = False
    below: tuple[FileChange, ...] = ()


@dataclass(frozen=True, slots=True)
class Attempt:
    """What one try of an item came to and used. `started` is ISO 8601 in UTC."""

    number: int
    state: ItemState
    how: str
    message: str
    usage: Usage
    cost: float | None
    seconds: float
    started: str


@dataclass(frozen=True, slots=True)
class Spent:
    """What all attempts of a batch used together; `cost` is None when one of them has no known price."""

    usage: Usage
    cost: float | None
    seconds: float


class BatchStore:
    """Close it, or use it in `contextlib.closing`. Several threads may write, one after another."""

    def __init__(self, path: Path) -> None:
        """Opens the file, or makes it. Raises WorkspaceError for a file of another format."""
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        self.path = path
        self._one = threading.Lock()
        self._db = sqlite3.connect(path, isolation_level=None, check_same_thread=False, timeout=10.0)
        path.chmod(0o600)
        self._db.execute("PRAGMA journal_mode = WAL")
        self._db.execute("PRAGMA synchronous = FULL")
        version = self._db.execute("PRAGMA user_version").fetchone()[0]
        if version not in (0, FORMAT):
            self._db.close()
            raise WorkspaceError(
                f"{path} was written by another version of flashagent.", hint="Start the batch again."
            )
        with self._transaction():
            for statement in _TABLES.split(";"):
                self._db.execute(statement)
            self._db.execute(f"PRAGMA user_version = {FORMAT}")

    def close(self) -> None:
        self._db.close()

    def begin(self, meta: dict[str, str], items: Sequence[Item]) -> None:
        """Write down a new batch whole. Raises UsageError when the file already holds one."""
        if self.meta():
            raise UsageError("This batch exists already.", hint="`flashagent batch resume` goes on with it.")
        with self._transaction():
            self._db.executemany("INSERT INTO batch VALUES (?, ?)", meta.items())
            self._db.executemany(
                "INSERT INTO items (id, title, targets, own_check) VALUES (?, ?, ?, ?)",
                [(one.id, one.title, _dumped(one.targets), one.check) for one in items],
            )

    def meta(self) -> dict[str, str]:
        return dict(self._db.execute("SELECT key, value FROM batch").fetchall())

    def set_meta(self, **values: str) -> None:
        with self._transaction():
            self._db.executemany("INSERT OR REPLACE INTO batch VALUES (?, ?)", values.items())

    def rows(self) -> list[Row]:
        """All items in the order in which they are worked on and merged."""
        return [_row(found) for found in self._db.execute(f"SELECT {_COLUMNS} FROM items ORDER BY rowid")]

    def row(self, item: str) -> Row:
        return _row(self._db.execute(f"SELECT {_COLUMNS} FROM items WHERE id = ?", (item,)).fetchone())

    def attempts(self, item: str) -> list[Attempt]:
        columns = "number, state, how, message, usage, cost, seconds, started"
        found = self._db.execute(f"SELECT {columns} FROM attempts WHERE item = ? ORDER BY number", (item,))
        return [
            Attempt(number, state, how, message, Usage(**json.loads(usage)), cost, seconds, started)
            for number, state, how, message, usage, cost, seconds, started in found
        ]

    def spent(self) -> Spent:
        usage, cost, seconds = Usage(), 0.0, 0.0
        unknown = False
        for said, price, took in self._db.execute("SELECT usage, cost, seconds FROM attempts"):
            usage += Usage(**json.loads(said))
            unknown = unknown or price is None
            cost += price or 0.0
            seconds += took
        return Spent(usage, None if unknown else cost, seconds)

    def finished(
        self,
        item: str,
        attempt: Attempt,
        patch: Sequence[FileChange],
        *,
        again: bool = False,
        below: Sequence[FileChange] = (),
    ) -> None:
        """The end of one attempt, in one transaction: after it the item is never paid for again. An attempt that was
        stopped ends in the state 'waiting': what it used counts, and the item waits again. `again` says that it was done
        on top of others, which is tried once; `below` is what those changed."""
        touched = {change.path for change in patch}
        with self._transaction():
            self._note(item, attempt)
            self._db.execute(
                "UPDATE items SET state = ?, attempts = ?, how = ?, message = ?, patch = ?, again = ?, below = ?"
                " WHERE id = ?",
                (
                    attempt.state, attempt.number, attempt.how, attempt.message,
                    _dumped(patch), again, _dumped([change for change in below if change.path in touched]), item,
                ),
            )  # fmt: skip

    def beside(self, item: str, attempt: Attempt) -> None:
        """A second try of an item that was tried already: what it used counts, and the item stays as it is."""
        with self._transaction():
            self._note(item, attempt)

    def _note(self, item: str, attempt: Attempt) -> None:
        self._db.execute(
            "INSERT OR REPLACE INTO attempts VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
            (
                item, attempt.number, attempt.state, attempt.how, attempt.message,
                json.dumps(dataclasses.asdict(attempt.usage)), attempt.cost, attempt.seconds, attempt.started,
            ),
        )  # fmt: skip

    def set_state(self, item: str, state: ItemState, *, message: str = "", commit: str = "") -> None:
        with self._transaction():
            self._db.execute(
                "UPDATE items SET state = ?, message = CASE WHEN ? = '' THEN message ELSE ? END, commit_id = ? WHERE id = ?",
                (state, message, message, commit, item),
            )

    def merged(self, commits: Sequence[tuple[str, str]], *, tip: str) -> None:
        """Items with their commits, and the tip of the branch, as one step."""
        with self._transaction():
            self._db.executemany(
                "UPDATE items SET state = 'merged', commit_id = ? WHERE id = ?",
                [(commit, item) for item, commit in commits],
            )
            self._db.execute("INSERT OR REPLACE INTO batch VALUES ('tip', ?)", (tip,))

    def set_aside(self, laid: Sequence[str], aside: Sequence[tuple[str, ItemState, str]]) -> None:
        """The first round is over, as one step: the items that lie on each other in this order, and (item, state, message)
        of those that get a second chance on top of them."""
        with self._transaction():
            self._db.executemany(
                "UPDATE items SET state = ?, message = ? WHERE id = ?",
                [(state, message, item) for item, state, message in aside],
            )
            self._db.execute("INSERT OR REPLACE INTO batch VALUES ('laid', ?)", (json.dumps(list(laid)),))

    def laid(self) -> list[str] | None:
        """What the first round left on the branch, None while it is not over."""
        found = self.meta().get("laid")
        return None if found is None else [str(item) for item in json.loads(found)]

    def judged(self, tree: str) -> str | None:
        """What was wrong with a tree, '' for nothing; None when it was not checked yet."""
        found = self._db.execute("SELECT why FROM judged WHERE tree = ?", (tree,)).fetchone()
        return None if found is None else str(found[0])

    def note_judged(self, tree: str, why: str) -> None:
        with self._transaction():
            self._db.execute("INSERT OR REPLACE INTO judged VALUES (?, ?)", (tree, why))

    def reset(self, states: Sequence[ItemState]) -> int:
        """Let items of these states wait again, and be merged anew with all others; how many there were."""
        marks = ", ".join("?" * len(states))
        with self._transaction():
            done = self._db.execute(
                f"UPDATE items SET state = 'waiting', commit_id = '' WHERE state IN ({marks})", tuple(states)
            )
            self._db.execute("DELETE FROM batch WHERE key = 'laid'")
            self._db.execute("DELETE FROM judged WHERE why != ''")
        return done.rowcount

    @contextmanager
    def _transaction(self) -> Iterator[None]:
        with self._one:
            self._db.execute("BEGIN IMMEDIATE")
            try:
                yield
            except BaseException:
                self._db.execute("ROLLBACK")
                raise
            self._db.execute("COMMIT")


def _dumped(values: Sequence[Any]) -> str:
    return json.dumps([dataclasses.asdict(value) for value in values])


def _row(found: tuple[Any, ...]) -> Row:
    targets = tuple(Target(**one) for one in json.loads(found[2]))
    patch = tuple(FileChange(**one) for one in json.loads(found[8]))
    item = Item(found[0], found[1], targets, found[3])
    below = tuple(FileChange(**one) for one in json.loads(found[11]))
    return Row(
        item, cast(ItemState, found[4]), found[5], found[6], found[7], patch, found[9], bool(found[10]), below
    )
