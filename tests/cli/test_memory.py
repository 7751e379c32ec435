from __future__ import annotations

import json
from pathlib import Path

import pytest

from flashagent.cli.memory import run
from flashagent.errors import UsageError


@pytest.fixture
def environ(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> dict[str, str]:
    (tmp_path / "project").mkdir()
    monkeypatch.chdir(tmp_path / "project")
    return {"FLASHAGENT_HOME": str(tmp_path / "home"), "PATH": "/usr/bin:/bin"}


def test_a_note_is_added_shown_changed_and_forgotten(
    environ: dict[str, str], capsys: pytest.CaptureFixture[str]
) -> None:
    def said(*argv: str) -> str:
        assert run(list(argv), environ) == 0
        return capsys.readouterr().out

    assert said() == "Nothing is remembered of this repository.\n"
    id_ = said("add", "Use\x1b]0;x\x07\ttabs.").removeprefix("Remembered as ").rstrip(".\n")
    assert said("list") == f"{id_}  note      Use\\x1b]0;x\\x07 tabs.\n"
    said("edit", id_[:4], "Use spaces.")
    assert said("show", id_).splitlines()[-1] == "Use spaces."
    (fact,) = json.loads(said("list", "--json"))
    assert (fact["id"], fact["kind"], fact["text"]) == (id_, "note", "Use spaces.")
    assert said("forget", id_) == "Forgotten: Use spaces.\n"
    said("add", "one")
    assert said("forget", "--all") == "Forgotten: 1 facts.\n"
    assert not list(Path.cwd().iterdir())


def test_an_editor_changes_the_words(
    environ: dict[str, str], capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    run(["add", "one"], environ)
    id_ = capsys.readouterr().out.split()[-1].rstrip(".")
    run(["edit", id_], {**environ, "EDITOR": "sed -i s/one/two/"})
    run(["show", id_], environ)
    assert capsys.readouterr().out.endswith("two\n")
    for editor in ("", "false", "no-such-editor", "'"):
        with pytest.raises(UsageError):
            run(["edit", id_], {**environ, "EDITOR": editor})
    run(["show", id_], environ)
    assert capsys.readouterr().out.endswith("two\n")


def test_forget_wants_one_or_all(environ: dict[str, str]) -> None:
    for argv in (["forget"], ["forget", "x", "--all"], ["forget", "x"], ["show", "x"]):
        with pytest.raises(UsageError):
            run(argv, environ)
