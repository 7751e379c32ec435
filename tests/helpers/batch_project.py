"""A repository of small modules for batches, and a model that edits the module it is asked about."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

from helpers.model_server import Call, Reply
from helpers.workspace_state import make_repository

CHECK = "python3 -m unittest"
TEST = """import unittest

from pkg import m1, m2


class All(unittest.TestCase):
    def test_one(self):
        self.assertEqual(m1.f(2), 3)

    def test_two(self):
        self.assertEqual(m2.f(2), 4)
"""


def module(number: int) -> str:
    return f"import sys\n\n\ndef f(x):\n    return old(x, {number})\n\n\ndef old(a, b):\n    return a + b\n"


def files(modules: int) -> dict[str, str]:
    return {
        **{f"pkg/m{number}.py": module(number) for number in range(1, modules + 1)},
        "pkg/__init__.py": "",
        "tests/__init__.py": "",
        "tests/test_all.py": TEST,
    }


def make(tmp_path: Path, modules: int = 4, more: dict[str, str] | None = None) -> tuple[Path, dict[str, str]]:
    """The repository and the environment of the program in it."""
    root = tmp_path / "repo"
    environ = make_repository(root, {**files(modules), **(more or {})}, home=tmp_path / "home")
    return root, {**environ, "FLASHAGENT_HOME": str(tmp_path / "fa")}


def edit(path: str, old: str, new: str) -> Reply:
    return Reply(calls=[Call("edit", {"edits": [{"path": path, "old": old, "new": new}]})])


def asked_about(body: dict[str, Any]) -> str:
    """What the instruction named between angle marks: `<<pkg/m1.py>>`."""
    found = re.findall(r"<<([^<>]+)>>", str(body["messages"]))
    assert found, body["messages"]
    return found[0]


def renaming(body: dict[str, Any]) -> Reply:
    """A model that renames the function `old` of the module that it is asked about, and then says so."""
    path = asked_about(body)
    if any(message["role"] == "tool" for message in body["messages"]):
        return Reply("Renamed.")
    number = re.findall(r"\d+", path)[0]
    new = f"def f(x):\n    return plus(x, {number})\n\n\ndef plus(a, b):\n"
    return edit(path, f"def f(x):\n    return old(x, {number})\n\n\ndef old(a, b):\n", new)
