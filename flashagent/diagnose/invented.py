"""What a change invents: imports that resolve nowhere, attributes that a library does not have, arguments that its functions
do not take. Told before any test runs, with the nearest real names and signatures of what is installed."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Mapping, Sequence
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

from flashagent.diagnose.dependencies import Dependencies, ProjectText, added_dependencies
from flashagent.diagnose.imports import LocalModules, unresolved
from flashagent.diagnose.manifests import plain
from flashagent.diagnose.packages import unknown_packages
from flashagent.diagnose.project import ProjectPython, ask
from flashagent.diagnose.uses import Use, added_uses
from flashagent.ports import CommandRunner
from flashagent.values import Diagnostic, FileChange

ATTRIBUTE = "unknown-attribute"
ARGUMENT = "wrong-argument"
# Where the distribution that brings a module has another name; spelling aside.
DISTRIBUTIONS: Mapping[str, str] = {
    "yaml": "PyYAML", "PIL": "Pillow", "cv2": "opencv-python", "sklearn": "scikit-learn", "bs4": "beautifulsoup4",
    "dateutil": "python-dateutil", "dotenv": "python-dotenv", "attr": "attrs", "git": "GitPython", "jwt": "PyJWT",
    "serial": "pyserial", "OpenSSL": "pyOpenSSL", "Crypto": "pycryptodome", "docx": "python-docx", "zmq": "pyzmq",
    "psycopg2": "psycopg2-binary", "MySQLdb": "mysqlclient", "google": "protobuf", "skimage": "scikit-image",
}  # fmt: skip
_MOST_USES = 2_000
_PROBE_S = 30.0


async def invented(
    changes: Sequence[FileChange],
    files: Sequence[str],
    environment: ProjectPython,
    runner: CommandRunner,
    root: Path,
) -> tuple[Diagnostic, ...]:
    """Everything that `changes` add and that does not exist, by path and line. `files` are the project's paths now.

    The libraries are imported by the project's interpreter in the sandbox. What cannot be told for certain is not told.
    """
    imports, uses = await asyncio.gather(
        unresolved(changes, files, environment, runner, root),
        unknown_uses(changes, files, environment, runner, root),
    )
    places = {(one.path, one.line) for one in imports}
    packages = await asyncio.to_thread(_packages, changes, files, environment, root)
    imports = _declared(imports, changes, files, root)
    found = (*imports, *packages, *(one for one in uses if (one.path, one.line) not in places))
    return tuple(sorted(found, key=lambda one: (one.path, one.line, one.column)))


def _packages(
    changes: Sequence[FileChange], files: Sequence[str], environment: ProjectPython, root: Path
) -> tuple[Diagnostic, ...]:
    """What manifests and installed packages say: imports of other languages, and dependencies that were added."""
    project = ProjectText(root, files, changes)
    programs = (Path(entry) for entry in environment.path if Path(entry, "go").is_file())
    given = environment.variables.get("GOROOT")
    go_root = Path(given) if given else next((one.resolve().parent for one in programs), None)
    return (*unknown_packages(changes, project, go_root), *added_dependencies(changes, project))


def _declared(
    missing: Sequence[Diagnostic], changes: Sequence[FileChange], files: Sequence[str], root: Path
) -> tuple[Diagnostic, ...]:
    """The missing modules, those that a manifest names as a warning: they are real, and not installed here."""
    if not missing:
        return ()
    known = Dependencies.of(ProjectText(root, files, changes))
    softened = (_softened(one, known) for one in missing)
    first: dict[tuple[str, str], Diagnostic] = {}  # a module that is not there is told once for each file
    for one in softened:
        first.setdefault((one.path, one.message), one)
    return tuple(first.values())


def _softened(one: Diagnostic, known: Dependencies) -> Diagnostic:
    found = re.match(r"no module named (\w+) in ", one.message)
    top = found[1] if found else ""
    name = plain("python", DISTRIBUTIONS.get(top, top))
    where = known.where("python", name) if top else ""
    if not where:
        return one
    text = f"{top} is not installed for the project, though {where} names {name}"
    return replace(one, message=text, severity="warning")


async def unknown_uses(
    changes: Sequence[FileChange],
    files: Sequence[str],
    environment: ProjectPython,
    runner: CommandRunner,
    root: Path,
) -> tuple[Diagnostic, ...]:
    """The attributes and arguments that the changes add and that the installed libraries do not have."""
    local = LocalModules(root, files, changes)
    wanted: list[tuple[str, Use]] = []
    for change in changes:
        if change.after is not None and change.path.endswith((".py", ".pyi")):
            uses = added_uses(change.before, change.after)
            wanted += [(change.path, one) for one in uses if not local.owns(one.module, change.path)]
    wanted = wanted[:_MOST_USES]
    if not wanted or environment.python is None:
        return ()
    question = {"uses": [[asdict(step) for step in use.steps] for _, use in wanted]}
    answer = await ask(
        "check_uses", question, environment, runner, root, timeout_s=_PROBE_S, parts=("arguments",)
    )
    problems = answer.get("problems") if answer is not None else None
    return _told(wanted, problems if isinstance(problems, Mapping) else {})


def _told(wanted: Sequence[tuple[str, Use]], problems: Mapping[str, Any]) -> tuple[Diagnostic, ...]:
    """One diagnostic for each thing that is wrong: a longer chain repeats what its beginning said."""
    found: dict[tuple[str, int, str], Diagnostic] = {}
    for number, (path, use) in enumerate(wanted):
        said = problems.get(str(number))
        if isinstance(said, Mapping):
            code = ARGUMENT if said.get("signature") else ATTRIBUTE
            message = _message(said)
            found.setdefault(
                (path, use.line, message),
                Diagnostic(path, use.line, use.column, code, message, "error", "library"),
            )
    return tuple(found.values())


def _message(said: Mapping[str, Any]) -> str:
    names = said.get("nearest")
    near = ", ".join(str(one) for one in names) if isinstance(names, list) else ""
    parts = [
        str(said.get("what", "")),
        f"names like it: {near}" if near else "",
        str(said.get("signature", "")),
    ]
    return "; ".join(part for part in parts if part)[:500]
