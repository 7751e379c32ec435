"""How many ways lead through a function: an estimate of its cyclomatic complexity from its words alone. Pure."""

from __future__ import annotations

import re

_FORKS = re.compile(
    r"\b(?:if|elif|elsif|unless|for|foreach|while|until|case|when|catch|except|rescue|and|or)\b|&&|\|\||\?(?=\s)"
)
_QUIET = re.compile(r"\"(?:[^\"\\\n]|\\.)*\"|'(?:[^'\\\n]|\\.)*'|(?:#|//).*")


def ways_through(text: str) -> int:
    """1 and one more for each fork (McCabe's count, of what the text shows); strings and comments of a line do not count."""
    return 1 + len(_FORKS.findall(_QUIET.sub("", text)))
