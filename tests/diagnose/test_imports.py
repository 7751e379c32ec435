from __future__ import annotations

from pathlib import Path

import pytest
from helpers.verify_projects import this_environment, write
from helpers.verify_runner import PlainRunner

from flashagent.diagnose.imports import CODE, Import, added_imports, all_imports, unresolved
from flashagent.values import FileChange
from flashagent.verify.environment import ProjectEnvironment

FILES = {
    "src/shop/__init__.py": "",
    "src/shop/cart.py": "from typing import Any\nTAX = 1\nclass Cart: ...\ndef total(): ...\n",
    "src/shop/lazy.py": "def __getattr__(name): ...\n",
    "src/shop/star.py": "from shop.cart import *\n",
    "tools.py": "def helper(): ...\n",
    "json.py": "raise SystemExit('local modules are never imported')\n",
    "tests/helpers.py": "",
}


async def found(
    root: Path, after: str, *, path: str = "src/shop/app.py", extra: tuple[FileChange, ...] = ()
) -> list[str]:
    write(root, FILES)
    changes = (FileChange(path, "import os\n", after), *extra)
    problems = await unresolved(changes, list(FILES), this_environment(), PlainRunner(root), root)
    assert all(one.code == CODE and one.path == path for one in problems)
    return [one.message for one in problems]


@pytest.mark.parametrize(
    "text",
    [
        "import sys, os.path, json, email.mime.text, importlib.metadata, xml.etree.ElementTree as E",
        "from collections import abc, OrderedDict\nimport collections.abc",
        "import pytest, _pytest.runner\nfrom pydantic import BaseModel",
        "import shop\nimport shop.cart\nfrom shop import cart\nfrom shop.cart import Cart, TAX, Any",
        "from . import cart\nfrom .cart import total\nfrom ..shop.cart import Cart\nfrom .lazy import anything",
        "from shop.star import whatever\nimport tools\nfrom tools import helper",
        "try:\n    import no_such_thing\nexcept ImportError:\n    pass",
        "from typing import TYPE_CHECKING\nif TYPE_CHECKING:\n    import no_such_stub",
        "from __future__ import annotations\nimport flashagent.values",
        "def f(:",
    ],
)
async def test_what_exists_raises_no_alarm(tmp_path: Path, text: str) -> None:
    assert await found(tmp_path, text + "\n") == []


@pytest.mark.parametrize(
    ("text", "start", "near"),
    [
        ("import pytets", "no module named pytets in ", "pytest"),
        ("import os.pathh", "no module named os.pathh in ", ""),
        ("from xml.etre import ElementTree", "no module named xml.etre in ", "xml.etree"),
        ("import pydantic.feilds", "no module named pydantic.feilds in ", "pydantic.fields"),
        ("import shop.crat", "no module named shop.crat in the project", "shop.cart"),
        ("from shop.cart import Crat", "shop.cart has no name Crat", "Cart"),
        ("from .cart import totall", "src.shop.cart has no name totall", "total"),
        ("from .carts import Cart", "no module named src.shop.carts in the project", "src.shop.cart"),
        ("from shop import checkout", "shop has no name checkout", ""),
    ],
)
async def test_what_does_not_exist_comes_with_real_names(
    tmp_path: Path, text: str, start: str, near: str
) -> None:
    (message,) = await found(tmp_path, text + "\n")
    assert message.startswith(start)
    assert near in message.partition("names like it: ")[2]


async def test_files_of_the_same_patch_count(tmp_path: Path) -> None:
    created = FileChange("src/shop/fresh.py", None, "def made(): ...\n")
    assert await found(tmp_path, "from shop.fresh import made\n", extra=(created,)) == []
    gone = FileChange("tools.py", FILES["tools.py"], None)
    (message,) = await found(tmp_path, "import tools\n", extra=(gone,))
    assert message.startswith("no module named tools in ")


async def test_nothing_of_the_project_is_run(tmp_path: Path) -> None:
    marker = tmp_path / "ran"
    extra = {"evil.py": f"open({str(marker)!r}, 'w')\n", "difflib.py": f"open({str(marker)!r}, 'w')\n"}
    write(tmp_path, extra)
    await found(tmp_path, "import evil\nimport difflib.nothing\nimport unknown_one\n")
    assert not marker.exists()


async def test_without_an_interpreter_only_the_projects_own_are_checked(tmp_path: Path) -> None:
    root = write(tmp_path, FILES)
    change = FileChange("a.py", None, "import unknown_one\nimport shop.crat\n")
    problems = await unresolved(
        [change], list(FILES), ProjectEnvironment("path", None), PlainRunner(root), root
    )
    assert [one.line for one in problems] == [2]


def test_the_imports_of_a_text() -> None:
    text = "import a.b as c, d\nfrom .x import y, z\nfrom e import *\n"
    assert all_imports("p/q.py", text) == (
        Import("a.b", "", 1),
        Import("d", "", 1),
        Import("/p/x", "y", 2),
        Import("/p/x", "z", 2),
        Import("e", "", 3),
    )
    assert added_imports("p/q.py", "import d\n", "import d\nimport e\n") == (Import("e", "", 2),)
