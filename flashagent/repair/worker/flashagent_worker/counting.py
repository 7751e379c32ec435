"""Rounds of loops and calls of a changed function are counted, so that a loop without end is cut at once and always at the
same place, where a clock would wait and would cut now here, now there.
"""

from __future__ import annotations

import ast
import builtins
import itertools
from typing import Any

NAME = "__flashagent_round__"


class Rounds:
    """What counted code calls. When the allowed rounds are used up every further one raises StopIteration: an iterator of
    the interpreter's own costs a third of what a function would. Code that catches it does not get away: `cut` tells."""

    def __init__(self) -> None:
        self.seen: dict[int, int] = {}
        self._observing = False
        self.allow(None)

    def allow(self, rounds: int | None) -> None:
        """So many rounds from now on; None is without end."""
        self._left = itertools.repeat(None) if rounds is None else itertools.repeat(None, rounds + 1)
        if not self._observing:
            setattr(builtins, NAME, self._left.__next__)

    @property
    def cut(self) -> bool:
        """Were there more rounds than allowed?"""
        return next(self._left, NAME) is not None

    def note(self, unit: int) -> None:
        self.seen[unit] = self.seen.get(unit, 0) + 1

    def observe(self) -> None:
        """From now on rounds are only noted, each under the number of its unit."""
        self._observing = True
        setattr(builtins, NAME, self.note)


def counted(tree: ast.Module, unit: int | None) -> ast.Module:
    """The tree with a call at the start of every function and of every loop's body; it gives the unit's number, if any."""
    for node in ast.walk(tree):
        if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)):
            place = 1 if ast.get_docstring(node, clean=False) is not None and len(node.body) > 1 else 0
        elif isinstance(node, (ast.While, ast.For, ast.AsyncFor)):
            place = 0
        else:
            continue
        here: Any = node.body[place]
        arguments: list[ast.expr] = [] if unit is None else [ast.Constant(unit)]
        call = ast.Expr(ast.Call(ast.Name(NAME, ast.Load()), arguments, []))
        for new in ast.walk(call):
            new.lineno = new.end_lineno = here.lineno  # type: ignore[attr-defined]
            new.col_offset = new.end_col_offset = here.col_offset  # type: ignore[attr-defined]
        node.body.insert(place, call)
    return tree
