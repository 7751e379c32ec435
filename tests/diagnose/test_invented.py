"""Invented imports, attributes and arguments over real installed libraries; and what is real raises no alarm."""

from __future__ import annotations

from pathlib import Path

import pytest
from helpers.diagnose_invented import CASES
from helpers.verify_projects import this_environment
from helpers.verify_runner import PlainRunner

from flashagent.diagnose.invented import ARGUMENT, ATTRIBUTE, invented
from flashagent.values import Diagnostic, FileChange
from flashagent.verify.environment import ProjectEnvironment


async def found(root: Path, texts: dict[str, str], before: str | None = None) -> tuple[Diagnostic, ...]:
    changes = [FileChange(path, before, text) for path, text in texts.items()]
    return await invented(changes, list(texts), this_environment(), PlainRunner(root), root)


async def messages(root: Path, text: str, before: str | None = None) -> list[str]:
    return [f"{one.line} {one.code} {one.message}" for one in await found(root, {"a.py": text}, before)]


async def test_sixty_inventions(tmp_path: Path) -> None:
    assert len(CASES) == 60
    told = await found(tmp_path, {f"m{number}.py": case.wrong for number, case in enumerate(CASES)})
    caught = {one.path for one in told}
    missed = [case.wrong for number, case in enumerate(CASES) if f"m{number}.py" not in caught]
    assert len(missed) <= 3, missed
    assert len(told) == len(caught)


async def test_what_was_meant_is_named(tmp_path: Path) -> None:
    told = await found(tmp_path, {f"m{number}.py": case.wrong for number, case in enumerate(CASES)})
    near = {one.path: one.message for one in told}
    lost = [case.wrong for n, case in enumerate(CASES) if case.real not in near.get(f"m{n}.py", "")]
    assert len(lost) <= 20, lost


async def test_the_real_names_raise_no_alarm(tmp_path: Path) -> None:
    assert await found(tmp_path, {f"m{number}.py": case.right for number, case in enumerate(CASES)}) == ()


async def test_signatures_are_those_of_what_is_installed(tmp_path: Path) -> None:
    assert await messages(tmp_path, "import textwrap\ntextwrap.dedent('x', tabs=2)\n") == [
        f"2 {ARGUMENT} textwrap.dedent() has no argument tabs; names like it: text; dedent(text)"
    ]
    assert await messages(tmp_path, "import textwrap\ntextwrap.dedent()\n") == [
        f"2 {ARGUMENT} textwrap.dedent() lacks the argument text; dedent(text)"
    ]
    assert await messages(tmp_path, "import textwrap\ntextwrap.dedent(1, 2)\n") == [
        f"2 {ARGUMENT} textwrap.dedent() takes at most 1, not 2 positional arguments; dedent(text)"
    ]
    assert await messages(tmp_path, "import textwrap\ntextwrap.dedant('x')\n") == [
        f"2 {ATTRIBUTE} textwrap has no name dedant; names like it: dedent, indent"
    ]


@pytest.mark.parametrize(
    "text",
    [
        "try:\n    import json\n    json.nope()\nexcept AttributeError:\n    pass\n",
        "import os\nif hasattr(os, 'nope'):\n    os.nope()\n",
        "import sys, os\nif sys.version_info > (3, 99):\n    os.nope()\n",
        "import pytest, json\n\ndef test():\n    with pytest.raises(TypeError):\n        json.dumps({}, nope=1)\n",
        "import json\njson.nope()  # type: ignore[attr-defined]\n",
        "import json\njson = load()\njson.nope()\n",
        "import json\n\ndef f(json):\n    json.nope()\n",
        "import json\n\ndef f():\n    for json in ():\n        json.nope()\n",
        "from unittest import mock\nmock.Mock().nope(x=1)\n",
        "from types import SimpleNamespace\nSimpleNamespace(a=1).b\n",
        "import threading\nlocal = threading.local()\nlocal.nope\n",
        "import json\njson.dumps(*args, **more)\n",
        "import argparse\nargparse.ArgumentParser().parse_args().verbose\n",
        "import unittest\n\nclass T(unittest.TestCase):\n    def test(self):\n        self.nope()\n",
        "import json\njson.__doc__\n",
        "from collections import namedtuple\nP = namedtuple('P', 'x y')\nP(1, 2).x\n",
        "import enum\n\nclass A(enum.Enum):\n    X = 1\nA.X.name\n",
        "import functools\n\n@functools.lru_cache(maxsize=None)\ndef f(): ...\nf.cache_clear()\n",
        "import json\njson.encoder.FLOAT_REPR = 1\n",
        "import queue\nq = queue.Queue()\nq.mine = 1\nprint(q.mine)\n",
        "def f(:\n",
    ],
)
async def test_what_is_not_certain_is_not_told(tmp_path: Path, text: str) -> None:
    assert await messages(tmp_path, text) == []


async def test_only_what_the_change_adds(tmp_path: Path) -> None:
    before = "import json\njson.old_one()\n"
    after = "import json\n\n\njson.old_one()\njson.new_one()\n"
    assert [line.split()[0] for line in await messages(tmp_path, after, before)] == ["5"]


async def test_the_projects_own_modules_are_not_imported(tmp_path: Path) -> None:
    marker = tmp_path / "ran"
    (tmp_path / "evil.py").write_text(f"open({str(marker)!r}, 'w')\n")
    change = FileChange("a.py", None, "import evil\nevil.nope()\n")
    files = ["a.py", "evil.py"]
    assert await invented([change], files, this_environment(), PlainRunner(tmp_path), tmp_path) == ()
    assert not marker.exists()


async def test_modules_of_the_folder_do_not_stand_in_for_the_library(tmp_path: Path) -> None:
    for name in ("ast", "inspect", "json", "types"):
        (tmp_path / f"{name}.py").write_text("raise SystemExit(3)\n")
    assert len(await messages(tmp_path, "import textwrap\ntextwrap.nope()\n")) == 1


async def test_without_an_interpreter(tmp_path: Path) -> None:
    change = FileChange("a.py", None, "import json\njson.nope()\n")
    nowhere = ProjectEnvironment("path", None)
    assert await invented([change], ["a.py"], nowhere, PlainRunner(tmp_path), tmp_path) == ()
