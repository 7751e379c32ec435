"""Coercions: a value brought into the form that the rest expects, by a statement of its own or where it is used."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from flashagent.repair.source import FunctionNode
from flashagent.repair.template import Fix, Site, template

_FORMS = ("str({})", "{}.strip()", "{}.lower()", "list({})", "int({})", "tuple({})", "dict({})")
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
    if isinstance(node, FunctionNode):
        scope = source.scope(node)
        names = [p for p in scope.parameters if p != scope.self_name][:4]
    else:
        names = [n.id for n in ast.walk(node.target) if isinstance(n, ast.Name)][:2]
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
    lines = source.text[slice(*whole)].splitlines(keepends=True)
    body = "".join("    " + line if line.strip() else line for line in lines)
    in_loop = any(isinstance(a, ast.For | ast.While) for a in source.ancestors(node))
    answers = [
        "return None",
        "return False",
        "return NotImplemented",
        *(["continue"] if in_loop else ["pass"]),
    ]
    for error in site.donors.failing_exceptions[:2]:
        for answer in answers:
            text = f"{indent}try:{source.newline}{body}{indent}except {error}:{source.newline}{indent}    {answer}{source.newline}"
            yield site.raw(*whole, text, 0.5, "swallow" if answer in ("pass", "continue") else "early-return")
