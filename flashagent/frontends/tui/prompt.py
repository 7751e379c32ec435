"""The prompt: a fixed two rows that never ask for a layout, with a cursor that does not blink."""

from __future__ import annotations

from dataclasses import replace

from rich.segment import Segment
from rich.style import Style
from textual import events
from textual.geometry import Region
from textual.message import Message
from textual.strip import Strip
from textual.widget import Widget

from flashagent.frontends.tui.editing import Line
from flashagent.frontends.tui.markup import fitted
from flashagent.frontends.tui.styles import STYLES

_CURSOR = Style(reverse=True)
_LEAD = "› "


class Prompt(Widget, can_focus=True):
    """Posts `Submitted` at Enter, and `Chosen` for the key of an open choice while nothing is written."""

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

    def __init__(self) -> None:
        super().__init__(id="prompt")
        self.line = Line()
        self._hint = ""
        self._choices = ""

    def show_hint(self, hint: str, choices: str = "") -> None:
        """What an empty prompt says, and which single keys are choices at present."""
        self._choices = choices
        if hint != self._hint:
            self._hint = hint
            self._redraw()

    def render_line(self, y: int) -> Strip:
        width = self.size.width
        if y == 0:
            return Strip([Segment("─" * width, STYLES["dim"])])
        if y > 1:
            return Strip.blank(0)
        lead = Segment(_LEAD, STYLES["accent"])
        if not self.line.text:
            hint = fitted(self._hint, width - len(_LEAD) - 1)
            return Strip([lead, Segment(" ", _CURSOR), Segment(hint, STYLES["dim"])])
        text, cursor = self.line.shown(width - len(_LEAD))
        under = text[cursor : cursor + 1] or " "
        return Strip([lead, Segment(text[:cursor]), Segment(under, _CURSOR), Segment(text[cursor + 1 :])])

    def on_key(self, event: events.Key) -> None:
        if event.key == "enter":
            event.stop()
            self._submit()
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
        self._show(self.line.insert(event.text))

    def type(self, text: str) -> None:
        """As if the user had typed it."""
        self._show(self.line.insert(text))

    def clear(self) -> None:
        self._show(self.line.cleared())

    def _submit(self) -> None:
        text = self.line.text.strip()
        if text:
            self._show(self.line.taken())
            self.post_message(self.Submitted(text))

    def _show(self, line: Line) -> None:
        if line.text != self.line.text and line.place == self.line.place and line.place:
            line = replace(
                line, place=0
            )  # a text from the history that is changed becomes the one being written
        if line != self.line:
            self.line = line
            self._redraw()

    def _redraw(self) -> None:
        self.refresh(Region(0, 1, self.size.width, 1))  # the rule above never changes
