"""From a check and an environment to the exact command: interpreter, reporter, variables that keep the tree clean."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path, PurePosixPath

from flashagent.dataclass import dataclass
from flashagent.errors import RunnerMissing
from flashagent.verify import interpreters
from flashagent.verify.commands import Check, RunnerCall, runner_call
from flashagent.verify.environment import ProjectEnvironment

REPORTER = "flashagent_reporter"
REPORTERS = Path(__file__).parent / "reporters"
# Caches of the runners go where the sandbox has its private temp, never into the user's tree.
PYTEST_CACHE = "/tmp/flashagent-pytest-cache"
QUIET: Mapping[str, str] = {
    "CI": "1",
    "NO_COLOR": "1",
    "TERM": "dumb",
    "PY_COLORS": "0",
    "PYTHONDONTWRITEBYTECODE": "1",
    "PYTHONHASHSEED": "0",
    "COVERAGE_FILE": "/tmp/flashagent-coverage",
    "HYPOTHESIS_STORAGE_DIRECTORY": "/tmp/flashagent-hypothesis",
    "PIP_DISABLE_PIP_VERSION_CHECK": "1",
    "CARGO_TERM_COLOR": "never",
    "CARGO_NET_OFFLINE": "true",
    # Each test is named, and none is skipped because it passed some time ago.
    "GOFLAGS": "-count=1 -v",
    "GOPROXY": "off",
    # What a failed test printed is told by ctest, however it is called.
    "CTEST_OUTPUT_ON_FAILURE": "1",
    "GTEST_COLOR": "no",
    "npm_config_update_notifier": "false",
    "npm_config_fund": "false",
}
# Options of pytest that take the next word as their value: that word is no path.
_VALUED = frozenset({
    "-k", "-m", "-p", "-c", "-n", "-o", "-W", "-r", "--rootdir", "--maxfail", "--tb", "--durations", "--confcutdir",
    "--basetemp", "--ignore", "--ignore-glob", "--deselect", "--cov", "--cov-report", "--cov-config", "--numprocesses",
    "--dist", "--timeout", "--junitxml", "--junit-xml", "--log-level", "--capture", "--import-mode", "--config-file",
})  # fmt: skip


_LOCKS = (("pnpm-lock.yaml", "pnpm"), ("yarn.lock", "yarn"), ("bun.lock", "bun"), ("bun.lockb", "bun"))


@dataclass(frozen=True, slots=True)
class Launch:
    """What is really executed. `python` is the interpreter that imports `module`, None when a script does; `select`
    goes to the reporter; `expects_reporter` is true when a session that keeps silent is not to be believed."""

    argv: tuple[str, ...]
    env: Mapping[str, str]
    binds: tuple[Path, ...] = ()
    python: str = ""
    module: str = ""
    select: tuple[str, ...] = ()
    reports: bool = False
    expects_reporter: bool = False


def prepare(
    check: Check,
    environment: ProjectEnvironment,
    root: Path,
    tests: Sequence[str] = (),
    tree: Path | None = None,
) -> Launch:
    """The command for the check, restricted to `tests` when given. Raises RunnerMissing when its program is not there.

    `tree` is only looked at for a file that would be imported in the reporter's place.
    """
    folder = root / check.cwd
    call = runner_call(check.argv)
    env = {**QUIET, **environment.variables}
    env["GOFLAGS"] = _joined(" ", QUIET["GOFLAGS"], environment.variables.get("GOFLAGS"))
    env |= dict(check.env)
    if call is None or check.framework == "generic":
        argv = (_program(check.argv[0], environment, folder), *check.argv[1:])
        return Launch(argv, env, environment.binds)
    head, python = _head(call, environment, folder)
    reports = not _is_shadowed((tree or root) / check.cwd)
    silent = bool(call.wrapper) or any(
        flag.startswith("-") and set("IE") & set(flag) for flag in call.python[1:]
    )
    binds = (*environment.binds, REPORTERS)
    if call.module == "pytest":
        if reports:
            env["PYTEST_PLUGINS"] = _joined(",", REPORTER, env.get("PYTEST_PLUGINS"))
            env["PYTHONPATH"] = _joined(os.pathsep, str(REPORTERS), env.get("PYTHONPATH"))
        quiet = ("-o", f"cache_dir={PYTEST_CACHE}", "--continue-on-collection-errors")
        argv = (*head, *quiet, *pytest_arguments(call, tests, folder.joinpath))
        return Launch(argv, env, binds, python, "pytest", (), reports, not silent)
    argv = (*head, str(REPORTERS / "flashagent_unittest.py"), *call.arguments)
    return Launch(argv, env, binds, python, "", tuple(tests), True, not silent)


def bare(check: Check, environment: ProjectEnvironment, root: Path) -> Launch:
    """The check's own command, word for word, only its program found in the environment: no reporter of ours, no options.

    Raises RunnerMissing when its program is not there.
    """
    plain = prepare(replace(check, framework="generic"), environment, root)
    call = runner_call(check.argv)
    if call is None or check.framework == "generic":
        return plain
    head, python = _head(call, environment, root / check.cwd)
    # The head holds pytest already; unittest is left out of it, since our own session usually stands there.
    module = ("-m", "unittest") if call.module == "unittest" else ()
    named = "pytest" if call.module == "pytest" else ""
    return replace(plain, argv=(*head, *module, *call.arguments), python=python, module=named)


def rerun(check: Check, tests: Sequence[str], root: Path) -> tuple[str, ...]:
    """The command in the check's own words that runs these tests alone, for a person to type."""
    call = runner_call(check.argv)
    names = [name for name in tests if name]
    if call is None or not names:
        return check.argv
    head = check.argv[: len(check.argv) - len(call.arguments)]
    if call.module == "pytest":
        return (*head, *pytest_arguments(call, names, (root / check.cwd).joinpath))
    return (*head, *_unittest_arguments(call.arguments, names))


def pytest_arguments(
    call: RunnerCall, tests: Sequence[str], locate: Callable[[str], Path]
) -> tuple[str, ...]:
    """pytest's arguments with the paths among them replaced by the tests; as they are without tests."""
    if not tests:
        return call.arguments
    kept: list[str] = []
    for index, word in enumerate(call.arguments):
        is_value = index > 0 and call.arguments[index - 1] in _VALUED
        if word == "--":
            continue
        if word.startswith("-") or is_value or not locate(word.partition("::")[0]).exists():
            kept.append(word)
    return (*kept, *tests)


def _unittest_arguments(arguments: tuple[str, ...], names: Sequence[str]) -> tuple[str, ...]:
    if arguments[:1] == ("discover",) and len(arguments) > 1:
        # Ids are told from the start folder, which only discovery puts on the import path.
        return (*arguments, *(word for name in names for word in ("-k", name)))
    options = tuple(
        word for word in arguments if word.startswith("-") and word not in ("-s", "-t", "-p", "-k")
    )
    return (*options, *names)


def _head(call: RunnerCall, environment: ProjectEnvironment, folder: Path) -> tuple[tuple[str, ...], str]:
    """The words up to the runner, and the interpreter that must be able to import it ('' where a script knows)."""
    wrapper = call.wrapper if environment.kind == "path" else ()
    if wrapper:
        inner = call.python if call.python else ("python",) if call.module == "unittest" else ()
        module = ("-m", "pytest") if call.python and call.module == "pytest" else ()
        name = () if inner else ("pytest",)
        return (_program(wrapper[0], environment, folder), *wrapper[1:], *inner, *module, *name), ""
    if call.python:
        python = _interpreter(call.python[0], environment, folder)
        return (python, *call.python[1:], *(("-m", "pytest") if call.module == "pytest" else ())), python
    return _pytest_script(environment)


def _pytest_script(environment: ProjectEnvironment) -> tuple[tuple[str, ...], str]:
    """The `pytest` of the project's environment; else its interpreter with -m; else the user's own on the PATH."""
    python = environment.python
    if python is not None and environment.kind != "path":
        script = python.parent / "pytest"
        return (
            ((str(script),), str(python))
            if script.is_file()
            else ((str(python), "-m", "pytest"), str(python))
        )
    if found := shutil.which("pytest", path=os.pathsep.join(environment.path)):
        return (found,), ""
    if python is None:
        raise RunnerMissing("pytest was not found, and no Python interpreter is on the PATH.", hint=_HINT)
    return (str(python), "-m", "pytest"), str(python)


_HINT = "Activate the project's environment, or name the command with --check."


def _interpreter(name: str, environment: ProjectEnvironment, folder: Path) -> str:
    """The interpreter that the check's word means: the environment's, when it has one of that name."""
    if "/" in name:
        return _program(name, environment, folder)
    if environment.python is not None:
        beside = environment.python.parent / name
        if environment.kind != "path" and beside.exists():
            return str(beside)
        if name in ("python", "python3"):
            return str(environment.python)
    return _program(name, environment, folder)


def _program(name: str, environment: ProjectEnvironment, folder: Path) -> str:
    """The absolute path of a program, found on the environment's PATH only. Raises RunnerMissing."""
    if "/" in name:
        path = Path(os.path.normpath(folder / name))
        if path.exists():
            return str(path)
        raise RunnerMissing(f"{name} does not exist in {folder}.", hint=_HINT)
    if name in ("python", "python3") and environment.python is not None and environment.kind != "path":
        return str(environment.python)
    if found := shutil.which(name, path=os.pathsep.join(environment.path)):
        return found
    raise RunnerMissing(
        f"{name} was not found on the PATH of the project ({environment.why or environment.kind}).",
        hint=_HINT,
    )


def missing_module(python: str, module: str) -> RunnerMissing:
    """The error that names the interpreter which cannot import the runner."""
    return RunnerMissing(
        f"{module} is not installed for {python}.",
        hint=f"Install it there ({python} -m pip install {module}), activate the right environment, or use --check.",
    )


def surely_has(python: str, module: str) -> bool:
    return interpreters.has_module(Path(python), module)


def _is_shadowed(folder: Path) -> bool:
    """Whether the folder that comes first on the import path holds something of the name of one of our files."""
    names = [path.stem for path in REPORTERS.glob("*.py")]
    return any((folder / name).exists() or any(folder.glob(f"{name}.*")) for name in names)


def _joined(separator: str, first: str, rest: str | None) -> str:
    return f"{first}{separator}{rest}" if rest else first


def missing_packages(root: Path, check: Check) -> str:
    """The command that installs the packages of a JavaScript project that has none installed; '' for all others."""
    here = root / folder_of(check)
    folders = [folder for folder in (here, *here.parents) if folder == root or root in folder.parents]
    named = any((folder / "package.json").is_file() for folder in folders)
    if not named or any((folder / "node_modules").is_dir() for folder in folders):
        return ""
    found = (tool for folder in folders for lock, tool in _LOCKS if (folder / lock).is_file())
    return f"{next(found, 'npm')} install"


def folder_of(check: Check) -> str:
    return PurePosixPath(check.cwd).as_posix()
