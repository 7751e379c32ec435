"""The blocks of a transcript as rows: laid out once, and only those that somebody may look at. Knows no widget and no screen."""

from __future__ import annotations

from collections import deque
from collections.abc import Sequence
from itertools import islice

from flashagent.frontends.tui.blocks import Block
from flashagent.frontends.tui.markup_values import Line
from flashagent.frontends.tui.typeset import Typeset

_MOST_AT_ONCE = 100


class Roll:
    """`blocks` are all finished ones; `rows` those of the newest of them at the present width, then those of the open ones.
    `fixed` rows belong to finished blocks. Nothing is laid out before the width is known."""

    def __init__(self) -> None:
        self.blocks: list[Block] = []
        self.rows: list[Line] = []
        self.open: tuple[Block, ...] = ()
        self.fixed = 0
        self.width = 0
        self._unlaid = 0  # how many of the oldest have no rows at this width
        self._sizes: deque[int] = deque()  # rows of each finished block that is laid out
        self._whole: set[int] = set()  # places of blocks that were opened
        self._typesets: dict[int, Typeset] = {}

    def extend(self, finished: Sequence[Block], open_blocks: tuple[Block, ...]) -> range:
        """Append finished blocks and put these open ones below them; the rows that are others now."""
        before, first = self.rows[self.fixed :], self.fixed
        if not self.width:
            self.blocks += finished
            self.open = open_blocks
            return range(0)
        rows: list[Line] = []
        for block in finished:
            laid = self._typeset_for(block).rows(block)
            self._sizes.append(len(laid))
            rows += laid
        self.blocks += finished
        shown = rows.copy()
        self._typesets = {_place(block): self._typeset_for(block) for block in open_blocks}
        for block in open_blocks:
            shown += self._typeset_for(block).rows(block)
        self.rows[first:] = shown
        self.fixed = first + len(rows)
        self.open = open_blocks
        changed = next((i for i, (a, b) in enumerate(zip(before, shown, strict=False)) if a != b), None)
        if changed is None:
            changed = min(len(before), len(shown))
        return range(first + changed, first + max(len(before), len(shown)))

    def is_many(self, finished: Sequence[Block]) -> bool:
        """Whether so many blocks come at once (a session that is gone on with) that only their end should be laid out."""
        return bool(self.width) and len(finished) > _MOST_AT_ONCE

    def take_many(self, finished: Sequence[Block], open_blocks: tuple[Block, ...], wanted: int) -> None:
        """As `extend`, but only the newest rows, at least `wanted` of them, are laid out."""
        self.blocks += finished
        self.open = open_blocks
        self.lay_out_anew(self.width, wanted)

    def lay_out_anew(self, width: int, wanted: int) -> None:
        """Rows for this width, of the newest blocks only, at least `wanted` of them."""
        self.width = width
        self.rows, self.fixed, self._unlaid = [], 0, len(self.blocks)
        self._sizes.clear()
        self._typesets = {}
        self.lay_out_older(wanted)
        self.extend((), self.open)

    def lay_out_older(self, wanted: int) -> int:
        """Put rows of older blocks on top, at least `wanted` if there are as many; how many were put."""
        batches: list[list[Line]] = []
        count = 0
        while self._unlaid and count < wanted:
            self._unlaid -= 1
            batches.append(self._laid(self._unlaid))
            self._sizes.appendleft(len(batches[-1]))
            count += len(batches[-1])
        self.rows[0:0] = [row for batch in reversed(batches) for row in batch]
        self.fixed += count
        return count

    @property
    def whole(self) -> bool:
        """Whether all blocks are laid out."""
        return not self._unlaid

    def is_laid(self, place: int) -> bool:
        return place >= self._unlaid

    def clear(self) -> None:
        """Forget all finished blocks; what is open stays."""
        self.blocks, self.rows, self.fixed, self._unlaid = [], [], 0, 0
        self._sizes.clear()
        self._whole.clear()
        self.extend((), self.open)

    def toggle(self, place: int) -> None:
        """Lay this block out whole, or folded again."""
        self._whole ^= {place}
        rows, laid = self.rows_of(place), self._laid(place)
        self.rows[rows.start : rows.stop] = laid
        self._sizes[place - self._unlaid] = len(laid)
        self.fixed += len(laid) - len(rows)

    def rows_of(self, place: int) -> range:
        """Where the rows of a finished block stand."""
        at = place - self._unlaid
        if at < 0:
            return range(0)
        if at * 2 < len(self._sizes):
            start = sum(islice(self._sizes, at))
        else:
            start = self.fixed - sum(islice(reversed(self._sizes), len(self._sizes) - at))
        return range(start, start + self._sizes[at])

    def block_at(self, row: int) -> int | None:
        """The finished block that a row belongs to."""
        if not 0 <= row < self.fixed:
            return None
        end = self.fixed
        for back, size in enumerate(reversed(self._sizes), 1):
            end -= size
            if row >= end:
                return len(self.blocks) - back
        return None

    def _laid(self, place: int) -> list[Line]:
        return Typeset(self.width).rows(self.blocks[place], whole=place in self._whole)

    def _typeset_for(self, block: Block) -> Typeset:
        place = _place(block)
        return self._typesets.get(place) or self._typesets.setdefault(place, Typeset(self.width))


def _place(block: Block) -> int:
    return hash((block.kind, block.key))
