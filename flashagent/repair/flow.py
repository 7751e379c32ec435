"""How data flows through one function: what starts empty and is never filled, what a loop tests and never moves on, what
is made and never used. Pure.

A forgotten statement leaves such a gap, and the gap says what the statement was about.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator, Sequence
from dataclasses import field

from flashagent.dataclass import dataclass
from flashagent.repair.source import FunctionNode

LARGEST = 2500  # nodes of a function that are still looked at
Loop = ast.For | ast.While | ast.AsyncFor
FILLING = frozenset({"append", "add", "extend", "update", "insert", "appendleft", "setdefault", "push", "put", "heappush"})  # fmt: skip
DRAINING = frozenset({"pop", "popleft", "heappop", "get", "popitem"})
_KINDS = {"list": "list", "set": "set", "dict": "dict", "deque": "list", "defaultdict": "dict", "Counter": "dict", "str": "str"}  # fmt: skip


@dataclass(slots=True)
class Flow:
    """Names and attributes (`self.x`) as texts. `kinds` says what a thing is made as: 'list', 'set', 'dict', 'str', 'number',
    'flag' or 'none', `begun` with what it begins; `targets` are the variables that loops bind, in order."""

    kinds: dict[str, str] = field(default_factory=dict)
    begun: dict[str, str] = field(default_factory=dict)
    bound: dict[str, int] = field(default_factory=dict)
    read: set[str] = field(default_factory=set)
    filled: set[str] = field(default_factory=set)
    drained: set[str] = field(default_factory=set)
    changed_in_loops: set[str] = field(default_factory=set)
    targets: list[str] = field(default_factory=list)
    memberships: list[tuple[str, str]] = field(default_factory=list)
    statements: set[str] = field(default_factory=set)
    bound_in_loops: dict[str, None] = field(default_factory=dict)

    @property
    def unused(self) -> list[str]:
        """Bound and never read."""
        return [name for name in self.bound if name not in self.read and name != "_"]

    @property
    def unfilled(self) -> list[str]:
        """Made empty (or drained in a loop) and never given anything."""
        made = [
            name
            for name, kind in self.kinds.items()
            if kind not in ("flag", "none") and self.bound.get(name, 0) == 1
        ]
        return [name for name in dict.fromkeys([*made, *sorted(self.drained)]) if name not in self.filled]  # fmt: skip

    @property
    def stale(self) -> list[str]:
        """Bound once, outside of loops, from a plain value."""
        return [n for n in self.kinds if self.bound.get(n, 0) == 1 and n not in self.changed_in_loops]


def text(node: ast.AST) -> str:
    """A name or a chain of attributes as it is written, '' for anything else."""
    if isinstance(node, ast.Name):
        return node.id
    if isinstance(node, ast.Attribute):
        owner = text(node.value)
        return f"{owner}.{node.attr}" if owner else ""
    return ""


def kind_of(value: ast.AST | None) -> str:
    """What a value is made as, '' when its text does not say."""
    if isinstance(value, ast.List | ast.ListComp):
        return "list"
    if isinstance(value, ast.BinOp) and isinstance(value.op, ast.Mult) and isinstance(value.left, ast.List):
        return "list"  # `[0] * n`
    if isinstance(value, ast.Dict | ast.DictComp):
        return "dict"
    if isinstance(value, ast.Set | ast.SetComp):
        return "set"
    if isinstance(value, ast.Constant):
        if isinstance(value.value, bool):
            return "flag"
        return {str: "str", int: "number", float: "number", type(None): "none"}.get(type(value.value), "")
    if isinstance(value, ast.Call):
        return _KINDS.get(text(value.func).rpartition(".")[2], "")
    return ""


def flow(tree: ast.AST) -> Flow:
    """The flow of a function with the functions nested in it, or of a class."""
    found = Flow()
    for node, in_loop in _walk(tree):
        _look(found, node, in_loop)
    return found


def _walk(tree: ast.AST) -> Iterator[tuple[ast.AST, bool]]:
    """Nodes in the order of the text, and whether they run again and again."""
    pending: list[tuple[ast.AST, bool]] = [(tree, False)]
    given = 0
    while pending and given < LARGEST:
        node, in_loop = pending.pop()
        given += 1
        yield node, in_loop
        inside = in_loop or isinstance(node, Loop)
        pending.extend((child, inside) for child in reversed(list(ast.iter_child_nodes(node))))


def _look(found: Flow, node: ast.AST, in_loop: bool) -> None:
    if isinstance(node, ast.Assign | ast.AnnAssign):
        for target, value in _pairs(node):
            _bind(found, target, value, in_loop)
    elif isinstance(node, ast.AugAssign):
        name = text(_owner(node.target))
        found.filled.add(name)
        if in_loop:
            found.changed_in_loops.add(name)
    elif isinstance(node, Loop):
        if not isinstance(node, ast.While):
            found.targets += [n.id for n in ast.walk(node.target) if isinstance(n, ast.Name)]
            found.bound |= {name: found.bound.get(name, 0) + 2 for name in found.targets}
    elif isinstance(node, ast.Compare):
        _memberships(found, node)
    elif isinstance(node, ast.Call):
        _call(found, node, in_loop)
    elif isinstance(node, ast.Expr):
        found.statements.add(ast.unparse(node))
    if isinstance(node, ast.Name | ast.Attribute) and isinstance(node.ctx, ast.Load):
        found.read.add(text(node))


def _pairs(node: ast.Assign | ast.AnnAssign) -> Iterator[tuple[ast.expr, ast.AST | None]]:
    targets: Sequence[ast.expr] = node.targets if isinstance(node, ast.Assign) else [node.target]
    for target in targets:
        if (
            isinstance(target, ast.Tuple)
            and isinstance(node.value, ast.Tuple)
            and len(target.elts) == len(node.value.elts)
        ):
            yield from zip(target.elts, node.value.elts, strict=True)
        elif isinstance(target, ast.Tuple):
            yield from ((one, None) for one in target.elts)
        else:
            yield target, node.value


def _bind(found: Flow, target: ast.expr, value: ast.AST | None, in_loop: bool) -> None:
    name = text(target)
    if isinstance(target, ast.Subscript):
        found.filled.add(text(target.value))
    if not name:
        return
    found.bound[name] = found.bound.get(name, 0) + 1
    if kind := kind_of(value):
        found.kinds.setdefault(name, kind)
        if value is not None and len(begins := ast.unparse(value)) <= 12:
            found.begun.setdefault(name, begins)
    else:
        found.kinds.setdefault(name, "value")
    if in_loop:
        found.changed_in_loops.add(name)
        found.bound_in_loops.setdefault(name)


def _owner(node: ast.expr) -> ast.expr:
    return node.value if isinstance(node, ast.Subscript) else node


def _memberships(found: Flow, node: ast.Compare) -> None:
    if len(node.ops) == 1 and isinstance(node.ops[0], ast.In | ast.NotIn):
        container = text(node.comparators[0])
        if container:
            found.memberships.append((ast.unparse(node.left), container))


def _call(found: Flow, node: ast.Call, in_loop: bool) -> None:
    called = text(node.func)
    owner, _, method = called.rpartition(".")
    if method.startswith("heap") and node.args:
        owner = text(node.args[0])
    if method in FILLING:
        found.filled.add(owner)
        if in_loop:
            found.changed_in_loops.add(owner)
    if method in DRAINING and in_loop and method != "get":
        found.drained.add(owner)
    for argument in node.args:  # whatever is handed on may be filled there
        if method not in ("len", "range", "print", "sorted", "enumerate", "min", "max", "sum", "str", "int"):
            found.filled.add(text(argument))


def calls_itself(function: ast.AST) -> bool:
    """Is a function, or one nested in it, recursive?"""
    nested = [n for n in ast.walk(function) if isinstance(n, FunctionNode)]
    return any(
        isinstance(n, ast.Call) and text(n.func).rpartition(".")[2] == one.name
        for one in nested
        for n in ast.walk(one)
    )
