"""The uses of libraries that a change adds to Python files: which attributes are taken and how things are called. Pure.

A use is a list of steps from an imported module. Uses under a guard (a try, a version test, `pytest.raises`) are left out:
they are meant to fail somewhere.
"""

from __future__ import annotations

import ast
from collections.abc import Sequence

from flashagent.dataclass import dataclass
from flashagent.diagnose.scopes import (
    Bound,
    Entered,
    Imported,
    Scope,
    Unknown,
    scopes_of,
    self_attribute,
)
from flashagent.syntax.python import BARE, children, parsed, statements

_DEEPEST = 12
_GUARDS = (
    "hasattr",
    "getattr",
    "isinstance",
    "version",
    "platform",
    "TYPE_CHECKING",
    "os.name",
    "PY",
    "callable",
    "HAS_",
    "HAVE_",
)
_GUARDING = frozenset({
    ast.Try, ast.TryStar, ast.If, ast.IfExp, ast.BoolOp, ast.While, ast.With, ast.AsyncWith, ast.FunctionDef,
    ast.AsyncFunctionDef, ast.ClassDef,
})  # fmt: skip
_EXPECTED = ("raises", "suppress", "assertRaises", "warns", "skip", "xfail", "deprecated")


@dataclass(frozen=True, slots=True)
class Step:
    """`kind` is 'import' (text: the module), 'attr' (text: the name), 'call', 'enter' (of a with) or 'await'. `keywords` and
    `positional` are those of a call; `open` says that more come by * or **."""

    kind: str
    text: str = ""
    positional: int = 0
    keywords: tuple[str, ...] = ()
    open: bool = False


Steps = tuple[Step, ...]


@dataclass(frozen=True, slots=True)
class Use:
    """One use and the line of its last step."""

    steps: Steps
    line: int
    column: int

    @property
    def module(self) -> str:
        return self.steps[0].text


def added_uses(before: str | None, after: str) -> tuple[Use, ...]:
    """The uses in `after` that `before` does not have, each once, at its first place; none when `after` does not parse."""
    if statements(before or "") == statements(after):
        return ()  # at most a comment differs
    known = {use.steps for use in all_uses(before or "")}
    fresh: dict[Steps, Use] = {}
    for use in all_uses(after):
        if use.steps not in known:
            fresh.setdefault(use.steps, use)
    return tuple(fresh.values())


def all_uses(text: str) -> tuple[Use, ...]:
    tree = parsed(text)
    if tree is None:
        return ()
    collector = _Collector(scopes_of(tree), text.split("\n"), _stored(tree))
    try:
        collector.visit(tree, None)
    except RecursionError:
        return ()
    return tuple(collector.uses)


def _stored(tree: ast.AST) -> frozenset[str]:
    targets = (node for node in ast.walk(tree) if isinstance(node, ast.Attribute))
    return frozenset(node.attr for node in targets if isinstance(node.ctx, ast.Store | ast.Del))


class _Collector:
    """`stored` are attributes that the file itself gives to objects: any object may then have them."""

    def __init__(self, scopes: dict[ast.AST, Scope], lines: list[str], stored: frozenset[str]) -> None:
        self._scopes = scopes
        self._stored = stored
        self._lines = lines
        self.uses: list[Use] = []

    def visit(self, node: ast.AST, scope: Scope | None) -> None:
        """Collect the uses below a node, longest chains only; guarded parts are passed over."""
        inner = self._scopes.get(node, scope)
        if isinstance(node, ast.ImportFrom):
            self._from_import(node)
        elif isinstance(node, (ast.Attribute, ast.Call)) and inner is not None:
            self._chain(node, inner)
        for child in _unguarded(node):
            if type(child) not in BARE:
                self.visit(child, inner)

    def _from_import(self, node: ast.ImportFrom) -> None:
        if node.module and not node.level:
            for alias in node.names:
                if alias.name != "*":
                    steps = (Step("import", node.module), Step("attr", alias.name))
                    self._add(steps, alias.lineno, alias.col_offset)

    def _chain(self, node: ast.Attribute | ast.Call, scope: Scope) -> None:
        if isinstance(node, ast.Attribute) and not isinstance(node.ctx, ast.Load):
            return
        steps = self._steps(node, scope, 0)
        if steps is not None and len(steps) > 1:
            line = node.end_lineno if isinstance(node, ast.Attribute) and node.end_lineno else node.lineno
            self._add(steps, line, node.col_offset)

    def _add(self, steps: Steps, line: int, column: int) -> None:
        if any(step.kind == "attr" and step.text in self._stored for step in steps):
            return
        if "type: ignore" not in (self._lines[line - 1] if line <= len(self._lines) else ""):
            self.uses.append(Use(steps, line, column + 1))

    def _steps(self, node: ast.expr, scope: Scope, depth: int) -> Steps | None:
        """The steps that lead to the value of an expression; None when it does not begin with an import."""
        if depth > _DEEPEST:
            return None
        attribute = self_attribute(node)
        if attribute and scope.inside is not None:
            return self._of_bound(scope.inside.names.get(attribute, ()), scope.inside, depth)
        match node:
            case ast.Name(id=name):
                found = scope.find(name)
                return None if found is None else self._of(found[0], found[1], depth)
            case ast.Attribute(value=value, attr=attr):
                return _longer(self._steps(value, scope, depth + 1), Step("attr", attr))
            case ast.Call(func=func):
                return _longer(self._steps(func, scope, depth + 1), _call(node))
            case ast.Await(value=value):
                return _longer(self._steps(value, scope, depth + 1), Step("await"))
        return None

    def _of_bound(self, bound: list[Bound] | tuple[()], scope: Scope, depth: int) -> Steps | None:
        """What `self.x` is, where the class assigns it once."""
        if len(bound) != 1 or not isinstance(bound[0], ast.Call):
            return None
        # The arguments may be names of a method; only the called thing is looked up, from around the class.
        around = scope.outer or scope
        return self._of(bound[0], around, depth)

    def _of(self, bound: Bound, scope: Scope, depth: int) -> Steps | None:
        match bound:
            case Imported(module=module, name=""):
                return (Step("import", module),)
            case Imported(module=module, name=name):
                return (Step("import", module), Step("attr", name))
            case Entered(value=value):
                return _longer(self._steps(value, scope, depth + 1), Step("enter"))
            case Unknown():
                return None
            case ast.Call() | ast.Attribute() | ast.Name() | ast.Await():
                return self._steps(bound, scope, depth + 1)
        return None


def _longer(steps: Steps | None, step: Step) -> Steps | None:
    return None if steps is None else (*steps, step)


def _call(node: ast.Call) -> Step:
    named = tuple(sorted(one.arg for one in node.keywords if one.arg is not None))
    starred = any(isinstance(one, ast.Starred) for one in node.args) or len(named) < len(node.keywords)
    return Step("call", "", sum(not isinstance(one, ast.Starred) for one in node.args), named, starred)


def _unguarded(node: ast.AST) -> Sequence[ast.AST]:
    """The children, without those that are expected to fail somewhere."""
    if type(node) not in _GUARDING:
        return children(node)
    if isinstance(node, ast.Try | ast.TryStar) and node.handlers:
        return (*node.orelse, *node.finalbody)
    return () if _is_guard(node) else children(node)


def _is_guard(node: ast.AST) -> bool:
    if isinstance(node, ast.If | ast.IfExp | ast.BoolOp | ast.While):
        return _mentions(_test(node), _GUARDS)
    if isinstance(node, ast.With | ast.AsyncWith):
        return any(_mentions(one, _EXPECTED) for one in node.items)
    return _is_decorated(node, _EXPECTED)


def _test(node: ast.If | ast.IfExp | ast.BoolOp | ast.While) -> ast.AST:
    return node if isinstance(node, ast.BoolOp) else node.test


def _is_decorated(node: ast.AST, words: tuple[str, ...]) -> bool:
    return isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef) and any(
        _mentions(one, words) for one in node.decorator_list
    )


def _mentions(node: ast.AST, words: tuple[str, ...]) -> bool:
    text = ast.unparse(node)
    return any(word in text for word in words)
