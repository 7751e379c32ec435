"""The language servers that people use, in the strict sandbox. Each test needs its server on PATH."""

from __future__ import annotations

import asyncio
import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path

import psutil
import pytest
from helpers.verify_projects import write
from helpers.wanted import wanted_tools

from flashagent.compose.runner import open_runner
from flashagent.compose.servers import language_servers
from flashagent.diagnose.lsp.discover import discover
from flashagent.diagnose.lsp.places import Place, Unanswered
from flashagent.diagnose.lsp.servers import LanguageServers
from flashagent.values import FileChange
from flashagent.verify.environment import find_environment

LONG_S = 60.0  # for a server that starts on a busy machine


@asynccontextmanager
async def serving(root: Path, files: dict[str, str], kind: str) -> AsyncIterator[LanguageServers]:
    write(root, files)
    path = os.pathsep.join(filter(None, (wanted_tools(), os.environ["PATH"])))
    environ = {"PATH": path, "HOME": os.environ["HOME"]}
    environment = find_environment(root, root, environ, None)
    found = discover(root, environment.path, trusted=False)
    only = replace(found, usable=tuple(one for one in found.usable if one.kind.name == kind))
    runner = open_runner(root, environ, profile="strict")
    servers = language_servers(only, root, environment, runner, environ)
    assert servers is not None
    try:
        assert await asyncio.wait_for(servers.servers[0].ready(), LONG_S), servers.servers[0].trouble
        yield servers
    finally:
        await servers.close()


async def told(servers: LanguageServers, path: str, before: str, after: str) -> list[str]:
    found = await servers.caused([FileChange(path, before, after)], wait_s=LONG_S)
    return [f"{one.line} {one.code}" for one in found]


PYTHON = {
    "shop/__init__.py": "",
    "shop/cart.py": "def total(prices: list[int]) -> int:\n    return sum(prices)\n",
    "shop/app.py": "from shop.cart import total\n\nprint(total([1]))\n",
    "old.py": "x: int = 'already wrong'\n",
}


@pytest.mark.wants("basedpyright-langserver|pyright-langserver")
@pytest.mark.needs("bwrap")
class TestPyright:
    async def test_diagnostics_after_an_edit(self, tmp_path: Path) -> None:
        async with serving(tmp_path, PYTHON, "pyright") as servers:
            before = PYTHON["shop/app.py"]
            after = "from shop.cart import total\n\nprint(total('a').upper())\n"
            codes = {"3 reportArgumentType", "3 reportAttributeAccessIssue"}
            assert set(await told(servers, "shop/app.py", before, after)) == codes
            assert await told(servers, "shop/app.py", before, f"\n{before}") == []
            assert await told(servers, "old.py", PYTHON["old.py"], f"# more\n{PYTHON['old.py']}") == []

    async def test_rename_across_files(self, tmp_path: Path) -> None:
        async with serving(tmp_path, PYTHON, "pyright") as servers:
            files = dict(PYTHON)
            renamed = await servers.rename(files.get, "shop/app.py", 3, "total", "add_up")
            assert isinstance(renamed, dict)
            assert {path: new for path, (_, new) in renamed.items()} == {
                "shop/app.py": files["shop/app.py"].replace("total", "add_up"),
                "shop/cart.py": files["shop/cart.py"].replace("total", "add_up"),
            }
            found = await servers.places("definition", files.get, "shop/app.py", 3, "total")
            assert found == [Place("shop/cart.py", 1, 5)]

    async def test_a_server_that_is_killed_in_mid_request_is_replaced(self, tmp_path: Path) -> None:
        async with serving(tmp_path, PYTHON, "pyright") as servers:
            before, after = PYTHON["shop/app.py"], f"{PYTHON['shop/app.py']}print(total(None))\n"
            asking = asyncio.create_task(told(servers, "shop/app.py", before, after))
            await asyncio.sleep(0)
            for process in psutil.Process().children(recursive=True):
                process.kill()
            assert await asking == ["4 reportArgumentType"]

    async def test_a_thousand_files(self, tmp_path: Path) -> None:
        many = {f"pkg/m{n}.py": f"def f{n}(x: int) -> int:\n    return x\n" for n in range(1200)}
        files = {**many, "pkg/__init__.py": "", "use.py": "from pkg.m7 import f7\n"}
        async with serving(tmp_path, files, "pyright") as servers:
            before = files["use.py"]
            await told(servers, "use.py", before, f"{before}f7(1)\n")
            found = await servers.caused([FileChange("use.py", before, f"{before}f7('a')\n")], wait_s=10.0)
            assert [one.code for one in found] == ["reportArgumentType"]


SCRIPT = {
    "tsconfig.json": '{"compilerOptions": {"strict": true}}',
    "cart.ts": "export function total(prices: number[]): number { return prices.length }\n",
    "app.ts": "import { total } from './cart'\n\nconsole.log(total([1]))\n",
}


@pytest.mark.wants("typescript-language-server")
@pytest.mark.needs("node", "bwrap")
class TestTypeScript:
    async def test_diagnostics_after_an_edit(self, tmp_path: Path) -> None:
        async with serving(tmp_path, SCRIPT, "typescript-language-server") as servers:
            before = SCRIPT["app.ts"]
            after = "import { total } from './cart'\n\nconsole.log(total('a').size)\n"
            assert await told(servers, "app.ts", before, after) == ["3 2345", "3 2339"]
            assert await told(servers, "app.ts", before, f"\n{before}") == []

    async def test_rename_across_files(self, tmp_path: Path) -> None:
        async with serving(tmp_path, SCRIPT, "typescript-language-server") as servers:
            files = dict(SCRIPT)
            await told(servers, "app.ts", "", files["app.ts"])
            renamed = await servers.rename(files.get, "app.ts", 3, "total", "addUp")
            assert isinstance(renamed, dict)
            assert {path: new for path, (_, new) in renamed.items()} == {
                path: files[path].replace("total", "addUp") for path in ("app.ts", "cart.ts")
            }

    async def test_a_server_that_is_killed_in_mid_request_is_replaced(self, tmp_path: Path) -> None:
        async with serving(tmp_path, SCRIPT, "typescript-language-server") as servers:
            before, after = SCRIPT["app.ts"], f"{SCRIPT['app.ts']}total(1)\n"
            asking = asyncio.create_task(told(servers, "app.ts", before, after))
            await asyncio.sleep(0)
            for process in psutil.Process().children(recursive=True):
                process.kill()
            assert await asking == ["4 2345"]


GO = {
    "go.mod": "module example.com/shop\n\ngo 1.21\n",
    "cart.go": "package shop\n\nfunc total(n int) int { return n }\n",
    "app.go": "package shop\n\nfunc two() int { return total(2) }\n",
}


@pytest.mark.wants("gopls")
@pytest.mark.needs("go", "bwrap")
async def test_gopls(tmp_path: Path) -> None:
    async with serving(tmp_path, GO, "gopls") as servers:
        files = dict(GO)
        after = 'package shop\n\nfunc two() int { return total("x") }\n'
        assert await told(servers, "app.go", files["app.go"], after) == ["3 IncompatibleAssign"]
        renamed = await servers.rename(files.get, "app.go", 3, "total", "sum")
        assert isinstance(renamed, dict) and sorted(renamed) == ["app.go", "cart.go"]


C = {
    "compile_flags.txt": "-std=c11\n",
    "cart.h": "int total(int n);\n",
    "app.c": '#include "cart.h"\nint two(void) { return total(2); }\n',
}


@pytest.mark.wants("clangd")
@pytest.mark.needs("bwrap")
async def test_clangd(tmp_path: Path) -> None:
    async with serving(tmp_path, C, "clangd") as servers:
        files = dict(C)
        after = files["app.c"].replace("total(2)", "total(2, 3)")
        assert await told(servers, "app.c", files["app.c"], after) == ["2 typecheck_call_too_many_args_one"]
        assert await servers.places("definition", files.get, "app.c", 2, "total") == [Place("cart.h", 1, 5)]
        said = await servers.rename(files.get, "app.c", 2, "total", "sum")
        assert said == Unanswered("clangd knows only open files; use `search` and `edit`.")
