"""The prompt: a fixed two rows that never ask for a layout, with a cursor that does not blink."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import replace
from time import perf_counter
from typing import Protocol

from textual import events
from textual.geometry import Region
from textual.message import Message
from textual.strip import Strip
from textual.widget import Widget

from flashagent.frontends.tui.completing import Hunt, Kind, Offer, Wanted, wanted_at
from flashagent.frontends.tui.editing import Line
from flashagent.frontends.tui.hints import Hint
from flashagent.frontends.tui.markup import fitted
from flashagent.frontends.tui.markup_values import Line as Row
from flashagent.frontends.tui.pasting import Chips
from flashagent.frontends.tui.themes import Painter

MOST_ROWS = 8
_LEAD = "› "
_AT_ONCE_S = 0.002  # so long a key may look for what fits; what is left is done between other keys
_HIDDEN = "•"
_SEARCHED: dict[Kind | None, str] = {
    "history": "words of an earlier prompt",
    "palette": "a command or what a key does",
}


class Lists(Protocol):
    """What the prompt completes from."""

    def pool(self, wanted: Wanted) -> Sequence[str]:
        """All that can be chosen; none while it is still being read."""
        ...

    def takes_argument(self, command: str) -> bool:
        """Whether something can follow the command."""
        ...

    def grown(self, rows: Sequence[Row]) -> None:
        """The prompt has these rows above the two of its own."""
        ...

    def opened(self, offer: Offer | None) -> None:
        """The open list is this one now; None when there is none."""
        ...


class Prompt(Widget, can_focus=True):
    """Posts `Submitted` at Enter, `Chosen` for the key of an open choice while nothing is written, and `Picked` for what was
    chosen from the palette."""

    class Submitted(Message):
        """The text that the user sends, without white space around it; never empty. `later` asks for it to wait until what
        runs has ended."""

        def __init__(self, text: str, *, later: bool = False) -> None:
            super().__init__()
            self.text = text
            self.later = later

    class Chosen(Message):
        """A single key, pressed while the prompt was empty and a choice was open."""

        def __init__(self, key: str) -> None:
            super().__init__()
            self.key = key

    class Picked(Message):
        """One row of the palette."""

        def __init__(self, item: str) -> None:
            super().__init__()
            self.item = item

    def __init__(self, painter: Painter, lists: Lists) -> None:
        super().__init__(id="prompt")
        self.line = Line()
        self.offer: Offer | None = None
        self._painter = painter
        self._lists = lists
        self._searching: Kind | None = None  # what the line is a query of, if it is no prompt
        self._hunting: asyncio.Task[None] | None = None
        self._hunt: Hunt | None = None
        self._chips = Chips()
        self._hint = Hint("")
        self._waits = False
        self._above: list[Row] = []

    def show_hint(self, hint: Hint, *, waits: bool = False) -> None:
        """What the prompt is for now; `waits` says that what is sent with Tab waits."""
        self._waits = waits
        if hint != self._hint:
            self._hint = hint
            self._redraw()

    def render_line(self, y: int) -> Strip:
        if y > 1:
            return Strip.blank(0)
        return self._painter.strip(self.rows()[y - 2])

    def rows(self) -> list[Row]:
        """All rows of the prompt, a rule first; the widget shows the last two, what is above lies over the transcript."""
        width, room = self.size.width, self.size.width - len(_LEAD)
        lead = "? " if self._searching else _LEAD
        if not self.line.text:
            hint = fitted(_SEARCHED.get(self._searching, self._hint.text), room - 1)
            return [(("─" * width, "dim"),), ((lead, "accent"), (" ", "picked"), (hint, "dim"))]
        line = replace(self.line, text=_HIDDEN * len(self.line.text)) if self._hint.secret else self.line
        texts, at_row, at = line.laid_out(room)
        first = min(max(0, at_row - MOST_ROWS + 1), max(0, len(texts) - MOST_ROWS))
        shown = range(first, min(first + MOST_ROWS, len(texts)))
        return [
            (("─" * width, "dim"),),
            *(
                (
                    (lead if place == 0 else "  ", "accent"),
                    *(_with_cursor(texts[place], at) if place == at_row else ((texts[place], ""),)),
                )
                for place in shown
            ),
        ]

    def on_key(self, event: events.Key) -> None:
        if self._in_list(event.key):
            event.stop()
        elif event.key == "ctrl+r":
            event.stop()
            self._search("history")
        elif event.key == "tab" and self._waits:
            event.stop()
            self._submit(later=True)
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
            if event.character in self._hint.choices and not self.line.text:
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
        self._searching = None
        self._show(self.line.cleared())
        self._redraw()

    def write(self, text: str) -> None:
        """This text in place of what is written."""
        self._show(self.line.cleared().insert(text))

    def open_palette(self) -> None:
        self._search("palette")

    def close_list(self) -> bool:
        """Whether a list or a search was open; it no longer is."""
        open_before = self.offer is not None or self._searching is not None
        if self._searching:
            if self._searching == "palette":
                self.line = self.line.cleared()
            self._searching = None
            self._redraw()
        self._end_hunt()
        self._tell(None)
        return open_before

    def _search(self, kind: Kind) -> None:
        self._searching = kind
        self._redraw()
        self.suggest()

    def suggest(self) -> None:
        """Open, renew or close the list for what is written now."""
        line = self.line
        wanted = Wanted(self._searching, line.text) if self._searching else wanted_at(line.text, line.cursor)
        self._end_hunt()
        if wanted is None or self._hint.secret or (not self._searching and line.place):
            return self._tell(None)
        pool = self._lists.pool(wanted)
        hunt = Hunt(wanted, pool)
        end = perf_counter() + _AT_ONCE_S
        while hunt.step():
            if perf_counter() > end:
                self._hunt = hunt
                self._hunting = asyncio.create_task(self._go_on(hunt, empty=not pool))
                return None
        return self._found(hunt.offer, empty=not pool)

    async def _go_on(self, hunt: Hunt, *, empty: bool) -> None:
        """What is left of a hunt, a little at a time."""
        while hunt.step():  # noqa: ASYNC110 (it waits for nothing, and lets keys pass)
            await asyncio.sleep(0)
        self._hunting = self._hunt = None
        self._found(hunt.offer, empty=empty)

    def _found(self, offer: Offer, *, empty: bool) -> None:
        reading = empty and offer.wanted.kind == "name"
        self._tell(offer if offer.items or reading or self._searching else None)

    def _end_hunt(self) -> None:
        if self._hunting is not None:
            self._hunting.cancel()
        self._hunting = self._hunt = None

    def _finish_hunt(self) -> None:
        """The list for what is written, now: somebody takes from it."""
        if (hunt := self._hunt) is not None:
            self._end_hunt()
            while hunt.step():
                pass
            self._found(hunt.offer, empty=False)

    def _in_list(self, key: str) -> bool:
        """Whether the key was meant for the open list, and was done."""
        if key in ("tab", "enter"):
            self._finish_hunt()
        if self.offer is None:
            return False
        if key in ("up", "down"):
            self._tell(self.offer.moved(-1 if key == "up" else 1))
            return True
        item = self.offer.item
        if key not in ("tab", "enter") or not item:
            return False
        if key == "enter" and self._is_whole(self.offer):
            return False  # send it
        self._take(self.offer.wanted, item)
        return True

    def _is_whole(self, offer: Offer) -> bool:
        """Whether what is written needs nothing of the list: a whole command, and any argument, which may be free text, unless
        the user has moved in the list."""
        if offer.wanted.kind == "argument":
            return not offer.turned
        return offer.wanted.kind == "command" and offer.wanted.query in offer.items

    def _take(self, wanted: Wanted, item: str) -> None:
        self.close_list()
        if wanted.kind == "palette":
            self.clear()
            self.post_message(self.Picked(item))
        elif wanted.kind == "history":
            self.write(item)
        elif wanted.kind == "command" and not self._lists.takes_argument(item):
            self._show(self.line.completed(wanted.start, item))
            self.close_list()
        else:
            self._show(self.line.completed(wanted.start, f"{item} "))

    def _submit(self, *, later: bool = False) -> None:
        text = self._chips.unfolded(self.line.text).strip()
        if text:
            self.close_list()
            self._chips = Chips()
            answers = self._hint.answers
            self._show(self.line.cleared() if answers else replace(self.line, text=text).taken())
            self.post_message(self.Submitted(text, later=later))

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
            self._lists.opened(found)

    def _redraw(self) -> None:
        rows = self.rows()
        above = rows[:-2]
        if above or self._above:
            self._above = above
            self._lists.grown(above)
            self.refresh()
        else:
            self.refresh(Region(0, 1, self.size.width, 1))  # the rule above has not changed


def _with_cursor(text: str, at: int) -> Row:
    return (text[:at], ""), (text[at : at + 1] or " ", "picked"), (text[at + 1 :], "")
