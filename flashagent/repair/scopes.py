"""What a function, a class or a module binds, as far as the syntax tree shows it. Pure."""

from __future__ import annotations

import ast
from dataclasses import field

from flashagent.dataclass import dataclass

FunctionNode = ast.FunctionDef | ast.AsyncFunctionDef


@dataclass(slots=True)
class Scope:
    """What a function (or the module) can name, in the order of appearance."""

    parameters: list[str] = field(default_factory=list)
    locals: list[str] = field(default_factory=list)
    globals: list[str] = field(default_factory=list)
    self_name: str = ""
    attributes: list[str] = field(default_factory=list)

    @property
    def variables(self) -> list[str]:
        """Parameters and locals, without the receiver."""
        seen = dict.fromkeys([*self.parameters, *self.locals])
        return [name for name in seen if name != self.self_name and name != "_"]


def parameter_names(function: FunctionNode) -> list[str]:
    arguments = function.args
    named = [*arguments.posonlyargs, *arguments.args, *arguments.kwonlyargs]
    extra = [a for a in (arguments.vararg, arguments.kwarg) if a is not None]
    return [a.arg for a in [*named, *extra]]


def bound_names(body: list[ast.stmt]) -> list[str]:
    """Names that the statements bind, nested functions and classes looked at from outside only."""
    names: dict[str, None] = {}
    pending: list[ast.AST] = list(reversed(body))
    while pending:
        node = pending.pop()
        if isinstance(node, FunctionNode | ast.ClassDef):
            names[node.name] = None
            continue
        if isinstance(node, ast.Lambda):
            continue
        if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
            names[node.id] = None
        elif isinstance(node, ast.Import | ast.ImportFrom):
            for alias in node.names:
                names[(alias.asname or alias.name).split(".")[0]] = None
        elif isinstance(node, ast.ExceptHandler | ast.MatchAs | ast.MatchStar) and node.name:
            names[node.name] = None
        elif isinstance(node, ast.MatchMapping) and node.rest:
            names[node.rest] = None
        pending.extend(reversed(list(ast.iter_child_nodes(node))))
    names.pop("*", None)
    return list(names)


def class_attributes(owner: ast.ClassDef) -> list[str]:
    """Attributes and methods of a class as far as its text shows them."""
    names = dict.fromkeys(bound_names(owner.body))
    for node in ast.walk(owner):
        if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name) and node.value.id == "self":
            names[node.attr] = None
    return list(names)
