"""Templates inside of expressions: operators, numbers, texts. The classic mutation operators, turned round
(Offutt 1996; Just et al. 2014), and what is particular to the language: `??`, `?.`, `===`, `await`, numeric sorting."""

from __future__ import annotations

from collections.abc import Iterator

from flashagent.repair.javascript.places import is_value, operator
from flashagent.repair.javascript.template import JsFix, JsSite, template

_BOUNDARY = {"<": "<=", "<=": "<", ">": ">=", ">=": ">"}
_COMPARE = {
    "<": (">", ">="), "<=": (">=", ">"), ">": ("<", "<="), ">=": ("<=", "<"), "===": ("!==",), "!==": ("===",),
    "==": ("===", "!="), "!=": ("!==", "=="),
}  # fmt: skip
_ARITHMETIC = {"+": "-*", "-": "+*/", "*": "+/-", "/": "*%-", "%": "/*"}
_LOGIC = {"&&": ("||",), "||": ("&&", "??"), "??": ("||",)}
_ASSIGN = {"+=": ("-=", "=", "*="), "-=": ("+=", "="), "*=": ("+=", "/="), "/=": ("*=",), "=": ("+=",)}


@template("boundary of a comparison", 0.9, "binary_expression")
def boundary(site: JsSite) -> Iterator[JsFix]:
    sign = operator(site.piece)
    if sign is not None and (other := _BOUNDARY.get(site.text(sign))):
        yield site.swap(sign, other)


@template("another comparison", 0.6, "binary_expression")
def comparison(site: JsSite) -> Iterator[JsFix]:
    sign = operator(site.piece)
    for number, other in enumerate(_COMPARE.get(site.text(sign), ()) if sign is not None else ()):
        yield site.swap(sign or site.piece, other, (1.0, 0.5)[number])


@template("another arithmetic operator", 0.6, "binary_expression")
def arithmetic(site: JsSite) -> Iterator[JsFix]:
    sign = operator(site.piece)
    for number, other in enumerate(_ARITHMETIC.get(site.text(sign), "") if sign is not None else ""):
        yield site.swap(sign or site.piece, other, 1.0 / (1 + number))


@template("another logical operator", 0.6, "binary_expression")
def logic(site: JsSite) -> Iterator[JsFix]:
    sign = operator(site.piece)
    left, right = site.piece.part("left"), site.piece.part("right")
    if sign is None or left is None or right is None or site.text(sign) not in _LOGIC:
        return
    for other in _LOGIC[site.text(sign)]:
        yield site.swap(sign, other)
    yield site.swap(site.piece, site.text(left), 0.3)
    yield site.swap(site.piece, site.text(right), 0.3)


@template("one side of an operation", 0.15, "binary_expression")
def one_side(site: JsSite) -> Iterator[JsFix]:
    sign = operator(site.piece)
    left, right = site.piece.part("left"), site.piece.part("right")
    if sign is None or left is None or right is None or site.text(sign) not in _ARITHMETIC:
        return
    if right.kind == "number":
        yield site.swap(site.piece, site.text(left), 3.0)
    else:
        yield site.swap(site.piece, site.text(left), 0.7, "deletion")
    yield site.swap(site.piece, site.text(right), 0.5, "deletion")
    if site.text(sign) in "-/%":
        turned = f"{site.source.operand(right)} {site.text(sign)} {site.source.operand(left)}"
        yield site.swap(site.piece, turned, 1.5)


@template("operands grouped otherwise", 0.2, "binary_expression")
def grouping(site: JsSite) -> Iterator[JsFix]:
    sign, left, right = operator(site.piece), site.piece.part("left"), site.piece.part("right")
    if sign is None or left is None or right is None:
        return
    if (
        left.kind == "binary_expression"
        and (inner := operator(left))
        and (last := left.part("right"))
        and (first := left.part("left"))
    ):
        yield site.swap(
            site.piece,
            f"{site.text(first)} {site.text(inner)} ({site.text(last)} {site.text(sign)} {site.text(right)})",
        )
    if (
        right.kind == "binary_expression"
        and (inner := operator(right))
        and (last := right.part("right"))
        and (first := right.part("left"))
    ):
        yield site.swap(
            site.piece,
            f"({site.text(left)} {site.text(sign)} {site.text(first)}) {site.text(inner)} {site.text(last)}",
        )


@template("another assignment", 0.4, "augmented_assignment_expression", "assignment_expression")
def assignment(site: JsSite) -> Iterator[JsFix]:
    sign = next((p for p in site.piece.parts if site.text(p) in _ASSIGN), None)
    if sign is not None:
        for number, other in enumerate(_ASSIGN[site.text(sign)]):
            yield site.swap(sign, other, 1.0 / (1 + number))


@template("up for down", 0.4, "update_expression")
def update(site: JsSite) -> Iterator[JsFix]:
    sign = operator(site.piece)
    if sign is not None:
        yield site.swap(sign, "--" if site.text(sign) == "++" else "++")


@template(
    "negation",
    0.35,
    "unary_expression",
    "binary_expression",
    "call_expression",
    "identifier",
    "member_expression",
)
def negation(site: JsSite) -> Iterator[JsFix]:
    sign, argument = operator(site.piece), site.piece.part("argument")
    if site.piece.kind == "unary_expression":
        if sign is not None and argument is not None and site.text(sign) in "!-+":
            yield site.swap(site.piece, site.text(argument))
        return
    parent = site.piece.parent
    inside = parent is not None and (
        (parent.kind == "parenthesized_expression" and site.source.statement(parent).kind in ("if_statement", "while_statement"))
        or (parent.kind == "ternary_expression" and site.piece.role == "condition")
        or (parent.kind == "binary_expression" and (o := operator(parent)) is not None and site.text(o) in ("&&", "||"))
    )  # fmt: skip
    if inside and (site.piece.kind != "binary_expression" or site.text(operator(site.piece)) in ("&&", "||")):
        yield site.swap(site.piece, f"!{site.source.operand(site.piece)}")
    elif is_value(site.piece) and parent is not None and parent.kind in ("return_statement", "arguments"):
        yield site.swap(site.piece, f"-{site.source.operand(site.piece)}", 0.2)
        yield site.swap(site.piece, f"!{site.source.operand(site.piece)}", 0.2)


@template("another number", 0.5, "number")
def number(site: JsSite) -> Iterator[JsFix]:
    text = site.text()
    if text.isdigit():
        for other, weight in (
            (int(text) + 1, 1.0),
            (int(text) - 1, 1.0),
            (0, 0.6),
            (1, 0.6),
            (int(text) * 10, 0.3),
        ):
            if str(other) != text:
                yield site.swap(site.piece, str(other), weight)
    for donor in site.numbers:
        if donor != text:
            yield site.swap(site.piece, donor, 0.3)
    if text in ("0", "1"):
        for word in ("Infinity", "-Infinity"):
            yield site.swap(site.piece, word, 0.25)


@template("off by one", 0.45, "identifier", "member_expression", "call_expression", "binary_expression")
def off_by_one(site: JsSite) -> Iterator[JsFix]:
    parent = site.piece.parent
    if parent is None or not is_value(site.piece):
        return
    near = site.piece.role == "index" or parent.kind in (
        "arguments",
        "return_statement",
        "template_substitution",
    )
    in_operation = parent.kind == "binary_expression" and site.piece.kind != "binary_expression"
    if not near and not in_operation and parent.kind not in ("variable_declarator", "assignment_expression"):
        return
    weight = 1.0 if near else 0.5
    for sign in "+-":
        text = f"{site.text()} {sign} 1"
        yield site.swap(site.piece, f"({text})" if in_operation else text, weight)


@template("another text", 0.3, "string")
def string(site: JsSite) -> Iterator[JsFix]:
    if site.piece.parent is not None and site.piece.parent.kind in ("import_statement", "export_statement"):
        return
    for other in ("''", "' '"):
        if other != site.text():
            yield site.swap(site.piece, other, 0.7)
    for other in site.strings:
        if other != site.text():
            yield site.swap(site.piece, other, 0.4)


@template("true for false", 0.5, "true", "false")
def truth(site: JsSite) -> Iterator[JsFix]:
    yield site.swap(site.piece, "false" if site.piece.kind == "true" else "true")


EXPRESSIONS = (
    boundary, comparison, arithmetic, logic, one_side, grouping, assignment, update, negation, number, off_by_one, string, truth,
)  # fmt: skip
