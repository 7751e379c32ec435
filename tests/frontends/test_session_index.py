"""The index is only a faster way to what the files say: it follows them, and is built again when it is damaged."""

from __future__ import annotations

import json
import sqlite3
import subprocess
import sys
from pathlib import Path

import pytest

from flashagent.frontends.session_index import NAME
from flashagent.frontends.sessions import Archive
from flashagent.secrecy import Secrets

LOOK = (
    "import sys\nfrom pathlib import Path\nfrom flashagent.frontends.sessions import Archive\n"
    "from flashagent.secrecy import Secrets\n"
    "archive = Archive(Path(sys.argv[1]), Secrets(frozenset()))\n"
    "print(len(archive.summaries()), len(archive.search('question')))\n"
)


def write(folder: Path, number: int, *texts: str) -> Path:
    folder.mkdir(exist_ok=True)
    path = folder / f"20260101T{number:06}-abcdef.jsonl"
    lines = [
        {"type": "TurnStarted", "seq": n, "time": "2026-01-01", "prompt": t} for n, t in enumerate(texts)
    ]
    path.write_text("".join(json.dumps(line) + "\n" for line in lines))
    return path


def archive(folder: Path, *secrets: str) -> Archive:
    return Archive(folder, Secrets(frozenset(secrets)))


def found(folder: Path, text: str) -> list[tuple[str, int]]:
    return [(hit.session[9:15], hit.seq) for hit in archive(folder).search(text)]


def test_it_follows_the_files(tmp_path: Path) -> None:
    folder = tmp_path / "sessions"
    assert (archive(folder).summaries(), found(folder, "x")) == ([], [])
    first = write(folder, 1, "why is Größe wrong?", "50% of _it_")
    write(folder, 2, "another")
    assert [one.title for one in archive(folder).summaries()] == ["another", "why is Größe wrong?"]
    assert found(folder, "GRÖSSE") == found(folder, "größe") == [("000001", 0)]
    assert (found(folder, "50% of _"), found(folder, "5_%")) == ([("000001", 1)], [])
    with first.open("a") as file:
        file.write('{"type": "TurnFinished", "seq": 3, "end": "done"}\n{"type": "torn')
    assert archive(folder).summaries()[1].end == "done"
    first.unlink()
    assert (len(archive(folder).summaries()), found(folder, "größe")) == (1, [])


@pytest.mark.parametrize("damage", [b"no database", b"SQLite format 3\0" + b"\xff" * 4096, b""])
def test_a_damaged_index_is_built_again(tmp_path: Path, damage: bytes) -> None:
    write(tmp_path, 1, "a question")
    archive(tmp_path).summaries()
    (tmp_path / NAME).write_bytes(damage)
    assert [one.title for one in archive(tmp_path).summaries()] == ["a question"]
    assert found(tmp_path, "QUESTION") == [("000001", 0)]


def test_an_index_of_another_version_is_built_again(tmp_path: Path) -> None:
    write(tmp_path, 1, "a question")
    with sqlite3.connect(tmp_path / NAME) as database:
        database.execute("CREATE TABLE sessions (what TEXT)")
        database.execute("PRAGMA user_version = 99")
    database.close()
    assert [one.turns for one in archive(tmp_path).summaries()] == [1]


def test_a_folder_that_cannot_be_written_is_read_all_the_same(tmp_path: Path) -> None:
    write(tmp_path, 1, "a question")
    (tmp_path / NAME).mkdir()
    assert found(tmp_path, "question") == [("000001", 0)]


def test_it_holds_no_secret_and_no_half_characters(tmp_path: Path) -> None:
    write(tmp_path, 1, "the key is sk-hidden-in-here \ud800")
    assert archive(tmp_path, "sk-hidden-in-here").summaries()[0].turns == 1
    assert b"sk-hidden" not in (tmp_path / NAME).read_bytes()


def test_many_processes_look_at_many_sessions(tmp_path: Path) -> None:
    for number in range(1_000):
        write(tmp_path, number, f"question {number}", "and another one")
    looking = [
        subprocess.Popen([sys.executable, "-c", LOOK, str(tmp_path)], stdout=subprocess.PIPE, text=True)
        for _ in range(3)
    ]
    assert [process.communicate()[0] for process in looking] == ["1000 200\n"] * 3
    assert found(tmp_path, "question 999") == [("000999", 0)]
