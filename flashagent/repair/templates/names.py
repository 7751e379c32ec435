"""Variables and attributes: the wrong one, `self.` too much or too little."""

from __future__ import annotations

import ast
import builtins
from collections.abc import Iterator

from flashagent.repair.nodes import lines_of_names, unread
from flashagent.repair.source import Source
from flashagent.repair.template import Fix, Site, template

FORGOTTEN = 2.5  # how much likelier a variable is that nothing in the function reads


def forgotten(site: Site) -> frozenset[str]:
    """Parameters and variables of the function around the place that nothing reads."""
    function = site.source.function_of(site.node)
    return frozenset() if function is None else site.source.once(unread, function)


def nearest(site: Site) -> list[str]:
    """The variables in scope, those that stand on lines near the place first."""
    function = site.source.function_of(site.node)
    if function is None:
        return site.scope.variables
    lines, here = site.source.once(lines_of_names, function), getattr(site.node, "lineno", 0)
    return sorted(
        site.scope.variables, key=lambda n: min((abs(line - here) for line in lines.get(n, ())), default=999)
    )


def loaded(node: ast.AST) -> bool:
    return isinstance(getattr(node, "ctx", None), ast.Load)


@template("variable", 0.21, ast.Name, kinds=("unbound",))
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
        share = FORGOTTEN if name in forgotten(site) else 1.0
        yield site.swap(node, name, min(1.0, 4.0 / (len(names) + 1)) * share)


@template("assigned variable", 0.1, ast.Name)
def assigned(site: Site) -> Iterator[Fix]:
    """Another target of an assignment (Pan et al. 2009)."""
    node = site.node
    assert isinstance(node, ast.Name)
    if isinstance(node.ctx, ast.Store) and isinstance(site.parent, ast.Assign | ast.AugAssign | ast.Tuple):
        names = [n for n in site.scope.variables if n != node.id]
        for name in names:
            yield site.swap(node, name, min(1.0, 4.0 / (len(names) + 1)))


@template("global name", 0.16, ast.Name)
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


@template("attribute", 0.26, ast.Attribute, kinds=("attribute",))
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
        yield site.swap(node, scope.self_name, 0.5)
    elif isinstance(node, ast.Name) and isinstance(site.parent, ast.Attribute):
        for name in scope.parameters[1:4]:
            yield site.swap(node, name, 0.5)


@template("operand exchanged", 0.088, ast.Subscript, ast.Call, ast.Attribute, ast.Name, ast.BinOp)
def expression_beside(site: Site) -> Iterator[Fix]:
    """An expression replaced by one of the same kind that stands elsewhere in the function (ingredients at the level of
    expressions: Martinez et al. 2014; ssFix, Xin and Reiss 2017)."""
    node = site.node
    if (
        not isinstance(getattr(node, "ctx", ast.Load()), ast.Load)
        or site.place == "func"
        or isinstance(site.parent, ast.Expr)
    ):
        return
    texts = expressions_beside(site)
    own = site.text(node)
    near = 0.4 if isinstance(node, ast.Name) else 1.0
    for text in texts:
        if text != own and text not in own:
            # An expression put inside itself fits a test by its numbers now and then, and is hardly ever meant.
            nested = 0.3 if own in text else 1.0
            yield site.swap(node, text, min(0.8, 5.0 / len(texts)) * near * nested)
    here = site.text(site.statement) if site.statement is not None else ""
    for text in elements_beside(site):
        if text != own and own not in text:
            # Likelier where the same statement takes another element of it.
            yield site.swap(node, text, 0.8 if text.rpartition("[")[0] + "[" in here else 0.4 * near)


@template(
    "operand added", 0.048, ast.BinOp, ast.Name, ast.Subscript, ast.Call, ast.Tuple, ast.List, ast.JoinedStr
)
def operand_added(site: Site) -> Iterator[Fix]:
    """A forgotten summand or difference taken from the function itself (expression insertion: SemFix, Nguyen et al. 2013)."""
    node, parent = site.node, site.parent
    if not isinstance(getattr(node, "ctx", ast.Load()), ast.Load) or not isinstance(
        parent,
        ast.Return
        | ast.Yield
        | ast.Assign
        | ast.AugAssign
        | ast.Compare
        | ast.Subscript
        | ast.Call
        | ast.BinOp,
    ):
        return
    near = 0.4 if isinstance(parent, ast.BinOp) else 1.0
    if site.place in ("func", "value") and isinstance(parent, ast.Subscript | ast.Call):
        return
    unused = forgotten(site)
    names = sorted((n for n in nearest(site) if n != site.text(node)), key=lambda n: n not in unused)[:5]
    if isinstance(node, ast.Tuple | ast.List | ast.JoinedStr):
        for name in names:
            yield site.swap(node, f"{name} + {site.text(node)}", min(0.8, 4.0 / len(names)) * near)
        return
    if isinstance(node, ast.Name) and isinstance(parent, ast.Compare | ast.Return):
        yield site.swap(node, f"{node.id} * {node.id}", 0.4)
    texts = [*names, *expressions_beside(site)[:8]]
    if following := next_element(site):
        yield site.swap(node, f"{site.text(node)} + {following}", 1.5)
    for text in texts:
        for operator, weight in (("+", 1.0), ("-", 0.6), ("*", 0.4)):
            yield site.swap(
                node, f"{site.text(node)} {operator} {text}", min(0.8, 6.0 / len(texts)) * weight * near
            )
        if isinstance(node, ast.Name | ast.Subscript | ast.Call):
            yield site.swap(node, f"{text} - {site.text(node)}", min(0.8, 6.0 / len(texts)) * 0.5 * near)
    if isinstance(node, ast.Name) and isinstance(parent, ast.Yield | ast.Return | ast.Call):
        for name in names[:3]:  # texts and lists are joined in their order
            yield site.swap(node, f"{name} + {node.id}", 0.5)


def expressions_beside(site: Site) -> list[str]:
    """Short subscripts, attributes, calls and sums of the same function."""
    function = site.source.function_of(site.node)
    if function is None:
        return []
    return site.source.once(site.source.expressions, function)


@template("first and the rest", 0.14, ast.Name, ast.Call, kinds=("recursion",))
def first_and_rest(site: Site) -> Iterator[Fix]:
    """The first element put before what was made of the others, in functions that take `x[1:]` (expression insertion:
    SemFix, Nguyen et al. 2013)."""
    node, function = site.node, site.source.function_of(site.node)
    if function is None or not isinstance(getattr(node, "ctx", ast.Load()), ast.Load):
        return
    if site.place not in ("elt", "value", "right") or isinstance(site.parent, ast.Attribute | ast.Subscript):
        return
    for owner in site.source.once_of_text(_taken_apart, function)[:3]:
        yield site.swap(node, f"[{owner}[0]] + {site.text(node)}")
        yield site.swap(node, f"{owner}[0] + {site.text(node)}", 0.8)


def _taken_apart(source: Source, function: ast.AST) -> list[str]:
    """What the function takes all but the first elements of."""
    slices = (
        n for n in ast.walk(function) if isinstance(n, ast.Subscript) and isinstance(n.slice, ast.Slice)
    )
    owners = {
        source.text_of(n.value)
        for n in slices
        if isinstance(n.slice, ast.Slice) and n.slice.upper is None and n.slice.lower is not None
    }
    return sorted(owners)


def elements_beside(site: Site) -> list[str]:
    """The first and the second element of what the function takes another element of."""
    function = site.source.function_of(site.node)
    return [] if function is None else site.source.once_of_text(_first_elements, function)


def _first_elements(source: Source, function: ast.AST) -> list[str]:
    found: dict[str, None] = {}
    for node in ast.walk(function):
        if isinstance(node, ast.Subscript) and isinstance(node.ctx, ast.Load) and _numbered(node.slice):
            found |= {f"{source.text_of(node.value)}[{place}]": None for place in (0, 1)}
    there = {*source.once(source.expressions, function)}
    return [text for text in found if text not in there and len(text) <= 30][:8]


def _numbered(node: ast.expr) -> bool:
    return isinstance(node, ast.Constant) and type(node.value) is int


def next_element(site: Site) -> str:
    """The element behind the last one of a sum, '' when the node does not end with an element: `a[i] + a[i + 1]` goes on
    with `a[i + 2]`."""
    node = site.node
    last = node.right if isinstance(node, ast.BinOp) and isinstance(node.op, ast.Add) else node
    if not isinstance(last, ast.Subscript):
        return ""
    place, owner = last.slice, site.text(last.value)
    if isinstance(place, ast.Name):
        return f"{owner}[{place.id} + 1]"
    if isinstance(place, ast.Constant) and type(place.value) is int:
        return f"{owner}[{place.value + 1}]"
    if (
        isinstance(place, ast.BinOp)
        and isinstance(place.op, ast.Add)
        and isinstance(place.right, ast.Constant)
    ):
        step = place.right.value
        return f"{owner}[{site.text(place.left)} + {step + 1}]" if type(step) is int else ""
    return ""


@template("variable to constant", 0.043, ast.Name)
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
    elif loaded(node) and isinstance(site.parent, ast.List | ast.Tuple):
        for text in ("0", "1"):  # the first entry of a table, the start of a pair
            yield site.swap(node, text)
    elif (
        loaded(node) and isinstance(site.parent, ast.Assign) and isinstance(site.parent.targets[0], ast.Name)
    ):
        for text in ("0", "1", "None", "[]", "''"):  # a wrong start value
            yield site.swap(node, text)


@template("constant to variable", 0.15, ast.Constant)
def to_variable(site: Site) -> Iterator[Fix]:
    """A constant replaced by a variable in scope (scalar for constant, Agrawal et al. 1989)."""
    node = site.node
    if isinstance(site.parent, ast.Expr | ast.JoinedStr) or isinstance(getattr(node, "value", None), str):
        return
    names = site.scope.variables
    for name in names:
        yield site.swap(node, name, min(1.0, 3.0 / (len(names) + 1)))


@template("expression to variable", 0.066, ast.Subscript, ast.Attribute, ast.BinOp, ast.Call)
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
