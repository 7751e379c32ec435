"""Operators: comparisons, arithmetic, boolean connectives, signs and grouping."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator

from flashagent.repair.source import Edit, Source
from flashagent.repair.template import Fix, Site, template

_SYMBOL: dict[type[ast.AST], str] = {
    ast.Lt: "<", ast.LtE: "<=", ast.Gt: ">", ast.GtE: ">=", ast.Eq: "==", ast.NotEq: "!=", ast.Is: "is",
    ast.IsNot: "is not", ast.In: "in", ast.NotIn: "not in", ast.Add: "+", ast.Sub: "-", ast.Mult: "*", ast.Div: "/",
    ast.FloorDiv: "//", ast.Mod: "%", ast.Pow: "**", ast.LShift: "<<", ast.RShift: ">>", ast.BitAnd: "&",
    ast.BitOr: "|", ast.BitXor: "^", ast.MatMult: "@",
}  # fmt: skip
_COMPARISONS = {
    "<": {"<=": 1.0, ">": 0.7, ">=": 0.5, "!=": 0.2, "==": 0.15},
    "<=": {"<": 1.0, ">=": 0.7, ">": 0.5, "==": 0.2, "!=": 0.15},
    ">": {">=": 1.0, "<": 0.7, "<=": 0.5, "!=": 0.2, "==": 0.15},
    ">=": {">": 1.0, "<=": 0.7, "<": 0.5, "==": 0.2, "!=": 0.15},
    "==": {"!=": 0.75, "<=": 0.4, ">=": 0.4, "<": 0.25, ">": 0.25, "is": 0.1, "in": 0.1},
    "!=": {"==": 0.9, "<": 0.3, ">": 0.3, "<=": 0.2, ">=": 0.2, "is not": 0.1, "not in": 0.1},
    "is": {"is not": 0.9, "==": 0.6, "in": 0.05}, "is not": {"is": 0.9, "!=": 0.6},
    "in": {"not in": 0.9, "==": 0.3}, "not in": {"in": 0.9, "!=": 0.3},
}  # fmt: skip
_ARITHMETIC = {
    "+": {"-": 1.0, "*": 0.4, "//": 0.1, "%": 0.1, "|": 0.1}, "-": {"+": 1.0, "*": 0.2, "//": 0.15, "/": 0.15, "%": 0.1},
    "*": {"+": 0.5, "**": 0.5, "/": 0.5, "//": 0.5, "-": 0.15}, "/": {"//": 0.9, "*": 0.7, "%": 0.2, "-": 0.1},
    "//": {"/": 0.8, "%": 0.8, "*": 0.5, ">>": 0.1, "-": 0.1}, "%": {"//": 0.9, "/": 0.4, "*": 0.2, "-": 0.1},
    "**": {"*": 0.9, "+": 0.15, "^": 0.1}, "<<": {">>": 0.9, "*": 0.1}, ">>": {"<<": 0.9, "//": 0.1},
    "&": {"|": 0.9, "^": 0.6, "-": 0.2}, "|": {"&": 0.9, "^": 0.6, "+": 0.1}, "^": {"&": 0.8, "|": 0.8, "**": 0.3},
    "@": {"*": 0.5},
}  # fmt: skip


def symbol(operator: ast.AST) -> str:
    return _SYMBOL.get(type(operator), "")


def operator_span(source: Source, left: ast.AST, right: ast.AST, text: str) -> tuple[int, int] | None:
    """Where the operator stands between two operands; None when a comment hides it."""
    start, end = source.span(left)[1], source.span(right)[0]
    pattern = r"\s+".join(re.escape(word) for word in text.split())
    gap = re.sub(r"#[^\r\n]*", lambda m: " " * len(m.group()), source.text[start:end])
    match = re.search(pattern, gap)
    return (start + match.start(), start + match.end()) if match else None


@template("comparison", 1.04, ast.Compare, kinds=("loop", "recursion", "index"))
def comparison(site: Site) -> Iterator[Fix]:
    """Relational operator replacement (Offutt et al. 1996); as a repair: Debroy and Wong 2010, PraPR 2019."""
    node = site.node
    assert isinstance(node, ast.Compare)
    left: ast.expr = node.left
    for operator, right in zip(node.ops, node.comparators, strict=True):
        span = operator_span(site.source, left, right, symbol(operator))
        for text, weight in _COMPARISONS[symbol(operator)].items():
            if span is not None:
                yield site.raw(*span, text, weight)
        left = right


@template("comparison operands", 0.15, ast.Compare)
def operands(site: Site) -> Iterator[Fix]:
    """Operand swap of a comparison (mutation operator of Agrawal et al. 1989)."""
    node = site.node
    assert isinstance(node, ast.Compare)
    if len(node.ops) == 1 and symbol(node.ops[0]) not in ("==", "!="):
        yield site.swap(
            node, f"{site.operand(node.comparators[0])} {symbol(node.ops[0])} {site.operand(node.left)}"
        )


@template("arithmetic", 0.61, ast.BinOp)
def arithmetic(site: Site) -> Iterator[Fix]:
    """Arithmetic operator replacement (Offutt et al. 1996; Debroy and Wong 2010)."""
    node = site.node
    assert isinstance(node, ast.BinOp)
    if (
        isinstance(node.op, ast.Mod)
        and isinstance(node.left, ast.Constant)
        and isinstance(node.left.value, str)
    ):
        return
    span = operator_span(site.source, node.left, node.right, symbol(node.op))
    if span is None:
        return
    formats = isinstance(node.left, ast.Constant) and isinstance(node.left.value, str)
    if formats:
        yield site.raw(*span, "%")
    by_one = isinstance(node.right, ast.Constant) and node.right.value == 1
    for text, weight in _ARITHMETIC[symbol(node.op)].items():
        yield site.raw(*span, text, weight * (0.7 if by_one else 1.0))  # rather one too many than two too few


@template("operand", 0.35, ast.BinOp)
def operand(site: Site) -> Iterator[Fix]:
    """Operand deletion and swap (Delamaro et al. 2014 deletion operators; DeMarco et al. 2014)."""
    node = site.node
    assert isinstance(node, ast.BinOp)
    if (
        isinstance(node.left, ast.Constant)
        and isinstance(node.left.value, str)
        and isinstance(node.op, ast.Mod)
    ):
        return
    by_one = isinstance(node.right, ast.Constant) and node.right.value == 1
    yield site.swap(node, site.text(node.left), 1.8 if by_one else 1.0)
    yield site.swap(node, site.text(node.right), 0.6)
    if not isinstance(node.op, ast.Mult | ast.BitAnd | ast.BitOr | ast.BitXor):
        text = f"{site.operand(node.right)} {symbol(node.op)} {site.operand(node.left)}"
        # `1 - x` for `x - 1` fits a test that counts cells or turns round now and then, and is hardly ever meant.
        yield site.swap(node, text, 0.2 if by_one and isinstance(node.op, ast.Sub) else 0.8)


@template("grouping", 0.38, ast.BinOp)
def grouping(site: Site) -> Iterator[Fix]:
    """Parentheses moved: `a + b * c` and `(a + b) * c` (expression templates of TBar, Liu et al. 2019)."""
    node = site.node
    assert isinstance(node, ast.BinOp)
    text, outer = site.text, symbol(node.op)
    for other in (node.left, node.right):
        if isinstance(other, ast.BinOp) and type(other.op) is not type(node.op):
            mine = operator_span(site.source, node.left, node.right, outer)
            theirs = operator_span(site.source, other.left, other.right, symbol(other.op))
            if mine is not None and theirs is not None:
                yield Fix((Edit(*mine, symbol(other.op)), Edit(*theirs, outer)), 0.6)
    if isinstance(node.left, ast.BinOp):
        a, inner, b = node.left.left, symbol(node.left.op), node.left.right
        yield site.swap(node, f"{text(a)} {inner} ({text(b)} {outer} {text(node.right)})")
    if isinstance(node.right, ast.BinOp):
        inner, b, c = symbol(node.right.op), node.right.left, node.right.right
        yield site.swap(node, f"({text(node.left)} {outer} {text(b)}) {inner} {text(c)}")


@template("augmented operator", 0.43, ast.AugAssign)
def augmented(site: Site) -> Iterator[Fix]:
    """Assignment operator replacement (Agrawal et al. 1989), and `+=` against `=` (Pan et al. 2009)."""
    node = site.node
    assert isinstance(node, ast.AugAssign)
    span = operator_span(site.source, node.target, node.value, symbol(node.op) + "=")
    if span is None:
        return
    for text, weight in _ARITHMETIC[symbol(node.op)].items():
        yield site.raw(*span, text + "=", weight)
    yield site.raw(*span, "=", 0.6)


@template("assignment to augmented", 0.3, ast.Assign)
def to_augmented(site: Site) -> Iterator[Fix]:
    """`=` that should have been `+=` (assignment patterns of Pan et al. 2009)."""
    node = site.node
    assert isinstance(node, ast.Assign)
    if len(node.targets) == 1 and not isinstance(node.targets[0], ast.Tuple):
        span = operator_span(site.source, node.targets[0], node.value, "=")
        for text, weight in (("+=", 1.0), ("-=", 0.4), ("*=", 0.3), ("|=", 0.2), ("%=", 0.15), ("//=", 0.15)):
            if span is not None:
                yield site.raw(*span, text, weight)


@template("connective", 1.02, ast.BoolOp)
def connective(site: Site) -> Iterator[Fix]:
    """Logical connector replacement (Offutt et al. 1996)."""
    node = site.node
    assert isinstance(node, ast.BoolOp)
    word, other = ("and", "or") if isinstance(node.op, ast.And) else ("or", "and")
    for left, right in zip(node.values, node.values[1:], strict=False):
        span = operator_span(site.source, left, right, word)
        if span is not None:
            yield site.raw(*span, other)


@template("operand dropped", 1.0, ast.BoolOp)
def operand_dropped(site: Site) -> Iterator[Fix]:
    """An operand of `and` or `or` taken away (operand deletion, Offutt et al. 1996; PAR expression remover, Kim et al. 2013)."""
    node = site.node
    assert isinstance(node, ast.BoolOp)
    word = "and" if isinstance(node.op, ast.And) else "or"
    for value in node.values:
        rest = [v for v in node.values if v is not value]
        plain = len(rest) == 1 and isinstance(rest[0], ast.Constant | ast.List | ast.Dict | ast.Tuple)
        text = f" {word} ".join(site.text(v) for v in rest)
        yield site.swap(node, text, 1.0, "literal" if plain else "deletion")


@template("connective grouping", 0.3, ast.BoolOp)
def connective_grouping(site: Site) -> Iterator[Fix]:
    """`a and b or c` grouped the other way (condition templates of TBar, Liu et al. 2019)."""
    node = site.node
    assert isinstance(node, ast.BoolOp)
    word = "and" if isinstance(node.op, ast.And) else "or"
    for value in node.values:
        if isinstance(value, ast.BoolOp) and len(node.values) == 2 and len(value.values) == 2:
            inner = "and" if isinstance(value.op, ast.And) else "or"
            first, second = (site.text(v) for v in value.values)
            other = next(site.text(v) for v in node.values if v is not value)
            if value is node.values[0]:
                yield site.swap(node, f"{first} {inner} ({second} {word} {other})")
            else:
                yield site.swap(node, f"({other} {word} {first}) {inner} {second}")


@template("sign", 0.5, ast.UnaryOp)
def unary(site: Site) -> Iterator[Fix]:
    """Unary operator deletion: a stray `not`, `-` or `~` (Agrawal et al. 1989; Delamaro et al. 2014)."""
    node = site.node
    assert isinstance(node, ast.UnaryOp)
    yield site.swap(node, site.text(node.operand), 1.2 if isinstance(node.op, ast.Not) else 0.8)
    if isinstance(node.op, ast.Invert):
        yield site.swap(node, f"-{site.operand(node.operand)}", 0.4)


@template("negative", 0.089, ast.Name, ast.Call, ast.Subscript, ast.Attribute)
def negative(site: Site) -> Iterator[Fix]:
    """Unary minus inserted (Agrawal et al. 1989), where a value is returned, compared or used in arithmetic."""
    node = site.node
    arithmetic_place = isinstance(site.parent, ast.Return | ast.BinOp | ast.Compare | ast.Tuple | ast.keyword)
    if arithmetic_place and isinstance(getattr(node, "ctx", ast.Load()), ast.Load):
        yield site.swap(node, f"-{site.text(node)}")
