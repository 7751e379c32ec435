"""Quick fixes for what has another place or name now: end to end with the real check, or on the words that a tool prints."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping, Sequence
from pathlib import Path

import pytest
from helpers.repair_projects import repaired
from helpers.verify_projects import write
from helpers.verify_runner import PlainRunner
from helpers.wanted import wanted_tools

from flashagent.repair.project import Project
from flashagent.repair.quick import checkers, moved
from flashagent.repair.quick.foreign import Seen
from flashagent.repair.quickfix import proposals
from flashagent.values import CheckReport, Failure, Frame
from flashagent.verify.commands import check_from_text

TEST = "from m import f\n\ndef test_f():\n    assert f(2) == 4\n"
MOVED = {
    "name of a module": (
        "from shop.old import double, half\n\n\ndef f(n):\n    return half(double(double(n)))\n",
        "from shop.old import half\nfrom shop.new import double\n\n\ndef f(n):\n    return half(double(double(n)))\n",
    ),
    "the only name": (
        "from shop.old import double as twice\n\n\ndef f(n):\n    return twice(n)\n",
        "from shop.new import double as twice\n\n\ndef f(n):\n    return twice(n)\n",
    ),
    "attribute of a module": (
        "from shop import old\n\n\ndef f(n):\n    return old.half(old.double(2 * n))\n",
        "from shop import old\nfrom shop.new import double\n\n\ndef f(n):\n    return old.half(double(2 * n))\n",
    ),
    "module": (
        "from shop.tools.new import double\n\n\ndef f(n):\n    return double(n)\n",
        "from shop.new import double\n\n\ndef f(n):\n    return double(n)\n",
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", MOVED)
async def test_moved(tmp_path: Path, name: str) -> None:
    before, after = MOVED[name]
    files = {
        "m.py": before, "test_m.py": TEST, "shop/__init__.py": "", "shop/old.py": "def half(n):\n    return n // 2\n",
        "shop/new.py": "def double(n):\n    return n * 2\n",
    }  # fmt: skip
    result = await repaired(tmp_path, files, "python -m pytest -q", PlainRunner(tmp_path))
    assert [(p.confidence, [c.after for c in p.changes]) for p in result.patches] == [("certain", [after])]


async def test_moved_to_two_places_is_left(tmp_path: Path) -> None:
    files = {
        "m.py": MOVED["the only name"][0], "test_m.py": TEST, "shop/__init__.py": "", "shop/old.py": "",
        "shop/new.py": "def double(n):\n    return n * 2\n", "shop/other.py": "def double(n):\n    return n * 2\n",
    }  # fmt: skip
    result = await repaired(tmp_path, files, "python -m pytest -q", PlainRunner(tmp_path))
    assert result.patches == ()


@pytest.mark.parametrize(
    ("own", "found"),
    [
        ("", 1),
        ("class C:\n    def double(self):\n        return 1\n", 1),
        ("def double(n):\n    return n\n", 0),
        ("def g(double):\n    return double\n", 0),
    ],
)
def test_a_name_that_the_file_has_for_something_else_is_left(tmp_path: Path, own: str, found: int) -> None:
    files = {
        "m.py": f"import old\n\n{own}\nx = old.double(2)\n", "old.py": "", "new.py": "def double(n):\n    return n * 2\n",
    }  # fmt: skip
    project = Project.open(write(tmp_path, files), check_from_text("python -m pytest -q"))
    line = 1 + files["m.py"].split("\n").index("x = old.double(2)")
    failure = Failure("", "error", "module 'old' has no attribute 'double'", exception="AttributeError", frames=(Frame("m.py", line, "<module>"),))  # fmt: skip
    text = "AttributeError: module 'old' has no attribute 'double'"
    assert len(list(moved.attributes(project, failure, text))) == found


GONE = {
    "pipes": (
        "import pipes\n\n\ndef f(x):\n    return pipes.quote(x)\n", "ModuleNotFoundError", "No module named 'pipes'",
        "import shlex\n\n\ndef f(x):\n    return shlex.quote(x)\n",
    ),
    "imp": (
        "from imp import reload\n", "ModuleNotFoundError", "No module named 'imp'", "from importlib import reload\n",
    ),
    "imp, of which more is used": ("import imp\nimp.reload(x)\nimp.load_source('a', 'b')\n", "ModuleNotFoundError", "No module named 'imp'", None),
    "Traversable": (
        "from importlib.abc import Traversable\n", "ImportError", "cannot import name 'Traversable' from 'importlib.abc' (x.py)",
        "from importlib.resources.abc import Traversable\n",
    ),
    "cElementTree": (
        "import xml.etree.cElementTree as ET\n", "ModuleNotFoundError", "No module named 'xml.etree.cElementTree'",
        "import xml.etree.ElementTree as ET\n",
    ),
    "getchildren": (
        "x = [c.tag for c in root.find('a').getchildren()]\n", "AttributeError", "'xml.etree.ElementTree.Element' object has no attribute 'getchildren'",
        "x = [c.tag for c in list(root.find('a'))]\n",
    ),
    "alias of numpy": (
        "import numpy as np\nx = np.int(3)\ny = np.zeros(2, dtype=np.int)\n", "AttributeError",
        "module 'numpy' has no attribute 'int'.\n`np.int` was a deprecated alias for the builtin `int`. To avoid this error in existing code, use `int` by itself.",
        "import numpy as np\nx = int(3)\ny = np.zeros(2, dtype=int)\n",
    ),
    "type of numpy": (
        "import numpy as np\nx = np.float_(3)\n", "AttributeError",
        "`np.float_` was removed in the NumPy 2.0 release. Use `np.float64` instead.", "import numpy as np\nx = np.float64(3)\n",
    ),
    "SafeConfigParser": (
        "import configparser\nx = configparser.SafeConfigParser()\n", "AttributeError", "module 'configparser' has no attribute 'SafeConfigParser'",
        "import configparser\nx = configparser.ConfigParser()\n",
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", GONE)
async def test_gone(tmp_path: Path, name: str) -> None:
    before, exception, message, after = GONE[name]
    write(tmp_path, {"m.py": before})
    line = max(n for n, text in enumerate(before.splitlines(), 1) if text and not text.startswith("y"))
    line = 1 if exception != "AttributeError" else 2 if "np" in before or "Safe" in name else line
    failure = Failure("t", "error", message, exception, (Frame("m.py", line),))
    report = CheckReport(("python",), 1, 1.0, failures=(failure,))
    found = await proposals(Project.open(tmp_path, check_from_text("python -m pytest")), report)
    assert [one.change.after for one in found] == ([after] if after is not None else [])


async def said(root: Path, argv: str, output: str, answer: str = "") -> list[tuple[str, str | None, str]]:
    """What checkers propose for a check that printed this, and whose tool answers that."""

    async def ask(words: Sequence[str], variables: Mapping[str, str]) -> str:
        return answer

    check = check_from_text(argv)
    seen = Seen(Project.open(root, check), CheckReport((), 1, 1.0, output=output), ask, ".", check.argv)
    return [
        (change.path, change.after, one.how)
        for one in await checkers.proposals(seen)
        for change in one.changes
    ]


MYPY = {
    "attribute": (
        "x = a.duble(2) + duble\n", 'm.py:1: error: "A" has no attribute "duble"; maybe "double"?  [attr-defined]', "x = a.double(2) + duble\n",
    ),
    "name of a module": (
        "from a import duble\n", 'm.py:1:1: error: Module "a" has no attribute "duble"; maybe "double"?  [attr-defined]', "from a import double\n",
    ),
    "keyword": (
        "f(amuont=1)\n", 'm.py:1: error: Unexpected keyword argument "amuont" for "f"; did you mean "amount"?  [call-arg]', "f(amount=1)\n",
    ),
    "import": (
        "x: List[int] = []\n",
        'm.py:1: error: Name "List" is not defined  [name-defined]\nm.py:1: note: Did you forget to import it from "typing"? (Suggestion: "from typing import List")',
        "from typing import List\n\nx: List[int] = []\n",
    ),
    "comment": ("x = 1  # type: ignore[assignment]\n", 'm.py:1: error: Unused "type: ignore" comment  [unused-ignore]', "x = 1\n"),
    "two uses in one line": ("x = a.duble + b.duble\n", 'm.py:1: error: "A" has no attribute "duble"; maybe "double"?  [attr-defined]', None),
}  # fmt: skip


@pytest.mark.parametrize("name", MYPY)
async def test_mypy(tmp_path: Path, name: str) -> None:
    before, output, after = MYPY[name]
    write(tmp_path, {"m.py": before})
    assert [one[:2] for one in await said(tmp_path, "mypy m.py", output)] == (
        [("m.py", after)] if after else []
    )


CHECKED = """import math

from shop import Crat


class Cart:
    def __init__(self) -> None:
        self.total = 0

    def add(self, price: int, count: int = 1) -> int:
        return self.totl + count


def f(number: int) -> int:
    Cart().add(price=1, cuont=2)
    math.sqtr(2)
    json.dumps(1)
    return nubmer
"""
REPAIRED = (
    CHECKED.replace("import Crat\n", "import Crate\nimport json\n").replace("totl", "total")
    .replace("cuont", "count").replace("sqtr", "sqrt").replace("nubmer", "number")
)  # fmt: skip
PYRIGHT = """
  /project/m.py:3:18 - error: "Crat" is unknown import symbol (reportAttributeAccessIssue)
  /project/m.py:11:21 - error: Cannot access attribute "totl" for class "Cart*"
    Attribute "totl" is unknown (reportAttributeAccessIssue)
  /project/m.py:15:25 - error: No parameter named "cuont" (reportCallIssue)
  /project/m.py:16:10 - error: "sqtr" is not a known attribute of module "math" (reportAttributeAccessIssue)
  /project/m.py:17:5 - error: "json" is not defined (reportUndefinedVariable)
  /project/m.py:18:12 - error: "nubmer" is not defined (reportUndefinedVariable)
"""
OF_MYPY = """m.py:3: error: Module "shop" has no attribute "Crat"  [attr-defined]
m.py:11: error: "Cart" has no attribute "totl"; maybe "total"?  [attr-defined]
m.py:15: error: Unexpected keyword argument "cuont" for "add" of "Cart"; did you mean "count"?  [call-arg]
m.py:16: error: Module has no attribute "sqtr"  [attr-defined]
m.py:17: error: Name "json" is not defined  [name-defined]
m.py:18: error: Returning Any from function declared to return "int"  [no-any-return]
m.py:18: error: Name "nubmer" is not defined; did you mean "number"?  [name-defined]
"""


@pytest.mark.parametrize("argv", ["pyright", "mypy ."])
async def test_complaints_of_type_checkers_are_answered_as_exceptions_are(tmp_path: Path, argv: str) -> None:
    write(tmp_path, {"m.py": CHECKED, "shop/__init__.py": "class Crate:\n    pass\n"})
    output = PYRIGHT.replace("/project", str(tmp_path)) if argv == "pyright" else OF_MYPY
    assert [one[:2] for one in await said(tmp_path, argv, output)] == [("m.py", REPAIRED)]


@pytest.mark.wants("pyright")
async def test_a_real_type_checker_is_the_check(tmp_path: Path) -> None:
    program = next(
        f"{one}/pyright"
        for one in (wanted_tools(), *os.environ["PATH"].split(os.pathsep))
        if one and Path(one, "pyright").exists()
    )
    write(tmp_path, {"m.py": CHECKED, "shop/__init__.py": "class Crate:\n    pass\n"})
    result = await repaired(tmp_path, {}, f"{program} m.py", PlainRunner(tmp_path), check_timeout_s=120.0)
    assert [(p.confidence, p.changes[0].after) for p in result.patches] == [("certain", REPAIRED)]


async def test_ruff_is_the_check(tmp_path: Path) -> None:
    files = {"pyproject.toml": "[tool.ruff.lint]\nselect = ['F401', 'E711']\n", "m.py": "import os\nimport re\n\n\ndef f(x):\n    return re.match(x, 'a')\n"}  # fmt: skip
    result = await repaired(tmp_path, files, "ruff check .", PlainRunner(tmp_path))
    assert [(p.confidence, p.how, p.changes[0].after) for p in result.patches] == [
        ("certain", "what ruff would change", files["m.py"].removeprefix("import os\n"))
    ]


async def test_a_diff_that_does_not_fit_changes_nothing(tmp_path: Path) -> None:
    write(tmp_path, {"m.py": "a = 1\nb = 2\n"})
    fits = "--- m.py\n+++ m.py\n@@ -1,2 +1,2 @@\n-a = 1\n+a = 3\n b = 2\n"
    assert await said(tmp_path, "ruff format --check .", "", fits) == [("m.py", "a = 3\nb = 2\n", "what ruff would change")]  # fmt: skip
    assert await said(tmp_path, "black --check .", "", fits.replace("b = 2", "b = 4")) == []


async def test_suggestions_of_eslint_that_keep_what_the_program_does(tmp_path: Path) -> None:
    text = "const a = '𝒙\\d'.replace('\\d', '');\n"
    write(tmp_path, {"m.js": text})
    at = text.index("\\d', ''") + 1  # the letter before it is two units long
    remove = {
        "desc": "Remove the `\\`. This maintains the current functionality.",
        "fix": {"range": [at, at + 1], "text": ""},
    }
    double = {"desc": "Replace the `\\` with `\\\\`.", "fix": {"range": [at, at], "text": "\\"}}
    guess = {"desc": "Use `===`", "fix": {"range": [0, 5], "text": "let"}}
    told = [
        {"ruleId": "no-useless-escape", "severity": 2, "message": "Unnecessary escape", "suggestions": [remove, double]},
        {"ruleId": "eqeqeq", "severity": 2, "message": "Expected ===", "suggestions": [guess]},
        {"ruleId": "no-useless-escape", "severity": 1, "message": "only a warning", "suggestions": [guess]},
    ]  # fmt: skip
    answer = json.dumps([{"filePath": "m.js", "messages": told}])
    assert await said(tmp_path, "npx eslint .", "", answer) == [
        ("m.js", text.replace("('\\d'", "('d'"), "remove the `\\`. This maintains the current functionality")
    ]


async def test_eslint_tells_the_texts_that_its_fixes_give(tmp_path: Path) -> None:
    write(tmp_path, {"m.js": "var a = 1\n", "test/m.test.js": "var b = 1\n"})
    answer = 'warning: x\n[{"filePath": "m.js", "output": "const a = 1;\\n"}, {"filePath": "test/m.test.js", "output": "let b = 1\\n"}]'
    assert await said(tmp_path, "npx eslint .", "", answer) == [
        ("m.js", "const a = 1;\n", "eslint's own fixes")
    ]
