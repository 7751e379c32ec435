"""Each quick fix end to end: a real project, the real check before and after, no sandbox needed."""

from __future__ import annotations

from pathlib import Path

import pytest
from helpers.repair_projects import repaired
from helpers.verify_runner import PlainRunner

from flashagent.repair.quick import syntax
from flashagent.repair.quick.proposal import near

USE = "from m import f\n\ndef test_f():\n    assert f(2) == 4\n"


async def fixed(tmp_path: Path, before: str, tests: str = USE, **others: str) -> tuple[str, str]:
    """The repaired m.py and what was done; nothing is searched, since this runner does not protect."""
    files = {"m.py": before, "test_m.py": tests} | {f"{name}.py": text for name, text in others.items()}
    result = await repaired(tmp_path, files, "python -m pytest -q", PlainRunner(tmp_path))
    assert len(result.patches) == 1, result
    patch = result.patches[0]
    assert patch.confidence == "certain"
    assert [c.path for c in patch.changes] == ["m.py"]
    assert patch.diff.startswith("diff --git a/m.py b/m.py\n")
    return patch.changes[0].after or "", patch.how


CASES = {
    "misspelt variable": ("def f(number):\n    return nubmer * 2\n", "def f(number):\n    return number * 2\n"),
    "missing self": (
        "class A:\n    def __init__(self):\n        self.by = 2\n\n    def g(self, n):\n        return n * by\n\n\ndef f(n):\n    return A().g(n)\n",
        "class A:\n    def __init__(self):\n        self.by = 2\n\n    def g(self, n):\n        return n * self.by\n\n\ndef f(n):\n    return A().g(n)\n",
    ),
    "self not taken": (
        "class A:\n    def g(n):\n        return n * 2\n\n\ndef f(n):\n    return A().g(n)\n",
        "class A:\n    def g(self, n):\n        return n * 2\n\n\ndef f(n):\n    return A().g(n)\n",
    ),
    "missing import": ("def f(n):\n    return math.pow(n, 2)\n", "import math\n\ndef f(n):\n    return math.pow(n, 2)\n"),
    "missing import below a docstring": (
        '"""Doc."""\n\n\ndef f(n):\n    return math.pow(n, 2)\n', '"""Doc."""\n\nimport math\n\n\ndef f(n):\n    return math.pow(n, 2)\n',
    ),
    "attribute of a builtin": ("def f(n):\n    return len('a'.joln(['b'] * n)) + 1\n", "def f(n):\n    return len('a'.join(['b'] * n)) + 1\n"),
    "attribute of a class": (
        "class A:\n    def double(self, n):\n        return n * 2\n\n\ndef f(n):\n    return A().duble(n)\n",
        "class A:\n    def double(self, n):\n        return n * 2\n\n\ndef f(n):\n    return A().double(n)\n",
    ),
    "module one slip away": ("import jsn\n\n\ndef f(n):\n    return jsn.loads('2') * n\n", "import json\n\n\ndef f(n):\n    return json.loads('2') * n\n"),
    "module of which a builtin has the wrong name": (
        "from type import SimpleNamespace\n\n\ndef f(n):\n    return type(n)(SimpleNamespace(a=2 * n).a)\n",
        "from types import SimpleNamespace\n\n\ndef f(n):\n    return type(n)(SimpleNamespace(a=2 * n).a)\n",
    ),
    "keyword at the call": (
        "def g(amount, times):\n    return amount * times\n\n\ndef f(n):\n    return g(amuont=n, times=2)\n",
        "def g(amount, times):\n    return amount * times\n\n\ndef f(n):\n    return g(amount=n, times=2)\n",
    ),
    "key": (
        "def f(n):\n    sizes = {'small': 2}\n    return sizes['smal'] * n\n", "def f(n):\n    sizes = {'small': 2}\n    return sizes['small'] * n\n",
    ),
    "missing colon": ("def f(n)\n    return n * 2\n", "def f(n):\n    return n * 2\n"),
    "open bracket": ("def f(n):\n    return int((n * 2)\n", "def f(n):\n    return int((n * 2))\n"),
    "assignment as a comparison": (
        "def f(n):\n    if n = 2:\n        return 4\n    return 0\n", "def f(n):\n    if n == 2:\n        return 4\n    return 0\n",
    ),
    "comparison of identity": ("def f(n):\n    return 4 if str(n) is '2' else 0\n", "def f(n):\n    return 4 if str(n) == '2' else 0\n"),
    "two faults, one after the other": (
        "def f(number):\n    return helpr(nubmer)\n\n\ndef helper(x):\n    return x * 2\n",
        "def f(number):\n    return helper(number)\n\n\ndef helper(x):\n    return x * 2\n",
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", [name for name in CASES if name != "two faults, one after the other"])
async def test_quick_fix(tmp_path: Path, name: str) -> None:
    before, after = CASES[name]
    assert (await fixed(tmp_path, before))[0] == after


async def test_import_of_what_one_module_defines(tmp_path: Path) -> None:
    after, how = await fixed(
        tmp_path, "def f(n):\n    return twice(n)\n", other="def twice(n):\n    return n * 2\n"
    )
    assert after == "from other import twice\n\ndef f(n):\n    return twice(n)\n"
    assert how == "from other import twice added"


async def test_name_of_a_module_one_slip_away(tmp_path: Path) -> None:
    before = "from other import twise\n\n\ndef f(n):\n    return twise(n)\n"
    after, _ = await fixed(tmp_path, before, other="def twice(n):\n    return n * 2\n")
    assert after == before.replace("twise", "twice")


async def test_keyword_that_the_test_passes(tmp_path: Path) -> None:
    after, _ = await fixed(
        tmp_path,
        "def f(nubmer):\n    return nubmer * 2\n",
        "from m import f\n\ndef test_f():\n    assert f(number=2) == 4\n",
    )
    assert after == "def f(number):\n    return number * 2\n"


async def test_faults_in_different_tests_are_fixed_one_after_the_other(tmp_path: Path) -> None:
    before = "def f(number):\n    return nubmer * 2\n\n\ndef g(items):\n    return sroted(items)\n"
    tests = USE.replace("import f", "import f, g") + "\ndef test_g():\n    assert g([2, 1]) == [1, 2]\n"
    after, how = await fixed(tmp_path, before, tests)
    assert after == before.replace("nubmer", "number").replace("sroted", "sorted")
    assert how == "nubmer becomes number; sroted becomes sorted"


UNSURE = {
    "two names equally near": "def f(n):\n    count1 = 2\n    count2 = 2\n    return n * count\n",
    "defined twice": "def f(n):\n    return twice(n)\n",
    "near but wrong": "def f(number):\n    return nubmer * 3\n",
}


@pytest.mark.parametrize("name", UNSURE)
async def test_no_certainty_no_fix(tmp_path: Path, name: str) -> None:
    files = {
        "m.py": UNSURE[name],
        "test_m.py": USE,
        "a.py": "def twice(n):\n    return n * 2\n",
        "b.py": "def twice(n):\n    return 2 * n\n",
    }
    result = await repaired(tmp_path, files, "python -m pytest -q", PlainRunner(tmp_path))
    assert result.patches == ()
    assert [(s.path, s.line) for s in result.suspicious][:1] == [("m.py", UNSURE[name].count("\n"))]


def test_near() -> None:
    assert near("widht", ["width", "height"]) == "width"
    assert near("getName", ["get_name", "name"]) == "get_name"
    assert near("cnt", ["count"]) is None
    assert near("item1", ["item2", "item3"]) is None
    assert near("x", ["y"]) is None


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("print 'a'\n", "print('a')\n"),
        ("x = [1, 2\n", "x = [1, 2]\n"),
        ("x = 1)\n", "x = 1\n"),
        ("if a && b:\n    pass\n", "if a and b:\n    pass\n"),
        ("x = 'a\n", "x = 'a'\n"),
        ("while x  # until\n    pass\n", None),
        ("def f():\n    x = 1\n      y = 2\n", "def f():\n    x = 1\n    y = 2\n"),
    ],
)
def test_syntax_repairs(before: str, after: str | None) -> None:
    error = syntax.problem(before)
    assert error is not None
    made = [text for text, _ in syntax.repairs(before, error) if syntax.problem(text) is None]
    assert made == [] if after is None and not made else (after or before.replace("x  #", "x:  #")) in made
