"""Results: what is returned, yielded or raised, and what is caught."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from flashagent.repair.template import Fix, Site, template

_YIELDING = (ast.Assign, ast.AugAssign, ast.Expr, ast.If, ast.For, ast.While)


@template("returned value", 0.19, ast.Return)
def returned(site: Site) -> Iterator[Fix]:
    """Another value returned (return value mutation: PraPR, Ghanbari et al. 2019; PAR)."""
    node = site.node
    assert isinstance(node, ast.Return)
    if node.value is None:
        start = site.source.span(node)[1]
        for name in site.scope.variables[:10]:
            yield site.raw(start, start, f" {name}", 0.8)
        return
    text = site.text(node.value)
    if isinstance(node.value, ast.Compare | ast.BoolOp | ast.Call | ast.Name) and text not in (
        "True",
        "False",
    ):
        yield site.swap(node.value, f"not {site.operand(node.value)}", 1.2)
    for name in site.scope.variables[:10]:
        if name == text:
            continue
        if not isinstance(node.value, ast.Name):
            yield site.swap(node.value, name, 0.4)
        yield site.swap(node.value, f"{site.operand(node.value)} + {name}", 0.3)
        yield site.swap(node.value, f"{site.operand(node.value)} or {name}", 0.15)


@template("base case value", 0.2, ast.Return, kinds=("recursion",))
def base_case_value(site: Site) -> Iterator[Fix]:
    """The value of a base case: empty, one empty, the argument (small-function experience of Goues et al.'s benchmarks)."""
    node = site.node
    assert isinstance(node, ast.Return)
    if node.value is None or not isinstance(
        node.value, ast.Constant | ast.List | ast.Tuple | ast.Dict | ast.Name
    ):
        return
    text = site.text(node.value)
    for other in ("[]", "[[]]", "0", "1", "-1", "None", "''", "True", "False", "()", "{}"):
        if other != text:
            yield site.swap(node.value, other, 0.5)


@template("missing return", 0.5, ast.Expr, ast.Assign, kinds=("none",))
def missing_return(site: Site) -> Iterator[Fix]:
    """`return` forgotten before an expression (missing operation templates of PyTER; TBar)."""
    node, source = site.node, site.source
    if isinstance(node, ast.Expr) and not isinstance(
        node.value, ast.Constant | ast.Yield | ast.YieldFrom | ast.Await
    ):
        start = source.span(node)[0]
        yield site.raw(start, start, "return ")
    function = source.function_of(node)
    if function is not None and isinstance(node, ast.stmt) and node is function.body[-1]:
        receiver = [site.scope.self_name] if site.scope.self_name else []
        for name in [*site.scope.variables[:10], *receiver]:
            edit = source.insert_after(node, [f"return {name}"])
            if edit is not None:
                yield Fix((edit,), 0.6)


@template("yield", 0.6, ast.Expr)
def yields(site: Site) -> Iterator[Fix]:
    """`yield` against `yield from` (Python counterpart of SOFix's wrong-call fixes)."""
    node = site.node
    assert isinstance(node, ast.Expr)
    start = site.source.span(node.value)[0]
    if isinstance(node.value, ast.Yield) and node.value.value is not None:
        yield site.raw(start, start + len("yield"), "yield from")
    elif isinstance(node.value, ast.YieldFrom):
        text = site.source.text_of(node.value)
        yield site.raw(start, start + len(text) - len(text.split("from", 1)[1]), "yield")
    elif isinstance(node.value, ast.Call):
        yield site.raw(start, start, "yield from ", 0.5)
        yield site.raw(start, start, "yield ", 0.2)


@template("missing yield", 0.19, *_YIELDING)
def missing_yield(site: Site) -> Iterator[Fix]:
    """A generator that passes over a value: a variable, or a part that the function looks at (missing statement patterns
    of Pan et al. 2009)."""
    node, function = site.node, site.source.function_of(site.node)
    if function is None or not isinstance(node, ast.stmt):
        return
    inside = list(ast.walk(function))
    if not any(isinstance(n, ast.Yield | ast.YieldFrom) for n in inside):
        return
    parts = [
        site.text(n)
        for n in inside
        if isinstance(n, ast.Attribute | ast.Subscript) and isinstance(n.ctx, ast.Load)
    ]
    values = list(dict.fromkeys([*site.scope.variables[:6], *parts]))[:12]
    owners = {text.partition("[")[0] for text in parts if "[" in text}
    values += [
        f"{owner}[{n}]" for owner in sorted(owners)[:2] for n in (0, 1) if f"{owner}[{n}]" not in values
    ]
    for value in values:
        for edit in (
            site.source.insert_after(node, [f"yield {value}"]),
            site.source.insert_before(node, [f"yield {value}"]),
        ):
            if edit is not None:
                yield Fix((edit,), min(1.0, 6 / len(values)), "insertion")


@template("raised type", 0.5, ast.Raise, kinds=("wrong exception",))
def raised_type(site: Site) -> Iterator[Fix]:
    """Another exception type raised, those that the failing test names first (exception templates of TBar)."""
    node = site.node
    assert isinstance(node, ast.Raise)
    if node.exc is None:
        return
    kind = node.exc.func if isinstance(node.exc, ast.Call) else node.exc
    current = site.text(kind)
    for name, weight in _types(site):
        if name != current:
            yield site.swap(kind, name, weight)


@template("caught type", 0.4, ast.ExceptHandler, kinds=("wrong exception", "key", "index", "type"))
def caught_type(site: Site) -> Iterator[Fix]:
    """Another or one more exception type caught (catch templates of TBar, Liu et al. 2019)."""
    node = site.node
    assert isinstance(node, ast.ExceptHandler)
    if node.type is None:
        return
    kinds = node.type.elts if isinstance(node.type, ast.Tuple) else [node.type]
    current = [site.text(k) for k in kinds]
    for name, weight in _types(site):
        if name not in current:
            yield site.swap(node.type, name, weight)
            yield site.swap(
                node.type,
                f"({', '.join([*current, name])})",
                weight,
                "swallow" if name == "Exception" else "",
            )
    if len(current) > 1:
        for name in current:
            rest = [k for k in current if k != name]
            yield site.swap(node.type, rest[0] if len(rest) == 1 else f"({', '.join(rest)})", 0.5)


def _types(site: Site) -> list[tuple[str, float]]:
    usual = ("ValueError", "TypeError", "KeyError", "IndexError", "AttributeError", "StopIteration", "LookupError",
             "RuntimeError", "ZeroDivisionError", "OSError", "Exception")  # fmt: skip
    weights = (
        dict.fromkeys(usual, 0.4)
        | dict.fromkeys(site.donors.exceptions, 0.6)
        | dict.fromkeys(site.donors.test_exceptions, 1.0)
    )
    return sorted(weights.items(), key=lambda pair: -pair[1])


@template("conditional value", 0.25, ast.IfExp)
def conditional_value(site: Site) -> Iterator[Fix]:
    """The branches of a conditional expression exchanged, or one taken alone (ternary templates of TBar)."""
    node = site.node
    assert isinstance(node, ast.IfExp)
    body, orelse = site.text(node.body), site.text(node.orelse)
    yield Fix((site.source.replace(node.body, orelse), site.source.replace(node.orelse, body)), 1.5)
    yield site.swap(node, body, 0.5)
    yield site.swap(node, orelse, 0.5)
