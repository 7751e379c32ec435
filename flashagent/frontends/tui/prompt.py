"""The prompt: a fixed two rows that never ask for a layout, with a cursor that does not blink."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace

from rich.segment import Segment
from rich.style import Style
from textual import events
from textual.geometry import Region
from textual.message import Message
from textual.strip import Strip
from textual.widget import Widget

from flashagent.frontends.tui import commands
from flashagent.frontends.tui.completing import Kind, Offer, Wanted, offer, wanted_at
from flashagent.frontends.tui.editing import Line
from flashagent.frontends.tui.markup import fitted
from flashagent.frontends.tui.pasting import Chips
from flashagent.frontends.tui.themes import Painter

_CURSOR = Style(reverse=True)
_LEAD = "› "
Pool = Callable[[Kind], Sequence[str]]


class Prompt(Widget, can_focus=True):
    """Posts `Submitted` at Enter, and `Chosen` for the key of an open choice while nothing is written. `pool` gives what a
    kind of completion chooses from; `on_offer` is told of the open list whenever it changes, None when it closes."""

    class Submitted(Message):
        """The text that the user sends, without white space around it; never empty."""

        def __init__(self, text: str) -> None:
            super().__init__()
            self.text = text

    class Chosen(Message):
        """A single key, pressed while the prompt was empty and a choice was open."""

        def __init__(self, key: str) -> None:
            super().__init__()
            self.key = key

    def __init__(self, painter: Painter, pool: Pool, on_offer: Callable[[Offer | None], None]) -> None:
        super().__init__(id="prompt")
        self.line = Line()
        self.offer: Offer | None = None
        self._painter = painter
        self._pool = pool
        self._on_offer = on_offer
        self._searching = False
        self._chips = Chips()
        self._hint = ""
        self._choices = ""

    def show_hint(self, hint: str, choices: str = "") -> None:
        """What an empty prompt says, and which single keys are choices at present."""
        self._choices = choices
        if hint != self._hint:
            self._hint = hint
            self._redraw()

    def render_line(self, y: int) -> Strip:
        width, dim = self.size.width, self._painter.style("dim")
        if y == 0:
            return Strip([Segment("─" * width, dim)])
        if y > 1:
            return Strip.blank(0)
        lead = Segment("? " if self._searching else _LEAD, self._painter.style("accent"))
        if not self.line.text:
            hint = "words of an earlier prompt" if self._searching else self._hint
            return Strip([lead, Segment(" ", _CURSOR), Segment(fitted(hint, width - len(_LEAD) - 1), dim)])
        text, cursor = self.line.shown(width - len(_LEAD))
        under = text[cursor : cursor + 1] or " "
        plain = self._painter.style("")
        return Strip(
            [lead, Segment(text[:cursor], plain), Segment(under, _CURSOR), Segment(text[cursor + 1 :], plain)]
        )

    def on_key(self, event: events.Key) -> None:
        if self._in_list(event.key):
            event.stop()
        elif event.key == "ctrl+r":
            event.stop()
            self._searching = True
            self._redraw()
            self.suggest()
        elif event.key == "enter":
            event.stop()
            self._submit()
        elif event.key == "backspace" and (start := self._chips.start_before(self.line)) is not None:
            event.stop()
            self._show(self.line.completed(start, ""))
        elif (edited := self.line.edited(event.key)) is not None:
            event.stop()
            self._show(edited)
        elif event.is_printable and event.character is not None:
            event.stop()
            if event.character in self._choices and not self.line.text:
                self.post_message(self.Chosen(event.character))
            else:
                self._show(self.line.insert(event.character))

    def on_paste(self, event: events.Paste) -> None:
        event.stop()
        self._show(self.line.insert(self._chips.folded(event.text)))

    def type(self, text: str) -> None:
        """As if the user had typed it."""
        self._show(self.line.insert(text))

    def remember(self, history: Sequence[str]) -> None:
        """Put what was sent in earlier sessions before what was sent in this one."""
        self.line = replace(self.line, history=(*history, *self.line.history))

    def clear(self) -> None:
        self._chips = Chips()
        self._searching = False
        self._show(self.line.cleared())
        self._redraw()

    def close_list(self) -> bool:
        """Whether a list or a search was open; it no longer is."""
        open_before = self.offer is not None or self._searching
        if self._searching:
            self._searching = False
            self._redraw()
        self._tell(None)
        return open_before

    def suggest(self) -> None:
        """Open, renew or close the list for what is written now."""
        line = self.line
        wanted = Wanted("history", line.text) if self._searching else wanted_at(line.text, line.cursor)
        if wanted is None or (wanted.kind != "history" and line.place):
            return self._tell(None)
        pool = self._pool(wanted.kind)
        found = offer(wanted, pool)
        return self._tell(found if found.items or not pool or self._searching else None)

    def _in_list(self, key: str) -> bool:
        """Whether the key was meant for the open list, and was done."""
        if self.offer is None:
            return False
        if key in ("up", "down"):
            self._tell(self.offer.moved(-1 if key == "up" else 1))
            return True
        item = self.offer.item
        if key not in ("tab", "enter") or not item:
            return False
        if key == "enter" and self.offer.wanted.kind == "command" and self.line.text in commands.COMMANDS:
            return False  # it is written whole: send it
        self._take(self.offer.wanted, item)
        return True

    def _take(self, wanted: Wanted, item: str) -> None:
        self.close_list()
        if wanted.kind == "history":
            self._show(self.line.cleared().insert(item))
        else:
            self._show(self.line.completed(wanted.start, f"{item} "))

    def _submit(self) -> None:
        text = self._chips.unfolded(self.line.text).strip()
        if text:
            self.close_list()
            self._chips = Chips()
            self._show(replace(self.line, text=text).taken())
            self.post_message(self.Submitted(text))

    def _show(self, line: Line) -> None:
        if line.text != self.line.text and line.place == self.line.place and line.place:
            line = replace(
                line, place=0
            )  # a text from the history that is changed becomes the one being written
        if line != self.line:
            self.line = line
            self._redraw()
            self.suggest()

    def _tell(self, found: Offer | None) -> None:
        if found != self.offer:
            self.offer = found
            self._on_offer(found)

    def _redraw(self) -> None:
        self.refresh(Region(0, 1, self.size.width, 1))  # the rule above never changes
