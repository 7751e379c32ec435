"""Files that do not parse: what each slip of the keys leaves to choose, in Python and in JavaScript."""

from __future__ import annotations

from pathlib import Path

import pytest
from helpers.repair_projects import repaired
from helpers.verify_runner import PlainRunner

from flashagent.repair.quick import jssyntax, syntax


def left(before: str) -> list[str]:
    """Every repair that is given; all of them parse."""
    error = syntax.problem(before)
    assert error is not None
    found = [text for text, _ in syntax.repairs(before, error)]
    assert all(syntax.problem(text) is None for text in found)
    return found


ONE = {
    "bracket too much": ("x = 1)\n", "x = 1\n"),
    "comma": ("x = f(a b)\n", "x = f(a, b)\n"),
    "comma over lines": ("x = [\n    f(1)\n    g(2),\n]\n", "x = [\n    f(1),\n    g(2),\n]\n"),
    "colon": ("def f(n)\n    return n\n", "def f(n):\n    return n\n"),
    "colon before a comment": ("while x  # until\n    pass\n", "while x:  # until\n    pass\n"),
    "colon of a table": ("x = {'a': 1, 'b' 2}\n", "x = {'a': 1, 'b': 2}\n"),
    "keyword": ("def f():\n    retrun 1\n", "def f():\n    return 1\n"),
    "comparison": ("if x = 1:\n    f()\n", "if x == 1:\n    f()\n"),
    "curly quotes": ("f(“a”, ‘b’)\n", "f(\"a\", 'b')\n"),
    "space that does not break": ("x\u00a0= 1\n", "x = 1\n"),
    "long dash": ("x = a – b\n", "x = a - b\n"),
    "space behind a backslash": ("x = 1 + \\ \n    2\n", "x = 1 + \\\n    2\n"),
    "print": ("print 'a'\n", "print('a')\n"),
    "operators of another language": ("if a && b:\n    f()\n", "if a and b:\n    f()\n"),
    "a column too far": ("def f():\n    a()\n     b()\n", "def f():\n    a()\n    b()\n"),
    "a column short": ("def f():\n    a()\n   b()\n", "def f():\n    a()\n    b()\n"),
}  # fmt: skip


@pytest.mark.parametrize("name", ONE)
def test_one_repair_is_left(name: str) -> None:
    before, after = ONE[name]
    assert left(before) == [after]


SEVERAL = {
    "bracket at the end": ("x = [1, 2\n", ["x = [1, 2]\n", "x = [1], 2\n", "x = 1, 2\n"]),
    "bracket of a call in a call": ("x = f(a, g(b, 1)\n", ["x = f(a, g(b, 1))\n", "x = f(a), g(b, 1)\n", "x = f(a, g(b), 1)\n"]),
    "another bracket": ("x = f(1]\n", ["x = f(1)\n", "x = f[1]\n"]),
    "quote at the end": ("x = 'a\n", ["x = 'a'\n", "x = a\n"]),
    "quote at the start": ("f(a')\n", ["f('a')\n", "f(a)\n"]),
    "block not indented": ("if a:\nf()\ng()\n", ["if a:\n    f()\ng()\n", "if a:\n    f()\n    g()\n"]),
    "tab for spaces": (
        "def f():\n    if a:\n        b()\n\tc()\n",
        ["def f():\n    if a:\n        b()\n    c()\n", "def f():\n    if a:\n        b()\n        c()\n"],
    ),
    "letters of two words": ("def f(items):\n    appenditems)\n", []),
    "letters of two names of a class": ("class HookOptionsTypedDict):\n    a: int\n", []),
    "two words of the file": (
        "def f(items):\n    append(1)\n    appenditems)\n", ["def f(items):\n    append(1)\n    append(items)\n"],
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", SEVERAL)
def test_each_meaning_is_given_when_there_are_several(name: str) -> None:
    before, after = SEVERAL[name]
    assert left(before) == after


async def test_the_check_chooses_among_several(tmp_path: Path) -> None:
    files = {
        "m.py": "def g(a, b=2):\n    return a * b\n\n\ndef f(n):\n    return max(g(n, 1)\n",
        "test_m.py": "from m import f\n\ndef test_f():\n    assert f(2) == 4\n",
    }
    result = await repaired(tmp_path, files, "python -m pytest -q", PlainRunner(tmp_path))
    patch = result.patches[0]
    assert patch.confidence == "certain"
    assert patch.changes[0].after == files["m.py"].replace("g(n, 1)", "g(n), 1)")


async def test_several_that_all_pass_are_no_certainty(tmp_path: Path) -> None:
    files = {
        "m.py": "def f(n):\n    return n * 2\n\n\ndef unused(a, b):\n    return max(a, min(b, 1)\n",
        "test_m.py": "from m import f\n\ndef test_f():\n    assert f(2) == 4\n",
    }
    result = await repaired(tmp_path, files, "python -m pytest -q", PlainRunner(tmp_path))
    assert result.patches == ()


JS = {
    "bracket": ("function f(a) {\n  return g(a;\n}\n", "function f(a) {\n  return g(a);\n}\n"),
    "comma": ("const x = [\n  f(1)\n  g(2),\n];\n", "const x = [\n  f(1),\n  g(2),\n];\n"),
    "quote": ("const x = f('a);\n", None),
    "brace": ("function f(a) {\n  if (a) {\n    g();\n}\n", None),
    "too much": ("f(a));\n", "f(a);\n"),
    "keyword": ("asnyc function f() {\n  await g();\n}\n", "async function f() {\n  await g();\n}\n"),
    "sign between names": ("const x = { a: 1; b: 2 };\n", "const x = { a: 1, b: 2 };\n"),
}  # fmt: skip


@pytest.mark.parametrize("name", JS)
def test_javascript(name: str) -> None:
    before, after = JS[name]
    found = [text for text, _ in jssyntax.repairs(before, "javascript")]
    assert found == [after] if after is not None else len(found) > 1


def test_javascript_that_parses_is_left_alone() -> None:
    assert jssyntax.repairs("const a = 1;\n", "javascript") == []


def test_javascript_is_tried_by_its_outermost_statements() -> None:
    functions = [f"function f{n}(a) {{\n  return [a, {n}];\n}}\n" for n in range(40)]
    before = "".join(functions).replace("[a, 30]", "[a, 30")
    # As a whole it has a hundred times the characters of the statement that is broken.
    assert jssyntax.repairs(before, "javascript", most=40_000) == [
        ("".join(functions), "']' added in line 92")
    ]
    assert jssyntax.repairs(before, "javascript", most=1_000) == []
