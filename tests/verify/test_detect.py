from __future__ import annotations

import json
from pathlib import Path

import pytest
from helpers.verify_projects import this_environment, write

from flashagent.errors import UsageError
from flashagent.verify.detect import Check, detect_checks
from flashagent.verify.environment import ProjectEnvironment

NO_PYTHON = ProjectEnvironment("path", None)
UNITTEST = "import unittest\n"


def detected(
    root: Path, files: dict[str, str], environment: ProjectEnvironment = NO_PYTHON
) -> list[tuple[str, ...]]:
    return [check.argv for check in detect_checks(write(root, files), environment)]


@pytest.mark.parametrize(
    "files",
    [
        {"pytest.ini": "[pytest]\n"},
        {"pyproject.toml": "[tool.pytest.ini_options]\n"},
        {"tox.ini": "[pytest]\n"},
        {"setup.cfg": "[tool:pytest]\n"},
        {"tests/conftest.py": ""},
        {"tests/test_a.py": "def test(): pass\n"},
    ],
)
def test_pytest_is_recognised(tmp_path: Path, files: dict[str, str]) -> None:
    assert detected(tmp_path, files) == [("pytest", "-q")]


PACKAGE = {"shop/__init__.py": "", "tests/test_a.py": "from shop import x\n"}


@pytest.mark.parametrize(
    "files",
    [PACKAGE, {"shop.py": "", "tests/test_a.py": "import shop\n"}, {**PACKAGE, "tests/conftest.py": ""}],
)
def test_modules_at_the_root_are_found(tmp_path: Path, files: dict[str, str]) -> None:
    assert detected(tmp_path, files) == [("python", "-m", "pytest", "-q")]


@pytest.mark.parametrize(
    "more",
    [
        {"conftest.py": ""},
        {"tests/__init__.py": ""},
        {"pytest.ini": "[pytest]\npythonpath = .\n"},
        {"pyproject.toml": "[tool.pytest.ini_options]\npythonpath = ['.']\n"},
    ],
)
def test_pytest_finds_them_itself(tmp_path: Path, more: dict[str, str]) -> None:
    assert detected(tmp_path, {**PACKAGE, **more}) == [("pytest", "-q")]


def test_unittest_where_pytest_is_not_installed(tmp_path: Path) -> None:
    files = {"tests/__init__.py": "", "tests/test_a.py": UNITTEST}
    assert detected(tmp_path, files) == [("python", "-m", "unittest", "discover", "-s", "tests", "-t", ".")]


def test_unittest_in_a_folder_that_is_no_package(tmp_path: Path) -> None:
    assert detected(tmp_path, {"tests/test_a.py": UNITTEST}) == [
        ("python", "-m", "unittest", "discover", "-s", "tests")
    ]


def test_pytest_is_preferred_where_it_is_installed(tmp_path: Path) -> None:
    found = detect_checks(write(tmp_path, {"tests/test_a.py": UNITTEST}), this_environment())
    assert [check.framework for check in found] == ["pytest"]
    assert "tests/test_a.py" in found[0].why


def test_other_languages(tmp_path: Path) -> None:
    files = {
        "package.json": json.dumps({"scripts": {"test": "vitest run"}}),
        "pnpm-lock.yaml": "",
        "Cargo.toml": "",
        "go.mod": "",
        "Makefile": "test:\n\ttrue\n",
    }
    assert detected(tmp_path, files) == [("pnpm", "test"), ("cargo", "test"), ("go", "test", "./...")]


def test_a_makefile_counts_when_nothing_else_does(tmp_path: Path) -> None:
    assert detected(tmp_path, {"Makefile": "test: build\n\ttrue\n"}) == [("make", "test")]


def test_npms_placeholder_is_no_test(tmp_path: Path) -> None:
    script = 'echo "Error: no test specified" && exit 1'
    with pytest.raises(UsageError, match="no check found"):
        detected(tmp_path, {"package.json": json.dumps({"scripts": {"test": script}})})


def test_settings_replace_detection(tmp_path: Path) -> None:
    root = write(tmp_path, {"pytest.ini": ""})
    assert detect_checks(root, NO_PYTHON, overrides=("make check",)) == (
        Check("make check", ("make", "check"), "generic", why="checks: in the settings"),
    )


def test_nothing_found_says_what_was_looked_for(tmp_path: Path) -> None:
    with pytest.raises(UsageError) as raised:
        detected(tmp_path, {"Makefile": "all:\n\ttrue\n", "node_modules/x/test_a.py": ""})
    assert "package.json" in raised.value.message and "--check" in raised.value.hint


def test_nodes_own_runner_where_the_package_names_none(tmp_path: Path) -> None:
    files = {"package.json": "{}", "test/cart.test.js": "const test = require('node:test')\n"}
    (check,) = detect_checks(write(tmp_path, files), NO_PYTHON)
    assert check.argv == ("node", "--test")
    assert check.why == "test/cart.test.js uses node:test and package.json has no test script"
