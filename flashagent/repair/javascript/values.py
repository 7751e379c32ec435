"""Templates for what an expression names: variables, members, calls, items, patterns, and what is particular to the language: `?.`,
`await`, sorting in place (Offutt 1996; Just et al. 2014)."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise

from flashagent.repair.javascript.places import assigned, is_value
from flashagent.repair.javascript.source import FUNCTIONS
from flashagent.repair.javascript.template import JsFix, JsSite, template

LONGEST = 120  # characters of a statement in which names are exchanged
_FAMILIES = (
    ("push", "unshift"), ("pop", "shift"), ("min", "max"), ("floor", "ceil", "round", "trunc"), ("some", "every"),
    ("slice", "substring", "splice"), ("find", "filter", "findIndex"), ("find", "findLast"), ("indexOf", "lastIndexOf"),
    ("map", "filter", "forEach", "flatMap"), ("keys", "values", "entries"), ("startsWith", "endsWith", "includes"),
    ("toLowerCase", "toUpperCase"), ("get", "has"), ("push", "concat"), ("length", "size"), ("trim", "trimStart", "trimEnd"),
    ("padStart", "padEnd"), ("replace", "replaceAll"), ("parseInt", "parseFloat"), ("add", "delete"), ("reduce", "reduceRight"),
    ("slice", "concat"), ("all", "allSettled"), ("sqrt", "cbrt"), ("abs", "sign"), ("charAt", "charCodeAt"),
)  # fmt: skip


@template("another variable", 0.5, "identifier")
def variable(site: JsSite) -> Iterator[JsFix]:
    parent = site.piece.parent
    target = (
        parent is not None and site.piece.role == "left" and parent.kind.endswith("assignment_expression")
    )
    if not target and not is_value(site.piece):
        return
    called = parent is not None and site.piece.role in ("function", "constructor")
    for number_, other in enumerate(site.source.variables(site.piece)):
        if other != site.text():
            yield site.swap(site.piece, other, (0.1 if called else 1.0) / (1 + 0.15 * number_))


@template("two names exchanged", 0.25, "expression_statement", "return_statement", "lexical_declaration")
def exchanged_names(site: JsSite) -> Iterator[JsFix]:
    """Two variables of one statement, each in the place of the other."""
    if site.piece.end - site.piece.start > LONGEST:
        return
    own = site.source.variables(site.piece)
    uses = [
        one
        for one in site.piece.walk()
        if one.kind == "identifier" and is_value(one) and site.text(one) in own
    ]
    for number, first in enumerate(uses[:6]):
        for second in uses[number + 1 : 6]:
            if site.text(first) != site.text(second):
                yield JsFix(
                    (
                        site.source.replace(first, site.text(second)),
                        site.source.replace(second, site.text(first)),
                    )
                )


@template("moved by another variable", 0.15, "identifier")
def shifted(site: JsSite) -> Iterator[JsFix]:
    parent = site.piece.parent
    if parent is not None and (parent.kind == "arguments" or site.piece.role == "index"):
        for other in site.source.variables(site.piece)[:5]:
            if other != site.text():
                yield site.swap(site.piece, f"{other} + {site.text()}")
                yield site.swap(site.piece, f"{site.text()} - {other}", 0.6)


@template("another value", 0.15, "identifier", "member_expression", "call_expression", "subscript_expression")
def value(site: JsSite) -> Iterator[JsFix]:
    parent = site.piece.parent
    if parent is None or not is_value(site.piece) or site.piece.role in ("object", "function", "constructor"):
        return
    for other, weight in (
        ("0", 1.0),
        ("1", 0.6),
        ("[]", 0.4),
        ("''", 0.3),
        ("null", 0.3),
        ("true", 0.3),
        ("false", 0.3),
    ):
        yield site.swap(site.piece, other, weight, "literal")
    if parent.kind in ("arguments", "variable_declarator", "return_statement", "binary_expression", "array"):
        for wrap in ("Number", "String", "Math.abs", "Math.floor"):
            yield site.swap(site.piece, f"{wrap}({site.text()})", 0.5)
        yield site.swap(site.piece, f"[...{site.text()}]", 0.4)


@template("another member", 0.5, "property_identifier")
def member(site: JsSite) -> Iterator[JsFix]:
    parent = site.piece.parent
    if parent is None or parent.kind != "member_expression":
        return
    text = site.text()
    for family in _FAMILIES:
        for other in family if text in family else ():
            if other != text:
                yield site.swap(site.piece, other)
    for other in site.members:
        if other != text:
            yield site.swap(site.piece, other, 0.4)


@template("arguments", 0.4, "arguments")
def arguments(site: JsSite) -> Iterator[JsFix]:
    given = [part for part in site.piece.parts if part.named]
    for first, second in pairwise(given):
        yield JsFix(
            (site.source.replace(first, site.text(second)), site.source.replace(second, site.text(first)))
        )
    for number_ in range(len(given)):
        others = [site.text(other) for at, other in enumerate(given) if at != number_]
        yield site.swap(site.piece, f"({', '.join(others)})", 0.3)
    if len(given) <= 2 and not any(one.kind in FUNCTIONS for one in given):
        for other in [*site.source.variables(site.piece)[:6], "0", "1", "10"]:
            yield site.swap(site.piece, f"({', '.join([*map(site.text, given), other])})", 0.3)


@template("how a call is made", 0.35, "call_expression")
def call(site: JsSite) -> Iterator[JsFix]:
    function, given = site.piece.part("function"), site.piece.part("arguments")
    if function is None or given is None:
        return
    owner, name = function.part("object"), function.part("property")
    if owner is not None and name is not None:
        called = site.text(name)
        if called == "sort" and site.text(given) == "()":
            yield site.swap(given, "((a, b) => a - b)", 3.0)
        if called in ("sort", "reverse", "splice", "fill") and owner.kind in (
            "identifier",
            "member_expression",
        ):
            yield site.swap(owner, f"[...{site.text(owner)}]", 2.0)
        if not site.text(function).startswith(("Math.", "Object.", "Array.", "JSON.")):
            yield site.swap(site.piece, site.text(owner), 0.4)
    inner = [part for part in given.parts if part.named]
    if len(inner) == 1 and inner[0].kind not in FUNCTIONS:
        yield site.swap(site.piece, site.text(inner[0]), 0.5)
    around = site.source.function(site.piece)
    parent = site.piece.parent
    awaited = parent is not None and parent.kind == "await_expression"
    if around is not None and not awaited and site.text(around).startswith("async"):
        yield site.put(site.piece.start, "await ", 1.5)
    if parent is not None and awaited:
        yield site.swap(parent, site.text(), 0.5)


@template("what may be absent", 0.25, "member_expression", "subscript_expression")
def absent(site: JsSite) -> Iterator[JsFix]:
    owner = site.piece.part("object")
    if owner is None or owner.kind in ("this", "super") or "?." in site.text():
        return
    if not assigned(site.piece) and not site.text(owner)[:1].isupper():
        dot = "?" if site.piece.kind == "member_expression" else "?."
        yield site.put(owner.end, dot, 1.0, "guard")
        if is_value(site.piece) and site.piece.role not in ("function", "object"):
            for other in ("0", "''", "[]"):
                yield site.swap(site.piece, f"({site.text()} ?? {other})", 0.6)


@template("the whole for a part", 0.2, "subscript_expression", "member_expression")
def whole(site: JsSite) -> Iterator[JsFix]:
    owner = site.piece.part("object")
    if (
        owner is not None
        and owner.kind not in ("this", "super")
        and site.piece.role not in ("function", "left")
    ):
        yield site.swap(site.piece, site.text(owner))


@template("the object's own", 0.3, "identifier", "member_expression")
def own(site: JsSite) -> Iterator[JsFix]:
    text = site.text()
    if site.piece.kind == "identifier" and is_value(site.piece) and f"this.{text}" in site.source.text:
        yield site.swap(site.piece, f"this.{text}")
    elif (
        site.piece.kind == "member_expression" and text.startswith("this.") and site.piece.role != "function"
    ):
        name = text.removeprefix("this.")
        if name in site.source.variables(site.piece):
            yield site.swap(site.piece, name)


@template("branches exchanged", 0.35, "ternary_expression")
def ternary(site: JsSite) -> Iterator[JsFix]:
    yes, no = site.piece.part("consequence"), site.piece.part("alternative")
    if yes is not None and no is not None:
        yield JsFix((site.source.replace(yes, site.text(no)), site.source.replace(no, site.text(yes))))


@template("another pattern", 0.3, "regex")
def pattern(site: JsSite) -> Iterator[JsFix]:
    """The flags, and what of a pattern is one sign: how often, where it stands, which letters."""
    body, flags = site.piece.part("pattern"), site.piece.part("flags")
    if body is None:
        return
    given = site.text(flags) if flags is not None else ""
    for flag, weight in (("g", 1.5), ("i", 1.0), ("m", 0.6), ("u", 0.2), ("s", 0.2)):
        other = given.replace(flag, "") if flag in given else given + flag
        yield site.swap(site.piece, f"/{site.text(body)}/{other}", weight)
    text = site.text(body)
    for number_, sign in enumerate(text):
        for other in _PATTERN.get(sign, ()):
            if number_ == 0 or text[number_ - 1] != "\\" or sign in "dDwWsSbB":
                yield site.swap(body, text[:number_] + other + text[number_ + 1 :], 0.6)
    if text[:1] != "^":
        yield site.swap(body, "^" + text, 0.5)
    if text[-1:] != "$":
        yield site.swap(body, text + "$", 0.5)
    if text[-1:] not in "+*?$":
        yield site.swap(body, text + "+", 0.8)


@template("items asked for in another order", 0.4, "subscript_expression")
def exchanged_items(site: JsSite) -> Iterator[JsFix]:
    owner, index = site.piece.part("object"), site.piece.part("index")
    inner = owner.part("index") if owner is not None and owner.kind == "subscript_expression" else None
    if index is not None and inner is not None:
        yield JsFix(
            (site.source.replace(inner, site.text(index)), site.source.replace(index, site.text(inner)))
        )


@template("the larger or smaller of old and new", 0.2, "assignment_expression")
def extreme(site: JsSite) -> Iterator[JsFix]:
    target, given = site.piece.part("left"), site.piece.part("right")
    if (
        target is not None
        and given is not None
        and target.kind in ("identifier", "member_expression", "subscript_expression")
    ):
        for name in ("Math.max", "Math.min"):
            yield site.swap(given, f"{name}({site.text(target)}, {site.text(given)})")
        yield site.swap(given, f"{site.text(target)} ?? {site.source.operand(given)}", 0.5)


@template("a copy kept apart", 0.15, "identifier", "member_expression")
def copied(site: JsSite) -> Iterator[JsFix]:
    parent = site.piece.parent
    if parent is not None and is_value(site.piece) and parent.kind in ("variable_declarator", "return_statement", "arguments", "assignment_expression", "pair"):  # fmt: skip
        yield site.swap(site.piece, f"{{ ...{site.text()} }}")
        yield site.swap(site.piece, f"structuredClone({site.text()})", 0.3)


_PATTERN = {
    "+": ("*", ""), "*": ("+",), "?": ("", "*"), "^": ("",), "$": ("",), "d": ("D", "w"), "w": ("W", "d"), "s": ("S",), "D": ("d",),
    "W": ("w",), "S": ("s",), ".": ("\\.",), "b": ("B",), "B": ("b",),
}  # fmt: skip
VALUES = (
    variable, exchanged_names, shifted, value, member, arguments, call, absent, whole, own, ternary, pattern, exchanged_items, extreme, copied,
)  # fmt: skip
