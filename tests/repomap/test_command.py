"""`flashagent map` in a real repository, at a detached HEAD, and outside git."""

from __future__ import annotations

import io
import json
import os
import subprocess
from pathlib import Path
from typing import Any

import pytest

from flashagent.cli.map import run
from flashagent.errors import UsageError

FILES = {
    "shop/prices.py": "def discount(price):\n    '''Take a share off.'''\n    return price\n\n\ndef total(items): return sum(items)\n",
    "shop/mail.py": "def send_receipt(customer):\n    return discount(customer)\n",
    "tests/test_prices.py": "from shop.prices import discount\n\n\ndef test_discount(): assert discount(2) == 1\n",
}


def git(folder: Path, *arguments: str) -> None:
    identity = ["-c", "user.name=A", "-c", "user.email=a@example.invalid", "-c", "commit.gpgSign=false"]
    subprocess.run(["git", *identity, *arguments], cwd=folder, check=True, capture_output=True)


@pytest.fixture
def tree(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    folder = tmp_path / "tree"
    for path, text in FILES.items():
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        (folder / path).write_text(text)
    monkeypatch.chdir(folder)
    return folder


@pytest.fixture
def environ(tmp_path: Path) -> dict[str, str]:
    return {"PATH": os.environ["PATH"], "FLASHAGENT_HOME": str(tmp_path / "home"), "HOME": str(tmp_path)}


def answer(argv: list[str], environ: dict[str, str], capsys: pytest.CaptureFixture[str]) -> Any:
    assert run([*argv, "--json"], environ) == 0
    out = capsys.readouterr().out
    assert out.count("\n") == 1
    return json.loads(out)


def check(found: Any) -> None:
    assert found["files"][0]["path"] == "shop/prices.py"
    best = found["symbols"][0]
    assert (best["path"], best["name"], best["kind"], best["line"]) == (
        "shop/prices.py",
        "discount",
        "function",
        1,
    )
    assert set(found) == {"files", "symbols"} and set(best) == {"path", "name", "kind", "line", "score"}


def test_in_a_repository(
    tree: Path, environ: dict[str, str], capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    git(tree, "init", "-q")
    check(answer(["--query", "the discount is wrong"], environ, capsys))
    git(tree, "add", ".")
    git(tree, "commit", "-qm", "First")
    git(tree, "checkout", "-q", "--detach")
    check(answer(["--query", "the discount is wrong"], environ, capsys))
    monkeypatch.chdir(tree / "shop")
    check(answer(["--query", "the discount is wrong"], environ, capsys))
    assert [one["path"] for one in answer(["mail.py", "--query", "discount"], environ, capsys)["files"]] == [
        "shop/mail.py"
    ]


def test_outside_git_and_from_standard_input(
    tree: Path, environ: dict[str, str], capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("sys.stdin", io.StringIO("the discount is wrong"))
    check(answer(["--query", "-"], environ, capsys))


def test_text_and_reasons(tree: Path, environ: dict[str, str], capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["--tokens", "14"], environ) == 0
    assert capsys.readouterr().out == "shop/prices.py:\n  1: def discount(price)\n"
    assert run(["--query", "`discount` is wrong", "--why"], environ) == 0
    assert "it defines names from the query: discount" in capsys.readouterr().out
    assert run(["--query", "zzz"], environ) == 0
    assert capsys.readouterr().out == "Nothing here fits.\n"


def test_what_earlier_fixes_changed_is_told(
    tree: Path, environ: dict[str, str], capsys: pytest.CaptureFixture[str]
) -> None:
    git(tree, "init", "-q")
    git(tree, "add", ".")
    git(tree, "commit", "-qm", "First")
    mail = tree / "shop/mail.py"
    mail.write_text(mail.read_text().replace("discount(customer)", "customer"))
    git(tree, "commit", "-qam", "Newsletter shows the wrong greeting")
    found = answer(["--query", "The greeting of the newsletter", "--why"], environ, capsys)
    best = found["symbols"][0]
    assert (best["path"], best["name"]) == ("shop/mail.py", "send_receipt")
    assert "commits with similar messages changed it" in best["why"]


def test_a_path_outside_is_refused(tree: Path, environ: dict[str, str]) -> None:
    with pytest.raises(UsageError, match="is not under"):
        run(["../elsewhere"], environ)
