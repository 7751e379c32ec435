"""What stands at a place of an expression. Pure."""

from __future__ import annotations

from flashagent.syntax.trees import Piece


def operator(piece: Piece) -> Piece | None:
    return piece.part("operator")


def assigned(piece: Piece) -> bool:
    return piece.role == "left" and piece.parent is not None and piece.parent.kind != "binary_expression"


def is_value(piece: Piece) -> bool:
    """Does the piece stand where a value is read?"""
    parent = piece.parent
    if parent is None or piece.role in ("left", "name", "key", "property", "label", "alias", "parameter"):
        return parent is not None and piece.role == "left" and parent.kind == "binary_expression"
    return parent.kind not in (
        "formal_parameters", "object_pattern", "array_pattern", "import_specifier", "export_specifier", "import_clause",
        "labeled_statement", "update_expression", "rest_pattern", "required_parameter",
    )  # fmt: skip
