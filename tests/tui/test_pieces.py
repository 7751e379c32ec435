"""The pure pieces: completion, chips, code colours, themes, export; all without a terminal."""

from __future__ import annotations

import pytest
from rich.color import Color

from flashagent.frontends.tui.blocks import Block
from flashagent.frontends.tui.coding import code_spans
from flashagent.frontends.tui.completing import Hunt, Offer, Wanted, offer, wanted_at
from flashagent.frontends.tui.editing import Line
from flashagent.frontends.tui.exporting import markdown
from flashagent.frontends.tui.pasting import Chips
from flashagent.frontends.tui.themes import THEMES, Theme
from flashagent.frontends.tui.typeset import Typeset

NAMES = (
    "docs/cart.md",
    "shop/__init__.py",
    "shop/cart.py",
    "tests/test_cart.py",
    "Cart",
    "cart_total",
    "total",
)


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("/un", Wanted("command", "/un")),
        ("/undo x", Wanted("argument", "x", 6, "/undo")),
        ("/theme ", Wanted("argument", "", 7, "/theme")),
        ("/fix see @sh", Wanted("name", "sh", 9)),
        ("/fix a\nb", None),
        ("see @sh/c", Wanted("name", "sh/c", 4)),
        ("@", Wanted("name", "")),
        ("me@here", None),
        ("@a b", None),
        ("", None),
    ],
)
def test_what_is_wanted(text: str, wanted: Wanted | None) -> None:
    assert wanted_at(text, len(text)) == wanted


@pytest.mark.parametrize(
    ("query", "items"),
    [
        ("", NAMES[:8]),
        ("cart", ("Cart", "cart_total", "docs/cart.md", "shop/cart.py", "tests/test_cart.py")),
        ("CART.PY", ("shop/cart.py", "tests/test_cart.py")),
        ("shcapy", ("shop/cart.py",)),
        ("totla", ("total",)),
        ("[", ()),
    ],
)
def test_the_nearest_names_come_first(query: str, items: tuple[str, ...]) -> None:
    assert offer(Wanted("name", query), NAMES).items == items


class Watched(list[str]):
    """A pool that knows how much of it was looked at."""

    looked_at = 0

    def __getitem__(self, key: object) -> object:  # type: ignore[override]
        found = super().__getitem__(key)  # type: ignore[index]
        self.looked_at += len(found) if isinstance(key, slice) else 1
        return found


@pytest.mark.parametrize(
    ("query", "found"), [("cart_49999", 1), ("crt49999", 1), ("zzqq", 0), ("a", 8), ("", 8)]
)
def test_no_step_looks_at_many_of_50_000_names(query: str, found: int) -> None:
    pool = Watched(f"src/module_{number % 97}/cart_{number}.py" for number in range(50_000))
    hunt = Hunt(Wanted("name", query), pool)
    most, more = 0, True
    while more:
        before = pool.looked_at
        more = hunt.step()
        most = max(most, pool.looked_at - before)
    assert len(hunt.offer.items) == found and most <= 10_000
    assert hunt.offer == offer(Wanted("name", query), list(pool))


def test_what_a_command_can_be_given_keeps_its_order() -> None:
    assert offer(Wanted("argument", "202"), ("20260131", "20260130", "x2020")).items == (
        "20260131",
        "20260130",
        "x2020",
    )


def test_earlier_prompts_come_newest_first_and_once() -> None:
    told = ("fix the cart", "ask", "the CART fix", "fix the cart")
    assert offer(Wanted("history", "cart fix"), told).items == ("fix the cart", "the CART fix")


def test_the_list_goes_round() -> None:
    some = Offer(Wanted("name", ""), ("a", "b"))
    assert [some.moved(-1).item, some.moved(2).item, Offer(some.wanted, ()).moved(1).item] == ["b", "a", ""]


def test_chips() -> None:
    chips = Chips()
    assert chips.folded("a\r\nb") == "a\nb"
    chip = chips.folded("x\n" * 5 + "\x1b[31mend")
    assert chip == "[paste 1: 6 lines]"
    assert (
        chips.unfolded(f"see {chip} and [paste 9: 6 lines]")
        == "see x\nx\nx\nx\nx\n[31mend and [paste 9: 6 lines]"
    )
    assert chips.start_before(Line().insert(f"see {chip}")) == 4
    assert chips.start_before(Line().insert("see [paste 9: 6 lines]")) is None


@pytest.mark.parametrize(
    ("language", "line", "spans"),
    [
        ("python", "x = 'a' # b", [("x = ", ""), ("'a'", "string"), (" ", ""), ("# b", "comment")]),
        ("py", "if n1 == 20:", [("if", "keyword"), (" n1 == ", ""), ("20", "number"), (":", "")]),
        ("rust", "let a = b; // c", [("let", "keyword"), (" a = b; ", ""), ("// c", "comment")]),
        ("c", "#define X", [("#define X", "")]),
        (
            "sql",
            "select 1 -- n",
            [("select", "keyword"), (" ", ""), ("1", "number"), (" ", ""), ("-- n", "comment")],
        ),
        ("", "if x", [("if x", "code")]),
        ("text", "if x", [("if x", "code")]),
        ("python", "", [("", "")]),
    ],
)
def test_code(language: str, line: str, spans: object) -> None:
    assert list(code_spans(line, language)) == spans


@pytest.mark.parametrize("line", ['"' * 50_000, "a'\\" * 20_000, "`" * 30_001, "x" * 100_000, "/" * 50_000])
def test_a_hostile_line_of_code_comes_out_whole(line: str) -> None:
    assert "".join(text for text, _ in code_spans(line, "js")) == line
    assert "".join(text for text, _ in code_spans(line[:1999], "js")) == line[:1999]


def luminance(color: tuple[int, int, int]) -> float:
    """Relative luminance as WCAG 2.1 defines it."""
    parts = [value / 255 for value in color]
    linear = [part / 12.92 if part <= 0.03928 else ((part + 0.055) / 1.055) ** 2.4 for part in parts]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def contrast(one: str, other: str) -> float:
    values = sorted(luminance(Color.parse(name).get_truecolor()) for name in (one, other))
    return (values[1] + 0.05) / (values[0] + 0.05)


@pytest.mark.parametrize(
    "theme", [theme for theme in THEMES.values() if theme.on[0]], ids=lambda theme: theme.name
)
def test_the_contrast_of_every_colour(theme: Theme) -> None:
    least = 7.0 if theme.name == "contrast" else 4.5
    found = {
        (name, background): contrast(style.color.name, background)
        for name, style in theme.styles.items()
        if style.color is not None
        for background in theme.on
    }
    assert len(found) == 2 * len(theme.styles)
    assert {where: round(value, 2) for where, value in found.items() if value < least} == {}


def test_all_themes_have_all_styles_and_dim_nothing_that_has_a_colour_of_its_own() -> None:
    assert {tuple(theme.styles) for theme in THEMES.values()} == {tuple(THEMES["terminal"].styles)}
    assert not [name for name, style in THEMES["dark"].styles.items() if style.dim]


def test_export() -> None:
    blocks = [
        Block("note", "a *b*"),
        Block("user", text="why?\n\nnow"),
        Block("text", text="Because.\n"),
        Block("thought", text="one two"),
        Block("diff", "changes", "-a\n+```` b"),
        Block("check", "check", "\x1b[31mred"),
    ]
    assert markdown(blocks, "shop") == (
        "# shop\n\n**a \\*b\\***\n\n> why?\n>\n> now\n\nBecause.\n\n*thought for 2 words*\n\n"
        "**changes**\n\n`````diff\n-a\n+```` b\n`````\n\n**check**\n\n```text\nred\n```\n"
    )


def test_the_second_column_of_a_table_stays_one() -> None:
    rows = Typeset(32).rows(Block("note", "t", "/add [PATH]  keep a file in view", done=True))
    assert ["".join(text for text, _ in row) for row in rows[1:]] == [
        "    /add [PATH]  keep a file in",
        "                 view",
    ]
