"""Which value a name stands for at a place of a Python file, where the file alone tells it: an import, or the one
expression that is ever assigned to it. Pure; whatever is not certain stands for nothing."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import field

from flashagent.dataclass import dataclass
from flashagent.syntax.python import BARE, children

FunctionNode = ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda
ScopeNode = ast.Module | ast.ClassDef | FunctionNode
# The same as sets, and the kinds of nodes that bind a name: to look into a set is far cheaper than to ask a union.
_SCOPES = frozenset({ast.Module, ast.ClassDef, ast.FunctionDef, ast.AsyncFunctionDef, ast.Lambda})
_BINDING = frozenset({
    ast.Import, ast.ImportFrom, ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef, ast.Global, ast.Nonlocal,
    ast.MatchAs, ast.MatchStar, ast.MatchMapping, ast.ExceptHandler, ast.Assign, ast.AnnAssign, ast.NamedExpr,
    ast.AugAssign, ast.For, ast.AsyncFor, ast.comprehension, ast.Delete, ast.withitem,
})  # fmt: skip


@dataclass(frozen=True, slots=True)
class Imported:
    """`import a.b as c` is ('a.b', ''), `import a.b` binds 'a' as ('a', ''), `from a import b` is ('a', 'b')."""

    module: str
    name: str = ""


@dataclass(frozen=True, slots=True)
class Entered:
    """What `with value as name` binds."""

    value: ast.expr


@dataclass(frozen=True, slots=True)
class Unknown:
    """Bound, to nobody knows what."""


Bound = Imported | Entered | ast.expr | Unknown


@dataclass
class Scope:
    """`names` maps each name that the scope binds to what it may be; `outer` is where a lookup goes on; `inside` is the
    class around a method, with its `self` attributes under 'self.x'."""

    node: ScopeNode
    outer: Scope | None = None
    names: dict[str, list[Bound]] = field(default_factory=dict)
    inside: Scope | None = None

    def bind(self, name: str, value: Bound) -> None:
        self.names.setdefault(name, []).append(value)

    def find(self, name: str) -> tuple[Bound, Scope] | None:
        """What the name is bound to and where; None for what the file does not bind (built-ins), Unknown when several
        things are bound to it."""
        scope: Scope | None = self
        while scope is not None:
            if name in scope.names:
                bound = scope.names[name]
                first = bound[0]
                alike = isinstance(first, Imported) and all(one == first for one in bound)
                return (first if len(bound) == 1 or alike else Unknown()), scope
            scope = scope.outer
        return None


def scopes_of(tree: ast.Module, *, package: str = "") -> dict[ast.AST, Scope]:
    """The scope of each node that opens one, with everything that is bound in it. Relative imports are bound to Unknown:
    they are the project's own."""
    found: dict[ast.AST, Scope] = {}
    _open(tree, None, None, found)
    return found


def _open(node: ScopeNode, outer: Scope | None, inside: Scope | None, found: dict[ast.AST, Scope]) -> None:
    scope = Scope(node, outer, inside=inside)
    found[node] = scope
    if isinstance(node, FunctionNode):
        for argument in _arguments(node.args):
            scope.bind(argument.arg, Unknown())
    for child in _own_nodes(node):
        kind = type(child)
        if kind in _BINDING:
            _bind(child, scope)
        if kind in _SCOPES:
            assert isinstance(child, ScopeNode)
            # A function in a class does not see the class's names, only those around the class.
            around = scope.outer if isinstance(node, ast.ClassDef) else scope
            _open(child, around, scope if isinstance(node, ast.ClassDef) else scope.inside, found)


def _arguments(arguments: ast.arguments) -> Iterator[ast.arg]:
    yield from (*arguments.posonlyargs, *arguments.args, *arguments.kwonlyargs)
    yield from (one for one in (arguments.vararg, arguments.kwarg) if one is not None)


def _own_nodes(node: ast.AST) -> Iterator[ast.AST]:
    """All nodes of a scope in the order of the text: nested functions and classes come themselves, but not what is in
    them."""
    below = children(node)[::-1]
    while below:
        child = below.pop()
        kind = type(child)
        if kind not in BARE:
            yield child
            if kind not in _SCOPES:
                below += children(child)[::-1]


def _bind(node: ast.AST, scope: Scope) -> None:
    match node:
        case ast.Import(names=names):
            for alias in names:
                module = alias.name if alias.asname else alias.name.partition(".")[0]
                scope.bind(alias.asname or module, Imported(module))
        case ast.ImportFrom(module=module, names=names, level=level):
            for alias in names:
                value = Imported(module, alias.name) if module and not level else Unknown()
                scope.bind(alias.asname or alias.name, value)
        case ast.FunctionDef(name=name) | ast.AsyncFunctionDef(name=name) | ast.ClassDef(name=name):
            scope.bind(name, Unknown())
        case ast.Global(names=names) | ast.Nonlocal(names=names):
            for name in names:
                _unknown_everywhere(name, scope)
        case ast.MatchAs(name=str(name)) | ast.MatchStar(name=str(name)) | ast.MatchMapping(rest=str(name)):
            scope.bind(name, Unknown())
        case ast.ExceptHandler(name=str(name)):
            scope.bind(name, Unknown())
        case (
            ast.Assign(targets=[target], value=value)
            | ast.AnnAssign(target=target, value=ast.expr() as value)
        ):
            _assign(target, value, scope)
        case ast.Assign(targets=targets):
            for target in targets:
                _lose(target, scope)
        case ast.NamedExpr(target=target, value=value):
            _assign(target, value, scope)
        case ast.AugAssign(target=target) | ast.For(target=target) | ast.AsyncFor(target=target):
            _lose(target, scope)
        case ast.comprehension(target=target):
            _lose(target, scope)
        case ast.Delete(targets=targets):
            for target in targets:
                _lose(target, scope)
        case ast.withitem(context_expr=value, optional_vars=ast.expr() as target):
            if isinstance(target, ast.Name):
                scope.bind(target.id, Entered(value))
            else:
                _lose(target, scope)


def _unknown_everywhere(name: str, scope: Scope) -> None:
    around: Scope | None = scope
    while around is not None:
        around.bind(name, Unknown())
        around.bind(name, Unknown())
        around = around.outer


def _assign(target: ast.expr, value: ast.expr, scope: Scope) -> None:
    if isinstance(target, ast.Name):
        scope.bind(target.id, value)
    elif (attribute := self_attribute(target)) and scope.inside is not None:
        scope.inside.bind(attribute, value)
    else:
        _lose(target, scope)


def _lose(target: ast.expr, scope: Scope) -> None:
    """Every name in a target is bound to something that is not known."""
    for node in ast.walk(target):
        if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store | ast.Del):
            scope.bind(node.id, Unknown())
        elif (attribute := self_attribute(node)) and scope.inside is not None:
            scope.inside.bind(attribute, Unknown())


def self_attribute(node: ast.AST) -> str:
    """'self.x' for that expression, else ''."""
    if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name) and node.value.id == "self":
        return f"self.{node.attr}"
    return ""
