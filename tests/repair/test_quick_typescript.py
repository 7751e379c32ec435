"""Code fixes of TypeScript end to end: the real compiler, the real check before and after."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path

import pytest
from helpers.repair_projects import repaired
from helpers.verify_runner import PlainRunner
from helpers.wanted import wanted_tools

from flashagent.repair.engine import RepairPatch
from flashagent.verify.environment import ProjectEnvironment

CONFIG = '{ "compilerOptions": { "strict": true, "noEmit": true, "noUnusedLocals": true, "noImplicitOverride": true, "module": "nodenext", "target": "es2022", "types": [] }, "include": ["src"] }'
TSC = "node node_modules/typescript/bin/tsc"


def typescript() -> Path:
    """The folder of packages in which the wanted TypeScript lies."""
    folders = [wanted_tools(), *os.environ["PATH"].split(os.pathsep)]
    program = next(Path(one) / "tsc" for one in folders if one and (Path(one) / "tsc").exists())
    return program.resolve().parents[2]


async def patches(tmp_path: Path, files: Mapping[str, str], check: str) -> tuple[RepairPatch, ...]:
    (tmp_path / "node_modules").symlink_to(typescript())
    environment = ProjectEnvironment("path", None, tuple(os.environ["PATH"].split(os.pathsep)), {}, why="the tests' own")  # fmt: skip
    result = await repaired(tmp_path, {"package.json": '{"type": "module"}', "tsconfig.json": CONFIG, **files}, check, PlainRunner(tmp_path),
                            check_timeout_s=120.0, environment=environment)  # fmt: skip
    assert all(patch.confidence == "certain" for patch in result.patches)
    return result.patches


MATH = "export function twice(n: number): number {\n  return n * 2;\n}\n"
LATER = "async function g(): Promise<number> {\n  return 1;\n}\n"
REPAIRED = {
    "name": ("export function f(number: number) {\n  return nubmer * 2;\n}\n", "export function f(number: number) {\n  return number * 2;\n}\n"),
    "member, in letters beyond ASCII": (
        "export const f = (a: string) => '𝒙ö' + a.lenght;\n", "export const f = (a: string) => '𝒙ö' + a.length;\n",
    ),
    "import": (
        "export const f = (n: number) => twice(n);\n", "import { twice } from './math.js';\n\nexport const f = (n: number) => twice(n);\n",
    ),
    "await": (
        f"{LATER}export async function f(): Promise<number> {{\n  return 1 + g();\n}}\n".replace("1 + g()", "(g()) * 2"),
        f"{LATER}export async function f(): Promise<number> {{\n  return await (g()) * 2;\n}}\n",
    ),
    "this": (
        "export class A {\n  size = 1;\n  f() {\n    return size * 2;\n  }\n}\n", "export class A {\n  size = 1;\n  f() {\n    return this.size * 2;\n  }\n}\n",
    ),
    "override": (
        "class A {\n  f() {\n    return 1;\n  }\n}\nexport class B extends A {\n  f() {\n    return 2;\n  }\n}\n",
        "class A {\n  f() {\n    return 1;\n  }\n}\nexport class B extends A {\n  override f() {\n    return 2;\n  }\n}\n",
    ),
    "import that nothing uses": ("import { twice } from './math.js';\nexport const f = 1;\n", "export const f = 1;\n"),
    "an error that another one hides": (
        "export const f = (n: number) => twice(n).toFixd(2);\n", "import { twice } from './math.js';\n\nexport const f = (n: number) => twice(n).toFixed(2);\n",
    ),
    "two at once": (
        "export function f(number: number) {\n  return twice(nubmer);\n}\n",
        "import { twice } from './math.js';\n\nexport function f(number: number) {\n  return twice(number);\n}\n",
    ),
}  # fmt: skip


@pytest.mark.needs("node")
@pytest.mark.wants("tsc")
async def test_what_the_compiler_refuses(tmp_path: Path) -> None:
    """All of it at once: the answers that leave no choice go together."""
    files = {f"src/m{n}.ts": before for n, (before, _) in enumerate(REPAIRED.values())}
    found = await patches(tmp_path, {**files, "src/math.ts": MATH}, TSC)
    assert len(found) == 1
    changed = {change.path: change.after for change in found[0].changes}
    assert dict(zip(REPAIRED, map(changed.get, files), strict=True)) == {name: after for name, (_, after) in REPAIRED.items()}  # fmt: skip


UNSURE = {
    "another type": "export const f: number = 'a';\n",
    "no such member": "export const f = (a: string) => a.frobnicate();\n",
    "exported twice": "export const f = (n: number) => half(n);\n",
    "a variable that nothing uses": "export function f() {\n  const total = 1;\n  return 2;\n}\n",
    "not initialized": "export class A {\n  size: number;\n}\n",
}


@pytest.mark.needs("node")
@pytest.mark.wants("tsc")
async def test_what_leaves_a_choice_or_only_silences_the_compiler(tmp_path: Path) -> None:
    half = "export function half(n: number) {\n  return n / 2;\n}\n"
    files = {f"src/m{n}.ts": text for n, text in enumerate(UNSURE.values())}
    assert await patches(tmp_path, {**files, "src/one.ts": half, "src/two.ts": half}, TSC) == ()


TYPED_TEST = "import test from 'node:test';\nimport assert from 'node:assert';\nimport { f } from '../src/m.js';\n\ntest('f', () => assert.strictEqual(f('abc'), 3));\n"


@pytest.mark.needs("node")
@pytest.mark.wants("tsc")
async def test_types_explain_a_test_that_fails_without_an_error(tmp_path: Path) -> None:
    """The property does not exist, so the test compares with `undefined`: only the types name it."""
    before = "/** @param {string} text */\nexport function f(text) {\n  return text.lenght;\n}\n"
    config = CONFIG.replace('"types"', '"checkJs": true, "allowJs": true, "types"')
    files = {"tsconfig.json": config, "src/m.js": before, "test/m.test.js": TYPED_TEST}
    found = await patches(tmp_path, files, "node --test")
    assert [c.after for patch in found for c in patch.changes] == [before.replace("lenght", "length")]
    assert found[0].reasons == ("TypeScript: Property 'lenght' does not exist on type 'string'. Did you mean 'length'?",)  # fmt: skip
