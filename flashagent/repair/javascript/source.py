"""A JavaScript or TypeScript file for templates: its tree, and what each place can name. Pure."""

from __future__ import annotations

from dataclasses import field

from flashagent.dataclass import dataclass
from flashagent.repair.source import Edit
from flashagent.syntax.languages import language_for
from flashagent.syntax.trees import Piece, tree

FUNCTIONS = frozenset({
    "function_declaration", "function_expression", "arrow_function", "method_definition", "generator_function_declaration",
    "generator_function",
})  # fmt: skip
SIMPLE = frozenset({"identifier", "member_expression", "subscript_expression", "call_expression", "number", "string", "this", "parenthesized_expression", "array"})  # fmt: skip
NAMES = frozenset({"identifier", "shorthand_property_identifier_pattern"})


@dataclass(eq=False, slots=True)
class JsSource:
    """Built once for each file; raises ValueError for a file of another language or one that does not parse."""

    path: str
    text: str
    tree: Piece = field(init=False)
    pieces: list[Piece] = field(init=False)

    def __post_init__(self) -> None:
        language = language_for(self.path)
        if language not in ("javascript", "typescript", "tsx"):
            raise ValueError(f"{self.path} is no JavaScript")
        self.tree = tree(self.text, language)
        self.pieces = self.tree.walk()
        if any(piece.broken for piece in self.pieces):
            raise ValueError(f"{self.path} does not parse")

    def of(self, piece: Piece) -> str:
        return self.text[piece.start : piece.end]

    def replace(self, piece: Piece, text: str) -> Edit:
        return Edit(piece.start, piece.end, text)

    def operand(self, piece: Piece) -> str:
        """The piece's text so that it may stand beside an operator."""
        return self.of(piece) if piece.kind in SIMPLE else f"({self.of(piece)})"

    def function(self, piece: Piece) -> Piece | None:
        """The innermost function around a piece."""
        at = piece.parent
        while at is not None and at.kind not in FUNCTIONS:
            at = at.parent
        return at

    def statement(self, piece: Piece) -> Piece:
        """The innermost statement around a piece, or itself."""
        at = piece
        while not at.kind.endswith(("_statement", "_declaration")) and at.parent is not None:
            at = at.parent
        return at

    def line_of(self, place: int) -> int:
        return self.text.count("\n", 0, place) + 1

    def variables(self, piece: Piece) -> list[str]:
        """Parameters and variables that the place can read, the nearest function's first; of the module's level, the data."""
        found: dict[str, None] = {}
        function = self.function(piece)
        while function is not None:
            for one in function.parts:
                if one.kind in ("formal_parameters", "identifier") and one.role in (
                    "parameters",
                    "parameter",
                ):
                    found.update(dict.fromkeys(self._bound(one)))
            for one in self._inside(function):
                if one.start < piece.start and one.kind == "variable_declarator" and one.parts:
                    found.update(dict.fromkeys(self._bound(one.parts[0])))
                elif one.kind == "for_in_statement" and one.start < piece.start < one.end:
                    left = one.part("left")
                    found.update(dict.fromkeys(self._bound(left) if left is not None else ()))
            function = self.function(function)
        for one in self.tree.parts:
            for declarator in (
                one.parts if one.kind in ("lexical_declaration", "variable_declaration") else ()
            ):
                value = declarator.part("value")
                if value is not None and value.kind in ("number", "string", "array", "object"):
                    found.update(dict.fromkeys(self._bound(declarator.parts[0])))
        return list(found)

    def _bound(self, pattern: Piece) -> list[str]:
        return [self.of(one) for one in pattern.walk() if one.kind in NAMES and one.role != "right"]

    def _inside(self, function: Piece) -> list[Piece]:
        """What belongs to a function and to none inside it."""
        found, pending = [], list(reversed(function.parts))
        while pending:
            one = pending.pop()
            found.append(one)
            if one.kind not in FUNCTIONS:
                pending.extend(reversed(one.parts))
        return found
