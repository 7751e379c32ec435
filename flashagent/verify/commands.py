"""A check as a value, and what can be read from the text of a command: its runner, its wrappers, its arguments. Pure."""

from __future__ import annotations

import re
import shlex
from collections.abc import Sequence
from typing import Literal

from flashagent.dataclass import dataclass
from flashagent.errors import UsageError

Framework = Literal["pytest", "unittest", "generic"]
CheckKind = Literal["tests", "lint", "types", "build"]

_SHELL = re.compile(r"[|&;<>()$`\n*?\[\]{}~#]")
_ASSIGNMENT = re.compile(r"[A-Za-z_][A-Za-z0-9_]*=")
_PYTHON = re.compile(r"(?:.*/)?(?:python|pypy)[0-9.]*")
# Wrappers that only choose the environment; their options here take no value.
_WRAPPERS: dict[str, frozenset[str]] = {
    "uv": frozenset(
        {"--no-sync", "--frozen", "--locked", "--offline", "--active", "--quiet", "-q", "--all-extras"}
    ),
    "poetry": frozenset({"--quiet", "-q", "--no-interaction", "-n"}),
    "pipenv": frozenset(),
    "hatch": frozenset(),
    "pdm": frozenset(),
    "rye": frozenset(),
}
# Options of an interpreter before -m that take no value.
_PYTHON_FLAGS = re.compile(r"-[bBdEiIOPqsSuv]+")


@dataclass(frozen=True, slots=True)
class Check:
    """A command whose result counts. `argv` is run as it is, in the folder `cwd` (POSIX, relative to the root), with
    the assignments of `env` added. `why` says in words where it comes from."""

    name: str
    argv: tuple[str, ...]
    framework: Framework = "generic"
    cwd: str = "."
    kind: CheckKind = "tests"
    why: str = ""
    env: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True)
class RunnerCall:
    """How a command calls a test runner: `wrapper` ('uv', 'run'), `python` ('python3.12', '-X', 'dev') when it names an
    interpreter, `module` after -m or the runner's own name, and `arguments` after it."""

    module: str
    arguments: tuple[str, ...]
    wrapper: tuple[str, ...] = ()
    python: tuple[str, ...] = ()


def check_from_text(text: str, *, cwd: str = ".", why: str = "given") -> Check:
    """The check that a person wrote as one line. What needs a shell goes to `/bin/sh -c` and is known by its status.

    Raises UsageError for an empty text or unbalanced quotes.
    """
    stripped = text.strip()
    if not stripped:
        raise UsageError("The check is empty.", hint="Name a command, for example --check 'pytest -q'.")
    try:
        words = shlex.split(stripped)
    except ValueError as error:
        raise UsageError(
            f"The check {stripped!r} cannot be read: {error}.", hint="Check its quotes."
        ) from error
    if _needs_shell(stripped):
        return Check(stripped, ("/bin/sh", "-c", stripped), "generic", cwd, why=why)
    env, argv = _assignments(words)
    if not argv:
        raise UsageError(f"The check {stripped!r} sets variables but names no command.")
    return Check(stripped, argv, _framework(argv), cwd, why=why, env=env)


def runner_call(argv: Sequence[str]) -> RunnerCall | None:
    """How `argv` calls pytest or unittest, or None when it does neither in a way that is understood."""
    wrapper, rest = _unwrap(tuple(argv))
    if not rest:
        return None
    name = rest[0].rsplit("/", 1)[-1]
    if name in ("pytest", "py.test"):
        return RunnerCall("pytest", rest[1:], wrapper)
    if not _PYTHON.fullmatch(rest[0]):
        return None
    index = 1
    while index < len(rest) and rest[index] != "-m":
        if rest[index] in ("-X", "-W"):
            index += 2
        elif _PYTHON_FLAGS.fullmatch(rest[index]):
            index += 1
        else:
            return None
    if index + 1 >= len(rest) or rest[index + 1] not in ("pytest", "unittest"):
        return None
    return RunnerCall(rest[index + 1], rest[index + 2 :], wrapper, rest[:index])


def _framework(argv: tuple[str, ...]) -> Framework:
    call = runner_call(argv)
    if call is None:
        return "generic"
    return "pytest" if call.module == "pytest" else "unittest"


def _needs_shell(text: str) -> bool:
    """Whether a character outside of quotes means something to a shell. Node ids (`a.py::t[x]`) are no globs."""
    bare = re.sub(r"'[^']*'|\"[^\"$`]*\"|\\.", "", text)
    bare = re.sub(r"::\S+", "", bare)
    return _SHELL.search(bare) is not None


def _assignments(words: Sequence[str]) -> tuple[tuple[tuple[str, str], ...], tuple[str, ...]]:
    rest = list(words[1:] if words and words[0] == "env" and len(words) > 1 else words)
    env: list[tuple[str, str]] = []
    while rest and _ASSIGNMENT.match(rest[0]):
        name, _, value = rest.pop(0).partition("=")
        env.append((name, value))
    return tuple(env), tuple(rest)


def _unwrap(argv: tuple[str, ...]) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """`argv` split into a wrapper like `uv run` and the command in it; a wrapper with unknown options stays whole."""
    if len(argv) < 3 or argv[0] not in _WRAPPERS or argv[1] != "run":
        return (), argv
    index = 2
    while index < len(argv) and argv[index] in _WRAPPERS[argv[0]]:
        index += 1
    if index < len(argv) and argv[index] == "--":
        index += 1
    return argv[:index], argv[index:]
