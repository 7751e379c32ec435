"""Relics of earlier Pythons: each replacement as a value, a few with the real check, and forms that leave a choice."""

from __future__ import annotations

from pathlib import Path

import pytest
from helpers.repair_projects import repaired
from helpers.verify_projects import write
from helpers.verify_runner import PlainRunner

from flashagent.repair.project import Project
from flashagent.repair.quick import relics, syntax
from flashagent.repair.quickfix import PROPOSERS
from flashagent.values import Failure, Frame
from flashagent.verify.commands import check_from_text


def proposed(tmp_path: Path, before: str, exception: str, message: str, line: int = 1) -> list[str]:
    """The texts that relics propose for a failure at a line of m.py."""
    write(tmp_path, {"m.py": before})
    project = Project.open(tmp_path, check_from_text("pytest"))
    failure = Failure("t", "error", message, exception, (Frame("m.py", line),))
    text = f"{exception}: {message}\n"
    found = [
        one
        for proposer in PROPOSERS
        if proposer.__module__ == relics.__name__
        for one in proposer(project, failure, text)
    ]
    return [one.change.after or "" for one in found]


NAMES = {
    "xrange": ("x = list(xrange(3))\n", "x = list(range(3))\n"),
    "unicode": ("x = unicode(1)\n", "x = str(1)\n"),
    "unichr": ("x = unichr(65)\n", "x = chr(65)\n"),
    "raw_input": ("def f(): return raw_input('?')\n", "def f(): return input('?')\n"),
    "basestring": ("x = isinstance('', basestring)\n", "x = isinstance('', str)\n"),
    "long": ("x = isinstance(1, (int, long))\n", "x = isinstance(1, (int, int))\n"),
    "reduce": ("x = reduce(max, [1])\n", "from functools import reduce\n\nx = reduce(max, [1])\n"),
    "reload": ("import m\nreload(m)\n", "import m\nfrom importlib import reload\nreload(m)\n"),
}


@pytest.mark.parametrize("name", NAMES)
def test_builtins(tmp_path: Path, name: str) -> None:
    before, after = NAMES[name]
    assert proposed(tmp_path, before, "NameError", f"name '{name}' is not defined") == [after]


def test_a_name_that_the_file_assigns_is_no_builtin(tmp_path: Path) -> None:
    before = "def f():\n    del long\n    long = 1\n\nlong\n"
    assert proposed(tmp_path, before, "NameError", "name 'long' is not defined", 5) == []


MODULES = {
    "ConfigParser": ("import ConfigParser\nx = ConfigParser.ConfigParser()\n", "import configparser as ConfigParser\nx = ConfigParser.ConfigParser()\n"),
    "StringIO": ("from StringIO import StringIO\n", "from io import StringIO\n"),
    "cPickle": ("import cPickle\n", "import pickle as cPickle\n"),
    "urlparse": ("from urlparse import urlsplit\n", "from urllib.parse import urlsplit\n"),
    "Queue": ("from Queue import Queue\n", "from queue import Queue\n"),
}  # fmt: skip


@pytest.mark.parametrize("name", MODULES)
def test_modules(tmp_path: Path, name: str) -> None:
    before, after = MODULES[name]
    assert proposed(tmp_path, before, "ModuleNotFoundError", f"No module named '{name}'") == [after]


@pytest.mark.parametrize("name", ["urllib2", "imp", "distutils", "cgi"])
def test_modules_with_more_than_one_heir_are_left(tmp_path: Path, name: str) -> None:
    assert proposed(tmp_path, f"import {name}\n", "ModuleNotFoundError", f"No module named '{name}'") == []


OF_MODULES = {
    "collections.Mapping": ("import collections\nx = collections.Mapping\n", "import collections\nimport collections.abc\nx = collections.abc.Mapping\n"),
    "fractions.gcd": ("import fractions\nx = fractions.gcd(4, 6)\n", "import fractions\nimport math\nx = math.gcd(4, 6)\n"),
    "string.letters": ("import string\nx = string.letters\n", "import string\nx = string.ascii_letters\n"),
    "string.maketrans": ("import string\nx = string.maketrans('a', 'b')\n", "import string\nx = str.maketrans('a', 'b')\n"),
    "sys.maxint": ("import sys\nx = sys.maxint\n", "import sys\nx = sys.maxsize\n"),
    "itertools.izip": ("import itertools\nx = itertools.izip([1], [2])\n", "import itertools\nx = zip([1], [2])\n"),
    "base64.encodestring": ("import base64\nx = base64.encodestring(b'')\n", "import base64\nx = base64.encodebytes(b'')\n"),
    "urllib.quote": ("import urllib\nx = urllib.quote('a b')\n", "import urllib\nimport urllib.parse\nx = urllib.parse.quote('a b')\n"),
}  # fmt: skip


@pytest.mark.parametrize("name", OF_MODULES)
def test_what_modules_had(tmp_path: Path, name: str) -> None:
    before, after = OF_MODULES[name]
    module, _, attribute = name.partition(".")
    assert proposed(
        tmp_path, before, "AttributeError", f"module '{module}' has no attribute '{attribute}'", 2
    ) == [after]


@pytest.mark.parametrize(
    "name", ["time.clock", "inspect.getargspec", "platform.linux_distribution", "cgi.escape"]
)
def test_what_its_documentation_leaves_open_is_left(tmp_path: Path, name: str) -> None:
    module, _, attribute = name.partition(".")
    before = f"import {module}\nx = {name}\n"
    assert (
        proposed(tmp_path, before, "AttributeError", f"module '{module}' has no attribute '{attribute}'", 2)
        == []
    )


def test_names_taken_from_collections(tmp_path: Path) -> None:
    message = "cannot import name 'Mapping' from 'collections' (/usr/lib/python3/collections/__init__.py)"
    assert proposed(tmp_path, "from collections import Mapping, Sequence\n", "ImportError", message) == ["from collections.abc import Mapping, Sequence\n"]  # fmt: skip
    assert proposed(tmp_path, "from collections import Mapping, deque\n", "ImportError", message) == []


METHODS = {
    ("dict", "iteritems"): ("x = list({}.iteritems())\n", "x = list({}.items())\n"),
    ("dict", "has_key"): ("d = {}; x = d.has_key('a' + 'b')\n", "d = {}; x = ('a' + 'b' in d)\n"),
    ("OrderedDict", "has_key"): ("x = (a or b).has_key(c or d)\n", "x = ((c or d) in (a or b))\n"),
    ("Thread", "isAlive"): ("def f(t): return t.isAlive()\n", "def f(t): return t.is_alive()\n"),
    ("array.array", "tostring"): ("def f(a): return a.tostring()\n", "def f(a): return a.tobytes()\n"),
    ("Logger", "warn"): ("def f(log): log.warn('x')\n", "def f(log): log.warning('x')\n"),
}  # fmt: skip


@pytest.mark.parametrize("kind", METHODS)
def test_methods(tmp_path: Path, kind: tuple[str, str]) -> None:
    before, after = METHODS[kind]
    assert proposed(
        tmp_path, before, "AttributeError", f"'{kind[0]}' object has no attribute '{kind[1]}'"
    ) == [after]


def test_a_method_of_the_project_is_left(tmp_path: Path) -> None:
    before = "class Store: pass\nx = Store().iteritems()\n"
    assert (
        proposed(tmp_path, before, "AttributeError", "'Store' object has no attribute 'iteritems'", 2) == []
    )


FORMS = {
    "except": ("try: pass\nexcept ValueError, error: pass\n", "try: pass\nexcept ValueError as error: pass\n"),
    "except of several": ("try: pass\nexcept (ValueError, KeyError), e: pass\n", "try: pass\nexcept (ValueError, KeyError) as e: pass\n"),
    "raise": ("raise ValueError, 'bad'\n", "raise ValueError('bad')\n"),
    "print": ("print 'a', 1\n", "print('a', 1)\n"),
    "unequal": ("x = 1 <> 2\n", "x = 1 != 2\n"),
    "octal": ("x = 0755\n", "x = 0o755\n"),
    "long": ("x = 10L\n", "x = 10\n"),
    "text": ("x = ur'a'\n", "x = r'a'\n"),
    "exec": ("exec 'x = 1'\n", "exec('x = 1')\n"),
    "all over the file": ("print 'a'\ntry: pass\nexcept ValueError, e:\n    print e\n    raise KeyError, 'x'\n", "print('a')\ntry: pass\nexcept ValueError as e:\n    print(e)\n    raise KeyError('x')\n"),
}  # fmt: skip


@pytest.mark.parametrize("name", FORMS)
def test_forms(name: str) -> None:
    before, after = FORMS[name]
    error = syntax.problem(before)
    assert error is not None
    made = {text for text, _ in syntax.repairs(before, error) if syntax.problem(text) is None}
    assert made | {relics.modern(before, syntax.problem)} == {after}


@pytest.mark.parametrize("text", ["print 'a',\n", "raise E, 'a', tb\n", "x = 08\n", "def f((a, b)): pass\n"])
def test_forms_without_one_answer(text: str) -> None:
    assert relics.modern(text, syntax.problem) is None
    error = syntax.problem(text)
    assert error is not None
    assert [
        one for one, how in syntax.repairs(text, error) if syntax.problem(one) is None and "Python 2" in how
    ] == []


E2E = {
    "print to a file": (
        "import io\n\n\ndef f(n):\n    out = io.StringIO()\n    print >>out, n * 2\n    return int(out.getvalue())\n",
        "import io\n\n\ndef f(n):\n    out = io.StringIO()\n    print(n * 2, file=out)\n    return int(out.getvalue())\n",
    ),
    "forms": (
        "def f(n):\n    try:\n        return int(n) * 2L\n    except ValueError, e:\n        print 'bad', e\n        raise KeyError, 'bad'\n",
        "def f(n):\n    try:\n        return int(n) * 2\n    except ValueError as e:\n        print('bad', e)\n        raise KeyError('bad')\n",
    ),
    "module": (
        "from StringIO import StringIO\n\n\ndef f(n):\n    return int(StringIO(str(n)).read()) * 2\n",
        "from io import StringIO\n\n\ndef f(n):\n    return int(StringIO(str(n)).read()) * 2\n",
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", E2E)
async def test_end_to_end(tmp_path: Path, name: str) -> None:
    before, after = E2E[name]
    files = {"m.py": before, "test_m.py": "from m import f\n\ndef test_f():\n    assert f(2) == 4\n"}
    result = await repaired(tmp_path, files, "python -m pytest -q", PlainRunner(tmp_path))
    assert [patch.confidence for patch in result.patches] == ["certain"]
    assert result.patches[0].changes[0].after == after
