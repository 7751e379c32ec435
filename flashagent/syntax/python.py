"""Python's own syntax trees, each text read once by all who look at it."""

from __future__ import annotations

import ast
from functools import lru_cache

_KEPT = 4  # trees are large: both sides of a change, for two changes at a time


@lru_cache(maxsize=_KEPT)
def parsed(text: str) -> ast.Module | None:
    """The tree of a module, None for what this interpreter cannot read. Others hold the same tree: nobody changes it."""
    try:
        return ast.parse(text)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return None
