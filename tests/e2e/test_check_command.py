"""`flashagent check`, `docs` and `explain` as their users call them, in real repositories and in the real sandbox."""

from __future__ import annotations

import json
from pathlib import Path
from xml.etree import ElementTree

import pytest
from helpers.e2e_program import Ran, flashagent
from helpers.jobs_house import BUG, CHECK, FILES, FIX, Shop
from helpers.workspace_state import fingerprint

pytestmark = pytest.mark.needs("bwrap")

UNDEFINED = "def broken():\n    return no_such_name\n"


def shop(tmp_path: Path, **more: str) -> Shop:
    return Shop.make(tmp_path, {**FILES, **more})


def run(here: Shop, *arguments: str, stdin: str = "") -> Ran:
    before = fingerprint(here.root)
    ran = flashagent(here.root, here.environ, *arguments, stdin=stdin)
    assert fingerprint(here.root) == before
    return ran


def repair(here: Shop) -> None:
    cart = here.root / "shop" / "cart.py"
    cart.write_text(cart.read_text().replace(BUG, FIX))


def test_red_then_green(tmp_path: Path) -> None:
    here = shop(tmp_path)
    ran = run(here, "check", "--check", CHECK)
    assert ran.code == 1, ran.err
    assert ran.out.startswith(f"`{CHECK}` fails: 2 failed, 2 passed in ")
    assert "tests.test_cart.CartTest.test_discount: assertion" in ran.out
    assert "actual:   0.0" in ran.out
    assert all(len(block.splitlines()) <= 10 for block in ran.out.split("\n\n"))
    assert ran.out.endswith("\nred\n")
    repair(here)
    ran = run(here, "check", "--check", CHECK)
    assert (ran.code, ran.out.splitlines()[-1]) == (0, "green"), ran.out


def test_reports_for_programs(tmp_path: Path) -> None:
    here = shop(tmp_path, **{"other.py": UNDEFINED})
    junit, sarif = tmp_path / "junit.xml", tmp_path / "found.sarif"
    ran = run(here, "check", "--json", "--junit", str(junit), "--sarif", str(sarif), "--check", CHECK)
    assert ran.code == 1, ran.err
    told = json.loads(ran.out)
    (check,) = told["checks"]
    assert (told["green"], check["passed"], check["failed"], check["counted"]) == (False, 2, 2, True)
    assert check["failures"][0]["rerun"] == f"{CHECK} tests.test_cart.CartTest.test_discount"
    assert [(one["path"], one["code"]) for one in told["diagnostics"]] == [("other.py", "F821")]
    top = ElementTree.parse(junit).getroot()
    assert dict(top.attrib) == {"name": "flashagent check", "tests": "5", "failures": "3", "errors": "0"}
    (one_run,) = json.loads(sarif.read_text())["runs"]
    assert {one["ruleId"] for one in one_run["results"]} == {"test/assertion", "ruff/F821"}


def test_only_what_changed(tmp_path: Path) -> None:
    here = shop(tmp_path, **{"other.py": UNDEFINED})
    ran = run(here, "check", "--changed")
    assert (ran.code, ran.out) == (0, "Nothing was changed since the last commit: nothing to check.\n")
    repair(here)
    ran = run(here, "check", "--changed", "--check", CHECK)
    assert (ran.code, "other.py" in ran.out) == (0, False), ran.out
    (here.root / "shop" / "new.py").write_text(UNDEFINED)
    ran = run(here, "check", "--changed", "--check", CHECK)
    assert ran.code == 1
    assert "shop/new.py:2:12: F821 Undefined name `no_such_name`" in ran.out


def test_a_hanging_test_is_named(tmp_path: Path) -> None:
    hangs = "import threading\nimport unittest\n\n\nclass Slow(unittest.TestCase):\n    def test_it(self):\n        threading.Event().wait()\n"
    here = shop(tmp_path, **{"tests/test_slow.py": hangs})
    ran = run(here, "check", "--test-timeout", "2", "--check", "python3 -m unittest tests.test_slow")
    assert ran.code == 1, ran.err
    assert "tests.test_slow.Slow.test_it: timeout" in ran.out
    assert "  tests/test_slow.py:7 in test_it: threading.Event().wait()" in ran.out


def test_wrong_usage(tmp_path: Path) -> None:
    here = shop(tmp_path)
    plain = tmp_path / "plain"
    plain.mkdir()
    ran = flashagent(plain, here.environ, "check", "--changed", "--check", CHECK)
    assert (ran.code, "Without git nobody knows what changed" in ran.err) == (2, True)
    ran = run(here, "check", "--junit", str(tmp_path / "missing" / "x.xml"))
    assert (ran.code, "cannot be written" in ran.err) == (2, True)
    assert run(here, "check", "--check", "").code == 2
    assert run(here, "explain", "no-such.log").code == 2
    assert run(here, "check", "--check", "no-such-program-anywhere").code == 2


def test_docs(tmp_path: Path) -> None:
    here = shop(tmp_path)
    ran = run(here, "docs", "textwrap.dedent")
    assert ran.code == 0, ran.err
    assert ran.out.startswith("function dedent(text)  [Python 3.")
    told = json.loads(run(here, "docs", "--json", "textwrap.dedent").out)
    assert (told["exists"], told["signature"], told["file"].endswith("textwrap.py")) == (
        True,
        "dedent(text)",
        True,
    )
    ran = run(here, "docs", "textwrap.dedant")
    assert (ran.code, ran.out) == (1, "")
    assert "textwrap.dedent" in ran.err


TRACE = """2026-01-31 ERROR request failed
Traceback (most recent call last):
  File "/srv/app/shop/handlers.py", line 8, in pay
    total(None)
  File "/srv/app/shop/cart.py", line 6, in total
    amount = sum(prices)
             ^^^^^^^^^^^
TypeError: 'NoneType' object is not iterable
"""


def test_explain_a_trace_of_another_machine(tmp_path: Path) -> None:
    here = shop(tmp_path)
    ran = run(here, "explain", stdin=TRACE)
    assert ran.code == 0, ran.err
    assert ran.out.startswith(
        "TypeError: 'NoneType' object is not iterable\nLikely cause: A value that is None was used as if it were iterable"
    )
    assert "\nshop/cart.py:6 in total\n" in ran.out
    assert "> 6 |     amount = sum(prices)" in ran.out
    assert "shop/cart.py:4 total" in ran.out.partition("Symbols that matter:")[2]
    (tmp_path / "app.log").write_text(TRACE)
    told = json.loads(run(here, "explain", "--json", str(tmp_path / "app.log")).out)
    assert [spot["frame"]["path"] for spot in told["errors"][0]["spots"]] == ["shop/cart.py"]


def test_explain_has_nothing_to_say(tmp_path: Path) -> None:
    ran = run(shop(tmp_path), "explain", stdin="all is well\n")
    assert (ran.code, ran.out.splitlines()[0]) == (1, "No stack trace and no place in a file was recognised.")


INVENTED = """import json
import textwrapp


def saved(data):
    return json.dumps(data, indention=2) + json.to_text(data)
"""


@pytest.mark.parametrize("only", [("--changed",), ()])
def test_what_a_change_invents_is_told_with_the_real_names(tmp_path: Path, only: tuple[str, ...]) -> None:
    here = shop(tmp_path)
    repair(here)
    (here.root / "shop" / "saving.py").write_text(INVENTED)
    (here.root / "requirements.txt").write_text("left_pad\n")
    ran = run(here, "check", *only, "--json", "--check", CHECK)
    assert ran.code == 1, ran.err
    told = json.loads(ran.out)["diagnostics"]
    assert [(one["line"], one["code"]) for one in told if one["path"] == "shop/saving.py"] == [
        (2, "unresolved-import"),
        (6, "wrong-argument"),
        (6, "unknown-attribute"),
    ]
    assert "names like it: textwrap" in told[0]["message"]
    assert "json.dumps() has no argument indention; names like it: indent" in told[1]["message"]
    assert "skipkeys=False" in told[1]["message"]


def test_a_new_dependency_is_listed_and_does_not_make_it_red(tmp_path: Path) -> None:
    here = shop(tmp_path, **{"requirements.txt": "requests\n"})
    repair(here)
    (here.root / "requirements.txt").write_text("requests\nleft_pad\n")
    ran = run(here, "check", "--changed", "--check", CHECK)
    assert ran.code == 0, ran.out
    assert (
        "requirements.txt:2:1: new-dependency left-pad is a new dependency that no lock file knows" in ran.out
    )
    (here.root / "requirements.txt").write_text("requests\nreqests\n")
    ran = run(here, "check", "--changed", "--check", CHECK)
    assert ran.code == 1
    assert "reqests looks like requests, which the project uses" in ran.out


@pytest.mark.needs("node", "npm")
def test_every_kind_of_check_on_request(tmp_path: Path) -> None:
    """The tests alone by default; with --all what the files name besides, here a linter that is a script of the project."""
    files = {
        "package.json": json.dumps(
            {"scripts": {"test": "node --test", "lint": "node lint.js", "build": "node -e 0"}}
        ),
        "a.test.js": "const test = require('node:test');\ntest('adds', () => {});\n",
        "lint.js": "throw new TypeError('a line is too long');\n",
    }
    here = Shop.make(tmp_path, files)
    plain = json.loads(run(here, "check", "--json").out)
    assert [(one["command"], one["green"]) for one in plain["checks"]] == [("npm test", True)]
    ran = run(here, "check", "--all", "--json")
    every = json.loads(ran.out)
    assert [(one["command"], one["green"]) for one in every["checks"]] == [
        ("npm test", True), ("npm run lint", False), ("npm run build", True),
    ]  # fmt: skip
    assert every["checks"][1]["failures"][0]["message"] == "a line is too long"
    assert every["checks"][1]["why"] == "package.json has the script lint: node lint.js"
    assert (ran.code, every["green"]) == (1, False)


@pytest.mark.needs("make")
def test_the_project_of_the_changed_file_is_checked(tmp_path: Path) -> None:
    files = {
        "web/package.json": json.dumps({"scripts": {"test": "node --test"}}),
        "web/a.test.js": "const test = require('node:test');\ntest('adds', () => {});\n",
        "tools/Makefile": "test:\n\ttrue\n",
        "tools/a.c": "",
    }
    here = Shop.make(tmp_path, files)
    (here.root / "tools/a.c").write_text("int one;\n")
    (check,) = json.loads(run(here, "check", "--json").out)["checks"]
    assert (check["command"], check["why"]) == ("make test", "tools: Makefile has the target test")
