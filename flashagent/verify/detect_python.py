"""The checks of a Python project: pytest, unittest, Django's and other own runners, tox, nox and hatch; mypy, pyright, flake8."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from pathlib import Path

from flashagent.verify import detect_files as files
from flashagent.verify.commands import Check
from flashagent.verify.environment import ProjectEnvironment
from flashagent.verify.interpreters import has_module

_TEST_FOLDERS = ("tests", "test")
_PYTHON_TEST = re.compile(r"test_.*\.py|.*_test\.py")
_PYTEST_FILES = ("pytest.ini", ".pytest.ini", "pytest.toml", ".pytest.toml")
_OWN_RUNNERS = ("tests/runtests.py", "runtests.py", "test/runtests.py")
_OTHERS = (
    "CMakeLists.txt",
    "configure.ac",
    "meson.build",
    "Cargo.toml",
    "go.mod",
    "pom.xml",
    "build.gradle",
    "Gemfile",
)
_MYPY_FILES = ("mypy.ini", ".mypy.ini")


def checks(root: Path, environment: ProjectEnvironment) -> Iterator[Check]:
    """Tests first, then types, then style."""
    if (tests := _tests(root, environment)) is not None:
        yield tests
    yield from _types(root, environment)
    if (root / ".flake8").is_file() and has_module(environment.python, "flake8"):
        yield Check("flake8", ("python", "-m", "flake8"), kind="lint", why=".flake8 configures it")


def _tests(root: Path, environment: ProjectEnvironment) -> Check | None:
    configured = _pytest_configuration(root)
    if not configured and (own := _own_runner(root)) is not None:
        return own
    tests = sorted(files.files_named(root, _PYTHON_TEST))
    if configured:
        return _pytest_check(root, tests, f"{configured} configures pytest")
    if not tests or _belongs_elsewhere(root, tests):
        return _managed(root)
    if has_module(environment.python, "pytest"):
        why = f"{files.relative(tests[0], root)} looks like a test and pytest is installed in {environment.python}"
        return _pytest_check(root, tests, why)
    if any(files.mentions(path, "unittest") for path in tests[:200]):
        return _unittest_check(root, tests)
    return _pytest_check(root, tests, f"{files.relative(tests[0], root)} looks like a pytest test")


def _own_runner(root: Path) -> Check | None:
    """A project that brings its runner along, as Django and projects made with it do."""
    if name := files.first(root, *_OWN_RUNNERS):
        return Check(
            f"python {name}",
            ("python", name),
            why=f"{name} is the project's own runner and pytest is not configured",
        )
    if files.mentions(root / "manage.py", "DJANGO_SETTINGS_MODULE"):
        return Check(
            "manage.py test",
            ("python", "manage.py", "test"),
            why="manage.py is a Django project's, and pytest is not configured",
        )
    return None


def _managed(root: Path) -> Check | None:
    """The environments that tox, nox and hatch make, where no test is seen that could run without them."""
    if (root / "tox.ini").is_file() or files.tool_table(root, "tox") is not None:
        return Check("tox", ("tox",), why="tox is configured, and no test that could run without it was seen")
    if sessions := re.findall(r"@nox\.session.*\ndef (\w+)", files.read(root / "noxfile.py")):
        name = next((one for one in sessions if "test" in one), sessions[0])
        return Check(
            "nox",
            ("nox", "-s", name),
            why=f"noxfile.py has the session {name}, and no test that could run without it was seen",
        )
    hatch = files.tool_table(root, "hatch")
    environments = hatch.get("envs", {}) if hatch is not None else {}
    for name, settings in environments.items() if isinstance(environments, dict) else ():
        if isinstance(settings, dict) and "test" in settings.get("scripts", {}):
            prefix = "" if name == "default" else f"{name}:"
            return Check(
                "hatch",
                ("hatch", "run", f"{prefix}test"),
                why=f"pyproject.toml has the script {prefix}test of hatch",
            )
    return None


def _types(root: Path, environment: ProjectEnvironment) -> Iterator[Check]:
    configured = files.first(root, *_MYPY_FILES) or (
        "pyproject.toml" if files.tool_table(root, "mypy") is not None else ""
    )
    if not configured and files.mentions(root / "setup.cfg", "[mypy]"):
        configured = "setup.cfg"
    if configured and has_module(environment.python, "mypy"):
        named = re.search(r"^\s*(?:files|packages|modules)\s*=", files.read(root / configured), re.MULTILINE)
        where = () if named else (_code(root) or ".",)
        yield Check(
            "mypy", ("python", "-m", "mypy", *where), kind="types", why=f"{configured} configures mypy"
        )
    pyright = files.first(root, "pyrightconfig.json")
    if pyright or files.tool_table(root, "pyright") is not None:
        yield Check(
            "pyright", ("pyright",), kind="types", why=f"{pyright or 'pyproject.toml'} configures pyright"
        )


def _code(root: Path) -> str:
    """The folder of the project's packages, or its first package."""
    if (root / "src").is_dir():
        return "src"
    return next((path.parent.name for path in sorted(root.glob("*/__init__.py"))), "")


def _belongs_elsewhere(root: Path, tests: Sequence[Path]) -> bool:
    """Whether the tests are written in Python about a project of another language."""
    own = files.first(
        root, "pyproject.toml", "setup.py", "setup.cfg", "tox.ini", "requirements.txt", "Pipfile"
    )
    return bool(files.first(root, *_OTHERS)) and not own and not _root_modules(root, tests)


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
    names = (*_PYTEST_FILES, "pyproject.toml", "tox.ini", "setup.cfg")
    return any(files.mentions(root / name, "pythonpath") for name in names)


def _unittest_check(root: Path, tests: Sequence[Path]) -> Check:
    why = f"{files.relative(tests[0], root)} uses unittest and pytest is not installed"
    argv: tuple[str, ...] = ("python", "-m", "unittest", "discover")
    folder = next(
        (name for name in _TEST_FOLDERS if any(root / name in path.parents for path in tests)), None
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
    if name := files.first(root, *_PYTEST_FILES):
        return name
    if files.tool_table(root, "pytest") is not None:
        return "pyproject.toml"
    for name, section in (("tox.ini", "[pytest]"), ("setup.cfg", "[tool:pytest]")):
        if files.mentions(root / name, section):
            return name
    return files.first(root, "conftest.py", "tests/conftest.py", "test/conftest.py")
