"""A patch is judged by the statements that differ as it would be by the whole files."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from flashagent.values import FileChange
from flashagent.verify.narrowing import narrowed
from flashagent.verify.tamper import _whole_source, examine

STATEMENTS = (
    "import os",
    "import sys",
    "import sys as s, os",
    "import inspect as s",
    "import ſys as s",  # an identifier is read with plain letters
    "def f():\n    import sys as local\n    return local.modules",
    "def g():\n    return s.modules",
    "def g():\n    return sys.modules",
    "x = 1",
    "x = 1; y = 2",
    'y = """\nimport sys\n"""; z = 3',
    "@decorated\nclass C:\n    def __eq__(self, other):\n        return True",
    "def h(x):\n    if x == 17:\n        return 42",
    "os._exit(0)",
    "if 'pytest' in sys.modules:\n    x = 2",
    "a = 'PYTEST_' 'CURRENT_TEST'",
    "# only said: os._exit(0)",
    "from unittest import mock",
    "raise SystemExit",
    "b = x + \\\n    1",
    "t = s.stack()",
    "u = getattr(s, 'mod' 'ules')",
    "import os as s",
)
FILES = st.lists(st.sampled_from(STATEMENTS), max_size=8).map(lambda parts: "\n".join(parts) + "\n")
ANYTHING = re.compile("")
TESTS = ("def test_h():\n    assert h(17) == 42\n",)


@given(FILES, FILES)
def test_what_is_told_is_what_the_whole_files_tell(before: str, after: str) -> None:
    change = FileChange("lib/code.py", before, after)

    assert examine([change], tests=TESTS) == tuple(_whole_source(change, TESTS))


@given(FILES, st.lists(st.sampled_from(STATEMENTS), min_size=1, max_size=3), st.integers(0, 8))
def test_so_it_is_when_little_was_added_to_much(before: str, added: list[str], place: int) -> None:
    lines = before.split("\n")
    after = "\n".join([*lines[:place], *added, *lines[place:]])
    change = FileChange("lib/code.py", before, after)

    assert examine([change], tests=TESTS) == tuple(_whole_source(change, TESTS))


@pytest.mark.parametrize(
    ("before", "after", "small"),
    [
        ("a = 1\n\n# said\nb = 2\n", "a = 1\nb = 3\n", ("b = 2\n", "b = 3\n")),
        ("a = 1\na = 1\n", "a = 1\n", ("a = 1\n", "\n")),
        ("import sys\na = 1\n", "import sys\na = 2\n", ("import sys\na = 1\n", "import sys\na = 2\n")),
        ("@d\ndef f(): pass\nb = 1\n", "@e\ndef f(): pass\nb = 1\n", ("@d\ndef f(): pass\n", "@e\ndef f(): pass\n")),
        ("a = 1\r\nb = '''\n'''; c = 2\rd = 3\n", "a = 1\nd = 3\n", ("b = '''\n'''; c = 2\n", "\n")),
    ],
)  # fmt: skip
def test_only_what_differs_stays(before: str, after: str, small: tuple[str, str]) -> None:
    assert narrowed(before, after, ("sys",), ANYTHING) == small


def test_imports_stay_only_where_what_differs_could_use_them() -> None:
    uses = re.compile("modules")
    before = "import sys\na = 1\n"

    assert narrowed(before, "import sys\na = sys.modules\n", ("sys",), uses) == (
        "import sys\na = 1\n",
        "import sys\na = sys.modules\n",
    )
    assert narrowed(before, "import sys\na = 2\n", ("sys",), uses) == ("a = 1\n", "a = 2\n")


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("a = 1\nimport os as s\n", "a = 1\nimport sys as s\n"),  # a name has another meaning everywhere
        ("a = 1\nb = 2\n", "a = 1\nb = (\n"),
        ("a = 1; \\\nb = 2\n", "a = 2; \\\nb = 2\n"),  # a line that goes on in the next one
    ],
)
def test_where_that_is_not_enough_the_whole_is_looked_at(before: str, after: str) -> None:
    assert narrowed(before, after, ("sys",)) == (before, after)
