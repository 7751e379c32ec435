"""What diagnosis asks of a project's environment, and how it asks the project's own interpreter, in the sandbox."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Protocol

from flashagent.errors import RunnerMissing
from flashagent.ports import Command, CommandRunner

PROBES = Path(__file__).parent / "probes"
_MARK = "flashagent-answer:"
_OUTPUT_BYTES = 8 * 1024 * 1024


class ProjectPython(Protocol):
    """The parts of an environment that starting its interpreter needs."""

    @property
    def python(self) -> Path | None: ...
    @property
    def path(self) -> tuple[str, ...]: ...
    @property
    def variables(self) -> Mapping[str, str]: ...
    @property
    def binds(self) -> tuple[Path, ...]: ...
    @property
    def keep(self) -> tuple[str, ...]: ...


async def ask(
    probe: str, question: Mapping[str, Any], environment: ProjectPython, runner: CommandRunner, root: Path,
    *, tree: Path | None = None, timeout_s: float = 20.0,
) -> dict[str, Any] | None:  # fmt: skip
    """The answer of a probe script, run read-only by the project's interpreter; None when it gave none.

    The answer is data that code of the project may have forged. Raises RunnerMissing without an interpreter.
    """
    if environment.python is None:
        raise RunnerMissing(
            "The project has no Python interpreter.", hint="Create its virtual environment first."
        )
    script = (PROBES / f"{probe}.py").read_text(encoding="utf-8")
    command = Command(
        argv=(str(environment.python), "-c", script),
        cwd=root,
        env={"PYTHONDONTWRITEBYTECODE": "1", "PYTHONIOENCODING": "utf-8", **environment.variables},
        path=environment.path,
        timeout_s=timeout_s,
        stdin=json.dumps(question).encode("utf-8"),
        tree=tree,
        keep=environment.keep,
        read_only=True,
        binds=environment.binds,
        output_bytes=_OUTPUT_BYTES,
    )
    result = await runner.run(command)
    for line in reversed(result.output.decode("utf-8", "replace").splitlines()):
        if line.startswith(_MARK):
            return _object(line[len(_MARK) :])
    return None


def _object(text: str) -> dict[str, Any] | None:
    try:
        value = json.loads(text)
    except ValueError:
        return None
    return value if isinstance(value, dict) else None
