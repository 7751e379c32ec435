from __future__ import annotations

import subprocess
import sys
from contextlib import closing
from pathlib import Path

import pytest

from flashagent.errors import UsageError, WorkspaceError
from flashagent.jobs.batch.spec import Item, Target
from flashagent.jobs.batch.store import Attempt, BatchStore, Row
from flashagent.values import FileChange, Usage

ITEMS = [
    Item("0001", "a.py", (Target("a.py", "f", 3, "said", "make a"),), "make a"),
    Item("0002", "b.py", (Target("b.py"),)),
]
PATCH = (FileChange("a.py", "1\n", "2\n"), FileChange("é.py", None, "\udc80"))


def attempt(number: int = 1, state: str = "done", tokens: int = 10, cost: float | None = 0.5) -> Attempt:
    return Attempt(number, state, "model", "said", Usage(tokens, 0, 1), cost, 1.5, "2026-01-01T00:00:00.000Z")  # type: ignore[arg-type]


@pytest.fixture
def path(tmp_path: Path) -> Path:
    with closing(BatchStore(tmp_path / "batch.sqlite")) as store:
        store.begin({"id": "b1"}, ITEMS)
    return tmp_path / "batch.sqlite"


def test_what_was_written_is_read_back_by_the_next(path: Path) -> None:
    below = (FileChange("a.py", "0\n", "1\n"), FileChange("other.py", "x", "y"))
    with closing(BatchStore(path)) as store:
        store.finished("0001", attempt(), PATCH, again=True, below=below)
        store.finished("0002", attempt(state="failed", cost=None), ())
        store.merged([("0001", "c0ffee")], tip="c0ffee")
    with closing(BatchStore(path)) as store:
        assert store.rows() == [
            Row(ITEMS[0], "merged", 1, "model", "said", PATCH, "c0ffee", again=True, below=below[:1]),
            Row(ITEMS[1], "failed", 1, "model", "said"),
        ]
        assert store.attempts("0001") == [attempt()]
        assert store.meta() == {"id": "b1", "tip": "c0ffee"}
        assert (store.spent().usage, store.spent().cost) == (Usage(20, 0, 2), None)


def test_a_stopped_attempt_counts_and_its_item_waits(path: Path) -> None:
    with closing(BatchStore(path)) as store:
        store.finished("0001", attempt(state="waiting"), ())
        store.finished("0001", attempt(number=2), PATCH)
        assert store.spent().usage == Usage(20, 0, 2)
        assert (store.rows()[0].state, store.rows()[0].attempts) == ("done", 2)


def test_failed_items_wait_again_when_asked(path: Path) -> None:
    with closing(BatchStore(path)) as store:
        store.finished("0001", attempt(state="failed"), ())
        assert store.reset(("failed", "conflict")) == 1
        assert [row.state for row in store.rows()] == ["waiting", "waiting"]


def test_the_end_of_the_first_round_is_one_step_and_is_forgotten_when_items_are_tried_again(
    path: Path,
) -> None:
    with closing(BatchStore(path)) as store:
        store.finished("0001", attempt(), PATCH)
        assert store.laid() is None
        store.set_aside(["0002"], [("0001", "conflict", "the same lines")])
        store.note_judged("red", "it fails")
        store.note_judged("green", "")
        row = store.row("0001")
        assert (row.state, row.message, row.patch) == ("conflict", "the same lines", PATCH)
        assert (store.laid(), store.judged("red"), store.judged("green")) == (["0002"], "it fails", "")
        assert store.reset(("conflict",)) == 1
        assert (store.laid(), store.judged("red"), store.judged("green")) == (None, None, "")


def test_a_batch_is_begun_once(path: Path) -> None:
    with closing(BatchStore(path)) as store, pytest.raises(UsageError, match="exists already"):
        store.begin({"id": "b1"}, ITEMS)


def test_a_file_of_another_format_is_refused(path: Path) -> None:
    import sqlite3

    with closing(sqlite3.connect(path)) as other:
        other.execute("PRAGMA user_version = 99")
    with pytest.raises(WorkspaceError, match="another version"):
        BatchStore(path)


WRITER = """
import os, signal, sys
from pathlib import Path
from flashagent.jobs.batch.store import Attempt, BatchStore
from flashagent.values import FileChange, Usage
store = BatchStore(Path(sys.argv[1]))
for number in range(1, 8):
    said = Attempt(number, "done", "model", "", Usage(1), 0.0, 0.0, "")
    store.finished("0001", said, [FileChange("a.py", "1", str(number))])
    print(number, flush=True)
with store._transaction():
    store._db.execute("UPDATE items SET state = 'failed'")
    os.kill(os.getpid(), signal.SIGKILL)
"""


def test_whatever_was_reported_before_a_kill_is_there_and_nothing_half_done(path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-c", WRITER, str(path)], capture_output=True, text=True, check=False
    )
    assert (done.returncode, done.stdout.split()[-1]) == (-9, "7")
    with closing(BatchStore(path)) as store:
        first, second = store.rows()
        assert (first.state, first.attempts, first.patch[0].after) == ("done", 7, "7")
        assert second.state == "waiting"
        assert store.spent().usage == Usage(7)
