"""Items that are made to collide: the branch is right, or the item is named as failed; it never holds a wrong tree."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from helpers import batch_project
from helpers.batch_project import CHECK, asked_about, edit
from helpers.e2e_program import flashagent, with_model
from helpers.model_server import Reply, serving
from helpers.workspace_state import git

pytestmark = pytest.mark.needs("bwrap")

LIMITS = {
    "pkg/low.py": "def low():\n    return 1\n",
    "pkg/high.py": "def high():\n    return 9\n",
    "tests/test_limits.py": (
        "import unittest\n\nfrom pkg.high import high\nfrom pkg.low import low\n\n\nclass Limits(unittest.TestCase):\n"
        "    def test_low_is_below_high(self):\n        self.assertLess(low(), high())\n"
    ),
}


def test_an_item_that_breaks_a_test_of_another_is_done_again_on_top_of_it(tmp_path: Path) -> None:
    root, environ = batch_project.make(tmp_path, modules=2, more=LIMITS)
    asked: list[str] = []

    def answer(body: dict[str, Any]) -> Reply:
        path = asked_about(body)
        if any(message["role"] == "assistant" for message in body["messages"]):
            return Reply("It is nearer to the middle now, as was asked for.")
        asked.append(path)
        if path == "pkg/high.py":
            return edit(path, "return 9", "return 5")
        return edit(path, "return 1", "return 5" if asked.count(path) == 1 else "return 4")

    with serving(answer) as server:
        ran = flashagent(
            root, with_model(environ, server.base_url), "batch", "run", "--instruction",
            "Bring <<{{path}}>> nearer to the middle", "--glob", "pkg/low.py", "--glob", "pkg/high.py", "--check", CHECK,
        )  # fmt: skip
    assert ran.out.startswith("Done: 2 merged."), ran.out + ran.err
    assert "0002 broke: " in ran.err and "test_low_is_below_high" in ran.err
    assert asked.count("pkg/low.py") == 2 and asked.count("pkg/high.py") == 1
    assert shown(root, "pkg/low.py") == "def low():\n    return 4\n"
    assert shown(root, "pkg/high.py") == "def high():\n    return 5\n"


def test_what_fails_again_on_top_of_the_others_is_named_and_left_out(tmp_path: Path) -> None:
    root, environ = batch_project.make(tmp_path, modules=2, more=LIMITS)
    rule = "def five(text, path):\n    return text.replace('return 9', 'return 5').replace('return 1', 'return 5')\n"
    (tmp_path / "five.py").write_text(rule)
    ran = flashagent(
        root, environ, "batch", "run", "--rule", f"python={tmp_path / 'five.py'}:five", "--glob", "pkg/low.py",
        "--glob", "pkg/high.py", "--check", CHECK,
    )  # fmt: skip
    assert (ran.code, ran.out.splitlines()[0]) == (1, "Partly: 1 merged, 1 failed."), ran.out + ran.err
    assert shown(root, "pkg/high.py") == "def high():\n    return 5\n"
    assert shown(root, "pkg/low.py") == LIMITS["pkg/low.py"]
    status = flashagent(root, environ, "batch", "show", "2").out
    assert status.startswith("0002  failed  pkg/low.py\n") and "test_low_is_below_high" in status


def test_imports_that_two_items_add_are_both_there(tmp_path: Path) -> None:
    shared = "import sys\n\n\ndef first():\n    return sys.path\n\n\ndef second():\n    return sys.path\n"
    root, environ = batch_project.make(tmp_path, modules=2, more={"pkg/shared.py": shared})

    def answer(body: dict[str, Any]) -> Reply:
        name = asked_about(body)
        if any(message["role"] == "assistant" for message in body["messages"]):
            return Reply("The import is there.")
        return edit("pkg/shared.py", "import sys\n", f"import sys\nimport {MODULES[name]}\n")

    with serving(answer) as server:
        ran = flashagent(
            root, with_model(environ, server.base_url), "batch", "run", "--instruction", "Import for <<{{symbol}}>>",
            "--symbol", "first", "--symbol", "second", "--group", "symbol", "--check", CHECK,
        )  # fmt: skip
    assert ran.out.startswith("Done: 2 merged."), ran.out + ran.err
    assert "done again" not in ran.err
    assert shown(root, "pkg/shared.py") == shared.replace("sys\n", "sys\nimport time\nimport zlib\n", 1)


MODULES = {"first": "time", "second": "zlib"}


def shown(root: Path, path: str) -> str:
    (branch,) = git(root, "for-each-ref", "--format=%(refname)", "refs/heads/flashagent").split()
    return git(root, "show", f"{branch}:{path}")
