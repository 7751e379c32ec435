"""`flashagent map` about relations: callers, focus, impact of lines and of the work tree, pictures, refusals."""

from __future__ import annotations

import json
import os
import subprocess
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pytest

from flashagent.cli.map import run
from flashagent.errors import UsageError
from flashagent.repomap.pictures import MAX_BOXES, Picture, as_dot, as_svg, picture

FILES = {
    "shop/prices.py": "def discount(price):\n    return price\n\n\ndef total(items):\n    return discount(sum(items))\n",
    "shop/mail.py": "from shop.prices import total\n\n\ndef receipt():\n    return total([])\n",
    "tests/test_mail.py": "from shop.mail import receipt\n\n\ndef test_receipt():\n    assert receipt() == 0\n",
    "notes.txt": "nothing\n",
}
WHY = "tests/test_mail.py:test_receipt uses shop/mail.py:receipt uses shop/prices.py:total uses shop/prices.py:discount"


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


def shown(argv: list[str], environ: dict[str, str], capsys: pytest.CaptureFixture[str]) -> str:
    assert run(argv, environ) == 0
    return capsys.readouterr().out


def plain(argv: list[str], environ: dict[str, str], capsys: pytest.CaptureFixture[str]) -> Any:
    out = shown([*argv, "--json"], environ, capsys)
    assert out.count("\n") == 1
    return json.loads(out)


def test_callers(tree: Path, environ: dict[str, str], capsys: pytest.CaptureFixture[str]) -> None:
    assert shown(["--callers", "total"], environ, capsys) == (
        "shop/prices.py:5 total is used in:\n  shop/mail.py:1\n  shop/mail.py:5 receipt\n"
    )
    found = plain(["--callers", "total"], environ, capsys)
    assert found["callers"] == [
        {"path": "shop/mail.py", "line": 1, "name": "", "sure": True},
        {"path": "shop/mail.py", "line": 5, "name": "receipt", "sure": True},
    ]
    assert [one["path"] for one in found["files"]] == ["shop/mail.py"]
    assert [one["name"] for one in found["symbols"]] == ["receipt"]


def test_focus(tree: Path, environ: dict[str, str], capsys: pytest.CaptureFixture[str]) -> None:
    text = shown(["--focus", "total"], environ, capsys)
    symbols, _, tests = text.partition("\nTests that reach it:\n")
    assert sorted(symbols.splitlines()) == [
        "  1: def discount(price)", "  4: def receipt()", "  4: def test_receipt()", "  5: def total(items)",
        "shop/mail.py:", "shop/prices.py:", "tests/test_mail.py:",
    ]  # fmt: skip
    assert tests == "  tests/test_mail.py:test_receipt uses shop/mail.py:receipt uses shop/prices.py:total\n"
    found = plain(["--focus", "total"], environ, capsys)
    assert [one["name"] for one in found["symbols"]] == ["total", "receipt", "discount", "test_receipt"]


def test_the_way_from_one_symbol_to_another(
    tree: Path, environ: dict[str, str], capsys: pytest.CaptureFixture[str]
) -> None:
    assert shown(["--path", "test_receipt", "discount"], environ, capsys).split() == WHY.split()
    found = plain(["--path", "receipt", "shop/prices.py:discount"], environ, capsys)
    assert (found["distance"], found["path"]) == (
        2.0,
        [
            {"place": "shop/mail.py:receipt", "edge": "call"},
            {"place": "shop/prices.py:total", "edge": "call"},
            {"place": "shop/prices.py:discount", "edge": None},
        ],
    )
    assert [one["name"] for one in found["symbols"]] == ["receipt", "total", "discount"]
    assert (
        shown(["--path", "discount", "receipt"], environ, capsys)
        == "Nothing here leads from discount to receipt.\n"
    )


def test_importers(tree: Path, environ: dict[str, str], capsys: pytest.CaptureFixture[str]) -> None:
    assert shown(["--importers", "shop/mail.py"], environ, capsys) == (
        "shop/mail.py is imported by:\n  tests/test_mail.py\nshop/mail.py imports:\n  shop/prices.py\n"
    )
    found = plain(["--importers", "shop/prices.py"], environ, capsys)
    assert (found["importers"], found["imports"]) == (["shop/mail.py"], [])


def test_dependents(tree: Path, environ: dict[str, str], capsys: pytest.CaptureFixture[str]) -> None:
    assert shown(["--dependents", "receipt"], environ, capsys).splitlines()[:1] == ["tests/test_mail.py  1"]
    found = plain(["--dependents", "total"], environ, capsys)
    assert {"place": "shop/mail.py:receipt", "distance": 1.0} in found["dependents"]
    assert {"place": "tests/test_mail.py:test_receipt", "distance": 2.0} in found["dependents"]


def test_impact_of_named_lines(
    tree: Path, environ: dict[str, str], capsys: pytest.CaptureFixture[str]
) -> None:
    assert (
        shown(["--impact", "shop/prices.py:1-2"], environ, capsys)
        == f"tests/test_mail.py:test_receipt\n  {WHY}\n"
    )
    found = plain(["--impact", "shop/prices.py"], environ, capsys)
    assert found["tests"][0]["name"] == "test_receipt"
    assert [one["edge"] for one in found["tests"][0]["why"]] == ["call", "call", None]
    assert shown(["--impact", "notes.txt"], environ, capsys) == "No test here is known to reach the change.\n"


def git(folder: Path, *arguments: str) -> None:
    identity = ["-c", "user.name=A", "-c", "user.email=a@example.invalid", "-c", "commit.gpgSign=false"]
    subprocess.run(["git", *identity, *arguments], cwd=folder, check=True, capture_output=True)


def test_impact_of_what_git_sees(
    tree: Path, environ: dict[str, str], capsys: pytest.CaptureFixture[str]
) -> None:
    git(tree, "init", "-q")
    git(tree, "add", ".")
    git(tree, "commit", "-qm", "First")
    assert shown(["--impact"], environ, capsys) == "No test here is known to reach the change.\n"
    (tree / "shop/prices.py").write_text(FILES["shop/prices.py"].replace("return price", "return price // 2"))
    assert shown(["--impact"], environ, capsys) == f"tests/test_mail.py:test_receipt\n  {WHY}\n"


def test_impact_without_git_needs_a_name(tree: Path, environ: dict[str, str]) -> None:
    with pytest.raises(UsageError, match=r"There are no changes to read: .* is not in a git repository\."):
        run(["--impact"], environ)


def test_impact_in_a_bare_repository_says_that_it_is_one(
    tree: Path, environ: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    git(tree, "init", "-q", "--bare", "bare.git")
    monkeypatch.chdir(tree / "bare.git")
    with pytest.raises(UsageError, match=r"There are no changes to read: .* is a bare repository"):
        run(["--impact"], environ)


@pytest.mark.parametrize(
    ("argv", "message", "hint"),
    [
        (["shop/price.py"], "shop/price.py does not exist.", "Did you mean shop/prices.py?"),
        (["--callers", "totl"], "Nothing here is called totl.", "Did you mean total?"),
        (["--focus", "shop/prices.py:receipt"], "Nothing here is called shop/prices.py:receipt.", "Did you mean receipt?"),
        (["--impact", "shop/prices.py:9-3"], "9-3 is no range of lines.", "Write them as 12, 12-20 or 12,30-40."),
        (["--impact", "gone"], "gone does not exist.", "`flashagent map --query TEXT` finds names by words."),
        (["--svg", "none/x.svg"], "none/x.svg cannot be written: [Errno 2] No such file or directory: 'none/x.svg'.", "Name another file."),
    ],
)  # fmt: skip
def test_refusals(tree: Path, environ: dict[str, str], argv: list[str], message: str, hint: str) -> None:
    with pytest.raises(UsageError) as caught:
        run(argv, environ)
    assert (caught.value.message, caught.value.hint) == (message, hint)


def test_an_empty_folder(
    tmp_path: Path,
    environ: dict[str, str],
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    (tmp_path / "empty").mkdir()
    monkeypatch.chdir(tmp_path / "empty")
    assert shown([], environ, capsys) == "There is nothing here that the map reads.\n"
    assert plain([], environ, capsys) == {"files": [], "symbols": []}


def test_what_was_left_out_is_told(
    tree: Path, environ: dict[str, str], capsys: pytest.CaptureFixture[str]
) -> None:
    (tree / "link.py").symlink_to(tree / "shop/prices.py")
    (tree / "node_modules").mkdir()
    (tree / "node_modules/x.js").write_text("x()")
    run([], environ)
    told = capsys.readouterr().err
    assert told == (
        "flashagent: 3 files, 4 symbols; left out: 1 without source code, 1 vendored, 1 a symbolic link.\n"
    )


def test_a_broken_git_index(tree: Path, environ: dict[str, str], capsys: pytest.CaptureFixture[str]) -> None:
    git(tree, "init", "-q")
    git(tree, "add", ".")
    (tree / ".git/index").write_bytes(b"rubbish")
    run(["--callers", "total"], environ)
    out, err = capsys.readouterr()
    assert "shop/mail.py:5 receipt" in out
    assert "git cannot list the files" in err


def test_pictures_are_written(
    tree: Path, environ: dict[str, str], capsys: pytest.CaptureFixture[str]
) -> None:
    shown(["--svg", "map.svg", "--dot", "map.dot"], environ, capsys)
    root = ElementTree.fromstring((tree / "map.svg").read_text())
    titles = {one.text for one in root.iter("{http://www.w3.org/2000/svg}title")}
    assert titles == {
        "shop/mail.py", "shop/prices.py", "tests/test_mail.py", "shop/mail.py uses shop/prices.py (1)",
        "tests/test_mail.py uses shop/mail.py (1)",
    }  # fmt: skip
    assert '"shop/mail.py" -> "shop/prices.py" [label="1"];' in (tree / "map.dot").read_text()


def test_hostile_names_stay_text_in_a_picture() -> None:
    name = 'a"];\n<script>alert(1)</script>\x1b[2J.py'
    shown_one = picture([(name, "b&c.py")])
    root = ElementTree.fromstring(as_svg(shown_one))
    assert not [one for one in root.iter() if one.tag.endswith("script")]
    dot = as_dot(shown_one)
    assert "\n<" not in dot and "\x1b" not in dot
    assert 'a\\"];' in dot


def test_a_large_tree_is_drawn_by_folders() -> None:
    pairs = [(f"app{n % 7}/part{n}/file.py", f"lib/core{n % 3}/x.py") for n in range(300)]
    drawn = picture(pairs)
    assert len(drawn.boxes) <= MAX_BOXES
    assert ("app0/", "lib/", 43) in drawn.arrows or ("app0/", "lib/core0/", 15) in drawn.arrows


def test_circles_are_drawn() -> None:
    root = ElementTree.fromstring(
        as_svg(Picture(("a", "b", "c"), (("a", "b", 1), ("b", "a", 2), ("b", "c", 1))))
    )
    assert len(list(root.iter("{http://www.w3.org/2000/svg}rect"))) == 4
    ElementTree.fromstring(as_svg(Picture((), ())))
