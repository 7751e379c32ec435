"""What a laid-out row is made of: pieces of text, each with the name of a style."""

from __future__ import annotations

from typing import Literal

StyleName = Literal[
    "", "dim", "bold", "italic", "code", "heading", "user", "good", "bad", "warning", "accent", "link", "hunk", "picked",
    "keyword", "string", "comment", "number", "added", "removed",
]  # fmt: skip
Span = tuple[str, StyleName]
Line = tuple[Span, ...]
