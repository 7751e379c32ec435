"""Pictures of the app's screens as SVG, and how to compare two of them whatever drew them.

`python -m helpers.tui_pictures` in the tests folder draws the kept ones anew.
"""

from __future__ import annotations

import asyncio
import html
import re
from collections.abc import Awaitable, Callable, Mapping
from pathlib import Path

from helpers.tui_controller import ScriptedController
from helpers.tui_driven import Driven, driven

from flashagent.frontends.tui.controller import Found

KEPT = Path(__file__).parents[1] / "tui" / "pictures"
_ID = re.compile(r"terminal-\d+")
_FONTS = re.compile(r"\s*@font-face \{.*?\n    \}", re.DOTALL)
_RULE = re.compile(r"\.terminal-(r\d+) \{ (.*?) \}")
_TEXT = re.compile(r'<text class="terminal-(r\d+)" x="([\d.]+)" y="([\d.]+)"[^>]*>(.*?)</text>', re.DOTALL)
_CELL_WIDTH, _ROW_HEIGHT = 12.2, 24.4
FINDINGS = (
    Found("tests/test_cart.py", 11, "caller", "this calls total, whose signature is now `def total(prices, discount)`", ""),
    Found("shop/cart.py", 24, "security", "S307 Use of possibly insecure function", ""),
)  # fmt: skip
Piece = tuple[int, int, str, str]  # row, cell, text, style


async def first_screen(it: Driven) -> None:
    """Nothing was asked yet."""


async def finished_fix(it: Driven) -> None:
    await it.say("/fix the cart")
    await it.done()


async def diff_panel(it: Driven) -> None:
    await finished_fix(it)
    await it.pilot.press("f3")
    await it.until(lambda: any(row.startswith("┃ @") for row in it.panel()))


async def checks_panel(it: Driven) -> None:
    await it.say("/check")
    await it.done()
    await it.pilot.press("f3", "right", "enter")
    await it.until(lambda: any("line 24" in row for row in it.panel()))


async def findings_panel(it: Driven) -> None:
    await finished_fix(it)
    await it.until(lambda: it.controller.found is not None)
    assert it.controller.found
    it.controller.found(FINDINGS)
    await it.pilot.press("f3", "left", "left", "down", "enter")
    await it.until(lambda: any("line 24" in row for row in it.panel()))


async def answer(it: Driven) -> None:
    await it.say("Why?")
    await it.done()


async def question(it: Driven) -> None:
    await it.say("ask")
    await it.until(lambda: it.sees("May this run?"))


async def palette(it: Driven) -> None:
    await it.pilot.press("ctrl+p", *"un")
    await it.until(lambda: it.sees("/undo"))


SCREENS: Mapping[str, Callable[[Driven], Awaitable[None]]] = {
    "first": first_screen,
    "answer": answer,
    "fix": finished_fix,
    "diff": diff_panel,
    "checks": checks_panel,
    "findings": findings_panel,
    "question": question,
    "palette": palette,
}
OTHER_THEMES = ("dark", "light", "contrast")
PICTURES = tuple(
    (screen, theme, size)
    for theme, screens in {
        "terminal": tuple(SCREENS),
        **dict.fromkeys(OTHER_THEMES, ("answer", "diff")),
    }.items()
    for screen in screens
    for size in (((80, 24), (120, 40)) if (screen, theme) == ("diff", "terminal") else ((80, 24),))
)


def name_of(screen: str, theme: str, size: tuple[int, int]) -> str:
    return f"{screen}-{theme}-{size[0]}x{size[1]}.svg"


async def drawn(screen: str, theme: str, size: tuple[int, int]) -> str:
    """The picture as it is drawn now. Seconds that pass are none of it."""
    async with driven(ScriptedController(), size=size) as it:
        it.app._own.use_theme(theme)
        await SCREENS[screen](it)
        await it.pilot.pause()
        svg = it.app.export_screenshot(title="flashagent")
        it.app.action_stop()
        await it.done()
    return normal(svg)


def normal(svg: str) -> str:
    """Without what differs from run to run, and without anything from a network."""
    text = _FONTS.sub("", _ID.sub("terminal", svg))
    return re.sub(r" · \d+ s(?=&#160;|<| )", " · 0 s", text).replace(
        "&#160;·&#160;1&#160;s", "&#160;·&#160;0&#160;s"
    )


def pieces(svg: str) -> list[Piece]:
    """What stands where in which style, blank pieces left out."""
    styles = dict(_RULE.findall(svg))
    found = []
    for rule, x, y, text in _TEXT.findall(svg):
        plain = html.unescape(text).replace("\xa0", " ").rstrip("\n")
        if plain.strip():
            place = round(float(y) / _ROW_HEIGHT), round(float(x) / _CELL_WIDTH)
            found.append((*place, plain.rstrip(), styles.get(rule, "")))
    return sorted(found)


def main() -> None:
    KEPT.mkdir(exist_ok=True)
    for picture in PICTURES:
        (KEPT / name_of(*picture)).write_text(asyncio.run(drawn(*picture)), encoding="utf-8")


if __name__ == "__main__":
    main()
