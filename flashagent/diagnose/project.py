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
    *, tree: Path | None = None, timeout_s: float = 20.0, parts: tuple[str, ...] = (),
) -> dict[str, Any] | None:  # fmt: skip
    """The answer of a probe script, run read-only by the project's interpreter; None when it gave none.

    `parts` are the other probes that the script imports from. The answer is data that code of the project may have forged. Raises RunnerMissing without an interpreter.
    """
    if environment.python is None:
        raise RunnerMissing(
            "The project has no Python interpreter.", hint="Create its virtual environment first."
        )
    command = Command(
        argv=(str(environment.python), "-c", *_scripts((*parts, probe))),
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


# flashagent is not installed where a probe runs, so its parts come along as text.
_TOGETHER = """
import sys
sys.path[:1] = []
import types
for name in ("flashagent", "flashagent.diagnose", "flashagent.diagnose.probes"):
    sys.modules[name] = types.ModuleType(name)
*parts, script = zip(sys.argv[1::2], sys.argv[2::2])
for name, text in parts:
    sys.modules[name] = types.ModuleType(name)
    exec(compile(text, name, "exec"), sys.modules[name].__dict__)
exec(compile(script[1], script[0], "exec"), {"__name__": "__main__"})
"""


def _scripts(probes: tuple[str, ...]) -> tuple[str, ...]:
    """What follows `python -c`: the script, or what puts several together and the script's texts."""
    texts = [(PROBES / f"{probe}.py").read_text(encoding="utf-8") for probe in probes]
    if len(texts) == 1:
        return (texts[0],)
    named = (f"flashagent.diagnose.probes.{probe}" for probe in probes)
    return (_TOGETHER, *(part for pair in zip(named, texts, strict=True) for part in pair))


def _object(text: str) -> dict[str, Any] | None:
    try:
        value = json.loads(text)
    except ValueError:
        return None
    return value if isinstance(value, dict) else None
