"""The status line: what goes on at the left, where and with what at the right. Fits itself to any width."""

from __future__ import annotations

from collections.abc import Sequence

from rich.cells import cell_len
from rich.segment import Segment
from textual.strip import Strip
from textual.widget import Widget

from flashagent.frontends import words
from flashagent.frontends.tui.blocks import View
from flashagent.frontends.tui.controller import Facts
from flashagent.frontends.tui.markup import fitted
from flashagent.frontends.tui.story import Story, found, totals
from flashagent.frontends.tui.themes import Painter

_GAP = " · "
_SHOWN_SHARE = 0.5  # of a limit that is used: below that it is no news
_USUAL_MODE = "auto"
_MIN_LEFT = 16


def doing_shown(view: View, seconds: float | None, *, following: bool, waiting: int = 0) -> str:
    """What goes on and for how long; `seconds` None means nothing does. `waiting` counts what comes after it."""
    doing = "ready"
    if seconds is not None:
        minutes, left = divmod(int(seconds), 60)
        took = f"{minutes} min {left:02d} s" if minutes else f"{left} s"
        doing = f"{view.doing or 'working'} · {took}" + (f" · {waiting} waiting" if waiting else "")
    return doing if following else f"scrolled back, Ctrl+End returns · {doing}"


def facts_shown(facts: Facts, view: View, story: Story | None = None) -> list[str]:
    """The parts at the right, the most wanted first."""
    model = words.one_line(facts.model, 40) if facts.model else "offline" if facts.folder else ""
    spent = ""
    if view.all_tokens:
        about = "~" if view.estimated else ""
        money = words.money(view.all_cost)
        spent = " ".join(part for part in (f"{about}{_short(view.all_tokens)} tokens", money) if part)
        if view.share >= _SHOWN_SHARE:
            spent += f" ({view.share:.0%} of the limit)"
    parts = [
        f"{facts.mode} mode" if facts.mode not in ("", _USUAL_MODE) else "",
        model + (f" {facts.effort}" if facts.effort else ""),
        words.one_line(facts.branch, 40),
        words.one_line(facts.sandbox, 30),
        found(story) if story else "",
        spent,
        f"context {facts.used:.0%}" if facts.used is not None else "",
        totals(story) if story else "",
    ]
    return [part for part in parts if part]


def laid_out(doing: str, parts: Sequence[str], width: int) -> tuple[str, str]:
    """Left and right texts that fit into `width` cells together; parts are left out from the end."""
    kept = list(parts)
    left_wanted = min(cell_len(doing), max(_MIN_LEFT, width // 3))
    while kept and cell_len(_GAP.join(kept)) + left_wanted + 2 > width:
        kept.pop()
    right = _GAP.join(kept)
    left = fitted(doing, max(0, width - cell_len(right) - (2 if right else 0)))
    return left, right


class StatusLine(Widget):
    """One row; repainted only when what it says has changed."""

    def __init__(self, painter: Painter) -> None:
        super().__init__(id="status")
        self._painter = painter
        self._said: tuple[str, tuple[str, ...], bool] = ("", (), False)
        self._passing = ""

    def say(self, text: str) -> None:
        """This in place of what goes on, '' for that again."""
        self._passing = text
        self.refresh()

    def show(self, doing: str, parts: Sequence[str], *, busy: bool) -> None:
        said = (doing, tuple(parts), busy)
        if said != self._said:
            self._said = said
            self.refresh()

    def render_line(self, y: int) -> Strip:
        if y:
            return Strip.blank(0)
        doing, parts, busy = self._said
        doing = self._passing or doing
        width = self.size.width
        left, right = laid_out(doing, parts, width)
        gap = " " * (width - cell_len(left) - cell_len(right))
        style = self._painter.style
        return Strip([Segment(left, style("accent" if busy else "dim")), Segment(gap + right, style("dim"))])


def _short(tokens: int) -> str:
    return f"{tokens / 1000:.1f}k" if tokens >= 1000 else str(tokens)
