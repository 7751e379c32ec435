"""Coercions: a value brought into the form that the rest expects, by a statement of its own or where it is used."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from flashagent.repair.source import FunctionNode
from flashagent.repair.template import Fix, Site, template

_FORMS = ("str({})", "{}.strip()", "{}.lower()", "list({})", "int({})", "tuple({})", "dict({})")
_TURNED = (("int", "' ' * {}"), ("int", "str({})"), ("str", "[{}]"), ("bytes", "{}.decode()"), ("str", "{}.encode()"), ("float", "int({})"), ("tuple", "list({})"), ("str", "int({})"))  # fmt: skip
_METHODS = ("lower()", "strip()", "upper()", "rstrip()", "lstrip()", "read()", "decode()", "encode()", "copy()", "casefold()", "total_seconds()")  # fmt: skip
_ENCODED = frozenset({"open", "read_text", "write_text"})


@template("brought into form", 0.1, ast.FunctionDef, ast.For, kinds=("type", "attribute"))
def brought_into_form(site: Site) -> Iterator[Fix]:
    """`x = str(x)` before a parameter or an element of a loop is used (type cast templates of PyTER, Oh and Oh 2022)."""
    node, source = site.node, site.source
    assert isinstance(node, ast.FunctionDef | ast.For)
    body = [s for s in node.body if s not in source.docstring_nodes]
    if not body:
        return
    names = _incoming(site)[:4]
    for name in names:
        for form in _FORMS:
            edit = source.insert_before(body[0], [f"{name} = {form.format(name)}"])
            if edit is not None:
                yield Fix((edit,), 0.5, "insertion")


@template("default made", 0.14, ast.FunctionDef, ast.AsyncFunctionDef, kinds=("none", "type", "attribute"))
def default_made(site: Site) -> Iterator[Fix]:
    """`if x is None: x = {}` at the top of a function (None templates of PyTER; null checkers of PAR, Kim et al. 2013)."""
    node, source = site.node, site.source
    assert isinstance(node, FunctionNode)
    body = [s for s in node.body if s not in source.docstring_nodes]
    scope = source.scope(node)
    for name in [p for p in scope.parameters if p != scope.self_name][:4] if body else ():
        for value in ("{}", "[]", "''", "0", "()"):
            edit = source.insert_before(body[0], [f"if {name} is None:", f"    {name} = {value}"])
            if edit is not None:
                yield Fix((edit,), 0.5, "insertion")
        for own in [a for a in (name, f"_{name}") if scope.self_name and a in scope.attributes]:
            lines = [f"if {name} is None:", f"    {name} = {scope.self_name}.{own}"]
            edit = source.insert_before(body[0], lines)
            if edit is not None:
                yield Fix((edit,), 2.0, "insertion")


@template("method asked", 0.1, ast.Name, ast.Attribute, ast.Subscript, ast.Call, kinds=("type", "attribute"))
def method_asked(site: Site) -> Iterator[Fix]:
    """`x.lower()`, `x.strip()` and their like where the value itself was taken (method templates of SOFix, Liu and Zhong
    2018)."""
    node, parent = site.node, site.parent
    if not isinstance(getattr(node, "ctx", ast.Load()), ast.Load) or site.place == "func":
        return
    if isinstance(parent, ast.Attribute | ast.Expr | ast.ExceptHandler | ast.Raise | ast.arguments):
        return
    text = site.text(node)
    looked_at = isinstance(parent, ast.Compare | ast.Subscript) or (
        isinstance(parent, ast.Call) and site.place == "args"
    )
    for method in _METHODS:
        if not text.endswith(f".{method}"):
            yield site.swap(node, f"{text}.{method}", 0.6 if looked_at else 0.25)


@template("encoding named", 0.4, ast.Call)
def encoding_named(site: Site) -> Iterator[Fix]:
    """Files opened as UTF-8, whatever the machine's own encoding is, and with errors passed over (missing arguments: PyTER)."""
    node = site.node
    assert isinstance(node, ast.Call)
    name = node.func.id if isinstance(node.func, ast.Name) else getattr(node.func, "attr", "")
    present = {k.arg for k in node.keywords}
    if name not in _ENCODED or "encoding" in present:
        return
    pieces = [site.text(a) for a in [*node.args, *node.keywords]]
    for offer in ('encoding="utf-8"', 'encoding="utf-8", errors="ignore"', 'errors="ignore"'):
        yield site.swap(node, f"{site.text(node.func)}({', '.join([*pieces, offer])})")


@template(
    "tried",
    0.08,
    ast.Assign,
    ast.Return,
    ast.Expr,
    kinds=("key", "type", "attribute", "index", "wrong exception"),
)
def tried(site: Site) -> Iterator[Fix]:
    """`try` around a statement, and what a function of this kind gives when there is nothing to give (try-catch templates of
    TBar, Liu et al. 2019)."""
    node, source = site.node, site.source
    assert isinstance(node, ast.stmt)
    whole, indent = source.whole_lines(node), source.indent_of(node)
    if whole is None or indent is None or source.function_of(node) is None or node in source.docstring_nodes:
        return
    body = source.reindented(whole, indent, indent + source.step)
    in_loop = any(isinstance(a, ast.For | ast.While) for a in source.ancestors(node))
    answers = [
        "return None",
        "return False",
        "return NotImplemented",
        *(["continue"] if in_loop else ["pass"]),
    ]
    for error in site.donors.failing_exceptions[:2]:
        for answer in answers:
            text = f"{indent}try:{source.newline}{body}{indent}except {error}:{source.newline}{indent}{source.step}{answer}{source.newline}"
            yield site.raw(*whole, text, 0.5, "swallow" if answer in ("pass", "continue") else "early-return")


@template("or to None", 0.5, ast.BoolOp, kinds=("none",))
def or_to_none(site: Site) -> Iterator[Fix]:
    """`x or y` that should keep an empty x: only None gives way (truthiness slips; None templates of PyTER, Oh and Oh 2022)."""
    node, source, parent = site.node, site.source, site.parent
    assert isinstance(node, ast.BoolOp)
    if not isinstance(node.op, ast.Or) or len(node.values) != 2:
        return
    left, right = (site.text(v) for v in node.values)
    if isinstance(parent, ast.Assign) and len(parent.targets) == 1 and site.place == "value":
        target = site.text(parent.targets[0])
        behind = source.insert_after(parent, [f"if {target} is None:", f"    {target} = {right}"])
        if behind is not None:
            whole, indent = source.whole_lines(parent), source.indent_of(parent)
            if left == target and whole is not None:
                text = f"{indent}if {target} is None:{source.newline}{indent}{source.step}{target} = {right}{source.newline}"
                yield site.raw(*whole, text)
            else:
                yield Fix((source.replace(node, left), behind))
    elif isinstance(node.values[0], ast.Name | ast.Attribute):
        yield site.swap(node, f"{left} if {left} is not None else {right}", 0.6)


def _kinds(site: Site) -> list[str]:
    """Types that the file asks for with `isinstance`, and the usual ones."""
    return list(
        dict.fromkeys([*site.source.once(kinds_asked, site.source.tree), "str", "list", "int", "dict"])
    )[:8]


def kinds_asked(tree: ast.AST) -> list[str]:
    """The second arguments of `isinstance`, taken apart, in order."""
    found: dict[str, None] = {}
    for node in ast.walk(tree):
        if (
            isinstance(node, ast.Call)
            and isinstance(node.func, ast.Name)
            and node.func.id == "isinstance"
            and len(node.args) == 2
        ):
            kinds = node.args[1].elts if isinstance(node.args[1], ast.Tuple) else [node.args[1]]
            found |= dict.fromkeys(ast.unparse(k) for k in kinds if isinstance(k, ast.Name | ast.Attribute))
    return list(found)


@template("only for its kind", 0.1, ast.Assign, ast.Expr, ast.Return, kinds=("type", "attribute"))
def only_for_its_kind(site: Site) -> Iterator[Fix]:
    """A statement that is only for values of one kind: `if isinstance(x, str): x = x.encode()` (type guards of PyTER, Oh and Oh
    2022)."""
    node, source = site.node, site.source
    assert isinstance(node, ast.stmt)
    whole, indent = source.whole_lines(node), source.indent_of(node)
    if whole is None or indent is None or source.function_of(node) is None or node in source.docstring_nodes:
        return
    names = dict.fromkeys(
        n.id for n in ast.walk(node) if isinstance(n, ast.Name) and isinstance(n.ctx, ast.Load)
    )
    variables = [n for n in names if n in site.scope.variables][:3]
    body = source.reindented(whole, indent, indent + source.step)
    for name in variables:
        for kind in _kinds(site):
            for sign in ("", "not "):
                text = f"{indent}if {sign}isinstance({name}, {kind}):{source.newline}{body}"
                yield site.raw(*whole, text, 0.4 if sign else 0.6, "guard")


@template("made of its kind", 0.1, ast.FunctionDef, ast.For, kinds=("type", "attribute"))
def made_of_its_kind(site: Site) -> Iterator[Fix]:
    """`if not isinstance(x, str): x = str(x)` before a parameter or an element of a loop is used (type cast templates of
    PyTER, Oh and Oh 2022)."""
    node, source = site.node, site.source
    assert isinstance(node, ast.FunctionDef | ast.For)
    body = [s for s in node.body if s not in source.docstring_nodes]
    for name in _incoming(site)[:4] if body else ():
        for kind in _kinds(site):
            edit = source.insert_before(
                body[0], [f"if not isinstance({name}, {kind}):", f"    {name} = {kind}({name})"]
            )
            if edit is not None:
                yield Fix((edit,), 0.5, "insertion")


@template("turned into its kind", 0.1, ast.FunctionDef, ast.For, kinds=("type", "attribute"))
def turned_into_its_kind(site: Site) -> Iterator[Fix]:
    """`if isinstance(x, int): x = str(x)` before a parameter or an element is used: one kind made another where it comes in (type
    cast templates of PyTER, Oh and Oh 2022)."""
    node, source = site.node, site.source
    assert isinstance(node, ast.FunctionDef | ast.For)
    body = [s for s in node.body if s not in source.docstring_nodes]
    for name in _incoming(site)[:4] if body else ():
        for kind, made in _TURNED:
            lines = [f"if isinstance({name}, {kind}):", f"    {name} = {made.format(name)}"]
            edit = source.insert_before(body[0], lines)
            if edit is not None:
                yield Fix((edit,), 0.5, "insertion")


@template("default inside", 0.9, ast.BoolOp, kinds=("key", "none"))
def default_inside(site: Site) -> Iterator[Fix]:
    """`d[k] or v` and `d.get(k) or v` as `d.get(k, v)` (missing key guards: Getafix, Bader et al. 2019; PyTER)."""
    node = site.node
    assert isinstance(node, ast.BoolOp)
    first = node.values[0]
    if not isinstance(node.op, ast.Or) or len(node.values) != 2:
        return
    other = site.text(node.values[1])
    if isinstance(first, ast.Subscript) and not isinstance(first.slice, ast.Slice):
        key, base = site.text(first.slice), site.text(first.value)
        yield site.swap(node, f"{base}.get({key}, {other})")
        yield site.swap(first, f"{base}.get({key})")
    elif isinstance(first, ast.Call) and getattr(first.func, "attr", "") == "get" and len(first.args) == 1:
        yield site.swap(node, f"{site.text(first.func)}({site.text(first.args[0])}, {other})", 0.6)


def _incoming(site: Site) -> list[str]:
    """The parameters of a function without its receiver, or the variables of a loop."""
    node = site.node
    if isinstance(node, FunctionNode):
        scope = site.source.scope(node)
        return [p for p in scope.parameters if p != scope.self_name]
    assert isinstance(node, ast.For)
    return [n.id for n in ast.walk(node.target) if isinstance(n, ast.Name)]


@template("or nothing", 0.1, ast.Call, ast.Name)
def or_nothing(site: Site) -> Iterator[Fix]:
    """`x or None` where what is empty counts as nothing (None templates of PyTER, Oh and Oh 2022)."""
    if isinstance(site.parent, ast.Assign | ast.Return) and site.place == "value":
        yield site.swap(site.node, f"{site.text(site.node)} or None", 0.6)
