"""Templates for whole statements: conditions strengthened and weakened, guards, returns, statements taken away, moved or put in
(Le Goues et al. 2012; Kim et al. 2013)."""

from __future__ import annotations

from collections.abc import Iterator

from flashagent.repair.javascript.source import FUNCTIONS
from flashagent.repair.javascript.template import JsFix, JsSite, template
from flashagent.repair.source import Edit
from flashagent.syntax.trees import Piece

_RESULTS = ("0", "null", "[]", "''", "false", "true", "1", "-1", "undefined")


def _indent(site: JsSite, piece: Piece) -> str:
    start = site.source.text.rfind("\n", 0, piece.start) + 1
    line = site.source.text[start : piece.start]
    return line if not line.strip() else line[: len(line) - len(line.lstrip())]


@template("condition", 0.2, "if_statement", "while_statement")
def condition(site: JsSite) -> Iterator[JsFix]:
    asked = site.piece.part("condition")
    if asked is None:
        return
    inner = site.text(asked)[1:-1]
    for number, other in enumerate(site.conditions[:8]):
        if other != inner:
            weight = 1.0 / (1 + 0.3 * number)
            yield site.swap(asked, f"({inner} && {other})", weight)
            yield site.swap(asked, f"({inner} || {other})", weight)
    for other in ("true", "false"):
        yield site.swap(asked, f"({other})", 0.3, "constant-condition")


@template("result", 0.3, "return_statement")
def result(site: JsSite) -> Iterator[JsFix]:
    given = next((part for part in site.piece.parts if part.named), None)
    names = site.source.variables(site.piece)
    if given is None:
        for name in names[:6]:
            yield site.swap(site.piece, f"return {name};")
        return
    for other in _RESULTS:
        if other != site.text(given):
            yield site.swap(given, other, 0.4, "literal" if given.kind not in ("number", "string", "true", "false", "null") else "")  # fmt: skip
    if given.kind in ("true", "false"):
        for name in names[:6]:
            yield site.swap(given, f"{name}.length === 0", 0.6)
            yield site.swap(given, f"{name}.length > 0", 0.4)
            yield site.swap(given, name, 0.4)
    for name in names[:6]:
        if name != site.text(given):
            yield site.swap(given, f"{site.source.operand(given)} + {name}", 0.3)
            yield site.swap(given, f"{name} + {site.source.operand(given)}", 0.15)


@template("return of what is computed", 0.5, "expression_statement")
def returned(site: JsSite) -> Iterator[JsFix]:
    inner = next((part for part in site.piece.parts if part.named), None)
    if inner is not None and inner.kind in ("call_expression", "binary_expression", "await_expression"):
        yield site.put(site.piece.start, "return ")


@template("guard before a statement", 0.12, "return_statement", "expression_statement", "lexical_declaration", "for_statement", "for_in_statement")  # fmt: skip
def guard(site: JsSite) -> Iterator[JsFix]:
    parent = site.piece.parent
    if parent is None or parent.kind not in ("statement_block", "program"):
        return
    space = _indent(site, site.piece)
    names = site.source.variables(site.piece)[:4]
    function = site.source.function(site.piece)
    first = (
        function is not None
        and function.part("body") is parent
        and [p for p in parent.parts if p.named][:1] == [site.piece]
    )
    for name in names:
        tests = (f"{name} === 0", f"!{name}", f"{name}.length === 0", f"{name} == null", f"{name} < 0")
        for asked in tests if first else ():
            for number, given in enumerate(_RESULTS[:7]):
                yield site.put(
                    site.piece.start,
                    f"if ({asked}) return {given};\n{space}",
                    1.0 / (1 + 0.2 * number),
                    "guard",
                )
        if site.piece.kind == "expression_statement":
            yield site.put(site.piece.start, f"if ({name}) ", 0.5, "guard")
    if site.piece.kind == "expression_statement":
        for asked in site.conditions[:6]:
            yield site.put(site.piece.start, f"if ({asked}) ", 0.6, "guard")


@template("statement taken away", 0.15, "expression_statement", "if_statement", "break_statement", "continue_statement", "return_statement")  # fmt: skip
def deletion(site: JsSite) -> Iterator[JsFix]:
    parent = site.piece.parent
    if parent is None or parent.kind not in ("statement_block", "program", "switch_case", "else_clause"):
        return
    start = site.source.text.rfind("\n", 0, site.piece.start) + 1
    first = not site.source.text[start : site.piece.start].strip()
    newline = first and site.source.text[site.piece.end : site.piece.end + 1] == "\n"
    start = start if newline else site.piece.start
    yield JsFix((Edit(start, site.piece.end + newline, ""),), 1.0, "deletion")


@template(
    "statements exchanged",
    0.2,
    "expression_statement",
    "lexical_declaration",
    "if_statement",
    "return_statement",
)
def exchange(site: JsSite) -> Iterator[JsFix]:
    parent = site.piece.parent
    around = (
        [p for p in parent.parts if p.named]
        if parent is not None and parent.kind == "statement_block"
        else []
    )
    at = next((n for n, one in enumerate(around) if one is site.piece), len(around))
    if at + 1 < len(around) and site.piece.kind != "return_statement":
        other = around[at + 1]
        yield JsFix(
            (site.source.replace(site.piece, site.text(other)), site.source.replace(other, site.text()))
        )
    function = parent.parent if parent is not None else None
    if site.piece.kind == "return_statement" and function is not None and function.kind in ("for_statement", "for_in_statement", "if_statement", "while_statement"):  # fmt: skip
        space = _indent(site, function)
        yield JsFix((Edit(site.piece.start, site.piece.end, ""), Edit(function.end, function.end, f"\n{space}{site.text()}")))  # fmt: skip


@template("leaving a loop otherwise", 0.35, "break_statement", "continue_statement")
def leaving(site: JsSite) -> Iterator[JsFix]:
    yield site.swap(site.piece, "continue;" if site.piece.kind == "break_statement" else "break;")


@template("break between cases", 0.6, "switch_case")
def fall_through(site: JsSite) -> Iterator[JsFix]:
    body = [part for part in site.piece.parts if part.role == "body"]
    if body and body[-1].kind not in (
        "break_statement",
        "return_statement",
        "throw_statement",
        "continue_statement",
    ):
        yield site.put(body[-1].end, f"\n{_indent(site, body[-1])}break;")


@template(
    "statement put in",
    0.14,
    "expression_statement",
    "return_statement",
    "lexical_declaration",
    "if_statement",
)
def insertion(site: JsSite) -> Iterator[JsFix]:
    parent = site.piece.parent
    if parent is None or parent.kind != "statement_block":
        return
    function = site.source.function(site.piece)
    space = _indent(site, site.piece)
    seen: dict[str, None] = {}
    for one in function.walk() if function is not None else ():
        if one.kind == "expression_statement" and one is not site.piece and one.end - one.start < 80:
            seen[site.text(one)] = None
    for name in site.source.variables(site.piece)[:6]:
        seen |= dict.fromkeys((f"{name}++;", f"{name}--;"))
    for number, text in enumerate(seen):
        yield site.put(site.piece.end, f"\n{space}{text}", 1.0 / (1 + 0.2 * number), "insertion")


@template("return at the end", 0.35, "expression_statement", "if_statement", "for_statement", "for_in_statement", "while_statement", "lexical_declaration")  # fmt: skip
def ending(site: JsSite) -> Iterator[JsFix]:
    """What a function computes, given back: its own names, those of its last statement first."""
    block = site.piece.parent
    function = block.parent if block is not None else None
    last = [part for part in block.parts if part.named][-1:] if block is not None else []
    if (
        block is None
        or function is None
        or block.kind != "statement_block"
        or function.kind not in FUNCTIONS
        or last != [site.piece]
    ):
        return
    names = site.source.variables(last[0])
    inside = [
        site.source.of(one)
        for one in function.walk()
        if one.kind == "variable_declarator"
        for one in one.parts[:1]
    ]
    ordered = (
        [name for name in names if name in site.text()] + [name for name in inside if name in names] + names
    )
    for number, name in enumerate(list(dict.fromkeys(ordered))[:8]):
        yield site.put(
            site.piece.end, f"\n{_indent(site, site.piece)}return {name};", 1.0 / (1 + 0.2 * number)
        )


@template("of for in", 0.5, "for_in_statement")
def of_in(site: JsSite) -> Iterator[JsFix]:
    sign = site.piece.part("operator")
    if sign is not None:
        yield site.swap(sign, "of" if site.text(sign) == "in" else "in")


STATEMENTS = (
    condition,
    result,
    returned,
    guard,
    deletion,
    exchange,
    leaving,
    fall_through,
    insertion,
    ending,
    of_in,
)
