"""The side panel: what its tabs show, hunks kept and taken back one by one, failures with their code, a plan."""

from __future__ import annotations

import pytest
from helpers.tui_controller import DIFF, ScriptedController
from helpers.tui_driven import driven

from flashagent.errors import WorkspaceError
from flashagent.events import CheckFinished, CheckStarted, FileChanged, FocusChosen
from flashagent.frontends.tui.controller import Answer, Found, Preferences
from flashagent.frontends.tui.diffing import hunks_of, side_by_side, taken_back, unified
from flashagent.frontends.tui.markup_values import Line
from flashagent.frontends.tui.story import Story, told, watched
from flashagent.frontends.tui.tabs import TABS as NAMES
from flashagent.frontends.tui.tabs import Look, help_line, tab_rows, tabs_line
from flashagent.frontends.tui.watching import OFF

TWO = (
    "diff --git a/a.py b/a.py\n--- a/a.py\n+++ b/a.py\n@@ -1,3 +1,3 @@ def f():\n one\n-two = 1\n+two = 2\n three\n"
    "@@ -20,2 +20,3 @@\n twenty\n+new\n--- dash\n+++ dash\n"
)
TABS = "│  Focus  Diff  Checks  Plan  Findings"
SAVED = Found(
    "shop/cart.py", 24, "security", "S307 Use of possibly insecure function", "Look at shop/cart.py, line 24."
)


def texts(rows: list[Line]) -> list[str]:
    return ["".join(text for text, _ in row).rstrip() for row in rows]


def test_hunks_are_counted_whatever_their_lines_hold() -> None:
    first, second = hunks_of(TWO)
    assert (first.where, first.before, first.after) == (
        "def f():",
        ("one", "two = 1", "three"),
        ("one", "two = 2", "three"),
    )
    assert (second.old_start, second.after) == (20, ("twenty", "new", "++ dash"))
    assert hunks_of("") == ()


def test_words_that_changed_are_marked() -> None:
    (hunk,) = hunks_of(DIFF)
    assert unified(hunk, 60) == [
        (("      def total(self):", ""),),
        (("-         return self.sum ", "bad"), ("-", "removed"), (" self.tax", "bad")),
        (("+         return self.sum ", "good"), ("+", "added"), (" self.tax", "good")),
    ]
    assert texts(side_by_side(hunk, 83)) == [
        "    def total(self):                     │     def total(self):",
        "        return self.sum - self.tax       │         return self.sum + self.tax",
    ]


def test_lines_that_have_nothing_in_common_are_not_compared() -> None:
    (hunk,) = hunks_of("@@ -1 +1 @@\n-alpha beta\n+return 7\n")
    assert unified(hunk, 40) == [(("- alpha beta", "bad"),), (("+ return 7", "good"),)]


@pytest.mark.parametrize(
    ("text", "without"),
    [
        ("one\ntwo = 2\nthree\n", "one\ntwo = 1\nthree\n"),
        ("new line\none\ntwo = 2\nthree\n", "new line\none\ntwo = 1\nthree\n"),
        ("one\ntwo = 3\nthree\n", None),
        ("one\ntwo = 2\nthree\n" * 2, "one\ntwo = 1\nthree\none\ntwo = 2\nthree\n"),
        ("", None),
    ],
)
def test_a_hunk_taken_back(text: str, without: str | None) -> None:
    assert taken_back(text, hunks_of(TWO)[0]) == without


async def test_the_tabs() -> None:
    async with driven(size=(120, 30)) as it:
        await it.say("/fix")
        await it.done()
        panels = []
        for key in ("f2", "ctrl+t", "f2", "f2", "f2", "f2"):
            await it.pilot.press(key)
            await it.pilot.pause()
            panels.append(it.panel())
        assert panels == [
            [
                TABS,
                "│ about 300 tokens, in the failing stack",
                "│ shop/cart.py",
                "│ ├ Cart.total:23",
                "│ │   in the failing stack",
            ],
            [
                TABS,
                "│ modified shop/cart.py  +1 -1",
                "│ @ 22 class Cart:  1 of 1",
                "│       def total(self):",
                "│ -         return self.sum - self.tax",
                "│ +         return self.sum + self.tax",
            ],
            [
                TABS,
                "│ ✓ python -m pytest -q  (the failing tests",
                "│   first) · 20 passed in 0.4 s",
                "│ ✗ python -m pytest -q · 1 failed, 19 passed in",
                "│   0.4 s",
                "│   ▸ tests.test_cart.CartTest.test_total",
                "│     AssertionError: 118 != 82",
                "│     shop/cart.py:24 in total",
                "│       return self.sum - self.tax",
            ],
            [TABS, "│ There is no plan. /plan GOAL makes one."],
            [TABS, "│ Nothing was found in changed files."],
            [],
        ]


async def test_the_panel_follows_what_happens() -> None:
    async with driven(size=(80, 24)) as it:
        await it.pilot.press("f2", "f2", "f2")
        await it.pilot.pause()
        assert it.panel()[1:] == ["│ No check has run in this", "│ session. /check runs them."]
        await it.say("/check")
        await it.done()
        assert it.panel()[1] == "│ ✗ python -m pytest -q · 1"


async def test_a_hunk_is_taken_back_and_the_model_is_told_why() -> None:
    async with driven(size=(120, 30)) as it:
        await it.say("/fix")
        await it.done()
        await it.pilot.press("f3")
        await it.until(lambda: any(row.startswith("┃ @ 22 class Cart:") for row in it.panel()))
        assert it.panel()[-1].startswith("│ a keep · x take")
        await it.pilot.press("a")
        await it.drawn()
        assert it.panel()[2] == "┃ @ 22 class Cart:  ✓ kept"
        await it.pilot.press("x")
        await it.until(lambda: it.sees("Why? Enter tells the model"))
        await it.say("tax is included")
        await it.done()
        told = it.controller.asked[2]
        assert it.controller.asked[1] == "take back shop/cart.py 0 3 lines"
        assert told.startswith(
            "submit I took back this part of your change to shop/cart.py:\n\n     def total"
        )
        assert told.endswith("\n\ntax is included")
        assert it.sees("✓ Taken back in shop/cart.py.") and it.sees("› tax is included")
        assert it.panel()[1] == "│ No file was changed in this session."


@pytest.mark.parametrize(("answer", "asked"), [("-", 2), ("escape", 0)])
async def test_a_hunk_taken_back_without_a_word_or_not_at_all(answer: str, asked: int) -> None:
    async with driven(size=(120, 30)) as it:
        await it.say("/fix")
        await it.done()
        await it.pilot.press("f3", "x")
        await it.until(lambda: it.sees("Why? Enter tells the model"))
        await it.pilot.press(*([answer] if answer == "escape" else [answer, "enter"]))
        await it.done()
        assert [one.partition(" shop")[0].partition(" I took")[0] for one in it.controller.asked[1:]] == [
            "take back",
            "tell later",
        ][:asked]


async def test_a_failure_opens_its_code() -> None:
    async with driven(size=(120, 30)) as it:
        await it.say("/check")
        await it.done()
        await it.pilot.press("f3", "right", "enter")
        await it.until(lambda: any("line 24" in row for row in it.panel()))
        assert it.controller.asked == ["command /check", "excerpt shop/cart.py:24"]
        assert any(row.startswith("┃   ▾ tests.test_cart") for row in it.panel())
        await it.pilot.press("enter")
        await it.pilot.pause()
        assert not any("line 24" in row for row in it.panel())


async def test_a_plan_is_looked_at_and_carried_out() -> None:
    class Planning(ScriptedController):
        async def command(self, name: str, argument: str, emit: object, *, confirmed: bool = False) -> Answer:  # type: ignore[override]
            plain = await super().command("/map", "", emit, confirmed=confirmed)  # type: ignore[arg-type]
            return Answer(plain.block, plan="1. look\n2. change `tax`")

    async with driven(Planning(), size=(120, 30)) as it:
        await it.say("/plan the tax")
        await it.done()
        assert it.panel() == [TABS, "│   1. look", "│   2. change tax"]
        await it.pilot.press("f3", "enter")
        await it.done()
        assert it.controller.asked[-1] == "submit Carry out the plan.\n\n1. look\n2. change `tax`"
        assert it.sees("› Carry out the plan.")


async def test_findings_are_counted_opened_and_repaired_by_a_key_only() -> None:
    async with driven(size=(80, 24)) as it:
        await it.until(lambda: it.controller.found is not None)
        assert it.controller.found and not it.sees("finding")
        it.controller.found([SAVED])
        await it.until(lambda: it.sees("bubblewrap · 1 finding"))
        assert it.controller.asked == [] and it.panel() == []
        await it.pilot.press("f3", "left", "left")
        await it.until(lambda: any(row.startswith("┃ ▸") for row in it.panel()))
        assert it.panel() == [
            "│ ‹ Checks  Plan  Findings",
            "┃ ▸ shop/cart.py:24 security",
            "┃   S307 Use of possibly",
            "┃   insecure function",
            "│ Enter code · f fix · ← → tabs",
        ]
        await it.pilot.press("enter")
        await it.until(lambda: any("line 24" in row for row in it.panel()))
        assert it.controller.asked == ["excerpt shop/cart.py:24"]
        await it.pilot.press("f")
        await it.done()
        assert it.controller.asked[1:] == ["submit Look at shop/cart.py, line 24."]
        said = [block.text for block in it.app._transcript.blocks if block.kind == "user"]
        assert said == ["Repair shop/cart.py:24: S307 Use of possibly insecure function"]
        it.controller.found([])
        await it.until(lambda: not it.sees("1 finding"))


async def test_the_same_findings_draw_nothing() -> None:
    async with driven(size=(80, 24)) as it:
        await it.until(lambda: it.controller.found is not None)
        assert it.controller.found
        it.controller.found([SAVED])
        await it.drawn()
        story = it.app._desk.stage.story
        it.controller.found([SAVED])
        assert it.app._desk.stage.story is story and not it.app._frames.waiting


async def test_findings_stay_when_another_session_is_opened_and_can_be_switched_off() -> None:
    off = ScriptedController()
    off.liked = Preferences(watch=False)
    async with driven(off, size=(200, 24)) as it:
        await it.pilot.press("f3", "left", "left")
        await it.until(lambda: any(OFF[:40] in row for row in it.panel()))
        assert it.controller.found is None

    class Gone(ScriptedController):
        async def watch(self, found: object) -> None:
            raise WorkspaceError("Nothing is watched.", hint="Look yourself.")

    async with driven(Gone(), size=(200, 24)) as it:
        await it.pilot.press("f3", "left", "left")
        await it.until(lambda: any("Nothing is watched. Look yourself." in row for row in it.panel()))


@pytest.mark.parametrize("tab", NAMES)
@pytest.mark.parametrize("width", [10, 20, 30, 46])
def test_titles_and_help_are_never_cut(tab: str, width: int) -> None:
    titles = texts([tabs_line(tab, width)])[0]
    assert len(titles) <= width and tab in titles.replace("‹", " ").replace("›", " ").split()
    shown = help_line(tab, width).split(" · ")
    assert shown == help_line(tab, 200).split(" · ")[: len(shown)] or shown == [""]
    assert help_line(tab, 30).count("·") >= 1


async def test_the_mouse_chooses_and_scrolls() -> None:
    async with driven(size=(120, 20)) as it:
        await it.say("/check")
        await it.done()
        await it.pilot.press("f2", "f2", "f2")
        await it.pilot.pause()
        for _ in range(2):
            await it.pilot.click("#panel", offset=(6, 3))
        await it.until(lambda: any("line 24" in row for row in it.panel()))


def test_hostile_text_in_any_tab() -> None:
    evil = "a\x1b[2J\x9b31m\u202eb\r\n"
    story = Story(plan=evil)
    for event in (
        FocusChosen((), 3, evil),
        FileChanged(evil, "modified", f"@@ -1 +1 @@ {evil.strip()}\n-{evil.strip()}\n+b\n"),
        CheckStarted((evil,)),
        CheckFinished(0, 0, (), 0.1, 1, False),
    ):
        story = told(story, event)
    story = watched(story, (Found(evil, 1, "error", evil, evil),))
    for tab in NAMES:
        shown = "".join(texts([row.line for row in tab_rows(story, tab, Look(40, columns=True))]))
        assert shown.isprintable()


def test_a_large_diff_is_laid_out_quickly_enough_to_look_at() -> None:
    """One row for each line at least, nothing lost."""
    body = "".join(f"-old {number}\n+new {number}\n" for number in range(3_000))
    story = told(Story(), FileChanged("big.py", "modified", f"@@ -1,3000 +1,3000 @@\n{body}"))
    assert len(tab_rows(story, "Diff", Look(60))) == 6_003
