"""The transcript on the screen: one widget of rows, whatever its length. Draws, scrolls, picks and selects; decides nothing."""

from __future__ import annotations

from collections.abc import Sequence

from textual import events
from textual.geometry import Region
from textual.message import Message
from textual.strip import Strip
from textual.widget import Widget

from flashagent.frontends.tui.blocks import Block
from flashagent.frontends.tui.markup_values import Line
from flashagent.frontends.tui.roll import Roll
from flashagent.frontends.tui.selecting import Selection, marked, selected_text
from flashagent.frontends.tui.themes import Painter

WHEEL_ROWS = 3
MAX_STEP = 6
_LOOKED_BACK = 200


class Transcript(Widget):
    """Rows of finished blocks are laid out once; after a change of width only those near the screen are laid out again,
    older ones when someone scrolls to them. Work per frame grows with the screen, never with the history."""

    can_focus = False
    ALLOW_SELECT = False  # Textual's own selection knows no rows that are not widgets

    class Selected(Message):
        """This text was selected with the mouse."""

        def __init__(self, text: str) -> None:
            super().__init__()
            self.text = text

    def __init__(self, painter: Painter) -> None:
        super().__init__(id="transcript")
        self._painter = painter
        self._overlaid: tuple[Line, ...] = ()
        self._roll = Roll()
        self._picked: int | None = None
        self._selection: Selection | None = None
        self._top = 0
        self._following = True

    @property
    def following(self) -> bool:
        """Whether the newest row is kept in sight."""
        return self._following

    def extend(self, finished: Sequence[Block], open_blocks: tuple[Block, ...]) -> None:
        """Append finished blocks and show these open ones below them; repaints only the rows that changed."""
        if self._roll.is_many(finished):
            self._following = True
            self._roll.take_many(finished, open_blocks, 2 * self.size.height)
            self._top = max(0, len(self._roll.rows) - self.size.height)
            self.refresh()
        else:
            self._show_change(self._roll.extend(finished, open_blocks))

    def render_line(self, y: int) -> Strip:
        covered = y - (self.size.height - len(self._overlaid))
        if covered >= 0:
            return self._painter.strip(self._overlaid[covered])
        at = self._top + y
        if not 0 <= at < len(self._roll.rows):
            return Strip.blank(0)
        row = self._roll.rows[at]
        if self._picked is not None and at in self._roll.rows_of(self._picked):
            row = marked(row)
        if self._selection is not None:
            row = self._selection.shown(at, row)
        return self._painter.strip(row)

    def overlay(self, rows: Sequence[Line]) -> None:
        """Show these rows over the last ones, as long as they are not empty. No layout: only they are painted."""
        rows = tuple(rows[-max(0, self.size.height) :]) if self.size.height else ()
        if rows != self._overlaid:
            height = max(len(rows), len(self._overlaid))
            self._overlaid = rows
            self.refresh(Region(0, self.size.height - height, self.size.width, height))

    def clear(self) -> None:
        """Forget all finished blocks; what is open stays."""
        self._roll.clear()
        self._top, self._picked, self._selection, self._following = 0, None, None, True
        self.refresh()

    @property
    def blocks(self) -> Sequence[Block]:
        """All finished ones, oldest first."""
        return self._roll.blocks

    @property
    def picked(self) -> Block | None:
        """The block that the user has picked."""
        return self._roll.blocks[self._picked] if self._picked is not None else None

    def pick(self, steps: int) -> None:
        """Pick the block so many further, empty ones left out; below the last one nothing is picked."""
        blocks = self._roll.blocks
        at = (self._picked if self._picked is not None else len(blocks)) + steps
        while 0 <= at < len(blocks) and not blocks[at].text and not blocks[at].title:
            at += steps
        self._show_picked(max(0, at) if at < len(blocks) and blocks else None)

    def unpick(self) -> bool:
        """Whether one was picked or selected; none is any more."""
        was = self._picked is not None or self._selection is not None
        self._selection = None
        self._show_picked(None)
        return was

    def toggle(self) -> bool:
        """Show the picked block whole, or folded again; without one the last that can be. False where none can."""
        at, blocks = self._picked, self._roll.blocks
        if at is None:
            last = range(len(blocks) - 1, max(-1, len(blocks) - _LOOKED_BACK), -1)
            at = next((place for place in last if blocks[place].folds), None)
        if at is None or not blocks[at].folds:
            return False
        self._lay_out_older_until(at)
        self._roll.toggle(at)
        last_top = max(0, len(self._roll.rows) - self.size.height)
        if self._following or self._top > last_top:
            self._top = last_top
        self.refresh()
        return True

    def scroll_rows(self, rows: int) -> None:
        """Move by so many rows, down for a positive number."""
        if rows < 0 and self._top + rows < 0:
            self._top += self._roll.lay_out_older(-rows)
        last = max(0, len(self._roll.rows) - self.size.height)
        self._move_to(min(max(0, self._top + rows), last), following=self._top + rows >= last)

    def scroll_to_start(self) -> None:
        while not self._roll.whole:
            self._top += self._roll.lay_out_older(10_000)
        self._move_to(0, following=len(self._roll.rows) <= self.size.height)

    def scroll_to_end(self) -> None:
        self._move_to(max(0, len(self._roll.rows) - self.size.height), following=True)

    def on_resize(self, event: events.Resize) -> None:
        height = event.size.height
        if event.size.width != self._roll.width:
            # The reader's place is kept as far as that is possible.
            from_end = len(self._roll.rows) - self._top
            self._selection = None
            self._roll.lay_out_anew(event.size.width, max(2 * height, from_end))
            self._top = max(0, len(self._roll.rows) - max(from_end, height))
        if self._following:
            self._top = max(0, len(self._roll.rows) - height)
        self._top = min(self._top, max(0, len(self._roll.rows) - 1))
        self.refresh()

    def on_mouse_scroll_up(self, event: events.MouseScrollUp) -> None:
        event.stop()
        self.scroll_rows(-WHEEL_ROWS)

    def on_mouse_scroll_down(self, event: events.MouseScrollDown) -> None:
        event.stop()
        self.scroll_rows(WHEEL_ROWS)

    def on_mouse_down(self, event: events.MouseDown) -> None:
        if event.button == 1:
            self.capture_mouse()
            self._selection = Selection((self._top + event.y, event.x))

    def on_mouse_move(self, event: events.MouseMove) -> None:
        if event.button == 1 and self._selection is not None:
            if event.y < 0 or event.y >= self.size.height:
                self.scroll_rows(-1 if event.y < 0 else 1)
            self._selection = self._selection.to((self._top + event.y, event.x))
            self.refresh()

    def on_mouse_up(self, event: events.MouseUp) -> None:
        """The end of a selection, or a click: it picks the block, and opens or closes it where its title stands."""
        self.release_mouse()
        selection = self._selection
        if selection is None:
            return
        if not selection.empty:
            self.post_message(self.Selected(selected_text(self._roll.rows, selection)))
            return
        self._selection = None
        at = self._roll.block_at(self._top + event.y)
        if at is not None and at == self._picked and self._roll.blocks[at].folds:
            self.toggle()
        self._show_picked(at)

    def plain_rows(self) -> list[str]:
        """The text of all laid-out rows, for tests and for copying."""
        return ["".join(text for text, _ in row).rstrip() for row in self._roll.rows]

    def _show_picked(self, place: int | None) -> None:
        """This block is picked now, and in sight."""
        if place == self._picked:
            return
        self._picked = place
        if place is not None:
            self._lay_out_older_until(place)
            rows = self._roll.rows_of(place)
            if rows and not (self._top <= rows[0] and rows[-1] < self._top + self.size.height):
                self._move_to(max(0, min(rows[0], len(self._roll.rows) - 1)), following=False)
        self.refresh()

    def _lay_out_older_until(self, place: int) -> None:
        while not self._roll.is_laid(place):
            self._top += self._roll.lay_out_older(1)

    def _show_change(self, changed: range) -> None:
        """Keep the end in sight, in steps while an answer grows, and repaint what changed."""
        height, growing = self.size.height, bool(self._roll.open)
        bottom = max(0, len(self._roll.rows) - height)
        if self._following and self._top != bottom:
            # A shift repaints every row. While an answer grows, room for several rows is made at a time, so that most
            # frames paint one or two.
            step = min(MAX_STEP, height // 4) if growing else 0
            if bottom > self._top or not growing:
                self._top = bottom + step if bottom > 0 else 0
                self.refresh()
                return
        region = Region(0, changed.start - self._top, self.size.width, len(changed))
        self.refresh(region.intersection(self.size.region))

    def _move_to(self, top: int, *, following: bool) -> None:
        self._following = following
        if top != self._top:
            self._top = top
            self.refresh()
