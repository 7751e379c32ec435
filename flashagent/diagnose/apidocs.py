"""Signature, docstring, version and place of a name, from what is installed for the project; nothing from memory."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from flashagent.dataclass import dataclass
from flashagent.diagnose.project import ProjectPython, ask
from flashagent.ports import CommandRunner


@dataclass(frozen=True, slots=True)
class ApiDoc:
    """What is known of a name. `version` is 'distribution 1.2'; `file` is absolute, '' where there is no source.
    When the name does not exist `missing` is its part that was not found, and `nearest` are real names like it."""

    name: str
    kind: str = ""
    signature: str = ""
    doc: str = ""
    version: str = ""
    file: str = ""
    line: int = 0
    members: tuple[str, ...] = ()
    missing: str = ""
    nearest: tuple[str, ...] = ()

    @property
    def exists(self) -> bool:
        return not self.missing

    def text(self) -> str:
        """A few lines for a person or a model."""
        if not self.exists:
            hint = f" Names like it: {', '.join(self.nearest)}." if self.nearest else ""
            why = self.missing if " " in self.missing else f"{self.missing} was not found"
            return f"{self.name} does not exist: {why}.{hint}"
        place = f" ({self.file}:{self.line})" if self.file else ""
        head = f"{self.kind} {self.signature or self.name}  [{self.version or 'version unknown'}]{place}"
        return "\n".join(part for part in (head, self.doc, _members(self.members)) if part)


async def describe(
    name: str, environment: ProjectPython, runner: CommandRunner, root: Path, *, timeout_s: float = 20.0
) -> ApiDoc:
    """What `name` ('json.dumps') is for the project's interpreter. The module is imported, inside the sandbox.

    Raises RunnerMissing when the project has no interpreter.
    """
    if not all(part.isidentifier() for part in name.split(".")):
        return ApiDoc(name, missing=f"{name!r} is no dotted name; it")
    answer = await ask("describe_name", {"name": name}, environment, runner, root, timeout_s=timeout_s)
    if answer is None:
        return ApiDoc(name, missing=f"its module ended the process or took too long; {name}")
    return _from_answer(name, answer)


def _from_answer(name: str, answer: Mapping[str, Any]) -> ApiDoc:
    if answer.get("missing"):
        return ApiDoc(name, missing=str(answer["missing"]), nearest=_texts(answer.get("nearest")))
    return ApiDoc(
        name,
        str(answer.get("kind", "")),
        str(answer.get("signature", "")),
        str(answer.get("doc", "")),
        str(answer.get("version", "")),
        str(answer.get("file", "")),
        int(answer.get("line") or 0),
        _texts(answer.get("members")),
    )


def _texts(value: object) -> tuple[str, ...]:
    return tuple(str(one) for one in value) if isinstance(value, list) else ()


def _members(names: tuple[str, ...]) -> str:
    return f"has: {', '.join(names[:40])}" if names else ""
