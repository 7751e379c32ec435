"""Which checks a project has: read from its files, never by running anything of it.

What was chosen and why is part of the answer, so that a person can disagree.
"""

from __future__ import annotations

import json
import re
import tomllib
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

from flashagent.errors import UsageError
from flashagent.verify.commands import Check, check_from_text
from flashagent.verify.environment import ProjectEnvironment
from flashagent.verify.interpreters import has_module

__all__ = ["Check", "check_from_text", "detect_checks"]

_TEST_FOLDERS = ("tests", "test")
_SKIPPED = frozenset(
    {"node_modules", "build", "dist", "target", "site-packages", "__pycache__", "venv", "env"}
)
_MAX_FILES = 2000
_PYTHON_TEST = re.compile(r"test_.*\.py|.*_test\.py")
_NODE_TEST = re.compile(r"(?:.*[._-])?test\.[cm]?js|test-.*\.[cm]?js")
_NO_TEST_SCRIPT = "no test specified"


def detect_checks(
    root: Path, environment: ProjectEnvironment, *, overrides: Sequence[str] = ()
) -> tuple[Check, ...]:
    """The checks of the project at `root`, the most telling first; `overrides` (from settings) replace detection.

    A Makefile counts only when nothing else is found, since its test target usually runs the same tests again.
    Raises UsageError when there is no check.
    """
    if overrides:
        return tuple(check_from_text(text, why="checks: in the settings") for text in overrides)
    detectors: tuple[Callable[[], Check | None], ...] = (
        lambda: _python_check(root, environment),
        lambda: _javascript_check(root),
        lambda: _cargo_check(root),
        lambda: _go_check(root),
    )
    found = tuple(check for detector in detectors if (check := detector()) is not None)
    if found:
        return found
    if (makefile := _make_check(root)) is not None:
        return (makefile,)
    raise UsageError(
        f"no check found in {root}: looked for a pytest configuration, test_*.py files, a test script in package.json, "
        "Cargo.toml, go.mod and a test target in a Makefile.",
        hint="Name the command: --check 'pytest -q', or set checks: in flashagent.yaml.",
    )


def _python_check(root: Path, environment: ProjectEnvironment) -> Check | None:
    configured = _pytest_configuration(root)
    tests = sorted(_test_files(root))
    if configured:
        return _pytest_check(root, tests, f"{configured} configures pytest")
    if not tests:
        return None
    if has_module(environment.python, "pytest"):
        why = f"{_relative(tests[0], root)} looks like a test and pytest is installed in {environment.python}"
        return _pytest_check(root, tests, why)
    if any(_mentions(path, "unittest") for path in tests[:200]):
        return _unittest_check(root, tests)
    return _pytest_check(root, tests, f"{_relative(tests[0], root)} looks like a pytest test")


def _pytest_check(root: Path, tests: Sequence[Path], why: str) -> Check:
    """`pytest -q`, or `python -m pytest -q` where only that finds the project's modules: `pytest` itself puts no more on
    the import path than the folder of each test file, or the one above its packages."""
    code = _root_modules(root, tests)
    bare = [path for path in tests if path.parent != root and not (path.parent / "__init__.py").is_file()]
    if not code or not bare or (root / "conftest.py").is_file() or _has_import_path(root):
        return Check("pytest", ("pytest", "-q"), "pytest", why=why)
    why += f"; {code} lies at the root, where `pytest` alone does not look for it"
    return Check("pytest", ("python", "-m", "pytest", "-q"), "pytest", why=why)


def _root_modules(root: Path, tests: Sequence[Path]) -> str:
    """The first package or module at the root that tests may import, or ''."""
    for entry in sorted(root.iterdir()):
        if entry.name in (*_TEST_FOLDERS, "setup.py", "conftest.py") or entry in tests or entry.is_symlink():
            continue
        if entry.suffix == ".py" or (entry / "__init__.py").is_file():
            return entry.name
    return ""


def _has_import_path(root: Path) -> bool:
    """Does a configuration say itself where modules are found?"""
    files = (
        "pytest.ini",
        ".pytest.ini",
        "pytest.toml",
        ".pytest.toml",
        "pyproject.toml",
        "tox.ini",
        "setup.cfg",
    )
    return any(_mentions(root / name, "pythonpath") for name in files)


def _unittest_check(root: Path, tests: Sequence[Path]) -> Check:
    first = tests[0]
    why = f"{_relative(first, root)} uses unittest and pytest is not installed"
    argv: tuple[str, ...] = ("python", "-m", "unittest", "discover")
    folder = next(
        (name for name in _TEST_FOLDERS if any(_is_inside(path, root / name) for path in tests)), None
    )
    if folder is not None:
        # Without a package the folder itself is the top of the import path, as `discover -s` takes it.
        top = ("-t", ".") if (root / folder / "__init__.py").is_file() else ()
        argv += ("-s", folder, *top)
    if not any(path.name.startswith("test") for path in tests):
        argv += ("-p", "*_test.py")
    return Check("unittest", argv, "unittest", why=why)


def _pytest_configuration(root: Path) -> str:
    """The name of the file that configures pytest, or ''."""
    for name in ("pytest.ini", ".pytest.ini", "pytest.toml", ".pytest.toml"):
        if (root / name).is_file():
            return name
    if isinstance(_pyproject(root).get("tool", {}).get("pytest"), dict):
        return "pyproject.toml"
    for name, section in (("tox.ini", "[pytest]"), ("setup.cfg", "[tool:pytest]")):
        if _mentions(root / name, section):
            return name
    return next(
        (
            name
            for name in ("conftest.py", "tests/conftest.py", "test/conftest.py")
            if (root / name).is_file()
        ),
        "",
    )


def _pyproject(root: Path) -> dict[str, dict[str, object]]:
    try:
        data = tomllib.loads((root / "pyproject.toml").read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    tool = data.get("tool")
    return {"tool": tool if isinstance(tool, dict) else {}}


def _test_files(root: Path) -> Iterator[Path]:
    """Files that look like Python tests."""
    return _files_named(root, _PYTHON_TEST)


def _files_named(root: Path, name: re.Pattern[str]) -> Iterator[Path]:
    """Files of such names, without following links or entering dependency folders."""
    pending, seen = [root], 0
    while pending:
        try:
            entries = sorted(pending.pop(0).iterdir())
        except OSError:
            continue
        for entry in entries:
            if entry.is_symlink():
                continue
            if entry.is_dir():
                if not entry.name.startswith(".") and entry.name not in _SKIPPED:
                    pending.append(entry)
            elif name.fullmatch(entry.name):
                yield entry
                seen += 1
                if seen >= _MAX_FILES:
                    return


def _javascript_check(root: Path) -> Check | None:
    try:
        data = json.loads((root / "package.json").read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return None
    scripts = data.get("scripts") if isinstance(data, dict) else None
    script = scripts.get("test") if isinstance(scripts, dict) else None
    if not isinstance(script, str) or not script.strip() or _NO_TEST_SCRIPT in script:
        return _node_check(root)
    tool = next(
        (
            tool
            for lock, tool in (("pnpm-lock.yaml", "pnpm"), ("yarn.lock", "yarn"))
            if (root / lock).is_file()
        ),
        "npm",
    )
    why = f"package.json has a test script: {script.strip()}"
    return Check(f"{tool} test", (tool, "test"), "generic", why=why)


def _node_check(root: Path) -> Check | None:
    """Node's own runner, where the package names no other and a test imports it."""
    for path in _files_named(root, _NODE_TEST):
        if "node:test" in _read(path):
            why = f"{_relative(path, root)} uses node:test and package.json has no test script"
            return Check("node --test", ("node", "--test"), "generic", why=why)
    return None


def _cargo_check(root: Path) -> Check | None:
    if not (root / "Cargo.toml").is_file():
        return None
    return Check("cargo test", ("cargo", "test"), "generic", why="Cargo.toml")


def _go_check(root: Path) -> Check | None:
    if not (root / "go.mod").is_file():
        return None
    return Check("go test", ("go", "test", "./..."), "generic", why="go.mod")


def _make_check(root: Path) -> Check | None:
    for name in ("GNUmakefile", "makefile", "Makefile"):
        text = _read(root / name)
        for target in ("test", "check"):
            if re.search(rf"^{target}\s*:(?!=)", text, re.MULTILINE):
                return Check(
                    f"make {target}", ("make", target), "generic", why=f"{name} has the target {target}"
                )
    return None


def _read(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8", errors="replace") if path.is_file() else ""
    except OSError:
        return ""


def _mentions(path: Path, text: str) -> bool:
    return text in _read(path)


def _is_inside(path: Path, folder: Path) -> bool:
    return folder in path.parents


def _relative(path: Path, root: Path) -> str:
    return path.relative_to(root).as_posix()
