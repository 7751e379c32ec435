"""The transcript on the screen: one widget of rows, whatever its length. Draws, and scrolls; decides nothing."""

from __future__ import annotations

from collections.abc import Sequence

from textual import events
from textual.geometry import Region
from textual.strip import Strip
from textual.widget import Widget

from flashagent.frontends.tui.blocks import Block
from flashagent.frontends.tui.markup_values import Line
from flashagent.frontends.tui.themes import Painter
from flashagent.frontends.tui.typeset import Typeset

WHEEL_ROWS = 3
MAX_STEP = 6


class Transcript(Widget):
    """Rows of finished blocks are laid out once; after a change of width only those near the screen are laid out again,
    older ones when someone scrolls to them. Work per frame grows with the screen, never with the history."""

    can_focus = False

    def __init__(self, painter: Painter) -> None:
        super().__init__(id="transcript")
        self._painter = painter
        self._overlaid: tuple[Line, ...] = ()
        self._blocks: list[Block] = []  # all finished ones
        self._unlaid = 0  # how many of the oldest have no rows at this width
        self._rows: list[Line] = []  # of the finished blocks after those, then of the open ones
        self._fixed = 0  # how many rows belong to finished blocks
        self._open: tuple[Block, ...] = ()
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
        rows: list[Line] = []
        for block in finished:
            rows += self._typeset_for(block).rows(block)
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
        row = self._top + y
        return self._painter.strip(self._rows[row]) if 0 <= row < len(self._rows) else Strip.blank(0)

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
        self._following = True
        self.extend((), self._open)
        self.refresh()

    @property
    def blocks(self) -> Sequence[Block]:
        """All finished ones, oldest first."""
        return self._blocks

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

    def plain_rows(self) -> list[str]:
        """The text of all laid-out rows, for tests and for copying."""
        return ["".join(text for text, _ in row).rstrip() for row in self._rows]

    def _typeset_for(self, block: Block) -> Typeset:
        return self._typesets.get(self._place(block)) or self._typesets.setdefault(
            self._place(block), Typeset(self._laid_width)
        )

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
            block = self._blocks[self._unlaid]
            batches.append(Typeset(self._laid_width).rows(block))
            count += len(batches[-1])
        self._rows[0:0] = [row for batch in reversed(batches) for row in batch]
        self._fixed += count
        self._top += count
