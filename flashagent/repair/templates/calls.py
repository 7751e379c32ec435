"""Calls: their arguments, the function called, a call too much or too little."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from flashagent.repair.source import parameter_names
from flashagent.repair.template import Fix, Site, template
from flashagent.repair.templates.names import FORGOTTEN, forgotten

# Functions and methods taken for one another, with their place in the language's own documentation as the witness.
_FAMILIES: tuple[tuple[str, ...], ...] = (
    ("min", "max", "sum"), ("any", "all"), ("append", "extend", "add"), ("add", "update", "discard"),
    ("insert", "append"), ("lower", "upper", "casefold"), ("startswith", "endswith"), ("strip", "lstrip", "rstrip"),
    ("find", "rfind", "index"), ("index", "rindex"), ("split", "rsplit", "splitlines"), ("partition", "rpartition"),
    ("pop", "popleft"), ("append", "appendleft"), ("extend", "extendleft"), ("keys", "values", "items"),
    ("union", "intersection", "difference", "symmetric_difference"), ("issubset", "issuperset"),
    ("floor", "ceil", "trunc", "round"), ("int", "round", "float"), ("sorted", "reversed", "list", "set"), ("sort", "reverse"),
    ("ljust", "rjust", "center"), ("bisect_left", "bisect_right"), ("isdigit", "isalpha", "isalnum", "isnumeric"),
    ("match", "search", "fullmatch"), ("remove", "discard", "pop"), ("get", "pop", "setdefault"), ("read", "readlines"),
    ("removeprefix", "removesuffix", "strip"), ("heappush", "heappop", "heappushpop", "heapreplace"), ("zip", "zip_longest"),
    ("title", "capitalize"), ("isupper", "islower"), ("chain", "product"), ("permutations", "combinations"),
    ("takewhile", "dropwhile"), ("str", "repr"), ("encode", "decode"), ("divmod", "pow"), ("nlargest", "nsmallest"),
    ("list", "tuple", "set"), ("dict", "defaultdict"), ("islower", "isspace"), ("add", "remove"), ("rotate", "reverse"),
    ("difference", "difference_update"), ("intersection", "intersection_update"), ("union", "update"),
    ("symmetric_difference", "symmetric_difference_update"), ("isalpha", "isupper"), ("heappush", "append"), ("heappop", "pop"),
)  # fmt: skip
_WRAPS = (
    "len",
    "list",
    "int",
    "str",
    "abs",
    "sorted",
    "set",
    "tuple",
    "reversed",
    "float",
    "bool",
    "sum",
    "round",
    "min",
    "max",
)


@template("argument swap", 0.5, ast.Call)
def swap_arguments(site: Site) -> Iterator[Fix]:
    """Two arguments exchanged (method invocation templates of PAR, Kim et al. 2013; SequenceR-era one-liners)."""
    node = site.node
    assert isinstance(node, ast.Call)
    if any(isinstance(a, ast.Starred) for a in node.args):
        return
    for i, first in enumerate(node.args):
        for j in range(i + 1, len(node.args)):
            second = node.args[j]
            edits = (
                site.source.replace(first, site.text(second)),
                site.source.replace(second, site.text(first)),
            )
            if site.text(first) != site.text(second):
                yield Fix(edits, 1.0 if j == i + 1 else 0.5)


@template("argument drop", 0.14, ast.Call)
def drop_argument(site: Site) -> Iterator[Fix]:
    """One argument taken away (overload templates of PAR, Kim et al. 2013)."""
    node = site.node
    assert isinstance(node, ast.Call)
    pieces = [site.text(a) for a in [*node.args, *node.keywords]]
    for index in range(len(pieces)):
        rest = ", ".join(pieces[:index] + pieces[index + 1 :])
        yield site.swap(node, f"{site.text(node.func)}({rest})", 1.0 if len(pieces) > 1 else 0.5)


@template("argument add", 0.077, ast.Call, kinds=("type",))
def add_argument(site: Site) -> Iterator[Fix]:
    """One argument more, from what is in scope (overload templates of PAR, Kim et al. 2013)."""
    node = site.node
    assert isinstance(node, ast.Call)
    if any(isinstance(a, ast.Starred) for a in node.args):
        return
    pieces, named = [site.text(a) for a in node.args], [site.text(k) for k in node.keywords]
    missing = _missing_parameters(site, node)
    pool = dict.fromkeys([*missing, *site.scope.variables[:12], "0", "1", "None", "True", "False"])
    for name in pool:
        if name not in pieces:
            share = 4.0 if name in missing else FORGOTTEN if name in forgotten(site) else 1.0
            arguments = ", ".join([*pieces, name, *named])
            yield site.swap(node, f"{site.text(node.func)}({arguments})", min(1.0, 6 / len(pool)) * share)
    for other in _varied(site, node):
        yield site.swap(node, f"{site.text(node.func)}({', '.join([*pieces, other, *named])})", 0.5)


def _missing_parameters(site: Site, call: ast.Call) -> list[str]:
    """Variables named as the parameters that a call of a function of this file leaves out."""
    if not isinstance(call.func, ast.Name) or call.keywords:
        return []
    known = site.source.once(_functions, site.source.tree).get(call.func.id)
    if known is None:
        return []
    return [p for p in parameter_names(known)[len(call.args) :][:2] if p in site.scope.variables]


def _functions(tree: ast.AST) -> dict[str, ast.FunctionDef | ast.AsyncFunctionDef]:
    """The first function of each name."""
    found: dict[str, ast.FunctionDef | ast.AsyncFunctionDef] = {}
    for node in ast.walk(tree):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            found.setdefault(node.name, node)
    return found


def _varied(site: Site, call: ast.Call) -> list[str]:
    """The arguments that are calls themselves, each with one argument that is one more or one less."""
    found: dict[str, None] = {}
    for inner in call.args[-2:]:
        if isinstance(inner, ast.Call) and not inner.keywords and 1 <= len(inner.args) <= 3:
            texts = [site.text(a) for a in inner.args]
            for place, text in enumerate(texts):
                for step in ("+ 1", "- 1"):
                    varied = ", ".join([*texts[:place], f"{text} {step}", *texts[place + 1 :]])
                    found[f"{site.text(inner.func)}({varied})"] = None
    return list(found)[:8]


@template("keyword add", 0.3, ast.Call)
def add_keyword(site: Site) -> Iterator[Fix]:
    """`reverse=True`, `default=...` and their like forgotten (SOFix, Liu and Zhong 2018)."""
    node = site.node
    assert isinstance(node, ast.Call)
    name = node.func.id if isinstance(node.func, ast.Name) else getattr(node.func, "attr", "")
    present = {k.arg for k in node.keywords}
    offers: dict[str, tuple[str, ...]] = {
        "sorted": ("reverse=True", "key=len", "key=str", "key=str.lower"), "sort": ("reverse=True", "key=len"),
        "min": ("default=None", "default=0", "key=len"), "max": ("default=None", "default=0", "key=len"),
        "zip": ("strict=True",), "enumerate": ("start=1",), "round": ("ndigits=2",),
        "split": ("maxsplit=1",), "dumps": ("sort_keys=True", "ensure_ascii=False", "default=str"), "print": ("end=''",),
        "mkdir": ("exist_ok=True", "parents=True"), "makedirs": ("exist_ok=True",), "rmtree": ("ignore_errors=True",),
        "decode": ("errors='replace'",), "encode": ("errors='replace'",), "warn": ("stacklevel=2",),
    }  # fmt: skip
    for offer in offers.get(name, ()):
        if offer.split("=")[0] not in present:
            pieces = [site.text(a) for a in [*node.args, *node.keywords]]
            yield site.swap(node, f"{site.text(node.func)}({', '.join([*pieces, offer])})")


@template("sibling function", 0.6, ast.Call, kinds=("container",))
def sibling(site: Site) -> Iterator[Fix]:
    """The function beside the right one, `min` for `max`, `append` for `extend` (SOFix, Liu and Zhong 2018; PAR)."""
    node = site.node
    assert isinstance(node, ast.Call)
    name = node.func.id if isinstance(node.func, ast.Name) else getattr(node.func, "attr", "")
    if not name:
        return
    end = site.source.span(node.func)[1]
    others = dict.fromkeys(o for family in _FAMILIES if name in family for o in family if o != name)
    for other in others:
        yield site.raw(end - len(name), end, other, 1.0 if len(others) < 3 else 0.7)


@template("unwrap", 0.18, ast.Call)
def unwrap(site: Site) -> Iterator[Fix]:
    """A call replaced by one of its arguments or its receiver (call deletion: Delamaro et al. 2014; TBar)."""
    node = site.node
    assert isinstance(node, ast.Call)
    if isinstance(site.parent, ast.Expr):
        return
    for argument in node.args[:2]:
        if not isinstance(argument, ast.Starred):
            yield site.swap(node, site.text(argument))
    if isinstance(node.func, ast.Attribute):
        yield site.swap(node, site.text(node.func.value), 0.7)


@template("wrap", 0.048, ast.Name, ast.Attribute, ast.Subscript, ast.BinOp, ast.Call, kinds=("type",))
def wrap(site: Site) -> Iterator[Fix]:
    """A call put around a value: a conversion, a length, an order (type cast templates of TBar and PyTER)."""
    node, parent = site.node, site.parent
    if not isinstance(getattr(node, "ctx", ast.Load()), ast.Load) or site.place == "func":
        return
    if isinstance(parent, ast.Attribute | ast.Expr | ast.keyword) or (
        isinstance(parent, ast.Subscript) and site.place == "value"
    ):
        return
    difference = isinstance(node, ast.BinOp) and isinstance(node.op, ast.Sub)
    walked = _is_walked(node, parent)
    for name in _WRAPS:
        weight = 2.5 if name == "abs" and difference else 0.15 if name == "bool" else 0.5
        weight = 1.2 if walked and name in ("sorted", "reversed", "set") else weight
        yield site.swap(node, f"{name}({site.text(node)})", weight)
    own = [n for n in site.donors.functions if n in site.scope.globals and n not in _WRAPS]
    for name in own[:8]:
        yield site.swap(node, f"{name}({site.text(node)})", 0.8)
    if isinstance(node, ast.Name | ast.Attribute):
        for method in ("lower()", "strip()", "copy()", "items()", "split()", "upper()"):
            yield site.swap(node, f"{site.text(node)}.{method}", _method_weight(site, method))


def _method_weight(site: Site, method: str) -> float:
    """Likelier where the value is compared with a text that is all capitals or all small letters, and `lower` where the
    failing test has capitals."""
    parent = site.parent
    if isinstance(parent, ast.Compare) and method in ("lower()", "upper()"):
        sides = [
            site.text(n).strip("'\"()[]{} ") for n in (parent.left, *parent.comparators) if n is not site.node
        ]
        text = "".join(sides)
        if text.isupper() or text.islower():
            return 2.0 if text.isupper() == (method == "upper()") else 0.1
    if method != "lower()":
        return 0.4
    return 2.0 if any(text != text.lower() for text in site.donors.test_strings) else 0.7


def _is_walked(node: ast.AST, parent: ast.AST | None) -> bool:
    """Does a loop go through it, by itself or with `enumerate`?"""
    if isinstance(parent, ast.For | ast.AsyncFor | ast.comprehension):
        return parent.iter is node
    return (
        isinstance(parent, ast.Call) and isinstance(parent.func, ast.Name) and parent.func.id == "enumerate"
    )


@template("call result", 0.3, ast.Name, ast.Attribute)
def call_it(site: Site) -> Iterator[Fix]:
    """Parentheses forgotten: a method used where its result was meant (common Python slip; PyTER, Oh and Oh 2022)."""
    node = site.node
    if site.place == "func" or not isinstance(getattr(node, "ctx", ast.Load()), ast.Load):
        return
    if isinstance(node, ast.Attribute) and (
        node.attr in site.donors.methods or node.attr in ("items", "keys", "values", "copy")
    ):
        yield site.swap(node, f"{site.text(node)}()")


@template("await", 0.4, ast.Call, kinds=("type",))
def missing_await(site: Site) -> Iterator[Fix]:
    """`await` forgotten or too much (asynchronous slips; PyTER's missing-operation templates)."""
    function = site.source.function_of(site.node)
    if isinstance(function, ast.AsyncFunctionDef):
        if isinstance(site.parent, ast.Await):
            yield site.swap(site.parent, site.text(site.node), 0.5)
        else:
            yield site.swap(site.node, f"await {site.text(site.node)}")


@template("copy", 0.19, ast.Name, ast.Attribute)
def copied(site: Site) -> Iterator[Fix]:
    """A copy where the same object was shared (aliasing slips; SOFix, Liu and Zhong 2018)."""
    node, parent = site.node, site.parent
    if not isinstance(getattr(node, "ctx", ast.Load()), ast.Load):
        return
    stored = isinstance(parent, ast.Assign | ast.Return | ast.Yield | ast.Dict | ast.List)
    passed = isinstance(parent, ast.Call) and site.place == "args" and isinstance(parent.func, ast.Attribute)
    if stored or passed:
        for text in ("list({})", "{}[:]", "{}.copy()", "dict({})"):
            yield site.swap(node, text.format(site.text(node)), 0.6)


@template("argument unpacked", 0.15, ast.Call, kinds=("type",))
def unpacked(site: Site) -> Iterator[Fix]:
    """`f(x)` against `f(*x)` (argument templates of PyTER, Oh and Oh 2022)."""
    node = site.node
    assert isinstance(node, ast.Call)
    for argument in node.args[-1:]:
        if isinstance(argument, ast.Starred):
            yield site.swap(argument, site.text(argument.value))
        elif isinstance(argument, ast.Name | ast.Attribute | ast.Subscript):
            yield site.swap(argument, f"*{site.text(argument)}")
