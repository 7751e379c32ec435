"""Quick fixes of other languages end to end: the real compiler or runtime, the real check before and after."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path

import pytest
from helpers.e2e_languages import tool_variables
from helpers.repair_projects import repaired
from helpers.verify_runner import PlainRunner

from flashagent.repair.engine import RepairPatch
from flashagent.verify.environment import ProjectEnvironment

Files = Mapping[str, str]


def tools() -> ProjectEnvironment:
    """The programs on the PATH of whoever runs the tests."""
    return ProjectEnvironment(
        "path",
        None,
        tuple(os.environ["PATH"].split(os.pathsep)),
        tool_variables(os.environ),
        why="the tests' own",
    )


async def patches(tmp_path: Path, files: Files, check: str) -> tuple[RepairPatch, ...]:
    """What the engine offers without any search: this runner does not protect."""
    result = await repaired(
        tmp_path, files, check, PlainRunner(tmp_path), check_timeout_s=120.0, environment=tools()
    )
    assert all(patch.confidence == "certain" for patch in result.patches)
    return result.patches


async def only(tmp_path: Path, files: Files, check: str, path: str) -> str:
    """The one patch, of one file."""
    found = await patches(tmp_path, files, check)
    assert [[c.path for c in patch.changes] for patch in found] == [[path]]
    assert [c.before for c in found[0].changes] == [files[path]]
    return found[0].changes[0].after or ""


GO_TEST = 'package m\n\nimport "testing"\n\nfunc TestF(t *testing.T) {\n\tif F(2) != 4 {\n\t\tt.Fatal(F(2))\n\t}\n}\n'


def go(text: str) -> Files:
    return {"go.mod": "module example.com/m\n\ngo 1.21\n", "m.go": text, "m_test.go": GO_TEST}


GO = {
    "unused import": (
        'package m\n\nimport (\n\t"fmt"\n\t"os"\n)\n\nfunc F(n int) int {\n\treturn n * len(fmt.Sprint(10))\n}\n',
        'package m\n\nimport (\n\t"fmt"\n)\n\nfunc F(n int) int {\n\treturn n * len(fmt.Sprint(10))\n}\n',
    ),
    "unused import alone": ('package m\n\nimport "os"\n\nfunc F(n int) int {\n\treturn n * 2\n}\n', "package m\n\n\nfunc F(n int) int {\n\treturn n * 2\n}\n"),
    "unused variables": (
        "package m\n\nfunc g() int { return 1 }\n\nfunc F(n int) int {\n\tx := 3\n\ty := g()\n\tvar z int\n\ta, b := n, 2\n\tfor i := range []int{1} {\n\t}\n\treturn a * 2\n}\n",
        "package m\n\nfunc g() int { return 1 }\n\nfunc F(n int) int {\n\t_ = g()\n\ta, _ := n, 2\n\tfor range []int{1} {\n\t}\n\treturn a * 2\n}\n",
    ),
    "missing import": (
        'package m\n\nimport "fmt"\n\nfunc F(n int) int {\n\treturn n * strings.Count(fmt.Sprint("aa"), "a")\n}\n',
        'package m\n\nimport "fmt"\nimport "strings"\n\nfunc F(n int) int {\n\treturn n * strings.Count(fmt.Sprint("aa"), "a")\n}\n',
    ),
    "misspelt variable and what it leaves unused": (
        "package m\n\nfunc F(n int) int {\n\ttotal := n * 2\n\treturn totl\n}\n", "package m\n\nfunc F(n int) int {\n\ttotal := n * 2\n\treturn total\n}\n",
    ),
    "field in another case": (
        "package m\n\ntype T struct{ Size int }\n\nfunc F(n int) int {\n\tt := T{2}\n\treturn n * t.size\n}\n",
        "package m\n\ntype T struct{ Size int }\n\nfunc F(n int) int {\n\tt := T{2}\n\treturn n * t.Size\n}\n",
    ),
    "method one slip away": (
        "package m\n\ntype T struct{ Size int }\n\nfunc (t T) Double() int { return 2 * t.Size }\n\nfunc F(n int) int {\n\treturn T{n}.Duoble()\n}\n",
        "package m\n\ntype T struct{ Size int }\n\nfunc (t T) Double() int { return 2 * t.Size }\n\nfunc F(n int) int {\n\treturn T{n}.Double()\n}\n",
    ),
    "function of a package": (
        'package m\n\nimport "strings"\n\nfunc F(n int) int {\n\treturn n * strings.Cuont("aa", "a")\n}\n',
        'package m\n\nimport "strings"\n\nfunc F(n int) int {\n\treturn n * strings.Count("aa", "a")\n}\n',
    ),
    "no new variables": (
        "package m\n\nfunc F(n int) int {\n\tx := n\n\tx := n * 2\n\treturn x\n}\n", "package m\n\nfunc F(n int) int {\n\tx := n\n\tx = n * 2\n\treturn x\n}\n",
    ),
    "comma": (
        "package m\n\nfunc F(n int) int {\n\tx := []int{\n\t\tn,\n\t\t2\n\t}\n\treturn x[0] * x[1]\n}\n",
        "package m\n\nfunc F(n int) int {\n\tx := []int{\n\t\tn,\n\t\t2,\n\t}\n\treturn x[0] * x[1]\n}\n",
    ),
}  # fmt: skip


@pytest.mark.slow
@pytest.mark.needs("go")
@pytest.mark.parametrize("name", GO)
async def test_go(tmp_path: Path, name: str) -> None:
    before, after = GO[name]
    assert await only(tmp_path, go(before), "go test ./...", "m.go") == after


GO_UNSURE = {
    "an error that nobody looks at": "package m\n\nimport \"strconv\"\n\nfunc F(n int) int {\n\tm, err := strconv.Atoi(\"2\")\n\treturn n * m\n}\n",
    "two near names": "package m\n\nfunc F(n int) int {\n\titem1, item2 := n, n\n\t_, _ = item1, item2\n\treturn 2 * item3\n}\n",
    "it compiles and is wrong": "package m\n\nfunc F(number int) int {\n\treturn nubmer * 3\n}\n",
    "a type that does not fit": "package m\n\nfunc F(n int) int {\n\treturn \"4\"\n}\n",
}  # fmt: skip


@pytest.mark.slow
@pytest.mark.needs("go")
@pytest.mark.parametrize("name", GO_UNSURE)
async def test_go_without_certainty(tmp_path: Path, name: str) -> None:
    assert await patches(tmp_path, go(GO_UNSURE[name]), "go test ./...") == ()


@pytest.mark.slow
@pytest.mark.needs("go")
async def test_go_test_files_are_not_changed(tmp_path: Path) -> None:
    files = {
        **go("package m\n\nfunc F(n int) int {\n\treturn n * 2\n}\n"),
        "m_test.go": GO_TEST.replace("import", 'import "os"\nimport'),
    }
    assert await patches(tmp_path, files, "go test ./...") == ()


RUST_TEST = "\n#[test]\nfn t() {\n    assert_eq!(f(2), 4);\n}\n"


def rust(text: str) -> Files:
    manifest = '[package]\nname = "m"\nversion = "0.1.0"\nedition = "2021"\n'
    return {"Cargo.toml": manifest, "src/lib.rs": text + RUST_TEST}


RUST = {
    "misspelt variable": ("pub fn f(number: i32) -> i32 {\n    nubmer * 2\n}\n", "pub fn f(number: i32) -> i32 {\n    number * 2\n}\n"),
    "semicolon too many": ("pub fn f(n: i32) -> i32 {\n    n * 2;\n}\n", "pub fn f(n: i32) -> i32 {\n    n * 2\n}\n"),
    "missing import": (
        "pub fn f(n: i32) -> i32 {\n    let m: BTreeMap<i32, i32> = BTreeMap::from([(n, n * 2)]);\n    m[&n]\n}\n",
        "use std::collections::BTreeMap;\n\npub fn f(n: i32) -> i32 {\n    let m: BTreeMap<i32, i32> = BTreeMap::from([(n, n * 2)]);\n    m[&n]\n}\n",
    ),
    "two at once, in letters beyond ASCII": (
        "// größe\npub fn f(größe: i32) -> i32 {\n    let total = größe;\n    total += größe;\n    totl\n}\n",
        "// größe\npub fn f(größe: i32) -> i32 {\n    let mut total = größe;\n    total += größe;\n    total\n}\n",
    ),
}  # fmt: skip


@pytest.mark.slow
@pytest.mark.needs("cargo")
@pytest.mark.parametrize("name", RUST)
async def test_rust(tmp_path: Path, name: str) -> None:
    before, after = RUST[name]
    assert await only(tmp_path, rust(before), "cargo test --offline", "src/lib.rs") == after + RUST_TEST


RUST_UNSURE = {
    "a conversion that may panic": "pub fn f(n: i64) -> i32 {\n    n * 2\n}\n",
    "it compiles and is wrong": "pub fn f(number: i32) -> i32 {\n    nubmer * 3\n}\n",
}


@pytest.mark.slow
@pytest.mark.needs("cargo")
@pytest.mark.parametrize("name", RUST_UNSURE)
async def test_rust_without_certainty(tmp_path: Path, name: str) -> None:
    assert await patches(tmp_path, rust(RUST_UNSURE[name]), "cargo test --offline") == ()


MAKE = "t: m.c t.c\n\tgcc -Wall -o t m.c t.c\n"
C_MAIN = "#include <assert.h>\nint f(int n);\nint main(void) {\n    assert(f(2) == 4);\n    return 0;\n}\n"


def c(text: str) -> Files:
    return {"Makefile": MAKE + "\ncheck: t\n\t./t\n", "m.c": text, "t.c": C_MAIN}


C = {
    "misspelt variable": ("int f(int number) {\n    return nubmer * 2;\n}\n", "int f(int number) {\n    return number * 2;\n}\n"),
    "semicolon": ("int f(int n) {\n    return n * 2\n}\n", "int f(int n) {\n    return n * 2;\n}\n"),
    "missing header": (
        "int f(int n) {\n    int *p = NULL;\n    return p == NULL ? n * 2 : 0;\n}\n",
        "#include <stddef.h>\nint f(int n) {\n    int *p = NULL;\n    return p == NULL ? n * 2 : 0;\n}\n",
    ),
    "member": (
        "struct p { int size; };\nint f(int n) {\n    struct p a = {2};\n    return n * a.sizee;\n}\n",
        "struct p { int size; };\nint f(int n) {\n    struct p a = {2};\n    return n * a.size;\n}\n",
    ),
}  # fmt: skip


@pytest.mark.needs("gcc", "make")
@pytest.mark.parametrize("name", C)
async def test_c(tmp_path: Path, name: str) -> None:
    before, after = C[name]
    assert await only(tmp_path, c(before), "make check", "m.c") == after


@pytest.mark.needs("gcc", "make")
async def test_function_that_the_linker_does_not_find(tmp_path: Path) -> None:
    before = "#include <stdlib.h>\nint f(int n) {\n    return lasb(n) * 2;\n}\n"
    assert await only(tmp_path, c(before), "make check", "m.c") == before.replace("lasb", "labs")


@pytest.mark.needs("gcc", "make")
async def test_c_that_compiles_and_is_wrong(tmp_path: Path) -> None:
    assert await patches(tmp_path, c("int f(int number) {\n    return nubmer * 3;\n}\n"), "make check") == ()


NODE_TEST = "const test = require('node:test');\nconst assert = require('node:assert');\nconst { f } = require('../m.js');\n\ntest('f', () => {\n  assert.strictEqual(f(2), 4);\n});\n"
ESM_TEST = "import test from 'node:test';\nimport assert from 'node:assert';\nimport { f } from '../m.mjs';\n\ntest('f', () => {\n  assert.strictEqual(f(2), 4);\n});\n"


def js(text: str, **others: str) -> Files:
    more = {name.replace("_", "."): other for name, other in others.items()}
    return {"m.js": text, "test/m.test.js": NODE_TEST, **more}


def esm(text: str, **others: str) -> Files:
    more = {name.replace("_", "."): other for name, other in others.items()}
    return {"m.mjs": text, "test/m.test.mjs": ESM_TEST, **more}


TWICE = "function twice(n) {\n  return n * 2;\n}\nmodule.exports = { twice };\n"
TWICE_ESM = "export function twice(n) {\n  return n * 2;\n}\n"
GIVEN = "\nmodule.exports = { f };\n"
JS: dict[str, tuple[Files, str]] = {
    "misspelt variable": (js("function f(number) {\n  return nubmer * 2;\n}" + GIVEN), "function f(number) {\n  return number * 2;\n}" + GIVEN),
    "misspelt twice in one function": (
        js("function f(number) {\n  const half = nubmer;\n  return half + nubmer;\n}" + GIVEN), "function f(number) {\n  const half = number;\n  return half + number;\n}" + GIVEN,
    ),
    "module of node": (
        js("function f(n) {\n  return path.join('a', 'b').length + n - 1;\n}" + GIVEN),
        "const path = require('node:path');\nfunction f(n) {\n  return path.join('a', 'b').length + n - 1;\n}" + GIVEN,
    ),
    "module of node below the others": (
        js("'use strict';\n\nconst os = require('os');\n\nfunction f(n) {\n  return path.join('a', 'b').length + n - os.EOL.length;\n}" + GIVEN),
        "'use strict';\n\nconst os = require('os');\nconst path = require('node:path');\n\nfunction f(n) {\n  return path.join('a', 'b').length + n - os.EOL.length;\n}" + GIVEN,
    ),
    "export of the one file that has it": (
        js("function f(n) {\n  return twice(n);\n}" + GIVEN, twice_js=TWICE), "const { twice } = require('./twice');\nfunction f(n) {\n  return twice(n);\n}" + GIVEN,
    ),
    "wrong name of an export": (
        js("const { twise } = require('./twice');\nfunction f(n) {\n  return twise(n);\n}" + GIVEN, twice_js=TWICE),
        "const { twice } = require('./twice');\nfunction f(n) {\n  return twice(n);\n}" + GIVEN,
    ),
    "method of the project": (
        js("class Box {\n  double(n) {\n    return n * 2;\n  }\n}\nfunction f(n) {\n  return new Box().duoble(n);\n}" + GIVEN),
        "class Box {\n  double(n) {\n    return n * 2;\n  }\n}\nfunction f(n) {\n  return new Box().double(n);\n}" + GIVEN,
    ),
    "method of the language": (js("function f(n) {\n  return ['a', 'b'].indxeOf('b') + n + 1;\n}" + GIVEN), "function f(n) {\n  return ['a', 'b'].indexOf('b') + n + 1;\n}" + GIVEN),
    "constant that is assigned": (
        js("function f(n) {\n  const sum = 0;\n  sum += n;\n  return sum * 2;\n}" + GIVEN), "function f(n) {\n  let sum = 0;\n  sum += n;\n  return sum * 2;\n}" + GIVEN,
    ),
    "file one slip away": (
        js("const { twice } = require('./twcie');\nfunction f(n) {\n  return twice(n);\n}" + GIVEN, twice_js=TWICE),
        "const { twice } = require('./twice');\nfunction f(n) {\n  return twice(n);\n}" + GIVEN,
    ),
    "export of a module": (
        esm("import { twise } from './twice.mjs';\n\nexport function f(n) {\n  return twise(n);\n}\n", twice_mjs=TWICE_ESM),
        "import { twice } from './twice.mjs';\n\nexport function f(n) {\n  return twice(n);\n}\n",
    ),
    "extension left out": (
        esm("import { twice } from './twice';\n\nexport function f(n) {\n  return twice(n);\n}\n", twice_mjs=TWICE_ESM),
        "import { twice } from './twice.mjs';\n\nexport function f(n) {\n  return twice(n);\n}\n",
    ),
    "default and not by name": (
        esm("import { twice } from './twice.mjs';\n\nexport function f(n) {\n  return twice(n);\n}\n", twice_mjs="export default function twice(n) {\n  return n * 2;\n}\n"),
        "import twice from './twice.mjs';\n\nexport function f(n) {\n  return twice(n);\n}\n",
    ),
}  # fmt: skip


@pytest.mark.needs("node")
@pytest.mark.parametrize("name", JS)
async def test_javascript(tmp_path: Path, name: str) -> None:
    files, after = JS[name]
    path = "m.mjs" if "m.mjs" in files else "m.js"
    assert await only(tmp_path, files, "node --test", path) == after


JS_UNSURE: dict[str, Files] = {
    "two near names": js("function f(n) {\n  const item1 = n;\n  const item2 = n;\n  return item3 * 2;\n}" + GIVEN),
    "near but wrong": js("function f(number) {\n  return nubmer * 3;\n}" + GIVEN),
    "a name of another function": js("function g() {\n  const total = 4;\n  return total;\n}\nfunction f(n) {\n  return totl * n / 2;\n}" + GIVEN),
    "exported twice": js("function f(n) {\n  return twice(n);\n}" + GIVEN, twice_js=TWICE, other_js=TWICE),
    "a method that others have": js("class Box {\n  get(n) {\n    return n * 2;\n  }\n}\nfunction f(n) {\n  return [n].get(n);\n}" + GIVEN),
    "two constants of that name": js("function g() {\n  const sum = 1;\n  return sum;\n}\nfunction f(n) {\n  const sum = 0;\n  sum += n;\n  return sum * 2;\n}" + GIVEN),
    "two files as near": js("const { twice } = require('./twice3');\nfunction f(n) {\n  return twice(n);\n}" + GIVEN, twice1_js=TWICE, twice2_js=TWICE),
}  # fmt: skip


@pytest.mark.needs("node")
@pytest.mark.parametrize("name", JS_UNSURE)
async def test_javascript_without_certainty(tmp_path: Path, name: str) -> None:
    assert await patches(tmp_path, JS_UNSURE[name], "node --test") == ()
