"""From the raw spans that a grammar found to nested, named definitions. Pure: knows bytes and lines, no grammar."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import NamedTuple

from flashagent.dataclass import dataclass
from flashagent.syntax.comments import doc_line
from flashagent.syntax.languages import Language
from flashagent.values import Symbol

MAX_SIGNATURE = 240
_NEWLINE = ord("\n")
CLASS_KINDS = frozenset({"class", "struct", "interface", "trait", "enum"})
_C_FAMILY = frozenset({"c", "cpp"})
# A struct inside a typedef, or inside a macro, is no part of it.
_CLOSED_KINDS = frozenset({"type", "macro"})
_GO_TYPES = {"struct": "", "interface": " interface", "type": ""}
_ANNOTATIONS = re.compile(r"^(?:@[\w.]+(?:\([^()]*\))?\s+)+(?=[\w<])")
_CSHARP_ATTRIBUTES = re.compile(r"^(?:\[[^\[\]]*\]\s*)+")
_OPERATOR = re.compile(r"(?<!\w)operator(?!\w)")
_AROUND_COLONS = re.compile(r"\s*::\s*")
_MACRO = re.compile(r"[A-Z][A-Z0-9_]*_[A-Z0-9_]*")
_INNERMOST = re.compile(r"<[^<>]*>")
_ARGUMENTS = re.compile(r"<.*>", re.S)


class RawDefinition(NamedTuple):
    """One definition as the query found it: byte offsets into the source, `body` where the body starts (or -1), and
    rows from 0. A tuple, since a tree has hundreds of thousands and tuples are made fastest."""

    kind: str
    name: str
    start: int
    end: int
    head: int
    body: int
    receiver: str
    start_row: int
    end_row: int
    head_row: int


@dataclass(frozen=True, slots=True)
class Definition:
    """A symbol together with its byte span and the index of the definition around it (-1 at the top)."""

    symbol: Symbol
    start: int
    end: int
    parent: int
    head_line: int


def nest(
    path: str, source: bytes, language: Language, raw: Sequence[RawDefinition]
) -> tuple[Definition, ...]:
    """The definitions in source order, qualified by what stands around them; scopes only lend their names."""
    lines = source.split(b"\n")
    found: list[Definition] = []
    # Each open entry: end offset, qualified name, kind, index in `found` or the index its scope stands in.
    opened: list[tuple[int, str, str, int]] = []
    for item in sorted(raw, key=lambda one: (one.start, -one.end)):
        while opened and item.start >= opened[-1][0]:
            opened.pop()
        around = opened[-1] if opened else (len(source), "", "", -1)
        if language in _C_FAMILY and not item.name.isidentifier():
            item = item._replace(name=_c_name(item.name))
        name, qualified = _names(item, around[1])
        if item.kind == "scope":
            opened.append((item.end, qualified, "class", around[3]))
            continue
        symbol = Symbol(
            path=path,
            name=name,
            qualified=qualified,
            kind=_kind(item, around[2], qualified, name),
            start_line=item.start_row + 1,
            end_line=_last_row(source, item) + 1,
            signature=signature(source, item, language),
            doc=doc_line(source, lines, item.body, item.start_row, language),
        )
        if item.kind not in _CLOSED_KINDS:
            opened.append((item.end, qualified, item.kind, len(found)))
        found.append(Definition(symbol, item.start, item.end, around[3], item.head_row + 1))
    return tuple(found)


def _names(item: RawDefinition, outer: str) -> tuple[str, str]:
    if not item.receiver and item.name.isidentifier() and "operator" not in item.name:
        return item.name, f"{outer}.{item.name}" if outer else item.name
    before, operator = _split_operator(item.name)
    name = (_ARGUMENTS.sub("", before) if "<" in before else before).strip() or before.strip()
    own = [part.strip() for part in name.split("::") if part.strip()] + ([operator] if operator else [])
    if item.receiver:
        own.insert(0, item.receiver)
    parts = ([outer] if outer else []) + (own or [name])
    return parts[-1], ".".join(parts)


def _split_operator(name: str) -> tuple[str, str]:
    """What stands around an operator, and the operator: '<' and '::' in its name are no brackets and no path."""
    found = _OPERATOR.search(name) if "operator" in name else None
    if found is None:
        return name, ""
    sign = " ".join(name[found.start() :].split())
    # A conversion's name goes as far as its parameters; those of the call operator belong to its name.
    return name[: found.start()], sign if sign.startswith("operator()") else sign.partition("(")[0].rstrip()


def _c_name(text: str) -> str:
    """The name alone where a macro that the grammar cannot expand made a part of the type look like it
    ('FMT_CONSTEXPR Box<T> make_box' is read as the function 'Box<T> make_box')."""
    if _OPERATOR.search(text):
        return _AROUND_COLONS.sub("::", text)
    bare = text = text.strip("()")
    while (shorter := _INNERMOST.sub(" ", bare)) != bare:
        bare = shorter
    words = _AROUND_COLONS.sub("::", bare).split()
    if len(words) < 2:
        return text
    plain = [word for word in words if not _MACRO.fullmatch(word)]
    return (plain or words)[-1]


def _kind(item: RawDefinition, outer_kind: str, qualified: str, name: str) -> str:
    if item.kind == "module_definition":
        return "module"
    if item.kind == "function" and (outer_kind in CLASS_KINDS or ("::" in item.name and qualified != name)):
        return "method"
    return item.kind


def _last_row(source: bytes, item: RawDefinition) -> int:
    # Some grammars let a definition end at the start of the next line.
    return item.end_row - 1 if item.end and source[item.end - 1] == _NEWLINE else item.end_row


def signature(source: bytes, item: RawDefinition, language: Language) -> str:
    """The head of the definition on one line, without its body and annotations, at most `MAX_SIGNATURE` characters."""
    stop = item.body if item.body > item.head else min(item.end, item.head + 4 * MAX_SIGNATURE)
    head = source[item.head : min(stop, item.head + 4 * MAX_SIGNATURE)].decode("utf-8", "replace")
    if item.kind in ("constant", "variable", "macro") or (language == "ruby" and item.kind != "function"):
        head = head.partition("\n")[0]
    text = " ".join(head.split())
    if text.startswith("@"):
        text = " ".join(_ANNOTATIONS.sub("", text).split())
    text = text.rstrip("{ ")
    text = text.removesuffix(":").removesuffix("=>").removesuffix("=").rstrip() if item.body >= 0 else text
    if language == "csharp":
        text = _CSHARP_ATTRIBUTES.sub("", text)
    elif language == "ruby":
        text = text.removesuffix("; end")
    if language == "go" and item.kind in _GO_TYPES:
        # In a group the keyword stands far above.
        text = f"type {text.removeprefix('type ')}{_GO_TYPES[item.kind]}"
    return text if len(text) <= MAX_SIGNATURE else text[: MAX_SIGNATURE - 1] + "…"
