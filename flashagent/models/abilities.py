"""What a model can, as far as its name tells: its context window, and whether it takes tools. Pure.

Only what is known is in the table; the rest is found out at work: an endpoint that refuses a request as too long teaches
the window, one that refuses tools is asked in plain text.
"""

from __future__ import annotations

from collections.abc import Mapping
from fnmatch import fnmatchcase

from flashagent.dataclass import dataclass


@dataclass(frozen=True, slots=True)
class Abilities:
    """`window` is the context in tokens, 0 when unknown; `tools` says whether the model takes tool calls."""

    window: int = 0
    tools: bool = True


UNKNOWN = Abilities()
TABLE: Mapping[str, Abilities] = {
    "*mai-code-1-flash*": Abilities(256_000),
    "*gpt-3.5-turbo*": Abilities(16_385),
    "*gpt-4o*": Abilities(128_000),
    "*gpt-4.1*": Abilities(1_047_576),
    "*gpt-4-turbo*": Abilities(128_000),
    "*gpt-4-32k*": Abilities(32_768),
    "gpt-4": Abilities(8_192),
    "gpt-4-0613": Abilities(8_192),
    "*gpt-oss*": Abilities(131_072),
    "*o[134]-mini*": Abilities(200_000),
    "*claude*": Abilities(200_000),
    "*gemini-1.5-pro*": Abilities(2_097_152),
    "*gemini*": Abilities(1_048_576),
    "*codestral*": Abilities(32_000),
    "*codellama*": Abilities(16_384, tools=False),
    "*starcoder*": Abilities(16_384, tools=False),
    "*gemma-2*": Abilities(8_192, tools=False),
    "*gemma2*": Abilities(8_192, tools=False),
    "*gemma*": Abilities(tools=False),
    "*phi3*": Abilities(tools=False),
    "*phi-3*": Abilities(tools=False),
    "*llama2*": Abilities(4_096, tools=False),
    "*llama-2*": Abilities(4_096, tools=False),
    "*deepseek-coder*": Abilities(16_384, tools=False),
}
"""Patterns over lower-case model names; the first that matches decides."""


def abilities_of(model: str) -> Abilities:
    """What is known of the model by its name, a provider's prefix left aside where the pattern allows it."""
    name = model.lower()
    plain = name.rpartition("/")[2]
    return next(
        (one for pattern, one in TABLE.items() if fnmatchcase(name, pattern) or fnmatchcase(plain, pattern)),
        UNKNOWN,
    )
