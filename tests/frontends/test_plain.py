"""What the linear app says of a block, and what typed words decide."""

from __future__ import annotations

import pytest

from flashagent.frontends.plain.telling import decision_of, lines_of
from flashagent.frontends.tui.blocks import Block
from flashagent.frontends.tui.view import ANSWERS


@pytest.mark.parametrize(
    ("line", "decision"),
    [
        ("yes", ("once", "")),
        (" Y ", ("once", "")),
        ("once", ("once", "")),
        ("session", ("session", "")),
        ("Project.", ("project", "")),
        ("no", ("deny", "")),
        ("no, it is wrong", ("deny", "it is wrong")),
        ("yes but later", ("deny", "yes but later")),
        ("why?", ("deny", "why?")),
    ],
)
def test_words_of_consent_stand_alone(line: str, decision: tuple[str, str]) -> None:
    assert decision_of(line) == decision


@pytest.mark.parametrize(
    ("block", "said"),
    [
        (Block("user", text="a\nb"), ["You: a", "b"]),
        (Block("text", text="# Hi\n\nthere"), ["Model: # Hi", "", "there"]),
        (Block("thought", text="one two"), ["(The model thought for 2 words.)"]),
        (
            Block("tool", "edit: a.py · 0.1 s", mark="bad", more="hidden"),
            ["Tool failed: edit: a.py · 0.1 s"],
        ),
        (Block("check", "check: pytest", "t::a", "bad"), ["Failed: check: pytest", "  t::a"]),
        (
            Block("question", "May this run?", f"command: ls\n{ANSWERS}"),
            ["Question: May this run?", "  command: ls"],
        ),
        (Block("question", "May this run?", "answered: once", done=True), ["Answer: once"]),
        (Block("note", "Careful", "do this", "warning"), ["Warning: Careful", "  do this"]),
        (Block("diff", "modified a", "-x\n+y", "good"), ["Changed: modified a", "  -x", "  +y"]),
        (Block("text", text="\x1b[2J\x1b[31mred\x1b[0m\u202e"), ["Model: \\x1b[2Jred\\u202e"]),
    ],
)
def test_a_block_in_lines(block: Block, said: list[str]) -> None:
    assert list(lines_of(block)) == said
