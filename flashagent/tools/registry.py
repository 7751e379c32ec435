"""The tools of one session, in a fixed order, with the texts that a model is shown for them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from flashagent.dataclass import dataclass
from flashagent.messages import ToolSpec
from flashagent.tools.base import Tool, spec_of


@dataclass(frozen=True)
class Toolbox:
    """`descriptions` maps a tool's name to its text (`prompts/tools/<name>.md`)."""

    tools: Mapping[str, Tool]
    specs: tuple[ToolSpec, ...]

    @classmethod
    def of(cls, tools: Sequence[Tool], descriptions: Mapping[str, str]) -> Toolbox:
        """Raises KeyError for a tool without a description: a tool that a model cannot understand is a bug."""
        return cls({t.name: t for t in tools}, tuple(spec_of(t, descriptions[t.name]) for t in tools))

    def find(self, name: str) -> Tool | None:
        return self.tools.get(name)
