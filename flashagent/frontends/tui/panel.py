"""The side panel: what the model is shown, the diffs, the checks. Fed by events; hidden until it is asked for."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from textual import events as ui
from textual.strip import Strip
from textual.widget import Widget

from flashagent.events import CheckFinished, CheckStarted, Event, FileChanged, FocusChosen
from flashagent.frontends import words
from flashagent.frontends.tui.blocks import Block, capped
from flashagent.frontends.tui.markup import fitted
from flashagent.frontends.tui.markup_values import Line
from flashagent.frontends.tui.themes import Painter
from flashagent.frontends.tui.typeset import Typeset

TABS = ("Focus", "Diff", "Checks")
MOST_CHECKS = 20
MOST_DIFF_LINES = 400
_WHEEL_ROWS = 3
_EMPTY = {
    "Focus": "Nothing was shown to a model yet.",
    "Diff": "No file was changed in this session.",
    "Checks": "No check has run in this session. /check runs them.",
}


@dataclass(frozen=True, slots=True)
class Story:
    """What the tabs show, each as blocks: the focus last chosen, the last diff of each file, the latest checks, newest first."""

    focus: tuple[Block, ...] = ()
    diffs: tuple[Block, ...] = ()
    checks: tuple[Block, ...] = ()

    def tab(self, name: str) -> tuple[Block, ...]:
        found = {"Focus": self.focus, "Diff": self.diffs, "Checks": self.checks}[name]
        return found or (Block("note", _EMPTY[name], done=True),)


def told(story: Story, event: Event) -> Story:
    """The story after the event; the very same one where the event adds nothing."""
    match event:
        case FocusChosen(symbols=symbols, tokens=tokens, why=why):
            lines = [
                f"{one.symbol.path}:{one.symbol.start_line} {one.symbol.qualified}"
                + (f"  ({'; '.join(one.why)})" if one.why else "")
                for one in symbols
            ]
            title = f"about {tokens:,} tokens, {words.one_line(why)}"
            return replace(
                story, focus=(Block("focus", title, "\n".join(map(words.one_line, lines)), done=True),)
            )
        case FileChanged(path=path, kind=kind, diff=diff):
            title = f"{kind} {words.one_line(path)}  {words.diff_size(diff)}"
            block = Block("diff", title, capped(diff, MOST_DIFF_LINES), "good", path, True)
            return replace(story, diffs=(block, *(one for one in story.diffs if one.key != path)))
        case CheckStarted():
            block = Block("check", words.check_started(event), mark="running")
            return replace(story, checks=(block, *story.checks[: MOST_CHECKS - 1]))
        case CheckFinished() if story.checks:
            first = story.checks[0]
            block = Block(
                "check",
                f"{first.title} · {words.check_finished(event)}",
                "\n".join(words.failures(event.failures)),
                "good" if words.check_passed(event) else "bad",
                done=True,
            )
            return replace(story, checks=(block, *story.checks[1:]))
        case _:
            return story


class Panel(Widget):
    """Rows of one tab behind a rule at the left; laid out when it is looked at, not when events come."""

    can_focus = False

    def __init__(self, painter: Painter) -> None:
        super().__init__(id="panel")
        self.tab = ""
        self.display = False
        self._painter = painter
        self._blocks: tuple[Block, ...] = ()
        self._rows: list[Line] = []
        self._top = 0

    def turn(self) -> None:
        """The next tab, and after the last one closed."""
        names = ("", *TABS)
        self.tab = names[(names.index(self.tab) + 1) % len(names)]
        self._blocks, self._top = (), 0
        if self.display != bool(self.tab):
            self.display = bool(self.tab)
        self.refresh()

    def show(self, story: Story) -> None:
        """Bring it up to date; costs nothing while it is hidden or nothing has changed."""
        if not self.tab or (blocks := story.tab(self.tab)) == self._blocks:
            return
        self._blocks = blocks
        self._lay_out(self.size.width)
        self.refresh()

    def render_line(self, y: int) -> Strip:
        width = self.size.width
        if y == 0:
            return self._painter.strip(self._heading(width))
        row = self._top + y - 1
        rest = self._rows[row] if row < len(self._rows) else ()
        return self._painter.strip((("│ ", "dim"), *rest))

    def on_resize(self, event: ui.Resize) -> None:
        self._lay_out(event.size.width)

    def on_mouse_scroll_up(self, event: ui.MouseScrollUp) -> None:
        event.stop()
        self.scroll_rows(-_WHEEL_ROWS)

    def on_mouse_scroll_down(self, event: ui.MouseScrollDown) -> None:
        event.stop()
        self.scroll_rows(_WHEEL_ROWS)

    def scroll_rows(self, rows: int) -> None:
        last = max(0, len(self._rows) - self.size.height + 1)
        top = min(max(0, self._top + rows), last)
        if top != self._top:
            self._top = top
            self.refresh()

    def plain_rows(self) -> list[str]:
        return ["".join(text for text, _ in row).rstrip() for row in self._rows]

    def _heading(self, width: int) -> Line:
        names: Sequence[str] = [f" {name} " for name in TABS]
        if sum(map(len, names)) + 2 > width:
            return (("│ ", "dim"), (fitted(self.tab, max(1, width - 2)), "bold"))
        return (("│ ", "dim"), *((name, "picked" if name.strip() == self.tab else "dim") for name in names))

    def _lay_out(self, width: int) -> None:
        self._rows = [row for block in self._blocks for row in Typeset(max(1, width - 2)).rows(block)]
        self._top = min(self._top, max(0, len(self._rows) - 1))
