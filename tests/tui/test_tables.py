"""Tables in an answer: laid out as columns once they can be, and the same however the answer came."""

from __future__ import annotations

import pytest

from flashagent.frontends.tui.blocks import Block
from flashagent.frontends.tui.tables import MOST_ROWS, laid_out
from flashagent.frontends.tui.typeset import Typeset

TABLE = (
    "| name | what it `does` | n |\n|---|:---:|--:|\n| a | **bold** | 1 |\n| 日本 | long words here | 22 |\n"
)


def shown(text: str, width: int = 60, *, done: bool = True) -> list[str]:
    rows = Typeset(width).rows(Block("text", text=text, done=done))
    return ["".join(part for part, _ in row).rstrip() for row in rows]


def test_columns() -> None:
    assert shown(f"Before\n\n{TABLE}\nAfter") == [
        "  Before",
        "",
        "  name │ what it does    │ n",
        "  ─────┼─────────────────┼───",
        "  a    │ bold            │ 1",
        "  日本 │ long words here │ 22",
        "",
        "  After",
        "",
    ]


def test_cells_are_wrapped_where_the_width_is_small() -> None:
    assert shown(TABLE, 20)[:4] == [
        "  name │ what   │ n",
        "       │ it     │",
        "       │ does   │",
        "  ─────┼────────┼───",
    ]


@pytest.mark.parametrize(
    "text",
    [
        "| not a table |\n| it has no rule |\n",
        "| a | b |\n|---|\n",
        "```\n| a | b |\n|---|---|\n```\n",
        "| a",
        f"| {'| '.join('abcdefghijklmnopqrstuvwxyz')} |\n|{'---|' * 26}\n",
    ],
)
def test_what_is_no_table_stays_as_it_was_written(text: str) -> None:
    assert "".join(shown(text, 60)).replace(" ", "") == text.replace("\n", "").replace(" ", "")


@pytest.mark.parametrize(
    "text",
    [
        f"Before\n{TABLE}After",
        TABLE.rstrip(),
        f"{TABLE}{TABLE}",
        f"{TABLE}\n{TABLE}x",
        TABLE.replace("\n", "\r\n"),
    ],
)
@pytest.mark.parametrize("step", [1, 7, 1000])
def test_a_streamed_table_ends_as_one_that_came_at_once(text: str, step: int) -> None:
    typeset = Typeset(60)
    for end in range(0, len(text), step):
        typeset.rows(Block("text", text=text[:end]))
    done = Block("text", text=text, done=True)
    assert typeset.rows(done) == Typeset(60).rows(done)


def test_an_endless_table_is_not_laid_out_again_and_again() -> None:
    text = "| a |\n|---|\n" + "| x |\n" * (MOST_ROWS + 5)
    typeset = Typeset(60)
    typeset.rows(Block("text", text=text))
    assert typeset.rows(Block("text", text=text + "| y |\n"))[-2][-1][0] == "| y |"


def test_short_rows_are_filled_and_bars_can_be_escaped() -> None:
    rows = laid_out(["| a | b |", "|---|---|", "| x \\| y |"], 40, "")
    assert rows is not None
    assert "".join(text for text, _ in rows[2]) == "x | y │ "
