"""Whole trees as values: places in characters, roles, and what is broken."""

from __future__ import annotations

from flashagent.syntax.trees import leaves, tree


def test_places_count_characters() -> None:
    text = "// ä😀\nlet x = a < 1;\n"
    found = tree(text, "javascript")
    assert (found.kind, found.start, found.end) == ("program", 0, len(text))
    compared = next(piece for piece in found.walk() if piece.kind == "binary_expression")
    assert (text[compared.start : compared.end], compared.line) == ("a < 1", 2)
    sign = compared.part("operator")
    assert sign is not None
    assert (text[sign.start : sign.end], sign.named, sign.parent is compared) == ("<", False, True)
    assert compared.part("condition") is None


def test_walk_and_leaves_follow_the_text() -> None:
    text = "f(a, 'b');\n"
    assert [text[one.start : one.end] for one in leaves(text, "javascript")] == ["f", "(", "a", ",", "'", "b", "'", ")", ";"]  # fmt: skip
    starts = [piece.start for piece in tree(text, "javascript").walk()]
    assert starts == sorted(starts)


def test_broken_texts() -> None:
    assert any(piece.broken for piece in tree("function (\n", "javascript").walk())
    assert not any(piece.broken for piece in tree("f();\n", "javascript").walk())
