"""The side panel: rows of one tab behind a rule at the left. Hidden until it is asked for; draws and reports, decides nothing."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from textual import events as ui
from textual.message import Message
from textual.strip import Strip
from textual.widget import Widget

from flashagent.frontends.tui.story import Story
from flashagent.frontends.tui.tabs import TABS, Item, Look, TabRow, help_line, tab_rows, tabs_line
from flashagent.frontends.tui.themes import Painter

NARROW = 64  # columns of the screen, below which the panel takes all of them
_WHEEL_ROWS = 3
_MOVES = {"up": -1, "k": -1, "down": 1, "j": 1}
_ACTS = ("enter", "a", "x", "f")
_TURNS = {"left": -1, "right": 1, "tab": 1, "shift+tab": -1}


class Panel(Widget, can_focus=True):
    """Laid out when it is looked at, not when events come. While it has the focus, keys choose an item and act on it; `Acted`
    tells of those that the panel does not do itself."""

    class Acted(Message):
        """A key was pressed on an item: 'enter', 'a', 'x' or 'f'."""

        def __init__(self, key: str, item: Item) -> None:
            super().__init__()
            self.key = key
            self.item = item

    class Widened(Message):
        """The panel wants the whole width, or no longer does."""

        def __init__(self, wide: bool) -> None:
            super().__init__()
            self.wide = wide

    def __init__(self, painter: Painter) -> None:
        super().__init__(id="panel")
        self.tab = ""
        self.display = False
        self.item: Item | None = None
        self._painter = painter
        self._story = Story()
        self._look = Look(1)
        self._rows: list[TabRow] = []
        self._top = 0
        self._wide = False

    def turn(self, steps: int = 1, *, close: bool = True) -> None:
        """The next tab, and with `close` after the last one none."""
        names = ("", *TABS) if close else TABS
        at = names.index(self.tab) if self.tab in names else -1
        self.open(names[(at + steps) % len(names)])

    def open(self, tab: str) -> None:
        """This tab; '' hides the panel."""
        if tab == self.tab:
            return
        self.tab, self.item, self._top = tab, None, 0
        self._look = replace(self._look, columns=False)
        if self.display != bool(tab):
            self.display = bool(tab)
        self._settle_width()
        self._lay_out()

    def show(self, story: Story) -> None:
        """Bring it up to date; costs nothing while it is hidden or nothing has changed."""
        if story is not self._story:
            self._story = story
            if self.tab:
                self._lay_out()

    def toggle(self, item: Item) -> bool:
        """Open or close what an item holds; whether it is open now."""
        self._look = replace(self._look, opened=self._look.opened ^ {item})
        self._lay_out()
        return item in self._look.opened

    def render_line(self, y: int) -> Strip:
        width = self.size.width
        if y == 0:
            return self._painter.strip((("│ ", "dim"), *tabs_line(self.tab, max(1, width - 2))))
        if y == self.size.height - 1 and self.has_focus:
            said = help_line(self.tab, max(1, width - 2)) if self.tab else ""
            return self._painter.strip((("│ ", "dim"), (said, "dim")))
        at = self._top + y - 1
        row = self._rows[at] if at < len(self._rows) else TabRow(())
        chosen = self.has_focus and row.item is not None and row.item == self.item
        return self._painter.strip((("┃ ", "accent") if chosen else ("│ ", "dim"), *row.line))

    def on_resize(self, event: ui.Resize) -> None:
        self._look = replace(self._look, width=max(1, event.size.width - 2))
        self._settle_width()
        self._lay_out()

    def enter(self) -> None:
        """Take the keys; something is chosen then."""
        self._choose(0)
        self.focus()

    def on_focus(self) -> None:
        self.refresh()

    def on_blur(self) -> None:
        self.refresh()

    def on_key(self, event: ui.Key) -> None:
        if event.key in _MOVES:
            self._choose(_MOVES[event.key])
        elif event.key in _TURNS:
            self.turn(_TURNS[event.key], close=False)
            self._choose(0)
        elif event.key == "v" and self.tab == "Diff":
            self._show_columns(not self._look.columns)
        elif event.key in _ACTS and self.item is not None:
            self.post_message(self.Acted(event.key, self.item))
        else:
            return
        event.stop()

    def on_click(self, event: ui.Click) -> None:
        """The row under the mouse is chosen; a second click on it acts as Enter does."""
        event.stop()
        at = self._top + event.y - 1
        item = self._rows[at].item if event.y and at < len(self._rows) else None
        if item is not None and item == self.item:
            self.post_message(self.Acted("enter", item))
        self.item = item or self.item
        self.refresh()

    def on_mouse_scroll_up(self, event: ui.MouseScrollUp) -> None:
        event.stop()
        self.scroll_rows(-_WHEEL_ROWS)

    def on_mouse_scroll_down(self, event: ui.MouseScrollDown) -> None:
        event.stop()
        self.scroll_rows(_WHEEL_ROWS)

    def scroll_rows(self, rows: int) -> None:
        last = max(0, len(self._rows) - self._room)
        top = min(max(0, self._top + rows), last)
        if top != self._top:
            self._top = top
            self.refresh()

    def plain_rows(self) -> list[str]:
        return ["".join(text for text, _ in row.line).rstrip() for row in self._rows]

    @property
    def _room(self) -> int:
        return max(1, self.size.height - 2)

    def _items(self) -> Sequence[Item]:
        return list(dict.fromkeys(row.item for row in self._rows if row.item is not None))

    def _show_columns(self, columns: bool) -> None:
        """Two columns need the whole width."""
        self._look = replace(self._look, columns=columns)
        self._lay_out()
        self._settle_width()

    def _settle_width(self) -> None:
        """On a narrow screen half of it would show neither the panel nor the transcript."""
        wide = bool(self.tab) and (self._look.columns or self.app.size.width < NARROW)
        if wide != self._wide:
            self._wide = wide
            self.post_message(self.Widened(wide))

    def _choose(self, steps: int) -> None:
        """Another item, in sight; the first when none was chosen."""
        items = self._items()
        if not items:
            self.item = None
            return self.scroll_rows(steps)
        at = items.index(self.item) + steps if self.item in items else 0
        self.item = items[min(max(0, at), len(items) - 1)]
        first = next(place for place, row in enumerate(self._rows) if row.item == self.item)
        if not self._top <= first < self._top + self._room:
            self._top = max(0, first - 1)
        self.refresh()
        return None

    def _lay_out(self) -> None:
        self._rows = tab_rows(self._story, self.tab, self._look) if self.tab else []
        self._top = min(self._top, max(0, len(self._rows) - self._room))
        if self.item is not None and self.item not in self._items():
            self.item = None
        self.refresh()
