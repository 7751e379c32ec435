"""What the selectors of a batch find, and renames, from the command line."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest
from helpers import batch_project
from helpers.batch_project import CHECK
from helpers.e2e_program import flashagent
from helpers.wanted import wanted_tools
from helpers.workspace_state import git

pytestmark = pytest.mark.needs("bwrap")

APP = """def shown(x):
    return x


def hidden(x):
    try:
        return shown(x)
    except Exception:
        return None


class Box:
    def open(self):
        return shown(1)
"""
USER = "from app import shown\n\nprint(shown(2), 'shown')\n"
TESTS = "import unittest\n\nfrom app import shown\n\n\nclass T(unittest.TestCase):\n    def test(self):\n        self.assertEqual(shown(3), 3)\n"
FILES = {"app.py": APP, "user.py": USER, "test_app.py": TESTS}


def planned(tmp_path: Path, select: str) -> list[tuple[str, str, int]]:
    root, environ = batch_project.make(tmp_path, modules=0, more={**FILES, "tests/test_all.py": ""})
    ran = flashagent(
        root,
        environ,
        "batch",
        "plan",
        "-",
        "--json",
        stdin=f"select: {select}\ninstruction: Do it.\ngroup: all\n",
    )
    assert ran.code == 0, ran.err
    (item,) = json.loads(ran.out)["items"]
    return [(one["path"], one["symbol"], one["line"]) for one in item["targets"]]


def test_a_tree_sitter_query_finds_nodes(tmp_path: Path) -> None:
    query = (
        "{query: '(except_clause (identifier) @name (#eq? @name \"Exception\")) @match', language: python}"
    )
    assert planned(tmp_path, query) == [("app.py", "hidden", 8)]


def test_functions_that_no_test_names_are_found(tmp_path: Path) -> None:
    assert planned(tmp_path, "{untested: 'app.py'}") == [("app.py", "hidden", 5), ("app.py", "Box.open", 13)]


def test_a_query_that_the_grammar_does_not_take_is_refused(tmp_path: Path) -> None:
    root, environ = batch_project.make(tmp_path, modules=1)
    job = "select: {query: '(no_such_node) @match', language: python}\ninstruction: Do it.\n"
    ran = flashagent(root, environ, "batch", "plan", "-", stdin=job)
    assert ran.code == 2 and "is no query for python" in ran.err


def test_a_name_is_renamed_with_its_uses_for_no_tokens(tmp_path: Path) -> None:
    root, environ = batch_project.make(tmp_path, modules=0, more={**FILES, "tests/test_all.py": ""})
    job = f"select: {{symbol: shown}}\ngroup: symbol\nrule: {{rename: shown, to: seen}}\ncheck: {{item: '', final: '{CHECK}'}}\n"
    ran = flashagent(root, environ, "batch", "run", "-", "--json", stdin=job)
    assert ran.code == 0, ran.out + ran.err
    branch = ran.lines[-1]["branch"]
    assert ran.lines[-1]["usage"]["prompt_tokens"] == 0
    assert git(root, "show", f"{branch}:app.py") == APP.replace("shown", "seen")
    assert git(root, "show", f"{branch}:test_app.py") == TESTS.replace("shown", "seen")
    assert "from app import seen" in git(root, "show", f"{branch}:user.py")


def test_a_name_with_two_meanings_is_not_renamed_by_guessing(tmp_path: Path) -> None:
    root, environ = batch_project.make(tmp_path, modules=3)
    job = "select: {symbol: old}\ngroup: symbol\nrule: {rename: old, to: new}\ncheck: ''\n"
    ran = flashagent(root, environ, "batch", "run", "-", "--json", stdin=job)
    assert ran.code == 1
    said = [line["message"] for line in ran.lines if line["type"] == "ItemFinished"]
    assert len(said) == 3 and all("old has 3 definitions" in one for one in said)


def test_ready_made_jobs_are_listed_and_run_by_name(tmp_path: Path) -> None:
    root, environ = batch_project.make(tmp_path, modules=2)
    listed = flashagent(root, environ, "batch", "jobs").out
    assert "@fix_diagnostics: Repair all places" in listed
    missing = flashagent(root, environ, "batch", "plan", "@fix_diagnostics")
    assert missing.code == 2 and "rule must be given" in missing.err
    ran = flashagent(root, environ, "batch", "plan", "@fix_diagnostics", "--set", "rule=F401")
    assert ran.out.splitlines()[0].startswith("0001  pkg/m1.py "), ran.out + ran.err


@pytest.mark.wants("basedpyright-langserver|pyright-langserver")
@pytest.mark.needs("bwrap")
def test_a_language_server_tells_two_meanings_of_a_name_apart(tmp_path: Path) -> None:
    shop = (
        "class Cart:\n    def total(self) -> int:\n        return 1\n\n\n"
        "class Bill:\n    def total(self) -> int:\n        return 2\n"
    )
    use = "from shop import Bill, Cart\n\ncart, bill = Cart(), Bill()\nprint(cart.total(), bill.total())\n"
    more = {"shop.py": shop, "use.py": use, "tests/test_all.py": ""}
    root, environ = batch_project.make(tmp_path, modules=0, more=more)
    environ = {**environ, "PATH": os.pathsep.join(filter(None, (wanted_tools(), environ["PATH"])))}
    job = "select: {symbol: Cart.total}\ngroup: symbol\nrule: {rename: total, to: amount}\ncheck: {item: '', final: 'python3 use.py'}\n"
    ran = flashagent(root, environ, "batch", "run", "-", "--json", stdin=job)
    assert ran.code == 0, ran.out + ran.err
    branch = ran.lines[-1]["branch"]
    assert git(root, "show", f"{branch}:shop.py") == shop.replace("total", "amount", 1)
    assert git(root, "show", f"{branch}:use.py") == use.replace("cart.total", "cart.amount")
    assert ran.lines[-1]["usage"]["prompt_tokens"] == 0
