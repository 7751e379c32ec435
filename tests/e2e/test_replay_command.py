"""A run on record: played again to the same bytes without anything, compared with another, and no secret in it."""

from __future__ import annotations

import json
import os
from dataclasses import replace
from pathlib import Path

import pytest
from helpers.e2e_program import Ran, flashagent, with_model
from helpers.jobs_house import BUG, CHECK, FIX, Shop
from helpers.model_server import Call, Reply, serving
from helpers.workspace_state import fingerprint

READ = Reply("I look first.", [Call("read", {"path": "shop/cart.py"})], model="scripted-1")
EDIT = Reply(calls=[Call("edit", {"edits": [{"path": "shop/cart.py", "old": BUG, "new": FIX}]})])
KEY = "sk-test-0123456789abcdef"


def fix(tmp_path: Path, name: str, script: list[Reply], *arguments: str) -> Ran:
    """A repair with a record, in a repository of its own."""
    folder = tmp_path / name
    folder.mkdir()
    shop = Shop.make(folder)
    with serving(script) as server:
        environ = with_model(shop.environ, server.base_url)
        record = str(tmp_path / f"{name}.tape")
        return flashagent(shop.root, environ, "fix", "--check", CHECK, "--record", record, *arguments)


def play(tmp_path: Path, *arguments: str) -> Ran:
    """In a folder where there is nothing to work with."""
    empty = tmp_path / "empty"
    empty.mkdir(exist_ok=True)
    return flashagent(empty, {"HOME": str(empty), "PATH": ""}, "replay", *arguments)


@pytest.mark.needs("bwrap")
@pytest.mark.parametrize("form", [("--json",), (), ("--quiet",), ("--verbose",)])
def test_a_run_is_played_to_the_same_bytes(tmp_path: Path, form: tuple[str, ...]) -> None:
    ran = fix(tmp_path, "one", [READ, EDIT], *form)
    assert ran.code == 0
    assert play(tmp_path, str(tmp_path / "one.tape"), *form) == ran


def again(tmp_path: Path, name: str, *arguments: str) -> Ran:
    """The run of that name once more, in its own repository, with no endpoint configured."""
    root = tmp_path / name / "repo"
    environ = {**os.environ, "FLASHAGENT_HOME": str(tmp_path / name / "fa")}
    return flashagent(root, environ, "replay", str(tmp_path / f"{name}.tape"), "--run", *arguments)


@pytest.mark.needs("bwrap")
def test_a_run_is_done_again_with_its_replies_and_writes_nothing(tmp_path: Path) -> None:
    assert fix(tmp_path, "one", [READ, EDIT], "--dry-run", "--fresh", "--max-requests", "5").code == 0
    before = fingerprint(tmp_path / "one" / "repo")
    ran = again(tmp_path, "one")
    assert (ran.code, ran.err.splitlines()[-1]) == (0, "The run did the same as the recorded one."), ran.err
    assert "Would fix (dry run, nothing written): 2 of 2 failing tests would pass." in ran.out
    lines = again(tmp_path, "one", "--json").lines
    assert lines[-1]["type"] == "JobFinished" and lines[-1]["outcome"] == "fixed"
    assert fingerprint(tmp_path / "one" / "repo") == before


@pytest.mark.needs("bwrap")
def test_a_run_on_other_files_says_where_it_goes_another_way(tmp_path: Path) -> None:
    assert fix(tmp_path, "one", [READ, EDIT], "--dry-run", "--fresh").code == 0
    cart = tmp_path / "one" / "repo" / "shop" / "cart.py"
    cart.write_text(cart.read_text().replace(BUG, "discount / 20"))
    ran = again(tmp_path, "one")
    assert ran.code == 1
    assert any(line.startswith("+ ") for line in ran.err.splitlines()), ran.err
    assert "discount / 20" in cart.read_text()


def test_a_record_without_its_job_is_no_run(tmp_path: Path) -> None:
    tape = tmp_path / "old.tape"
    tape.write_text('{"k":"head","t":0.0,"v":1,"session":"s","now":""}\n')
    ran = play(tmp_path, str(tape), "--run")
    assert ran.code == 2 and "does not tell which job it was" in ran.err
    assert play(tmp_path, str(tape), "--run", "--diff", str(tape)).code == 2


@pytest.mark.needs("bwrap")
def test_no_secret_is_on_record(tmp_path: Path) -> None:
    told = Reply(f"The key is {KEY}.", [Call("read", {"path": KEY})], reasoning=f"{KEY} it is")
    assert fix(tmp_path, "one", [told, EDIT]).code == 0
    tape = tmp_path / "one.tape"
    assert KEY not in tape.read_text()
    assert tape.stat().st_mode & 0o777 == 0o600
    kinds = [json.loads(line)["k"] for line in tape.read_text().splitlines()]
    assert (kinds[0], kinds.count("ask"), kinds.count("reply")) == ("head", 2, 2)
    assert kinds.count("command") == kinds.count("result") > 0


@pytest.mark.needs("bwrap")
def test_runs_are_compared_step_by_step(tmp_path: Path) -> None:
    moved = replace(EDIT, model="scripted-2", fingerprint="fp_new")
    for name, script in (("one", [READ, EDIT]), ("same", [READ, EDIT]), ("moved", [READ, moved])):
        assert fix(tmp_path, name, script).code == 0
    one, same, moved_on = (str(tmp_path / f"{name}.tape") for name in ("one", "same", "moved"))
    equal = play(tmp_path, one, "--diff", same)
    assert (equal.code, equal.out.split(":")[0]) == (0, "The runs did the same")
    differ = play(tmp_path, one, "--diff", moved_on)
    changed = [line for line in differ.out.splitlines() if line[0] in "-+"]
    assert differ.code == 1
    assert [line[:27] for line in changed] == [
        "- reply: by scripted: edit(",
        "+ reply: by scripted-2 fp_ne"[:27],
    ]


def test_a_record_is_never_written_over_a_file(tmp_path: Path) -> None:
    shop = Shop.make(tmp_path)
    (shop.root / "kept.txt").write_text("mine")
    ran = flashagent(shop.root, shop.environ, "fix", "--offline", "--record", "kept.txt")
    assert (ran.code, (shop.root / "kept.txt").read_text()) == (2, "mine")
    ran = flashagent(shop.root, shop.environ, "fix", "--offline", "--json", "--record", "no/such/folder")
    assert (ran.code, ran.finished["outcome"]) == (2, "usage")


@pytest.mark.needs("bwrap")
def test_a_record_that_a_kill_cut_off_is_played_as_far_as_it_goes(tmp_path: Path) -> None:
    ran = fix(tmp_path, "one", [EDIT], "--json")
    tape = tmp_path / "one.tape"
    lines = tape.read_text().splitlines()
    tape.write_text("\n".join([*lines[:-3], lines[-3][:20]]))
    played = play(tmp_path, str(tape), "--json")
    assert (played.code, played.err) == (1, "The record ends before the run did.\n")
    assert ran.out.startswith(played.out)
    assert played.out


@pytest.mark.parametrize(
    ("content", "said"),
    [
        ("", "no record"),
        ('{"k":"head","t":0,"v":99}\n', "no record"),
        ("[]\n{}\n", "line 1"),
        (None, "No such file"),
    ],
)
def test_what_is_no_record_is_refused(tmp_path: Path, content: str | None, said: str) -> None:
    tape = tmp_path / "tape"
    if content is not None:
        tape.write_text(content)
    played = play(tmp_path, str(tape))
    assert (played.code, played.out) == (2, "")
    assert said in played.err
