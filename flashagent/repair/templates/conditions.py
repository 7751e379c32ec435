"""Conditions: negated, strengthened, weakened, taken for truth or for None."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator

from flashagent.repair.nodes import own_nodes
from flashagent.repair.template import Fix, Site, template
from flashagent.repair.templates.names import forgotten

_WORDS = {ast.Lt: "<", ast.Gt: ">", ast.LtE: "<=", ast.GtE: ">=", ast.Eq: "==", ast.NotEq: "!="}
_TESTED = (ast.If, ast.While, ast.IfExp, ast.Assert)


def test_of(node: ast.AST) -> ast.expr:
    assert isinstance(node, _TESTED)
    return node.test


@template("negate", 0.5, *_TESTED, kinds=("loop",))
def negate(site: Site) -> Iterator[Fix]:
    """Condition negated (decision negation: Agrawal et al. 1989; SemFix, Nguyen et al. 2013; SPR, Long and Rinard 2015)."""
    test = test_of(site.node)
    if isinstance(test, ast.UnaryOp) and isinstance(test.op, ast.Not):
        return  # `sign` takes the `not` away
    if isinstance(test, ast.Compare) and len(test.ops) == 1:
        return  # `comparison` has the opposite operator
    yield site.swap(test, f"not {site.operand(test)}")


@template("truth or None", 0.34, *_TESTED, ast.BoolOp, ast.UnaryOp, kinds=("none",))
def truth_or_none(site: Site) -> Iterator[Fix]:
    """`x` against `x is not None` (truthiness slips; None templates of PyTER, Oh and Oh 2022)."""
    node = site.node
    if isinstance(node, ast.BoolOp):
        tests = node.values
    elif isinstance(node, ast.UnaryOp):
        tests = [node] if isinstance(node.op, ast.Not) else []
    else:
        tests = [test_of(node)]
    for test in tests:
        if isinstance(test, ast.Name | ast.Attribute | ast.Subscript | ast.Call):
            yield site.swap(test, f"{site.text(test)} is not None")
            yield site.swap(test, f"{site.text(test)} is None", 0.4)
            yield site.swap(test, f"len({site.text(test)}) > 1", 0.2)
        elif isinstance(test, ast.UnaryOp) and isinstance(test.op, ast.Not):
            yield site.swap(test, f"{site.operand(test.operand)} is None")
        elif (
            isinstance(test, ast.Compare)
            and len(test.ops) == 1
            and isinstance(test.ops[0], ast.Is | ast.IsNot)
        ):
            yield site.swap(
                test, ("not " if isinstance(test.ops[0], ast.Is) else "") + site.text(test.left), 0.6
            )


def atoms(site: Site) -> list[tuple[str, float]]:
    """Small conditions over what is in scope, likelier ones first: over names of the condition, then over others."""
    statement = site.statement
    near = {n.id for n in own_nodes(statement) if isinstance(n, ast.Name)} if statement else set()
    inside = {n.id for n in ast.walk(site.node) if isinstance(n, ast.Name)}  # what the guarded block is about
    unused = forgotten(site)
    names = sorted(site.scope.variables, key=lambda n: (n not in near and n not in unused, n not in inside))[
        :8
    ]
    found: list[tuple[str, float]] = []
    for name in names:
        weight = 1.0 if name in near or name in unused else 0.7 if name in inside else 0.4
        found += [(name, weight), (f"not {name}", weight), (f"{name} is not None", weight * 0.8)]
        found += [
            (f"{name} > 0", weight * 0.6),
            (f"{name} >= 0", weight * 0.4),
            (f"{name} == 0", weight * 0.4),
        ]
    for left in names[:6]:
        for right in names[:6]:
            if left < right:
                found += [(f"{left} {op} {right}", 0.4) for op in ("<", ">", "<=", ">=", "==", "!=")]
            if left != right:
                found += [(f"{left} in {right}", 0.5), (f"{left} not in {right}", 0.5)]
                found.append((f"{left} < len({right})", 0.6 if left in near or right in near else 0.2))
    found += bounds(site)
    found += [(text, 0.4) for text in site.donors.conditions[:10]]
    return found


def bounds(site: Site) -> list[tuple[str, float]]:
    """Conditions that what the guarded block does asks for: an index inside its sequence, a key that is there, an
    attribute that is set."""
    found: dict[str, float] = {}
    for node in ast.walk(site.node):
        if isinstance(node, ast.Subscript) and not isinstance(
            node.slice, ast.Slice | ast.Constant | ast.Tuple
        ):
            key, base = site.text(node.slice), site.text(node.value)
            if len(key) + len(base) <= 40 and "\n" not in key + base:
                found.setdefault(f"{key} < len({base})", 0.8)
                found.setdefault(f"{key} in {base}", 0.6)
        elif (
            isinstance(node, ast.Attribute)
            and isinstance(node.value, ast.Name)
            and node.value.id == site.scope.self_name
        ):
            text = site.text(node)
            found.setdefault(text, 0.4)
            found.setdefault(f"not {text}", 0.3)
    return list(found.items())[:16]


@template("strengthen", 0.09, ast.If, ast.While, ast.IfExp, kinds=("index", "none", "key", "loop"))
def strengthen(site: Site) -> Iterator[Fix]:
    """One more conjunct or disjunct (condition synthesis: SPR, Long and Rinard 2015; Nopol, Xuan et al. 2017; PAR)."""
    test = test_of(site.node)
    text = site.operand(test) if isinstance(test, ast.BoolOp | ast.IfExp | ast.Lambda) else site.text(test)
    for atom, weight in atoms(site):
        if atom == site.text(test):
            continue
        # what guards must come first, or the guarded part fails before it is asked
        yield site.swap(test, f"{atom} and {text}", weight)
        yield site.swap(test, f"{text} or {atom}", weight * 0.8)
        yield site.swap(
            test, f"{text} and not {atom}" if " " not in atom else f"{text} and not ({atom})", weight * 0.3
        )


@template("replace condition", 0.04, ast.If, ast.While, ast.IfExp)
def replace_condition(site: Site) -> Iterator[Fix]:
    """The whole condition replaced by a small one or by another of the file (SPR; expression replacer of PAR)."""
    test = test_of(site.node)
    for atom, weight in atoms(site):
        yield site.swap(test, atom, weight * 0.6)


@template("constant condition", 0.06, ast.If, ast.While, ast.IfExp)
def constant_condition(site: Site) -> Iterator[Fix]:
    """Condition fixed to True or False (Kali, Qi et al. 2015): as a hint where the fault is; ranked low."""
    test = test_of(site.node)
    for text in ("True", "False"):
        yield site.swap(test, text, 1.0, "constant-condition")


@template("kind of branch", 0.3, ast.If, ast.While, kinds=("loop",))
def kind_of_branch(site: Site) -> Iterator[Fix]:
    """`if` for `while`, `while` for `if`, `elif` for `if` (control flow slips: Pan et al. 2009)."""
    node, source = site.node, site.source
    assert isinstance(node, ast.If | ast.While)
    start = source.span(node)[0]
    if isinstance(node, ast.While):
        yield site.raw(start, start + 5, "if")
        return
    if source.text[start : start + 4] == "elif":
        if not node.orelse:
            yield site.raw(start, start + 4, "if", 0.8)
        return
    if not node.orelse:
        yield site.raw(start, start + 2, "while")
    block = source.block_of(node)
    before = block[block.index(node) - 1] if block.index(node) else None
    if isinstance(before, ast.If) and not before.orelse:
        yield site.raw(start, start + 2, "elif", 0.8)


_MIRRORED = {"<": ">", ">": "<", "<=": ">", ">=": "<", "==": "!=", "!=": "=="}


@template("else that asks", 0.2, ast.If)
def else_that_asks(site: Site) -> Iterator[Fix]:
    """`else:` that should be `elif ...:` with the opposite of the condition above, or with a small one (condition
    synthesis: SPR, Long and Rinard 2015)."""
    node, source = site.node, site.source
    assert isinstance(node, ast.If)
    if not node.orelse or (
        isinstance(node.orelse[0], ast.If) and source.line_text(node.orelse[0].lineno).lstrip()[:4] == "elif"
    ):
        return
    begin, end = source.span(node.body[-1])[1], source.span(node.orelse[0])[0]
    found = re.search(r"^[ \t]*else[ \t]*:", source.text[begin:end], re.MULTILINE)
    if found is None:
        return
    place = begin + source.text[begin:end].index("else", found.start())
    tests: dict[str, float] = {}
    if isinstance(node.test, ast.Compare) and len(node.test.ops) == 1:
        word = _WORDS.get(type(node.test.ops[0]), "")
        if word in _MIRRORED:
            tests[f"{site.text(node.test.left)} {_MIRRORED[word]} {site.text(node.test.comparators[0])}"] = (
                1.0
            )
    tests |= {text: weight * 0.3 for text, weight in atoms(site)[:20] if text not in tests}
    for text, weight in tests.items():
        yield site.raw(place, place + 4, f"elif {text}", weight)


@template("comprehension filter", 0.17, ast.comprehension)
def comprehension_filter(site: Site) -> Iterator[Fix]:
    """A comprehension's filter negated, dropped or added (Python counterpart of PAR's condition templates)."""
    node = site.node
    assert isinstance(node, ast.comprehension)
    for test in node.ifs:
        yield site.swap(test, f"not {site.operand(test)}", 1.5)
        end = site.source.span(test)[1]
        begin = site.source.text.rfind("if", 0, site.source.span(test)[0])
        yield site.raw(begin, end, "", 0.6)
    if not node.ifs and isinstance(node.target, ast.Name):
        end = site.source.span(node.iter)[1]
        name = node.target.id
        pool = [v for v in site.scope.variables if v != name][:6]
        for test_text in (
            name,
            f"not {name}",
            f"{name} is not None",
            f"{name} > 0",
            *(f"{name} != {v}" for v in pool),
        ):
            yield site.raw(end, end, f" if {test_text}", 0.5)


@template("type test", 0.3, ast.Call)
def type_test(site: Site) -> Iterator[Fix]:
    """The types of an `isinstance` widened or changed (type templates of PyTER, Oh and Oh 2022)."""
    node = site.node
    assert isinstance(node, ast.Call)
    if not (isinstance(node.func, ast.Name) and node.func.id == "isinstance" and len(node.args) == 2):
        return
    kinds = node.args[1]
    current = [site.text(k) for k in kinds.elts] if isinstance(kinds, ast.Tuple) else [site.text(kinds)]
    for name in ("int", "str", "list", "tuple", "dict", "set", "float", "bytes", "bool", "frozenset"):
        if name not in current:
            yield site.swap(kinds, f"({', '.join([*current, name])})", 0.3)
            yield site.swap(kinds, name, 0.2)
    if len(current) > 1:
        for name in current:
            rest = [k for k in current if k != name]
            yield site.swap(kinds, rest[0] if len(rest) == 1 else f"({', '.join(rest)})", 0.4)


@template("another case too", 0.2, ast.Compare)
def another_case(site: Site) -> Iterator[Fix]:
    """`n == 2` that also holds for a second number, or for nothing at all (condition synthesis: SPR, Long and Rinard
    2015)."""
    node = site.node
    assert isinstance(node, ast.Compare)
    if len(node.ops) != 1 or not isinstance(node.ops[0], ast.Eq | ast.NotEq):
        return
    own, other = site.text(node.left), node.comparators[0]
    if not isinstance(other, ast.Constant) or isinstance(other.value, bool):
        return
    equal = isinstance(node.ops[0], ast.Eq)
    sign, word = ("==", "or") if equal else ("!=", "and")
    more = (
        ["''", "' '", *site.donors.strings[:6]]
        if isinstance(other.value, str)
        else ["0", "1", "-1", *site.donors.numbers[:3]]
    )
    for text in dict.fromkeys(more):
        if text != repr(other.value):
            yield site.swap(node, f"({site.text(node)} {word} {own} {sign} {text})", 0.6)
