"""Guards: a condition around a statement, an early result, a missing base case, a missing error."""

from __future__ import annotations

import ast
import builtins
import re
from collections.abc import Iterator

from flashagent.repair.source import FunctionNode
from flashagent.repair.template import Fix, Site, template

_BUILTIN_ERRORS = frozenset(
    n for n, v in vars(builtins).items() if isinstance(v, type) and issubclass(v, Exception)
)
_GUARDED = (ast.Assign, ast.AugAssign, ast.Expr, ast.Return, ast.For, ast.While)


def used_names(site: Site) -> list[str]:
    """Variables that the statement reads, those it subscripts or asks attributes of first."""
    first, then = [], []
    for node in ast.walk(site.node):
        if isinstance(node, ast.Attribute | ast.Subscript) and isinstance(node.value, ast.Name):
            first.append(node.value.id)
        elif isinstance(node, ast.Name) and isinstance(node.ctx, ast.Load):
            then.append(node.id)
    return [n for n in dict.fromkeys([*first, *then]) if n in site.scope.variables]


@template("guard statement", 0.15, *_GUARDED, kinds=("none", "index", "key", "type"))
def guard_statement(site: Site) -> Iterator[Fix]:
    """`if ...:` put around a statement (null and range checkers of PAR, Kim et al. 2013; NPEfix, Durieux et al. 2017)."""
    node, source = site.node, site.source
    assert isinstance(node, ast.stmt)
    whole, indent = source.whole_lines(node), source.indent_of(node)
    if whole is None or indent is None or node in source.docstring_nodes:
        return
    names = used_names(site)[:5]
    tests = [t for n in names for t in (n, f"{n} is not None", f"not {n}")]
    tests += [t for n in _used_attributes(site) for t in (n, f"{n} is not None", f"len({n}) > 0")]
    tests += [
        f"{a} {op} {b}" for a in names for b in names if a != b for op in ("not in", "in", "!=", "<", ">")
    ]
    body = source.reindented(whole, indent, indent + source.step)
    for test in tests:
        yield site.raw(*whole, f"{indent}if {test}:{source.newline}{body}", min(0.8, 8 / len(tests)), "guard")


def _used_attributes(site: Site) -> list[str]:
    """Attributes and elements that the statement calls, takes apart or asks for more, as they are written."""
    found: dict[str, None] = {}
    for node in ast.walk(site.node):
        inner = node.func if isinstance(node, ast.Call) else getattr(node, "value", None)
        if isinstance(inner, ast.Attribute | ast.Subscript) and isinstance(inner.ctx, ast.Load):
            owner = inner.value if isinstance(node, ast.Call) and isinstance(inner, ast.Attribute) else inner
            for one in (inner, owner):
                if isinstance(one, ast.Attribute | ast.Subscript) and len(text := site.text(one)) <= 30:
                    found[text] = None
    return [text for text in found if "\n" not in text][:4]


@template("skip element", 0.12, ast.For)
def skip_element(site: Site) -> Iterator[Fix]:
    """`continue` for elements that a loop should pass over (guards of SPR, Long and Rinard 2015)."""
    node, source = site.node, site.source
    assert isinstance(node, ast.For)
    names = [n.id for n in ast.walk(node.target) if isinstance(n, ast.Name)]
    others = [v for v in site.scope.variables if v not in names][:5]
    for name in names[:2]:
        for test in (
            f"not {name}",
            f"{name} is None",
            *(f"{name} {op} {o}" for o in others for op in ("in", "==", "not in")),
        ):
            edit = source.insert_before(node.body[0], [f"if {test}:", "    continue"])
            if edit is not None:
                yield Fix((edit,), 0.6, "guard")


def _top(function: FunctionNode, site: Site) -> ast.stmt | None:
    body = [s for s in function.body if s not in site.source.docstring_nodes]
    return body[0] if body else None


@template(
    "base case",
    0.12,
    ast.FunctionDef,
    ast.AsyncFunctionDef,
    kinds=("recursion", "index", "none", "loop", "division"),
)
def base_case(site: Site) -> Iterator[Fix]:
    """A missing base case or early result at the top of a function (checkers of PAR; NPEfix, Durieux et al. 2017)."""
    node = site.node
    assert isinstance(node, FunctionNode)
    scope, top = site.source.scope(node), _top(node, site)
    if top is None:
        return
    names = [p for p in scope.parameters if p != scope.self_name][:3]
    for name in names:
        for test in (
            f"not {name}",
            f"{name} is None",
            f"{name} == 0",
            f"{name} <= 1",
            f"{name} < 0",
            f"len({name}) <= 1",
        ):
            for value in ("[]", "0", "None", "False", "True", "1", "''", name, "[[]]", "{}"):
                edit = site.source.insert_before(top, [f"if {test}:", f"    return {value}"])
                if edit is not None:
                    yield Fix((edit,), 0.4 if test.startswith("not ") else 0.25, "early-return")
    own = _returned(node, site)
    for left in names:
        for right in names:
            if left == right:
                continue
            relations = [
                f"{left} > {right}",
                f"{left} >= {right}",
                f"len({left}) < {right}",
                f"{left} >= len({right})",
            ]
            if left < right:
                relations += [f"{left} == {right}", f"{left} is {right}"]
            for test in relations:
                for value in dict.fromkeys(["True", "False", "0", "None", "[]", left, *own]):
                    edit = site.source.insert_before(top, [f"if {test}:", f"    return {value}"])
                    if edit is not None:
                        yield Fix((edit,), 0.3 if value in own else 0.12, "early-return")


def _returned(function: FunctionNode, site: Site) -> list[str]:
    """Plain values that the function returns elsewhere."""
    found = (n.value for n in ast.walk(function) if isinstance(n, ast.Return) and n.value is not None)
    plain = (ast.Constant, ast.List, ast.Tuple, ast.Dict, ast.UnaryOp, ast.Name)
    texts = [site.text(value) for value in found if isinstance(value, plain)]
    names = {*site.source.scope(function).locals}
    return [text for text in dict.fromkeys(texts) if len(text) < 20 and text not in names][:4]


@template("missing error", 0.16, ast.FunctionDef, ast.AsyncFunctionDef, kinds=("did not raise",))
def missing_error(site: Site) -> Iterator[Fix]:
    """A guard that raises what the failing test expects (exception templates of TBar; common in real histories)."""
    node = site.node
    assert isinstance(node, FunctionNode)
    scope, top = site.source.scope(node), _top(node, site)
    if top is None:
        return
    names = [p for p in scope.parameters if p != scope.self_name][:5]
    # A message that names a parameter is about that parameter.
    messages = _told_messages(site)
    for error in _known_errors(site):
        for test, weight, name in _refused(names):
            said = next((m for m in messages if name in re.findall(r"\w+", m)), "")
            message = said or (messages[0] if messages else repr(f"{name} is not allowed here"))
            edit = site.source.insert_before(top, [f"if {test}:", f"    raise {error}({message})"])
            if edit is not None:
                yield Fix((edit,), weight * (1.5 if said else 1.0), "refusal")


def _told_messages(site: Site) -> list[str]:
    """What the test expects the error to say, else texts of the test that read like a message."""
    return [*site.donors.test_messages, *(m for m in site.donors.test_strings if " " in m)][:3]


def _known_errors(site: Site) -> list[str]:
    """Exceptions that the test names and the file can raise."""
    known = {*site.source.module_names, *_BUILTIN_ERRORS}
    return [e for e in site.donors.test_exceptions if e in known][:3] or list(site.donors.test_exceptions[:2])


@template("error where it shows", 0.12, *_GUARDED, ast.If, kinds=("did not raise",))
def error_where_it_shows(site: Site) -> Iterator[Fix]:
    """The error that the failing test expects, raised inside a function as soon as what the statement works on is seen to be
    empty, missing or already there (exception templates of TBar; a fifth of small real fixes refuse something)."""
    node, source = site.node, site.source
    function = source.function_of(node)
    if function is None or not isinstance(node, ast.stmt) or node in source.docstring_nodes:
        return
    if isinstance(node, ast.If) and source.text.startswith("elif", source.span(node)[0]):
        return
    names = used_names(site)[:4]
    messages = _told_messages(site)
    for error in _known_errors(site)[:2]:
        said = messages[0] if messages else ""
        for name in names:
            for test, weight in (
                (f"not {name}", 1.0),
                (f"{name} is None", 0.6),
                (f"{name} < 0", 0.5),
                (f"len({name}) > 1", 0.3),
            ):
                edit = source.insert_before(node, [f"if {test}:", f"    raise {error}({said})"])
                if edit is not None:
                    yield Fix((edit,), weight, "refusal")
        if source.block_of(node)[-1] is node:
            edit = source.insert_after(node, [f"raise {error}({said})"])
            if edit is not None:
                yield Fix((edit,), 0.4, "refusal")


def _refused(names: list[str]) -> Iterator[tuple[str, float, str]]:
    """Conditions under which an argument is refused, how likely, and which argument."""
    for name in names:
        for test, weight in (
            ("{} < 0", 1.0), ("{} <= 0", 0.9), ("not {}", 0.9), ("{} is None", 0.8), ("{} < 1", 0.8), ("{} == 0", 0.6),
            ("{} is not None and {} < 0", 0.9), ("{} is not None and {} <= 0", 0.5), ("{} is not None and {} < 1", 0.5),
            ("not isinstance({}, str)", 0.3), ("not isinstance({}, int)", 0.3), ("not callable({})", 0.2),
        ):  # fmt: skip
            yield test.replace("{}", name), weight, name
    for left in names:
        for right in names:
            if left != right:
                for sign in (">", ">=", "=="):
                    if sign != "==" or left < right:
                        yield f"{left} {sign} {right}", 0.5, left
                yield f"{left} > len({right})", 0.2, left


@template(
    "leave early",
    0.1,
    *_GUARDED,
    kinds=("index", "none", "key", "type", "division", "attribute", "recursion"),
)
def leave_early(site: Site) -> Iterator[Fix]:
    """A `return` before a statement that cannot deal with what is empty or missing (checkers of PAR, Kim et al. 2013;
    NPEfix, Durieux et al. 2017)."""
    node, source = site.node, site.source
    function = source.function_of(node)
    if function is None or not isinstance(node, ast.stmt) or node in source.docstring_nodes:
        return
    own = (
        [f"{site.scope.self_name}.{name}" for name in _attributes_read(site)] if site.scope.self_name else []
    )
    things = list(dict.fromkeys([*used_names(site)[:3], *own]))
    values = _returned(function, site) + [p for p in site.scope.parameters if p != site.scope.self_name][:2]
    if not any(isinstance(n, ast.Return) and n.value is not None for n in ast.walk(function)):
        values = [""]
    for thing in things:
        for test, weight in ((f"not {thing}", 1.0), (f"{thing} is None", 0.6)):
            for value in dict.fromkeys([*values, *(() if values == [""] else ("None",))]):
                edit = source.insert_before(node, [f"if {test}:", f"    return {value}".rstrip()])
                if edit is not None:
                    yield Fix((edit,), weight * min(1.0, 4 / max(1, len(values))), "early-return")


def _attributes_read(site: Site) -> list[str]:
    """Attributes of the receiver that the statement asks for, then others of the class; no methods."""
    receiver, owner = site.scope.self_name, site.source.class_of(site.node)
    inside = dict.fromkeys(
        n.attr for n in ast.walk(site.node)
        if isinstance(n, ast.Attribute) and isinstance(n.value, ast.Name) and n.value.id == receiver
    )  # fmt: skip
    methods = {n.name for n in owner.body if isinstance(n, FunctionNode)} if owner is not None else set()
    names = dict.fromkeys([*inside, *site.scope.attributes])
    return [name for name in names if name not in methods and not name.startswith("__")][:4]


@template("value or default", 0.15, ast.Name, ast.Attribute, ast.Call, kinds=("none", "type"))
def value_or_default(site: Site) -> Iterator[Fix]:
    """`x or []` where None may come (None templates of PyTER, Oh and Oh 2022)."""
    node, parent = site.node, site.parent
    if not isinstance(getattr(node, "ctx", ast.Load()), ast.Load) or site.place == "func":
        return
    if isinstance(
        parent, ast.For | ast.Assign | ast.Return | ast.Call | ast.comprehension
    ) and site.place not in ("target", "targets"):
        for text in ("[]", "0", "''", "{}"):
            yield site.swap(node, f"{site.text(node)} or {text}", 0.4)
