from __future__ import annotations

import pytest

from flashagent.diagnose import lint
from flashagent.diagnose.lint import caused, safe_fixes, undefined_names
from flashagent.values import Diagnostic


async def test_undefined_names_and_syntax() -> None:
    found = await undefined_names(
        {"a.py": "import os\nprint(oss.sep)\n", "b.py": "def f(:\n    pass\n", "c.txt": "("}
    )
    assert found[0] == Diagnostic("a.py", 2, 7, "F821", "Undefined name `oss`", "error", "ruff")
    assert {one.path for one in found} == {"a.py", "b.py"}


async def test_only_what_a_change_caused() -> None:
    before = {"a.py": "print(old)\n", "new.py": None, "gone.py": "print(x)\n"}
    after = {"a.py": "\n\nprint(old)\nprint(fresh)\nprint(old)\n", "new.py": "y\n", "gone.py": None}
    found = await caused(before, after)
    assert [(one.path, one.line, one.message) for one in found] == [
        ("a.py", 4, "Undefined name `fresh`"),
        ("a.py", 5, "Undefined name `old`"),
        ("new.py", 1, "Undefined name `y`"),
    ]


async def test_the_newest_grammar_is_no_error() -> None:
    text = "type A = int\ndef f[T](x: T) -> T:\n    return x\nprint(f'{'a' + f'{1}'}')\n"
    assert await undefined_names({"a.py": text}) == ()


async def test_safe_fixes_keep_line_ends_and_leave_other_files() -> None:
    assert await safe_fixes("a.py", "x = 1\r\nprint(x is 1)\r\n") == "x = 1\r\nprint(x == 1)\r\n"
    assert await safe_fixes("a.py", "x = 1\n") == "x = 1\n"
    assert await safe_fixes("a.py", "def f(:\n") == "def f(:\n"
    assert await safe_fixes("a.js", "x is 1") == "x is 1"


async def test_a_linter_that_takes_too_long_is_an_error_of_its_own() -> None:
    with pytest.raises(lint.Unanswered, match="no answer within 0 s"):
        await lint._run(("-",), b"x = 1\n", timeout_s=0.0)
