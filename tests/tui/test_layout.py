"""Text to rows: Markdown, wrapping, blocks, the status line and the line editor, all without a terminal."""

from __future__ import annotations

import time
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.cells import cell_len

from flashagent.frontends.tui.blocks import Block, View
from flashagent.frontends.tui.commands import COMMANDS, Book, split
from flashagent.frontends.tui.controller import Facts, OwnCommand
from flashagent.frontends.tui.editing import Line
from flashagent.frontends.tui.markup import Laid, diff_line, fitted, markdown_line, source_lines, wrap
from flashagent.frontends.tui.status import facts_shown, laid_out
from flashagent.frontends.tui.typeset import Typeset


def texts(rows: object) -> list[str]:
    return ["".join(text for text, _ in row) for row in rows]  # type: ignore[attr-defined]


@pytest.mark.parametrize(
    ("source", "spans"),
    [
        ("plain", (("plain", ""),)),
        ("## Title ##", (("Title", "heading"),)),
        ("a `b c` d", (("a ", ""), ("b c", "code"), (" d", ""))),
        ("**`Cart`** is *not* 2*3*4", (("Cart", "bold"), (" is ", ""), ("not", "italic"), (" 2*3*4", ""))),
        ("- item", (("• ", "accent"), ("item", ""))),
        ("  12. item", (("  12. ", "accent"), ("item", ""))),
        ("> said", (("│ ", "dim"), ("said", "dim"))),
        ("see [docs](http://x/y)", (("see ", ""), ("docs", "link"), (" (http://x/y)", "dim"))),
        ("---", (("─" * 20, "dim"),)),
        ("snake_case_name and __init__", (("snake_case_name and __init__", ""),)),
    ],
)
def test_markdown_lines(source: str, spans: object) -> None:
    assert markdown_line(source, "")[0].spans == spans


def test_nothing_is_markup_inside_a_fence() -> None:
    fence = ""
    styles = []
    for line in ["````python", "# x", "```", "**y**", "````", "**z**"]:
        laid, fence = markdown_line(line, fence)
        styles.append([style for _, style in laid.spans])
    assert styles == [["dim"], ["comment"], ["string", "string"], [""], ["dim"], ["bold"]]


def test_diff_lines() -> None:
    lines = ["--- a", "+++ b", "@@ -1 +1 @@", "-x", "+y", " z"]
    assert [diff_line(line).spans[0][1] for line in lines] == ["dim", "dim", "hunk", "bad", "good", ""]


def test_words_wrap_and_items_hang() -> None:
    laid, _ = markdown_line("- one two three four", "")
    assert texts(wrap(laid, 12, "  ")) == ["  • one two", "    three", "    four"]


def test_long_words_and_code_are_cut() -> None:
    assert texts(wrap(Laid((("abcdefghij", ""),)), 4)) == ["abcd", "efgh", "ij"]
    assert texts(wrap(Laid((("a b  c d e", "code"),), by_word=False), 4)) == ["a b ", " c d", " e"]


def test_wide_signs_count_two_cells() -> None:
    assert texts(wrap(Laid((("日本語文字", ""),)), 6)) == ["日本語", "文字"]
    assert texts(wrap(Laid((("日本", ""),)), 1)) == ["日", "本"]


@given(st.text(max_size=200), st.integers(10, 60), st.booleans())
def test_rows_fit_and_lose_only_white_space(text: str, width: int, by_word: bool) -> None:
    for line in source_lines(text):
        rows = wrap(Laid(((line, ""),), by_word=by_word), width, "  ")
        assert all(cell_len(row) <= width for row in texts(rows))
        shown = "".join(row[2:] for row in texts(rows))
        assert shown.split() == line.split() or "".join(shown.split()) == "".join(line.split())


@given(st.text(alphabet="ab `*#-\n>[](){}+1.~", max_size=120), st.lists(st.integers(0, 120)))
def test_a_block_that_grows_is_laid_out_as_if_it_came_at_once(text: str, cuts: list[int]) -> None:
    growing = Typeset(40)
    for cut in sorted(min(cut, len(text)) for cut in cuts):
        growing.rows(Block("text", text=text[:cut]))
    assert growing.rows(Block("text", text=text)) == Typeset(40).rows(Block("text", text=text))


def test_a_block_whose_title_or_text_changes_is_laid_out_anew() -> None:
    typeset = Typeset(40)
    typeset.rows(Block("tool", "run", "a\nb\n", "running"))
    assert texts(typeset.rows(Block("tool", "run", "b\nc\n", "running"))) == ["● run", "    b", "    c"]
    assert texts(typeset.rows(Block("tool", "run · 1 s", "", "good"))) == ["✓ run · 1 s"]


@pytest.mark.parametrize("part", ["[", "[a](", "**x ", "*a ", "`", "- ", "#", "> ", " "])
def test_time_grows_with_the_length_of_a_hostile_line_only(part: str) -> None:
    """Compared with itself, as a ratio, so that no machine is too slow for it."""

    def cost(repeats: int) -> float:
        best = float("inf")
        for _ in range(3):
            started = time.process_time()
            markdown_line(part * repeats, "")
            best = min(best, time.process_time() - started)
        return best

    assert cost(16_000) < 40 * max(cost(1_000), 0.0005)


def test_thoughts_are_folded() -> None:
    thought = "one two three " * 20
    assert texts(Typeset(60).rows(Block("thought", text=thought)))[0].startswith("∴ thinking … one two three")
    assert texts(Typeset(60).rows(Block("thought", text=thought, done=True))) == [
        "∴ thought for 60 words",
        "",
    ]


@pytest.mark.parametrize(
    "kind", ["user", "text", "thought", "tool", "diff", "note", "check", "result", "question"]
)
def test_foreign_text_commands_no_terminal(kind: str) -> None:
    evil = "a\x1b[2Jb\x1b]0;t\x07c\u202e\x9b31m\r\nd\te"
    for done in (False, True):
        shown = "".join(texts(Typeset(40).rows(Block(kind, "title", evil, done=done))))  # type: ignore[arg-type]
        assert shown.isprintable()


@pytest.mark.parametrize(
    ("width", "shown"),
    [
        (60, ("working · 3 s", "mini · main · bubblewrap · ~2.5k tokens $0.50")),
        (50, ("working · 3 s", "mini · main · bubblewrap")),
        (30, ("working · 3 s", "mini · main")),
        (20, ("working · 3 s", "mini")),
        (10, ("working ·…", "")),
    ],
)
def test_the_status_line_fits_itself(width: int, shown: tuple[str, str]) -> None:
    parts = facts_shown(
        Facts("shop", "main", "mini", "bubblewrap"), View(tokens=2500, cost=0.5, estimated=True)
    )
    assert laid_out("working · 3 s", parts, width) == shown


def test_offline_is_said() -> None:
    assert facts_shown(Facts("shop", "main"), View()) == ["offline", "main"]


def test_fitted() -> None:
    assert [fitted("日本語", width) for width in (6, 5, 4, 1, 0)] == ["日本語", "日本…", "日…", "…", ""]


def keys(line: Line, *pressed: str) -> Line:
    for key in pressed:
        edited = line.edited(key)
        assert edited is not None, key
        line = edited
    return line


def test_editing() -> None:
    line = Line().insert("fix the cart")
    assert keys(line, "ctrl+w").text == "fix the "
    assert keys(line, "ctrl+left", "ctrl+left", "ctrl+k").text == "fix "
    assert keys(line, "home", "ctrl+right", "ctrl+u").text == " the cart"
    assert keys(line, "home", "delete", "right", "backspace").text == "x the cart"
    assert keys(line, "home", "backspace", "left").text == "fix the cart"
    assert keys(line, "left", "left").insert("X").text == "fix the caXrt"
    assert keys(line, "alt+enter").text == "fix the cart\n"
    assert line.edited("f5") is None


def test_history() -> None:
    line = Line().insert("one").taken().insert("two").taken().insert("two").taken().insert("dra")
    assert line.history == ("one", "two")
    assert keys(line, "up").text == "two"
    assert keys(line, "up", "up", "up").text == "one"
    assert keys(line, "up", "up", "down", "down", "down").text == "dra"


def test_control_characters_do_not_get_in() -> None:
    assert Line().insert("a\x1b[2J\r\nb\x7f\x00").text == "a[2J\nb"


@pytest.mark.parametrize(
    ("text", "cursor", "laid_out"),
    [
        ("", 0, ([""], 0, 0)),
        ("one", 1, (["one"], 0, 1)),
        ("one\ntwo", 7, (["one", "two"], 1, 3)),
        ("abcdefgh", 8, (["abcdef", "gh"], 1, 2)),
        ("abcdef", 6, (["abcdef", ""], 1, 0)),
        ("日本語文", 4, (["日本語", "文"], 1, 1)),
        ("a\n\nb", 2, (["a", "", "b"], 1, 0)),
        ("a\tb", 3, (["a b"], 0, 3)),
    ],
)
def test_the_prompt_in_rows(text: str, cursor: int, laid_out: object) -> None:
    assert Line(text, cursor).laid_out(6) == laid_out


@given(st.text(max_size=80), st.integers(0, 80), st.integers(2, 20))
def test_rows_of_the_prompt_hold_all_of_it_and_the_cursor(text: str, cursor: int, width: int) -> None:
    line = Line().insert(text)
    line = replace(line, cursor=min(cursor, len(line.text)))
    rows, row, at = line.laid_out(width)
    assert "".join(rows) == line.text.replace("\n", "").replace("\t", " ")
    assert 0 <= row < len(rows) and 0 <= at <= len(rows[row])
    assert all(cell_len(one) <= width for one in rows)


def test_up_and_down_move_between_lines_before_the_history() -> None:
    line = Line().insert("sent").taken().insert("one\ntwo\nthree")
    assert keys(line, "up").cursor == 7 and keys(line, "up", "up").cursor == 3
    assert keys(line, "up", "up", "up").text == "sent"
    assert keys(line, "up", "up", "down").cursor == 7


def test_commands() -> None:
    assert split("/FIX  the cart ") == ("/fix", "the cart")
    book = Book({"/tidy": OwnCommand("tidy a file", "PATH"), "/fix": OwnCommand("not ours")})
    assert book.unknown("/qiut") == "There is no /qiut. Did you mean /quit?"
    assert book.unknown("/xyzzy") == "There is no /xyzzy. /help lists the commands."
    assert all(name in book.help_text() for name in (*COMMANDS, "/tidy PATH"))
    assert "not ours" not in book.help_text()
