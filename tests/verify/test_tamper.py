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
