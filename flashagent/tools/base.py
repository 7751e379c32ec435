"""What a tool is: a spec that a model sees, arguments that are checked, and a result that the model can read.

A failed tool is a result; a bug is an exception, caught wide in exactly one place (`agent.calls.run_call`).
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from functools import cache
from typing import Any, Protocol, runtime_checkable

from pydantic import BaseModel, ConfigDict, ValidationError

from flashagent.dataclass import dataclass
from flashagent.messages import ToolSpec
from flashagent.untrusted import readable
from flashagent.values import FileChange


class Arguments(BaseModel):
    """Base of all tool arguments. Unknown names are refused, so that a misspelt argument is told, not lost."""

    model_config = ConfigDict(extra="forbid", frozen=True)


@dataclass(frozen=True, slots=True)
class ToolResult:
    """`text` goes to the model, `for_person` is one line for people, `changes` is what is on disk now."""

    text: str
    for_person: str
    ok: bool = True
    changes: tuple[FileChange, ...] = ()

    @classmethod
    def failed(cls, text: str, for_person: str = "") -> ToolResult:
        return cls(text, for_person or text.partition("\n")[0], ok=False)


OnText = Callable[[str], None]


class Tool(Protocol):
    """One tool. `kind` is what approvals ask about; `parallel` says that calls of it may run side by side."""

    @property
    def name(self) -> str: ...

    @property
    def kind(self) -> str: ...

    @property
    def parallel(self) -> bool: ...

    @property
    def arguments(self) -> type[Arguments]: ...

    def describe(self, arguments: Any) -> tuple[str, tuple[str, ...]]:
        """One line for people, and the argv that will be executed (empty when it runs nothing)."""
        ...

    async def run(self, arguments: Any, on_output: OnText) -> ToolResult: ...


@dataclass(frozen=True, slots=True)
class Placement:
    """Where a command would run: its folder, and whether the call asks to leave the sandbox, with the model's reason."""

    folder: str
    outside: bool = False
    reason: str = ""


@runtime_checkable
class Placed(Protocol):
    """A tool that runs commands and can say where."""

    def place(self, arguments: Any) -> Placement: ...


def spec_of(tool: Tool, description: str) -> ToolSpec:
    """The spec with a schema stripped of what a model does not need (titles, defaults of null)."""
    return ToolSpec(tool.name, description.strip(), _schema_text(tool.arguments))


@cache
def _schema_text(arguments: type[Arguments]) -> str:
    return json.dumps(_lean(arguments.model_json_schema()), separators=(",", ":"), sort_keys=True)


def parse_arguments(tool: Tool, text: str) -> Arguments | str:
    """The checked arguments, or a sentence for the model that says what is wrong with them."""
    try:
        raw = _readable(json.loads(text or "{}"))
    except (ValueError, RecursionError) as error:
        return f"The arguments are not valid JSON ({error}). Send the call again with valid JSON."
    if not isinstance(raw, Mapping):
        return "The arguments must be a JSON object."
    try:
        return tool.arguments.model_validate(raw)
    except ValidationError as error:
        problems = "; ".join(
            f"{'.'.join(map(str, e['loc'])) or 'arguments'}: {e['msg']}" for e in error.errors()[:5]
        )
        return (
            f"Wrong arguments for {tool.name}: {problems}. Known: {', '.join(tool.arguments.model_fields)}."
        )


def _readable(value: Any) -> Any:
    """The value with each text in it `readable`."""
    if isinstance(value, str):
        return readable(value)
    if isinstance(value, dict):
        return {_readable(key): _readable(item) for key, item in value.items()}
    return [_readable(item) for item in value] if isinstance(value, list) else value


# Words of a schema that a model does without: the arguments are checked here, and a wrong one is explained.
_UNTOLD = frozenset({"title", "properties", "additionalProperties", "minLength", "minItems", "minimum"})


def _lean(node: Any) -> Any:
    if isinstance(node, list):
        return [_lean(item) for item in node]
    if not isinstance(node, dict):
        return node
    if "$ref" in node or "$defs" in node:
        return _lean(_inline(node))
    if options := node.get("anyOf"):
        kept = [option for option in options if option != {"type": "null"}]
        if len(kept) == 1:
            return _lean({**{k: v for k, v in node.items() if k not in ("anyOf", "default")}, **kept[0]})
    properties = node.get("properties")
    lean = {
        key: _lean(value)
        for key, value in node.items()
        if key not in _UNTOLD and not (key == "default" and value in (None, False))
    }
    if properties is not None:
        lean["properties"] = {name: _lean(value) for name, value in properties.items()}
    return lean


def _inline(node: dict[str, Any]) -> dict[str, Any]:
    """The schema with each reference to `$defs` replaced by what it names; our schemas are not recursive."""
    definitions = node.get("$defs", {})

    def resolve(part: Any) -> Any:
        if isinstance(part, list):
            return [resolve(item) for item in part]
        if not isinstance(part, dict):
            return part
        if "$ref" in part:
            return resolve(definitions[part["$ref"].rpartition("/")[2]])
        return {key: resolve(value) for key, value in part.items() if key != "$defs"}

    resolved: dict[str, Any] = resolve(node)
    return resolved
