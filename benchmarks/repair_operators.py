"""Plants one fault at a time into Python text by the standard mutation operators. Shares nothing with the repair templates.

Operators (Offutt et al. 1996; DeMillo 1988; Derezinska and Halas 2014): AOR, ROR, LCR and COR exchange arithmetic,
relational, logical and conditional operators; CRP moves a constant by one or flips it; OBO shifts a bound by one; SDL
deletes a statement; NEG negates a condition; ASW exchanges two arguments; VRP takes another variable of the function;
RVR replaces a returned value.
"""

from __future__ import annotations

import ast
import random
from collections.abc import Callable, Iterator
from dataclasses import dataclass

_AOR = {"+": "-", "-": "+", "*": "/", "/": "*", "//": "/", "%": "*", "**": "*", "<<": ">>", ">>": "<<", "&": "|",
        "|": "&", "^": "&"}  # fmt: skip
_ROR = {"<": ("<=", ">", ">="), "<=": ("<", ">=", "=="), ">": (">=", "<", "<="), ">=": (">", "<=", "=="),
        "==": ("!=",), "!=": ("==",), "is": ("is not",), "is not": ("is",), "in": ("not in",), "not in": ("in",)}  # fmt: skip
_WORDS = {
    ast.Add: "+", ast.Sub: "-", ast.Mult: "*", ast.Div: "/", ast.FloorDiv: "//", ast.Mod: "%", ast.Pow: "**",
    ast.LShift: "<<", ast.RShift: ">>", ast.BitAnd: "&", ast.BitOr: "|", ast.BitXor: "^", ast.Lt: "<", ast.LtE: "<=",
    ast.Gt: ">", ast.GtE: ">=", ast.Eq: "==", ast.NotEq: "!=", ast.Is: "is", ast.IsNot: "is not", ast.In: "in",
    ast.NotIn: "not in", ast.And: "and", ast.Or: "or",
}  # fmt: skip


Spot = tuple[tuple[int, int], tuple[int, int], str]


@dataclass(frozen=True, slots=True)
class Fault:
    """A planted fault: the whole faulty text, the first line that changed, the operator that did it."""

    text: str
    line: int
    operator: str


class Planter:
    """All one-place faults of a text. Nodes whose source spans several lines are left alone but for deletions."""

    def __init__(self, text: str) -> None:
        self._lines = text.splitlines(keepends=True)
        self._tree = ast.parse(text)
        self._homes: dict[ast.AST, ast.AST] = {}
        for parent in ast.walk(self._tree):
            for child in ast.iter_child_nodes(parent):
                self._homes[child] = parent

    def spots(self) -> dict[str, list[Spot]]:
        """Where each operator applies and what it would put there, in the order of the text."""
        found = {
            name: [s for n in ast.walk(self._tree) for s in plant(self, n)]
            for name, plant in _OPERATORS.items()
        }
        return {name: some for name, some in found.items() if some}

    def pick(self, chooser: random.Random) -> Fault | None:
        """One at random that parses: every operator that applies is as likely as the others."""
        spots = self.spots()
        for _ in range(50 if spots else 0):
            name = chooser.choice(sorted(spots))
            fault = self._fault(*chooser.choice(spots[name]), name)
            if fault is not None:
                return fault
        return None

    def _fault(self, start: tuple[int, int], end: tuple[int, int], new: str, name: str) -> Fault | None:
        lines = [line.encode() for line in self._lines]
        before, after = lines[start[0] - 1][: start[1]], lines[end[0] - 1][end[1] :]
        joined = [*lines[: start[0] - 1], before + new.encode() + after, *lines[end[0] :]]
        text = b"".join(joined).decode()
        try:
            changed = ast.dump(ast.parse(text)) != ast.dump(self._tree)
        except SyntaxError:
            return None
        return Fault(text, start[0], name) if changed else None

    # what the operators ask

    def said(self, node: ast.AST) -> str:
        """The node's text, '' when it spans lines."""
        at, to = place(node)
        return self._lines[at[0] - 1].encode()[at[1] : to[1]].decode() if at[0] == to[0] else ""

    def between(
        self, left: ast.AST, right: ast.AST, word: str
    ) -> tuple[tuple[int, int], tuple[int, int]] | None:
        """Where an operator's word stands between its operands on one line."""
        at, to = place(left)[1], place(right)[0]
        if at[0] != to[0]:
            return None
        found = self._lines[at[0] - 1].encode()[at[1] : to[1]].find(word.encode())
        return ((at[0], at[1] + found), (at[0], at[1] + found + len(word))) if found >= 0 else None

    def function(self, node: ast.AST) -> ast.AST | None:
        here: ast.AST | None = node
        while here is not None and not isinstance(here, ast.FunctionDef | ast.AsyncFunctionDef):
            here = self._homes.get(here)
        return here

    def home(self, node: ast.AST) -> ast.AST | None:
        return self._homes.get(node)


def place(node: ast.AST) -> tuple[tuple[int, int], tuple[int, int]]:
    return (node.lineno, node.col_offset), (node.end_lineno, node.end_col_offset)  # type: ignore[attr-defined]


def aor(planter: Planter, node: ast.AST) -> Iterator[Spot]:
    if isinstance(node, ast.BinOp) and not isinstance(node.op, ast.MatMult):
        word = _WORDS[type(node.op)]
        spot = planter.between(node.left, node.right, word)
        if spot and planter.function(node):
            yield (*spot, _AOR[word])


def ror(planter: Planter, node: ast.AST) -> Iterator[Spot]:
    if isinstance(node, ast.Compare) and planter.function(node):
        left = node.left
        for operator, right in zip(node.ops, node.comparators, strict=True):
            word = _WORDS[type(operator)]
            spot = planter.between(left, right, word)
            for other in _ROR[word] if spot else ():
                yield (*spot, other)  # type: ignore[misc]
            left = right


def lcr(planter: Planter, node: ast.AST) -> Iterator[Spot]:
    if isinstance(node, ast.BoolOp) and planter.function(node):
        word, other = ("and", "or") if isinstance(node.op, ast.And) else ("or", "and")
        spot = planter.between(node.values[0], node.values[1], word)
        if spot:
            yield (*spot, other)


def cor(planter: Planter, node: ast.AST) -> Iterator[Spot]:
    """One side of a condition left out."""
    if isinstance(node, ast.BoolOp) and len(node.values) == 2 and planter.function(node):
        for kept in node.values:
            if planter.said(kept) and planter.said(node):
                yield (*place(node), planter.said(kept))


def crp(planter: Planter, node: ast.AST) -> Iterator[Spot]:
    if isinstance(node, ast.Constant) and planter.said(node) and planter.function(node):
        if isinstance(node.value, bool):
            yield (*place(node), str(not node.value))
        elif isinstance(node.value, int):
            yield (*place(node), str(node.value + 1))
            yield (*place(node), str(node.value - 1))


def obo(planter: Planter, node: ast.AST) -> Iterator[Spot]:
    home = planter.home(node)
    bound = isinstance(home, ast.Slice) or (
        isinstance(home, ast.Call)
        and isinstance(home.func, ast.Name)
        and home.func.id == "range"
        and node is not home.func
    )
    if bound and isinstance(node, ast.Name | ast.Call) and planter.said(node):
        yield (*place(node), planter.said(node) + " + 1")
        yield (*place(node), planter.said(node) + " - 1")


def sdl(planter: Planter, node: ast.AST) -> Iterator[Spot]:
    plain = isinstance(node, ast.Assign | ast.AugAssign | ast.Break | ast.Continue) or (
        isinstance(node, ast.Expr) and not isinstance(node.value, ast.Constant)
    )
    if plain and planter.function(node):
        yield (*place(node), "pass")


def neg(planter: Planter, node: ast.AST) -> Iterator[Spot]:
    if (
        isinstance(node, ast.If | ast.While | ast.IfExp)
        and planter.said(node.test)
        and planter.function(node)
    ):
        yield (*place(node.test), f"not ({planter.said(node.test)})")


def asw(planter: Planter, node: ast.AST) -> Iterator[Spot]:
    if isinstance(node, ast.Call) and len(node.args) >= 2 and planter.function(node):
        first, second = node.args[:2]
        gap = (place(first)[1], place(second)[0])
        if planter.said(first) and planter.said(second) and gap[0][0] == gap[1][0]:
            middle = planter._lines[gap[0][0] - 1].encode()[gap[0][1] : gap[1][1]].decode()
            yield (place(first)[0], place(second)[1], planter.said(second) + middle + planter.said(first))


def vrp(planter: Planter, node: ast.AST) -> Iterator[Spot]:
    function = planter.function(node)
    if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Load) and function is not None:
        inside = list(ast.walk(function))
        names = {n.id for n in inside if isinstance(n, ast.Name) and isinstance(n.ctx, ast.Store)}
        names |= {n.arg for n in inside if isinstance(n, ast.arg)}
        if node.id in names:
            for other in sorted(names - {node.id})[:4]:
                yield (*place(node), other)


def rvr(planter: Planter, node: ast.AST) -> Iterator[Spot]:
    if isinstance(node, ast.Return) and node.value is not None and planter.said(node.value):
        if isinstance(node.value, ast.Constant) and isinstance(node.value.value, bool):
            yield (*place(node.value), str(not node.value.value))
        elif isinstance(node.value, ast.Name | ast.Compare):
            yield (
                *place(node.value),
                f"not {planter.said(node.value)}" if isinstance(node.value, ast.Compare) else "None",
            )


_OPERATORS: dict[str, Callable[[Planter, ast.AST], Iterator[Spot]]] = {
    "AOR": aor, "ROR": ror, "LCR": lcr, "COR": cor, "CRP": crp, "OBO": obo, "SDL": sdl, "NEG": neg, "ASW": asw,
    "VRP": vrp, "RVR": rvr,
}  # fmt: skip
