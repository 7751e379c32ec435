"""The whole syntax tree of a text as plain values, for who writes edits by place. Places count characters of the text."""

from __future__ import annotations

from dataclasses import field

from flashagent.dataclass import dataclass
from flashagent.syntax.languages import Language
from flashagent.syntax.parse import parsed


@dataclass(frozen=True, slots=True)
class Leaf:
    """A piece of the text without parts; `line` counts from 1."""

    kind: str
    start: int
    end: int
    line: int


@dataclass(eq=False, slots=True)
class Piece:
    """One node with its parts in the order of the text, punctuation and keywords included (`named` tells them from the rest).
    `role` is the grammar's name for its place in the parent ('left', 'condition', ...), '' where it has none."""

    kind: str
    start: int
    end: int
    line: int
    role: str
    named: bool
    parent: Piece | None
    broken: bool = False
    parts: list[Piece] = field(default_factory=list)

    def part(self, role: str) -> Piece | None:
        """The first part with this role."""
        return next((one for one in self.parts if one.role == role), None)

    def walk(self) -> list[Piece]:
        """This piece and all below it, in the order of the text."""
        found, pending = [], [self]
        while pending:
            one = pending.pop()
            found.append(one)
            pending.extend(reversed(one.parts))
        return found


def tree(text: str, language: Language) -> Piece:
    """The tree of a text; broken texts give a tree with pieces of the kind ERROR, or `broken` ones that are missing."""
    source, root = parsed(text, language)
    places = _Places(source)
    top = Piece(root.type, 0, len(text), 1, "", True, None)
    pending = [(root, top)]
    while pending:
        node, piece = pending.pop()
        for number, child in enumerate(node.children):
            role = node.field_name_for_child(number) or ""
            one = Piece(
                child.type, places.at(child.start_byte), places.at(child.end_byte), child.start_point[0] + 1, role,
                child.is_named, piece, child.is_missing or child.is_error,
            )  # fmt: skip
            piece.parts.append(one)
            pending.append((child, one))
    return top


def parses(text: str, language: Language) -> bool:
    """Whether the tree of a text has no error; much faster than building it."""
    return not parsed(text, language)[1].has_error


def leaves(text: str, language: Language) -> tuple[Leaf, ...]:
    """The pieces without parts, in the order of the text."""
    return tuple(Leaf(p.kind, p.start, p.end, p.line) for p in tree(text, language).walk() if not p.parts)


class _Places:
    """Byte places of UTF-8 as places in the text."""

    def __init__(self, source: bytes) -> None:
        self._plain = source.isascii()
        self._starts: list[int] = []
        if not self._plain:
            count = -1
            for byte in source:
                count += (byte & 0xC0) != 0x80
                self._starts.append(count)
            self._starts.append(count + 1)

    def at(self, byte: int) -> int:
        return byte if self._plain else self._starts[byte]
