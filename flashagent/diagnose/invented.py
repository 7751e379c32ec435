"""What a change invents: imports that resolve nowhere, attributes that a library does not have, arguments that its functions
do not take. Told before any test runs, with the nearest real names and signatures of what is installed."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

from flashagent.diagnose.imports import LocalModules, unresolved
from flashagent.diagnose.project import ProjectPython, ask
from flashagent.diagnose.uses import Use, added_uses
from flashagent.ports import CommandRunner
from flashagent.values import Diagnostic, FileChange

ATTRIBUTE = "unknown-attribute"
ARGUMENT = "wrong-argument"
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
    found = (*imports, *(one for one in uses if (one.path, one.line) not in places))
    return tuple(sorted(found, key=lambda one: (one.path, one.line, one.column)))


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
