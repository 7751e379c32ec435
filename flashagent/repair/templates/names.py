"""Variables and attributes: the wrong one, `self.` too much or too little."""

from __future__ import annotations

import ast
import builtins
from collections.abc import Iterator

from flashagent.repair.template import Fix, Site, template


def loaded(node: ast.AST) -> bool:
    return isinstance(getattr(node, "ctx", None), ast.Load)


@template("variable", 0.5, ast.Name, kinds=("unbound",))
def variable(site: Site) -> Iterator[Fix]:
    """Variable replacement by another in scope (scalar variable replacement, Offutt et al. 1996; PAR, Kim et al. 2013)."""
    node = site.node
    assert isinstance(node, ast.Name)
    if not loaded(node) or site.place == "func" or node.id == site.scope.self_name:
        return
    names = [n for n in site.scope.variables if n != node.id]
    if node.id in vars(builtins) or node.id in site.scope.globals:
        names = names if node.id in site.scope.variables else []
    for name in names:
        yield site.swap(node, name, min(1.0, 4.0 / (len(names) + 1)))


@template("assigned variable", 0.25, ast.Name)
def assigned(site: Site) -> Iterator[Fix]:
    """Another target of an assignment (Pan et al. 2009)."""
    node = site.node
    assert isinstance(node, ast.Name)
    if isinstance(node.ctx, ast.Store) and isinstance(site.parent, ast.Assign | ast.AugAssign | ast.Tuple):
        names = [n for n in site.scope.variables if n != node.id]
        for name in names:
            yield site.swap(node, name, min(1.0, 4.0 / (len(names) + 1)))


@template("global name", 0.2, ast.Name)
def global_name(site: Site) -> Iterator[Fix]:
    """A module-level name replaced by another one (reference replacement of PraPR, Ghanbari et al. 2019)."""
    node = site.node
    assert isinstance(node, ast.Name)
    if not loaded(node) or node.id not in site.scope.globals or node.id in site.scope.variables:
        return
    called = site.place == "func"
    names = [n for n in site.scope.globals if n != node.id and (n in site.donors.functions) == called]
    for name in names[:25]:
        yield site.swap(node, name, min(1.0, 5.0 / (len(names) + 1)))


@template("attribute", 0.35, ast.Attribute, kinds=("attribute",))
def attribute(site: Site) -> Iterator[Fix]:
    """Another attribute of the same receiver (field replacement of PraPR, Ghanbari et al. 2019)."""
    node = site.node
    assert isinstance(node, ast.Attribute)
    if not loaded(node):
        return
    end = site.source.span(node)[1]
    start = end - len(node.attr)
    own = (
        isinstance(node.value, ast.Name)
        and node.value.id == site.scope.self_name
        and bool(site.scope.self_name)
    )
    pool = (
        site.scope.attributes
        if own
        else list(site.donors.methods if site.place == "func" else site.donors.attributes)
    )
    names = [n for n in pool if n != node.attr and not n.startswith("__")]
    for name in names[:20]:
        yield site.raw(start, end, name, min(1.0, 3.0 / (len(names) + 1)))


@template("receiver", 0.3, ast.Name, ast.Attribute, kinds=("unbound", "attribute"))
def receiver(site: Site) -> Iterator[Fix]:
    """`self.` added or removed (missing or spurious receiver; variable templates of TBar, Liu et al. 2019)."""
    node, scope = site.node, site.scope
    if not scope.self_name or not loaded(node):
        return
    if isinstance(node, ast.Name) and node.id in scope.attributes:
        yield site.swap(node, f"{scope.self_name}.{node.id}")
    elif (
        isinstance(node, ast.Attribute)
        and isinstance(node.value, ast.Name)
        and node.value.id == scope.self_name
    ):
        if node.attr in scope.variables:
            yield site.swap(node, node.attr)
    elif isinstance(node, ast.Name) and node.id != scope.self_name and isinstance(site.parent, ast.Attribute):
        yield site.swap(node, scope.self_name, 0.3)


@template("variable to constant", 0.08, ast.Name)
def to_constant(site: Site) -> Iterator[Fix]:
    """A variable replaced by 0, 1, None, True or False (constant for scalar, Agrawal et al. 1989)."""
    node = site.node
    assert isinstance(node, ast.Name)
    if (
        loaded(node)
        and site.place != "func"
        and isinstance(site.parent, ast.Call | ast.Return | ast.Compare | ast.BinOp)
    ):
        for text in ("0", "1", "None", "True", "False"):
            yield site.swap(node, text, 0.5, "literal")


@template("constant to variable", 0.3, ast.Constant)
def to_variable(site: Site) -> Iterator[Fix]:
    """A constant replaced by a variable in scope (scalar for constant, Agrawal et al. 1989)."""
    node = site.node
    if isinstance(site.parent, ast.Expr | ast.JoinedStr) or isinstance(getattr(node, "value", None), str):
        return
    names = site.scope.variables
    for name in names:
        yield site.swap(node, name, min(1.0, 3.0 / (len(names) + 1)))


@template("expression to variable", 0.12, ast.Subscript, ast.Attribute, ast.BinOp, ast.Call)
def expression_to_variable(site: Site) -> Iterator[Fix]:
    """A whole expression replaced by a variable in scope (expression replacer of PAR, Kim et al. 2013)."""
    node = site.node
    if (
        not isinstance(getattr(node, "ctx", ast.Load()), ast.Load)
        or isinstance(site.parent, ast.Expr)
        or site.place == "func"
    ):
        return
    names = site.scope.variables
    for name in names:
        yield site.swap(node, name, min(1.0, 3.0 / (len(names) + 1)))
