"""Rounds of loops and calls of a changed function are counted, so that a loop without end is cut at once and always at the
same place, where a clock would wait and would cut now here, now there.
"""

from __future__ import annotations

import ast
import builtins
import os
from typing import Any

from flashagent_worker.limits import OutOfTime

NAME = "__flashagent_round__"
UNCOUNTED = 1 << 62
SWALLOWED = 50


class Rounds:
    """What counted code calls. `left` rounds are allowed, then every further one raises OutOfTime; `cut` tells of it."""

    def __init__(self) -> None:
        self.left = UNCOUNTED
        self.cut = 0
        self.seen: dict[int, int] = {}
        setattr(builtins, NAME, self.spend)

    def allow(self, rounds: int | None) -> None:
        self.left, self.cut = UNCOUNTED if rounds is None else rounds, 0

    def spend(self) -> None:
        self.left -= 1
        if self.left < 0:
            self.cut += 1
            if self.cut > SWALLOWED:  # the code under test swallows the exception
                os._exit(3)
            raise OutOfTime

    def note(self, unit: int) -> None:
        self.seen[unit] = self.seen.get(unit, 0) + 1

    def observe(self) -> None:
        """From now on rounds are only noted, each under the number of its unit."""
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
