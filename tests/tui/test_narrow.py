"""Narrow screens, and what is left out so that more of the rest is seen."""

from __future__ import annotations

from helpers.tui_driven import driven

from flashagent.frontends.tui.blocks import Block, middle_out
from flashagent.frontends.tui.typeset import Typeset

TWO_FILES = (
    "diff --git a/a.py b/a.py\nindex 1..2 100644\n--- a/a.py\n+++ b/a.py\n@@ -1 +1 @@\n--- one\n+++ two\n"
    "diff --git a/b c.py b/b c.py\nnew file mode 100644\n--- /dev/null\n+++ b/b c.py\n@@ -0,0 +1 @@\n+three\n"
)


def shown(block: Block) -> list[str]:
    return ["".join(text for text, _ in row).rstrip() for row in Typeset(60).rows(block)]


def test_a_diff_shows_names_and_hunks_and_nothing_for_programs() -> None:
    assert shown(Block("diff", "changes", TWO_FILES, "good", done=True)) == [
        "✓ changes",
        "    a.py",
        "    @@ -1 +1 @@",
        "    --- one",
        "    +++ two",
        "    b c.py",
        "    @@ -0,0 +1 @@",
        "    +three",
        "",
    ]


def test_the_name_of_a_file_that_the_title_tells_is_not_told_again() -> None:
    block = Block("diff", "modified a.py  +1 -1", TWO_FILES.partition("diff --git a/b")[0], "good", done=True)
    assert shown(block)[:3] == ["✓ modified a.py  +1 -1", "    @@ -1 +1 @@", "    --- one"]


async def test_on_a_narrow_screen_the_panel_takes_all_of_it() -> None:
    async with driven(size=(40, 20)) as it:
        await it.say("/fix the cart")
        await it.done()
        await it.pilot.press("f2", "f2")
        await it.until(lambda: it.panel()[1:2] == ["│ modified shop/cart.py  +1 -1"])
        assert len(it.screen()) == 3
        await it.pilot.resize_terminal(100, 20)
        await it.until(lambda: len(it.screen()) > 10)
        assert it.panel()
        await it.pilot.resize_terminal(40, 20)
        await it.until(lambda: len(it.screen()) == 3)
        await it.pilot.press("f2", "f2", "f2", "f2")
        await it.until(lambda: not it.panel())
        assert it.sees("✓ Fixed")


async def test_f1_shows_the_commands() -> None:
    async with driven() as it:
        await it.pilot.press("f1")
        await it.until(lambda: it.sees("/help [COMMAND]"))


def test_of_a_long_output_both_ends_are_shown() -> None:
    text = "\n".join(map(str, range(100)))
    assert middle_out(text, 6).split("\n") == ["0", "1", "… 94 lines left out", "96", "97", "98", "99"]
    assert middle_out("a\nb\n", 6) == "a\nb\n"
