"""Which checks a project has: read from its files, never by running anything of it.

What was chosen and why is part of the answer, so that a person can disagree. What makes a repair count are the tests; types,
style and build are further checks, which a project may well not pass before either.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from pathlib import Path, PurePosixPath

from flashagent.errors import UsageError
from flashagent.verify import detect_builds, detect_python, detect_web
from flashagent.verify.commands import Check, CheckKind, check_from_text
from flashagent.verify.detect_files import SKIPPED
from flashagent.verify.environment import ProjectEnvironment

__all__ = ["Check", "check_from_text", "detect_checks", "further_checks"]

Detector = Callable[[Path, ProjectEnvironment], Iterator[Check]]
# By language, the most telling first. A later one of the same folder adds to the earlier ones.
_DETECTORS: tuple[tuple[str, Detector], ...] = (
    ("python", detect_python.checks),
    ("javascript", detect_web.checks),
    ("rust", detect_builds.rust),
    ("go", detect_builds.go),
    ("java", detect_builds.java),
    ("native", detect_builds.cmake),
    ("ruby", detect_builds.ruby),
    ("php", detect_builds.php),
)
_ORDER: tuple[CheckKind, ...] = ("tests", "types", "lint", "build")
# What stands for the tests of a project that has none.
_INSTEAD: tuple[CheckKind, ...] = ("types", "build", "lint")
_MARKS = (
    "package.json", "pyproject.toml", "setup.py", "setup.cfg", "pytest.ini", "tox.ini", "Cargo.toml", "go.mod", "pom.xml", "build.gradle",
    "build.gradle.kts", "CMakeLists.txt", "Gemfile", "composer.json", "Makefile",
)  # fmt: skip
_DEPTH = 3
_MOST_PROJECTS = 4


def detect_checks(
    root: Path, environment: ProjectEnvironment, *, overrides: Sequence[str] = (), changed: Sequence[str] = ()
) -> tuple[Check, ...]:
    """The checks that must pass for the project at `root`, the most telling first; `overrides` (from settings) replace
    detection. Where the root has none, those of the projects below it that hold the `changed` files (POSIX, relative to the
    root), else of the first few below it; a changed file in a project of another language adds that one's tests.

    A Makefile counts only when nothing else is found, since its test target usually runs the same tests again. A check whose
    program is missing is left out where another remains. Raises UsageError when there is no check.
    """
    if overrides:
        return tuple(check_from_text(text, why="checks: in the settings") for text in overrides)
    found = _gates(root, environment)
    nearest = _nearest(root, changed)
    if not found and not nearest:
        nearest = _projects_below(root)
    spoken = {language for language, _ in found}
    for folder in nearest:
        found += [one for one in _below(root, folder, environment) if one[0] not in spoken]
    checks = _distinct([check for _, check in found])
    if not checks:
        raise UsageError(
            f"no check found in {root}: looked for a pytest configuration, test_*.py files, a test script in package.json, "
            "Cargo.toml, go.mod, pom.xml, Gradle, CMake, RSpec, PHPUnit and a test target in a Makefile, there and in the folders below.",
            hint="Name the command: --check 'pytest -q', or set checks: in flashagent.yaml.",
        )
    return _available(checks, root, environment)


def further_checks(root: Path, environment: ProjectEnvironment) -> tuple[Check, ...]:
    """Types, style and build of the project at `root`, in this order, where their programs are installed."""
    all_found = [
        check for _, detector in _DETECTORS for check in detector(root, environment) if check.kind != "tests"
    ]
    there = [check for check in all_found if _is_there(check, root, environment)]
    return tuple(sorted(there, key=lambda check: _ORDER.index(check.kind)))


def _gates(root: Path, environment: ProjectEnvironment) -> list[tuple[str, Check]]:
    """The tests of one folder by language; where it has none, what comes nearest to them."""
    every = [(language, check) for language, detector in _DETECTORS for check in detector(root, environment)]
    if tests := [one for one in every if one[1].kind == "tests"]:
        return tests
    if made := [("make", check) for check in detect_builds.make(root, environment)]:
        return made
    for kind in _INSTEAD:
        instead = [one for one in every if one[1].kind == kind and _is_there(one[1], root, environment)]
        if instead:
            language, check = instead[0]
            return [(language, replace(check, why=f"{check.why}; no test was found"))]
    return []


def _below(root: Path, folder: str, environment: ProjectEnvironment) -> list[tuple[str, Check]]:
    return [
        (language, replace(check, name=f"{check.name} in {folder}", cwd=folder, why=f"{folder}: {check.why}"))
        for language, check in _gates(root / folder, environment)
    ]


def _nearest(root: Path, changed: Sequence[str]) -> list[str]:
    """The folders of the innermost projects below the root that hold the changed files, in the files' order."""
    found: list[str] = []
    for path in changed:
        for parent in PurePosixPath(path).parents:
            if str(parent) == "." or parent.is_absolute() or ".." in parent.parts:
                break
            if _is_project(root / parent):
                found.append(str(parent))
                break
    return list(dict.fromkeys(found))[:_MOST_PROJECTS]


def _projects_below(root: Path) -> list[str]:
    """The outermost projects below the root, in the order of their names, the least deep first."""
    found: list[str] = []
    level = [root]
    for _ in range(_DEPTH):
        folders = [folder for one in level for folder in _folders(one)]
        here = [folder for folder in folders if _is_project(folder)]
        found += [folder.relative_to(root).as_posix() for folder in here]
        level = [folder for folder in folders if folder not in here]
    return found[:_MOST_PROJECTS]


def _folders(folder: Path) -> list[Path]:
    try:
        entries = sorted(folder.iterdir())
    except OSError:
        return []
    return [
        entry for entry in entries
        if entry.is_dir() and not entry.is_symlink() and not entry.name.startswith(".") and entry.name not in SKIPPED
    ]  # fmt: skip


def _is_project(folder: Path) -> bool:
    return not folder.is_symlink() and any((folder / mark).is_file() for mark in _MARKS)


def _distinct(checks: Sequence[Check]) -> list[Check]:
    return list({(check.cwd, check.argv): check for check in checks}.values())


def _available(checks: Sequence[Check], root: Path, environment: ProjectEnvironment) -> tuple[Check, ...]:
    """The checks that can run, each told what was left out for it; all when none can: the error will name what is missing."""
    there = [check for check in checks if _is_there(check, root, environment)]
    if not there:
        return tuple(checks)
    out = [check.name for check in checks if check not in there]
    note = f"; left out, since it cannot run here: {', '.join(out)}" if out else ""
    return (replace(there[0], why=there[0].why + note), *there[1:])


def _is_there(check: Check, root: Path, environment: ProjectEnvironment) -> bool:
    """Whether the program of a check is installed, and for JavaScript the packages that its scripts call."""
    program = check.argv[2].split()[0] if check.argv[:2] == ("/bin/sh", "-c") else check.argv[0]
    folder = root / check.cwd
    if program in ("npm", "npx", "pnpm", "yarn") and not _has_packages(folder, root):
        return False
    if program in ("python", "pytest"):
        return environment.python is not None
    if "/" in program:
        return (folder / program).exists()
    return shutil.which(program, path=os.pathsep.join(environment.path)) is not None


def _has_packages(folder: Path, root: Path) -> bool:
    """Whether what package.json depends on is installed, here or in the workspace around; true where it depends on nothing."""
    return not detect_web.has_dependencies(folder) or any(
        (place / "node_modules").is_dir()
        for place in (folder, *folder.parents)
        if place == root or root in place.parents
    )
