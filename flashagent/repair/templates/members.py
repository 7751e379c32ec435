"""Members: one value more in what is compared or looked up, one argument handed on, as real fixes so often add them."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator, Sequence

from flashagent.repair.source import Edit, FunctionNode, Source, parameter_names
from flashagent.repair.template import Fix, Site, template

MOST = 12
_UNEXPECTED = re.compile(r"(\w+)\(\) got an unexpected keyword argument '(\w+)'")


def _texts(nodes: Sequence[ast.expr]) -> list[str] | None:
    """The texts of literal strings; None when there is anything else."""
    values = [n.value for n in nodes if isinstance(n, ast.Constant) and isinstance(n.value, str)]
    return values if len(values) == len(nodes) and values else None


def _alike(site: Site, known: Sequence[str]) -> list[str]:
    """Texts of the failing tests that could stand beside these: short, not there yet, those of their form first."""
    form = _form(known[0])
    strings = [text for text in site.donors.test_strings if len(text) <= 40]
    fresh = [text for text in strings if text[1:-1] not in known]
    return sorted(fresh, key=lambda text: _form(text[1:-1]) != form)[:MOST]


def _form(text: str) -> str:
    return re.sub(r"[a-z]+", "a", re.sub(r"[A-Z]+", "A", re.sub(r"\d+", "0", text)))


@template("one of several", 0.2, ast.Compare)
def one_of_several(site: Site) -> Iterator[Fix]:
    """`x == 'a'` becomes `x in ('a', 'b')`, with a text of the failing test (literal donors: ssFix, Xin and Reiss 2017;
    condition widening: SPR, Long and Rinard 2015)."""
    node = site.node
    assert isinstance(node, ast.Compare)
    if len(node.ops) != 1 or not isinstance(node.ops[0], ast.Eq | ast.NotEq):
        return
    known = _texts(node.comparators)
    if known is None:
        return
    word = "in" if isinstance(node.ops[0], ast.Eq) else "not in"
    left, own = site.text(node.left), site.text(node.comparators[0])
    for text in _alike(site, known):
        yield site.swap(node, f"{left} {word} ({own}, {text})", 0.8)


@template("member added", 0.25, ast.Tuple, ast.List, ast.Set, kinds=("key",))
def member_added(site: Site) -> Iterator[Fix]:
    """A literal collection given one text more, at its end or in its order, from the failing test (new rows of data are a
    tenth of small real fixes; literal donors: ssFix, Xin and Reiss 2017)."""
    node, source = site.node, site.source
    assert isinstance(node, ast.Tuple | ast.List | ast.Set)
    known = _texts(node.elts)
    if known is None or not isinstance(getattr(node, "ctx", ast.Load()), ast.Load):
        return
    last = source.span(node.elts[-1])[1]
    for text in _alike(site, known):
        if len(node.elts) > 1 and node.elts[-1].lineno != node.elts[-2].lineno:
            line = source.line_text(node.elts[-1].lineno)
            lead = f",{source.newline}{line[: len(line) - len(line.lstrip())]}"
        else:
            lead = ", "
        yield site.raw(last, last, f"{lead}{text}", 0.6)


@template("letter added", 0.12, ast.Constant)
def letter_added(site: Site) -> Iterator[Fix]:
    """A character of the failing test added to a text whose characters are looked up one by one (literal donors: ssFix)."""
    node, parent = site.node, site.parent
    assert isinstance(node, ast.Constant)
    value = node.value
    looked_up = isinstance(parent, ast.Compare) and any(
        isinstance(op, ast.In | ast.NotIn) for op in parent.ops
    )
    stripped = isinstance(parent, ast.Call) and getattr(parent.func, "attr", "") in (
        "strip",
        "lstrip",
        "rstrip",
    )
    if not isinstance(value, str) or not 1 < len(value) <= 40 or not (looked_up or stripped):
        return
    letters = dict.fromkeys(
        c for text in site.donors.test_strings for c in text[1:-1] if c not in value and c not in "'\"\\"
    )
    for letter in list(letters)[:20]:
        yield site.swap(node, repr(value + letter), 0.5)


@template("keyword handed on", 0.3, ast.Call, kinds=("type",))
def keyword_handed_on(site: Site) -> Iterator[Fix]:
    """A parameter that the function never reads, given to a call inside it under its own name (missing arguments: PyTER, Oh
    and Oh 2022)."""
    node = site.node
    assert isinstance(node, ast.Call)
    function = site.source.function_of(node)
    if function is None or len(node.keywords) > 8:
        return
    read = site.source.once(_names_read, function)
    present = {k.arg for k in node.keywords}
    for name in parameter_names(function):
        if name != site.scope.self_name and name not in present and name not in read:
            yield from _handed(site, node, name, 1.0)


def _names_read(function: ast.AST) -> set[str]:
    return {n.id for n in ast.walk(function) if isinstance(n, ast.Name) and isinstance(n.ctx, ast.Load)}


def _handed(site: Site, call: ast.Call, name: str, weight: float) -> Iterator[Fix]:
    end = site.source.span(call)[1] - 1
    before = site.source.text[:end].rstrip()
    lead = "" if before.endswith(("(", ",")) else ", "
    if any(k.arg is None for k in call.keywords):
        return  # nothing may follow `**options` by place, and it may hold the name already
    yield site.raw(end, end, f"{lead}{name}={name}", weight)
    if not call.keywords:
        yield site.raw(end, end, f"{lead}{name}", 0.5 * weight)


@template("parameter added", 0.5, ast.FunctionDef, ast.AsyncFunctionDef, kinds=("type",))
def parameter_added(site: Site) -> Iterator[Fix]:
    """The keyword that a test gives and the function does not take: a parameter with None, handed on to a call inside it
    (method signature templates of PAR, Kim et al. 2013)."""
    node, source = site.node, site.source
    assert isinstance(node, FunctionNode)
    wanted = [
        k
        for f, k in _UNEXPECTED.findall(site.donors.said)
        if f == node.name and k not in parameter_names(node)
    ]
    place = _end_of_parameters(source, node)
    if not wanted or place is None:
        return
    name = wanted[0]
    for default in ("None", "0", "False", "True"):
        lead = ", " if parameter_names(node) else ""
        head = Edit(place, place, f"{lead}{name}={default}")
        for call in [n for n in ast.walk(node) if isinstance(n, ast.Call)][:20]:
            for handed in _handed(site, call, name, 1.0 if default == "None" else 0.4):
                yield Fix((head, *handed.edits), handed.weight)


def _end_of_parameters(source: Source, node: FunctionNode) -> int | None:
    """Behind the last named parameter and its default; None when more than those are declared."""
    arguments = node.args
    if arguments.vararg or arguments.kwarg:
        return None
    ends = [
        source.span(n)[1]
        for n in [
            *arguments.args,
            *arguments.kwonlyargs,
            *arguments.defaults,
            *(d for d in arguments.kw_defaults if d),
        ]
    ]
    return max(ends) if ends else None


@template("type of the same family", 0.3, ast.Call)
def type_of_the_same_family(site: Site) -> Iterator[Fix]:
    """The types of an `isinstance` widened by another class of the same module that the file names: `(ast.List, ast.Tuple)`
    for `ast.List` (type templates of PyTER, Oh and Oh 2022)."""
    node = site.node
    assert isinstance(node, ast.Call)
    if not (isinstance(node.func, ast.Name) and node.func.id == "isinstance" and len(node.args) == 2):
        return
    kinds = node.args[1].elts if isinstance(node.args[1], ast.Tuple) else [node.args[1]]
    current = [site.text(k) for k in kinds]
    owners = {text.rpartition(".")[0] for text in current}
    others = [
        c
        for c in site.source.once(_classes_named, site.source.tree)
        if c.rpartition(".")[0] in owners and c not in current
    ]
    told = {text[1:-1].lower() for text in site.donors.test_strings}
    for other in sorted(others, key=lambda c: c.rpartition(".")[2].lower() not in told)[:25]:
        yield site.swap(node.args[1], f"({', '.join([*current, other])})", 0.7)


def _classes_named(tree: ast.AST) -> list[str]:
    """Names with a capital that the file uses, as they are written."""
    found: dict[str, None] = {}
    for node in ast.walk(tree):
        if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name) and node.attr[:1].isupper():
            found[f"{node.value.id}.{node.attr}"] = None
        elif isinstance(node, ast.Name) and node.id[:1].isupper() and not node.id.isupper():
            found[node.id] = None
    return list(found)


@template("own class", 0.5, ast.Name)
def own_class(site: Site) -> Iterator[Fix]:
    """`type(self)` where a class names itself, so that subclasses make their own kind (wrong class: PAR's class replacer)."""
    node = site.node
    assert isinstance(node, ast.Name)
    owner = site.source.class_of(node)
    asked = isinstance(site.parent, ast.Attribute) and site.place == "value"
    if (
        owner is not None
        and owner.name == node.id
        and site.scope.self_name
        and (site.place == "func" or asked)
    ):
        name = site.scope.self_name
        if name == "cls":
            yield site.swap(node, name)
        else:
            yield site.swap(node, f"type({name})", 0.6 if asked else 1.0)
            yield site.swap(node, f"{name}.__class__", 0.6)


@template("through an own method", 0.12, ast.Name, ast.Subscript, ast.Attribute)
def through_an_own_method(site: Site) -> Iterator[Fix]:
    """A value passed through a method of the same class that takes one (call wrapping: PAR; TBar, Liu et al. 2019)."""
    node, owner = site.node, site.source.class_of(site.node)
    receiver = site.scope.self_name
    if owner is None or not receiver or not isinstance(getattr(node, "ctx", ast.Load()), ast.Load):
        return
    if (
        site.text(node) == receiver
        or site.place == "func"
        or isinstance(site.parent, ast.Attribute | ast.Expr)
    ):
        return
    takes_one = [
        n.name
        for n in owner.body
        if isinstance(n, FunctionNode) and len(parameter_names(n)) == 2 and not n.name.startswith("__")
    ]
    for name in takes_one[:10]:
        yield site.swap(node, f"{receiver}.{name}({site.text(node)})", 0.5)


@template("moved in its list", 0.08, ast.List, ast.Tuple)
def moved_in_its_list(site: Site) -> Iterator[Fix]:
    """An element of a literal sequence put before an earlier one: the order of rows in a table (data table fixes; Pan et al.
    2009)."""
    node, source = site.node, site.source
    assert isinstance(node, ast.List | ast.Tuple)
    if not 3 <= len(node.elts) <= 24 or not isinstance(node.ctx, ast.Load):
        return
    spans = [source.span(e) for e in node.elts]
    texts = [source.text[a:b] for a, b in spans]
    for later in range(2, len(texts)):
        for earlier in range(later - 1):  # neighbours are exchanged by another template
            order = [*texts[:earlier], texts[later], *texts[earlier:later]]
            edits = [Edit(*spans[n], text) for n, text in enumerate(order, 0) if texts[n] != text]
            yield Fix(tuple(edits), 0.5)


def _decorated(tree: ast.AST) -> list[FunctionNode]:
    return [n for n in ast.walk(tree) if isinstance(n, FunctionNode) and n.decorator_list]


@template("decorated as others", 0.06, ast.FunctionDef)
def decorated_as_others(site: Site) -> Iterator[Fix]:
    """A decorator that other functions of the file have (missing annotation of a function: Pan et al. 2009)."""
    node, source = site.node, site.source
    assert isinstance(node, ast.FunctionDef)
    own = {site.text(d) for d in node.decorator_list}
    decorated = source.once(_decorated, source.tree)
    alike = (n for n in decorated if isinstance(source.parents.get(n), type(source.parents.get(node))))
    others = dict.fromkeys(site.text(d) for n in alike for d in n.decorator_list)
    whole, indent = source.whole_lines(node), source.indent_of(node)
    if whole is None or indent is None:
        return
    for text in [t for t in others if t not in own][:6]:
        yield site.raw(whole[0], whole[0], f"{indent}@{text}{source.newline}", 0.5)
