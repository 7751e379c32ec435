"""The transcript on the screen: one widget of rows, whatever its length. Draws, scrolls, picks and selects; decides nothing."""

from __future__ import annotations

from collections import deque
from collections.abc import Sequence
from itertools import islice

from textual import events
from textual.geometry import Region
from textual.message import Message
from textual.strip import Strip
from textual.widget import Widget

from flashagent.frontends.tui.blocks import Block
from flashagent.frontends.tui.markup_values import Line
from flashagent.frontends.tui.selecting import Selection, marked, selected_text
from flashagent.frontends.tui.themes import Painter
from flashagent.frontends.tui.typeset import Typeset

WHEEL_ROWS = 3
MAX_STEP = 6
_LOOKED_BACK = 200
_MOST_AT_ONCE = 100


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
        self._blocks: list[Block] = []  # all finished ones
        self._unlaid = 0  # how many of the oldest have no rows at this width
        self._rows: list[Line] = []  # of the finished blocks after those, then of the open ones
        self._fixed = 0  # how many rows belong to finished blocks
        self._open: tuple[Block, ...] = ()
        self._sizes: deque[int] = deque()  # rows of each finished block that is laid out
        self._shown_whole: set[int] = set()  # places of blocks that were opened
        self._picked: int | None = None
        self._selection: Selection | None = None
        self._typesets: dict[int, Typeset] = {}
        self._top = 0
        self._following = True
        self._laid_width = 0

    @property
    def following(self) -> bool:
        """Whether the newest row is kept in sight."""
        return self._following

    def extend(self, finished: Sequence[Block], open_blocks: tuple[Block, ...]) -> None:
        """Append finished blocks and show these open ones below them; repaints only the rows that changed."""
        before = self._rows[self._fixed :]
        first = self._fixed
        width = self._laid_width
        if not width:  # not on the screen yet
            self._blocks += finished
            self._open = open_blocks
            return
        if len(finished) > _MOST_AT_ONCE:  # a session that is gone on with: only its end is looked at
            self._blocks += finished
            self._open = open_blocks
            self._following = True
            self._lay_out_anew(width, self.size.height)
            self.refresh()
            return
        rows: list[Line] = []
        for block in finished:
            laid = self._typeset_for(block).rows(block)
            self._sizes.append(len(laid))
            rows += laid
        self._blocks += finished
        shown = rows.copy()
        self._typesets = {self._place(block): self._typeset_for(block) for block in open_blocks}
        for block in open_blocks:
            shown += self._typeset_for(block).rows(block)
        self._rows[first:] = shown
        self._fixed = first + len(rows)
        self._open = open_blocks
        changed = next((i for i, (a, b) in enumerate(zip(before, shown, strict=False)) if a != b), None)
        if changed is None:
            changed = min(len(before), len(shown))
        self._show_change(first + changed, max(len(before), len(shown)) - changed)

    def render_line(self, y: int) -> Strip:
        covered = y - (self.size.height - len(self._overlaid))
        if covered >= 0:
            return self._painter.strip(self._overlaid[covered])
        at = self._top + y
        if not 0 <= at < len(self._rows):
            return Strip.blank(0)
        row = self._rows[at]
        if self._picked is not None and at in self._rows_of(self._picked):
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
        self._blocks, self._rows, self._fixed, self._unlaid, self._top = [], [], 0, 0, 0
        self._sizes.clear()
        self._shown_whole.clear()
        self._picked = self._selection = None
        self._following = True
        self.extend((), self._open)
        self.refresh()

    @property
    def blocks(self) -> Sequence[Block]:
        """All finished ones, oldest first."""
        return self._blocks

    @property
    def picked(self) -> Block | None:
        """The block that the user has picked."""
        return self._blocks[self._picked] if self._picked is not None else None

    def pick(self, steps: int) -> None:
        """Pick the block so many further, empty ones left out; below the last one nothing is picked."""
        at = self._picked if self._picked is not None else len(self._blocks)
        at += steps
        while 0 <= at < len(self._blocks) and not self._blocks[at].text and not self._blocks[at].title:
            at += steps
        self._show_picked(max(0, at) if at < len(self._blocks) and self._blocks else None)

    def unpick(self) -> bool:
        """Whether one was picked or selected; none is any more."""
        was = self._picked is not None or self._selection is not None
        self._selection = None
        self._show_picked(None)
        return was

    def toggle(self) -> bool:
        """Show the picked block whole, or folded again; without one the last that can be. False where none can."""
        at = self._picked
        if at is None:
            last = range(len(self._blocks) - 1, max(-1, len(self._blocks) - _LOOKED_BACK), -1)
            at = next((place for place in last if self._blocks[place].folds), None)
        if at is None or not self._blocks[at].folds:
            return False
        self._shown_whole ^= {at}
        self._lay_out_block(at)
        return True

    def scroll_rows(self, rows: int) -> None:
        """Move by so many rows, down for a positive number."""
        if rows < 0 and self._top + rows < 0:
            self._lay_out_older(-rows)
        last = max(0, len(self._rows) - self.size.height)
        self._move_to(min(max(0, self._top + rows), last), following=self._top + rows >= last)

    def scroll_to_start(self) -> None:
        while self._unlaid:
            self._lay_out_older(10_000)
        self._move_to(0, following=len(self._rows) <= self.size.height)

    def scroll_to_end(self) -> None:
        self._move_to(max(0, len(self._rows) - self.size.height), following=True)

    def on_resize(self, event: events.Resize) -> None:
        if event.size.width != self._laid_width:
            self._lay_out_anew(event.size.width, event.size.height)
        if self._following:
            self._top = max(0, len(self._rows) - event.size.height)
        self._top = min(self._top, max(0, len(self._rows) - 1))
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
            self.post_message(self.Selected(selected_text(self._rows, selection)))
            return
        self._selection = None
        at = self._block_at(self._top + event.y)
        if at is not None and at == self._picked and self._blocks[at].folds:
            self.toggle()
        self._show_picked(at)

    def plain_rows(self) -> list[str]:
        """The text of all laid-out rows, for tests and for copying."""
        return ["".join(text for text, _ in row).rstrip() for row in self._rows]

    def _typeset_for(self, block: Block) -> Typeset:
        return self._typesets.get(self._place(block)) or self._typesets.setdefault(
            self._place(block), Typeset(self._laid_width)
        )

    def _rows_of(self, place: int) -> range:
        """Where the rows of a finished block stand."""
        at = place - self._unlaid
        if at < 0:
            return range(0)
        if at * 2 < len(self._sizes):
            start = sum(islice(self._sizes, at))
        else:
            start = self._fixed - sum(islice(reversed(self._sizes), len(self._sizes) - at))
        return range(start, start + self._sizes[at])

    def _block_at(self, row: int) -> int | None:
        """The finished block that a row belongs to."""
        if not 0 <= row < self._fixed:
            return None
        end = self._fixed
        for back, size in enumerate(reversed(self._sizes), 1):
            end -= size
            if row >= end:
                return len(self._blocks) - back
        return None

    def _show_picked(self, place: int | None) -> None:
        """This block is picked now, and in sight."""
        if place == self._picked:
            return
        self._picked = place
        if place is not None:
            while place < self._unlaid:
                self._lay_out_older(1)
            rows = self._rows_of(place)
            if rows and not (self._top <= rows[0] and rows[-1] < self._top + self.size.height):
                self._move_to(max(0, min(rows[0], len(self._rows) - 1)), following=False)
        self.refresh()

    def _lay_out_block(self, place: int) -> None:
        """Its rows anew; what stands above stays where it is."""
        rows = self._rows_of(place)
        laid = self._laid(place)
        self._rows[rows.start : rows.stop] = laid
        self._sizes[place - self._unlaid] = len(laid)
        self._fixed += len(laid) - len(rows)
        last = max(0, len(self._rows) - self.size.height)
        if self._following or self._top > last:
            self._top = last
        self.refresh()

    def _laid(self, place: int) -> list[Line]:
        return Typeset(self._laid_width).rows(self._blocks[place], whole=place in self._shown_whole)

    def _place(self, block: Block) -> int:
        return hash((block.kind, block.key))

    def _show_change(self, first: int, count: int) -> None:
        """Keep the end in sight, in steps while an answer grows, and repaint what changed."""
        height = self.size.height
        bottom = max(0, len(self._rows) - height)
        if self._following and self._top != bottom:
            # A shift repaints every row. While an answer grows, room for several rows is made at a time, so that most
            # frames paint one or two.
            step = min(MAX_STEP, height // 4) if self._open else 0
            if bottom > self._top or not self._open:
                self._top = bottom + step if bottom > 0 else 0
                self.refresh()
                return
        self.refresh(Region(0, first - self._top, self.size.width, count).intersection(self.size.region))

    def _move_to(self, top: int, *, following: bool) -> None:
        self._following = following
        if top != self._top:
            self._top = top
            self.refresh()

    def _lay_out_anew(self, width: int, height: int) -> None:
        """Rows for the new width, of the newest blocks only; the reader's place is kept as far as that is possible."""
        from_end = len(self._rows) - self._top
        self._laid_width = width
        self._rows, self._fixed, self._unlaid = [], 0, len(self._blocks)
        self._sizes.clear()
        self._selection = None
        self._typesets = {}
        self._lay_out_older(max(2 * height, from_end))
        self.extend((), self._open)
        self._top = max(0, len(self._rows) - max(from_end, height))

    def _lay_out_older(self, wanted: int) -> None:
        """Put rows of older blocks on top, at least `wanted` if there are as many; the rows in sight stay."""
        batches: list[list[Line]] = []
        count = 0
        while self._unlaid and count < wanted:
            self._unlaid -= 1
            batches.append(self._laid(self._unlaid))
            self._sizes.appendleft(len(batches[-1]))
            count += len(batches[-1])
        self._rows[0:0] = [row for batch in reversed(batches) for row in batch]
        self._fixed += count
        self._top += count
