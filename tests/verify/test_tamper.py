from __future__ import annotations

import pytest

from flashagent.values import FileChange
from flashagent.verify.tamper import examine, is_test_file, touches_tests

TESTS = """
import pytest

LIMIT = 3


class TestA:
    def test_one(self):
        assert add(1, 2) == LIMIT
        assert add(0, 0) == 0


def test_two():
    assert add(2, 2) == 4
"""


def kinds(path: str, before: str | None, after: str | None) -> list[tuple[str, str]]:
    return [(found.kind, found.text) for found in examine([FileChange(path, before, after)])]


@pytest.mark.parametrize(
    ("old", "new", "kind", "text"),
    [
        ("    assert add(2, 2) == 4", "    assert add(2, 2) == 0", "edits", "edits the test test_two"),
        ("        assert add(0, 0) == 0\n", "", "loosens", "takes assertions out of the test TestA.test_one"),
        ("def test_two", "def two", "deletes", "deletes the test test_two"),
        ("def test_two", "@pytest.mark.skip\ndef test_two", "skips", "skips the test test_two or expects it to fail"),
        ("class TestA", "@pytest.mark.xfail\nclass TestA", "skips", "skips the test TestA.test_one or expects it to fail"),
        ("LIMIT = 3", "LIMIT = -1", "edits", "edits tests/test_a.py outside of its tests"),
    ],
)  # fmt: skip
def test_changes_of_existing_tests(old: str, new: str, kind: str, text: str) -> None:
    assert kinds("tests/test_a.py", TESTS, TESTS.replace(old, new)) == [(kind, text)]


def test_new_tests_are_welcome() -> None:
    added = TESTS + "\n\ndef test_three():\n    assert add(3, 3) == 6\n"
    assert kinds("tests/test_a.py", TESTS, added) == []
    assert kinds("tests/test_b.py", None, TESTS) == []
    assert kinds("tests/test_a.py", TESTS, TESTS + "\n# a comment\n") == []


def test_a_deleted_file() -> None:
    assert kinds("tests/test_a.py", TESTS, None) == [("deletes", "deletes the test file tests/test_a.py")]


@pytest.mark.parametrize("path", ["conftest.py", "sub/conftest.py", "pytest.ini", "tox.ini", "Makefile"])
def test_configuration(path: str) -> None:
    assert [kind for kind, _ in kinds(path, "a", "b")] == ["configuration"]
    assert [kind for kind, _ in kinds(path, None, "b")] == ["configuration"]


def test_files_that_are_configuration_in_part() -> None:
    before = '[project]\nversion = "1"\n[tool.pytest.ini_options]\naddopts = "-q"\n'
    assert kinds("pyproject.toml", before, before.replace('"1"', '"2"')) == []
    assert kinds("pyproject.toml", before, before.replace("-q", "--deselect x")) == [
        ("configuration", "changes how tests are run in pyproject.toml")
    ]
    package = '{"version": "1", "scripts": {"test": "vitest"}}'
    assert kinds("package.json", package, package.replace('"1"', '"2"')) == []
    assert [kind for kind, _ in kinds("package.json", package, package.replace("vitest", "true"))] == [
        "configuration"
    ]


@pytest.mark.parametrize(
    ("path", "before", "old", "new"),
    [
        (
            "setup.cfg",
            "[tool:pytest]\nfilterwarnings =\n    error:x[y]\naddopts = -q\n",
            "-q",
            "--deselect x",
        ),
        ("package.json", '{"jest": {"bail": true}}', "true", 'true, "setupFiles": ["./mocks.js"]'),
        ("package.json", '{"ava": {"files": ["test"]}}', "test", "spec"),
        ("package.json", '{"scripts": {"test:unit": "jest"}}', '"jest"', '"jest --passWithNoTests"'),
        ("package.json", '{"scripts": {"test": "jest"}}', "}}", "}"),
    ],
)
def test_every_part_of_such_a_file_that_decides_how_tests_are_run(
    path: str, before: str, old: str, new: str
) -> None:
    assert [kind for kind, _ in kinds(path, before, before.replace(old, new))] == ["configuration"]


def test_the_other_parts_of_such_a_file_are_free() -> None:
    before = "[tool:pytest]\naddopts = -q\n[metadata]\nname = x\n"
    assert kinds("setup.cfg", before, before.replace("name = x", "name = y")) == []
    package = '{"scripts": {"build": "tsc", "test": "jest"}, "dependencies": {}}'
    assert (
        kinds("package.json", package, package.replace("tsc", "tsc -p .").replace("{}", '{"a": "1"}')) == []
    )


@pytest.mark.parametrize(
    "path", ["pytest.py", "unittest/__init__.py", "_pytest/runner.py", "flashagent_reporter.py"]
)
def test_modules_in_the_place_of_the_runner(path: str) -> None:
    assert [kind for kind, _ in kinds(path, None, "")] == ["shadows"]


@pytest.mark.parametrize(
    "line",
    ["if 'pytest' in sys.modules: return 3", "if os.environ.get('PYTEST_CURRENT_TEST'): pass", "os._exit(0)"],
)
def test_code_that_minds_being_tested(line: str) -> None:
    assert [kind for kind, _ in kinds("src/calc.py", "x = 1\n", f"x = 1\n{line}\n")] == ["special-cases"]
    assert kinds("src/calc.py", line, line + "\nx = 2\n") == []
    assert kinds("src/calc.py", "x = 1\n", f"x = 1  # {line}\n") == []


def test_other_languages() -> None:
    before = "test('adds', () => { expect(add(1, 2)).toBe(3); expect(1).toBe(1) })\n"
    assert [
        kind for kind, _ in kinds("src/calc.test.ts", before, before.replace("expect(1).toBe(1)", ""))
    ] == ["loosens"]
    assert [kind for kind, _ in kinds("calc_test.go", "func TestA() {}", "func TestA() { t.Skip() }")] == [
        "skips"
    ]


@pytest.mark.parametrize(
    ("path", "expected"),
    [("tests/data.json", True), ("test_a.py", True), ("src/testing_tools.py", False), ("a/b_test.go", True),
     ("CalcTest.java", True), ("src/latest.py", False), ("contest.py", False)],
)  # fmt: skip
def test_which_files_are_tests(path: str, expected: bool) -> None:
    assert is_test_file(path) is expected
    assert touches_tests(FileChange(path, "a", "b")) is expected


RUST = """
pub fn total() -> i64 { "}".len() as i64 }

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    #[should_panic]
    fn breaks() { panic!("{") }

    #[tokio::test(flavor = "current_thread")]
    async fn adds() {
        assert_eq!(total(), 1);
    }
}
"""


@pytest.mark.parametrize(
    ("old", "new", "expected"),
    [
        ("-> i64 {", "-> i64 { // one", []),
        ("    use super::*;", "    use super::*;\n\n    #[test]\n    fn more() {}", []),
        ("        assert_eq!(total(), 1);\n", "", [("loosens", "takes assertions out of the test adds")]),
        ("total(), 1", "total(), 2", [("edits", "edits the test adds")]),
        ("    async fn adds", "    #[ignore]\n    async fn adds", [("skips", "skips the test adds or expects it to fail")]),
        ("    #[test]\n    #[should_panic]", "    #[ignore]\n    #[test]\n    #[should_panic]",
         [("skips", "skips the test breaks or expects it to fail")]),
        ('    #[test]\n    #[should_panic]\n    fn breaks() { panic!("{") }\n', "", [("deletes", "deletes the test breaks")]),
        ("    #[tokio::test(flavor", "    #[cfg(any())] #[allow(flavor", [("deletes", "deletes the test adds")]),
    ],
)  # fmt: skip
def test_rust_tests_beside_the_code(old: str, new: str, expected: list[tuple[str, str]]) -> None:
    assert old in RUST
    assert kinds("src/lib.rs", RUST, RUST.replace(old, new)) == expected


@pytest.mark.parametrize(
    ("path", "line"),
    [
        ("src/cart.js", "process.exit(0)"),
        ("src/cart.ts", "process.exitCode = 0"),
        ("cart/cart.go", "os.Exit(0)"),
        ("src/lib.rs", "std::process::exit(0);"),
        ("src/cart.c", "exit(EXIT_SUCCESS);"),
        ("src/Cart.java", "System.exit(0);"),
        ("cart/more_test.go", "os.Exit(0)"),
    ],
)
def test_an_end_with_success_in_other_languages(path: str, line: str) -> None:
    before = None if "test" in path else "x\n"
    assert [kind for kind, _ in kinds(path, before, f"x\n{line}\n")] == ["special-cases"]
    assert kinds(path, before, f"x\n{line.replace('0', '1').replace('EXIT_SUCCESS', '1')}\n") == (
        [] if "exitCode" not in line else [("special-cases", "src/cart.ts ends or hooks the process")]
    )


def test_new_files_that_decide_how_tests_run() -> None:
    main = "package cart\n\nfunc TestMain(m *testing.M) {}\n"
    assert kinds("cart/main_test.go", None, main) == [
        ("configuration", "cart/main_test.go decides how all tests of its package run")
    ]
    assert kinds("cart/more_test.go", None, "package cart\n\nfunc TestMore(t *testing.T) {}\n") == []
    assert [kind for kind, _ in kinds(".cargo/config.toml", None, '[target.x]\nrunner = "true"\n')] == [
        "configuration"
    ]
    manifest = '[package]\nname = "cart"\n'
    assert [kind for kind, _ in kinds("Cargo.toml", manifest, manifest + "autotests = false\n")] == [
        "configuration"
    ]
    assert kinds("Cargo.toml", manifest, manifest + '[dependencies]\nlog = "1"\n') == []


@pytest.mark.parametrize(
    ("path", "expected"),
    [("cart_test.c", True), ("test_cart.c", True), ("src/latest.c", False), ("src/attest.c", False), ("tests.rs", True),
     ("src/contest.rs", False), ("test.js", True), ("cart-test.js", True), ("src/latest.js", False),
     ("CartTestCase.java", True), ("check_cart.c", True), ("src/checks.c", False)],
)  # fmt: skip
def test_test_files_of_other_languages(path: str, expected: bool) -> None:
    assert is_test_file(path) is expected


@pytest.mark.parametrize(
    ("line", "names"),
    [
        ("import unittest", "unittest"),
        ("from unittest import mock", "unittest"),
        ("import _pytest.runner as r", "_pytest"),
        ("import gc", "gc"),
        ("from ctypes import pythonapi", "ctypes"),
        ("__import__('gc')", "gc"),
        ("importlib.import_module('unittest.case')", "unittest"),
        ("exec('import gc')", "gc"),
        ("f.__code__ = g.__code__", "__code__"),
        ("setattr(f, '__code__', g)", "__code__"),
        ("import sys as s\ns.modules['a'] = 1", "sys.modules"),
        ("from sys import modules", "sys.modules"),
        ("import sys\nsys.settrace(None)", "settrace"),
        ("import threading\nthreading.setprofile(f)", "setprofile"),
        ("import sys\nsys._getframe(1)", "_getframe"),
        ("import inspect\ninspect.stack()", "inspect.stack"),
        ("import inspect\ninspect.currentframe().f_back", "currentframe, f_back"),
        ("from os import _exit", "_exit"),
        ("from atexit import register", "atexit"),
    ],
)
def test_code_that_newly_reaches_for_the_runner(line: str, names: str) -> None:
    found = [("special-cases", f"shop/cart.py newly uses {names}")]
    assert kinds("shop/cart.py", "x = 1\n", f"x = 1\n{line}\n") == found
    assert kinds("shop/cart.py", None, f"{line}\n") == found
    assert not touches_tests(FileChange("shop/cart.py", "", line))
    assert kinds("shop/cart.py", f"{line}\n", f"x = 1\n{line}\n") == []


@pytest.mark.parametrize(
    "line",
    [
        "# import gc",
        "'import gc; os._exit(0); f.__code__'",
        "import inspect\ninspect.signature(f)",
        "import numpy as np\nnp.stack([a])\nself.modules['a'] = 1",
        "from .gc import collect",
        "import sys\nsys.path",
        "getattr(a, 'name')",
        "import os\nos.stat('pytest')",
    ],
)
def test_code_that_only_looks_like_it(line: str) -> None:
    assert kinds("shop/cart.py", "x = 1\n", f"x = 1\n{line}\n") == []


def test_unreadable_code_is_searched_as_text() -> None:
    assert kinds("shop/cart.py", "x = 1\n", "import gc\nx = = 1\n") == [
        ("special-cases", "shop/cart.py newly uses gc")
    ]


@pytest.mark.parametrize(
    ("path", "kind"),
    [
        ("tests/__init__.py", "configuration"),
        ("tests/shop/__init__.py", "configuration"),
        ("tests/shop/cart.py", "configuration"),
        ("tests/helpers.py", "configuration"),
        ("tests/conftest.py", "configuration"),
        ("tests/difflib.py", "shadows"),
        ("tests/unittest/case.py", "shadows"),
        ("difflib.py", "shadows"),
        ("src/logging/__init__.py", "shadows"),
        ("packaging/__init__.py", "shadows"),
    ],
)
def test_new_files_that_the_tests_would_import(path: str, kind: str) -> None:
    change = FileChange(path, None, "x = 1\n")
    assert [found.kind for found in examine([change])] == [kind]
    assert touches_tests(change)


@pytest.mark.parametrize(
    "path",
    ["tests/test_more.py", "tests/shop/more_test.py", "tests/data/cart.json", "shop/new.py", "shop/types.py",
     "packaging/build.py", "code/main.py"],
)  # fmt: skip
def test_new_files_that_are_welcome(path: str) -> None:
    assert kinds(path, None, "x = 1\n") == []


@pytest.mark.parametrize(
    ("path", "shadows"),
    [("tests/shop/cart.py", True), ("src/shop/__init__.py", True), ("src/shop.py", True), ("shop/more.py", False),
     ("src/other.py", False)],
)  # fmt: skip
def test_new_files_in_the_place_of_the_projects_own(path: str, shadows: bool) -> None:
    existing = ("shop/__init__.py", "shop/cart.py", "tests/test_cart.py", "README.md")
    change = FileChange(path, None, "x = 1\n")
    expected = ["shadows"] if shadows else []
    assert [found.kind for found in examine([change], existing=existing)] == expected
    assert touches_tests(change, existing) is shadows


def test_a_new_test_that_reaches_into_the_runner() -> None:
    text = "import gc\nimport unittest\n\n\nclass TestA(unittest.TestCase):\n    pass\n"
    assert kinds("tests/test_more.py", None, text) == []
    assert kinds("tests/test_more.py", None, text + "f.__code__ = g.__code__\n") == [
        ("special-cases", "tests/test_more.py uses __code__")
    ]
