"""Which edit format to ask of which model, and what to ask after refusals. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from fnmatch import fnmatchcase

from flashagent.dataclass import dataclass
from flashagent.edits.values import Format

DEFAULT: Format = "edit"
TABLE: Mapping[str, Format] = {
    "*gpt-oss*": "edit",
    "*gpt-3.5*": "sr",
    "*gpt-*": "apply_patch",
    "*codex*": "apply_patch",
    "*o[134]-*": "apply_patch",
    "*grok*": "edit",
    "*glm*": "edit",
    "*": DEFAULT,
}
"""Patterns over lower-case model names; the first that matches decides."""

_FALLBACK: Mapping[Format, Format] = {
    "edit": "sr",
    "apply_patch": "edit",
    "udiff": "sr",
    "anchors": "edit",
    "symbol": "edit",
    "sr": "whole",
    "whole": "sr",
}
_PATIENCE = 2


def format_for(model: str, *, tools: bool = True, extra: Mapping[str, Format] | None = None) -> Format:
    """The format to ask of a model. The user's patterns in `extra` go first.

    Without tool calls (`tools` false) the native edit call becomes its text form, SEARCH/REPLACE.
    """
    name = model.lower()
    for pattern, chosen in [*(extra or {}).items(), *TABLE.items()]:
        if fnmatchcase(name, pattern.lower()):
            return "sr" if chosen == "edit" and not tools else chosen
    return DEFAULT if tools else "sr"


def next_format(asked: Format, landed: Sequence[bool]) -> Format:
    """The format for the next request, from whether the last patches in this format landed (oldest first).

    Two refusals in a row change it; anything less leaves it.
    """
    recent = landed[-_PATIENCE:]
    return _FALLBACK[asked] if len(recent) == _PATIENCE and not any(recent) else asked


@dataclass(frozen=True, slots=True)
class Asking:
    """The format that a conversation asks for, how the patches in it fared (oldest first), and whether the model can
    call tools: without them the native edit call is never asked for."""

    format: Format
    landed: tuple[bool, ...] = ()
    tools: bool = True

    def after(self, landed: bool) -> Asking:
        """What to ask for once a patch landed or was refused: another format starts with a clean record."""
        record = (*self.landed[-_PATIENCE:], landed)
        chosen = next_format(self.format, record)
        if chosen == self.format:
            return replace(self, landed=record)
        return Asking("sr" if chosen == "edit" and not self.tools else chosen, tools=self.tools)

    def without_tools(self) -> Asking:
        """What is asked for once the model turned out to take no tool calls."""
        return replace(self, format="sr" if self.format == "edit" else self.format, tools=False)


def ask(model: str, *, tools: bool = True, extra: Mapping[str, Format] | None = None) -> Asking:
    """How to begin with a model; arguments as in `format_for`."""
    return Asking(format_for(model, tools=tools, extra=extra), tools=tools)
