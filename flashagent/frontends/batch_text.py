"""A batch for people: a line for each item that ends, and on a terminal a table below them that is drawn anew."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from typing import TextIO

from flashagent.frontends import words
from flashagent.frontends.batch_table import Table
from flashagent.jobs.batch.events import (
    BatchEvent,
    BatchFinished,
    BatchNotice,
    BatchStarted,
    ItemFinished,
    ItemMerged,
    ItemStarted,
)
from flashagent.ports import Clock

_REDRAW_S = 0.1
Size = Callable[[], tuple[int, int]]


class BatchText:
    """A sink. The result goes to `out`, all talk to `talk`; with `live` a table stands below the talk, as large as `size`
    (columns, lines) allows."""

    def __init__(
        self, out: TextIO, talk: TextIO, clock: Clock, *, live: bool, size: Size = shutil.get_terminal_size
    ) -> None:
        self._out = out
        self._talk = talk
        self._clock = clock
        self._live = live
        self._size = size
        self._table = Table(clock.monotonic())
        self._drawn = 0
        self._drawn_at = 0.0

    def __call__(self, event: BatchEvent) -> None:
        running = dict(self._table.running)
        self._table.take(event, self._clock.monotonic())
        match event:
            case BatchStarted(batch=batch, name=name, items=items, finished=finished, jobs=jobs):
                self._say(f"Batch {batch} ({words.one_line(name)}): {words.count(items, 'item')}, {jobs} at once"
                          + (f", {finished} finished before" if finished else ""))  # fmt: skip
            case ItemStarted():
                pass
            case ItemFinished(item=item, state=state, how=how, message=said, seconds=took, retried=retried):
                title = running.get(item, ("", 0, 0.0))[0]
                by = f" by {how}" if state == "done" and how else ""
                why = f": {words.one_line(said, 120)}" if state == "failed" else ""
                again = ", is tried again" if retried else ""
                self._say(
                    f"  {item} {state}{by}{again}  {words.one_line(title, 60)}  ({words.seconds(took)}){why}"
                )
            case ItemMerged(item=item, state=state, message=said) if state != "merged":
                self._say(f"  {item} {state}: {words.one_line(said, 120)}")
            case ItemMerged():
                pass
            case BatchNotice(level=level, text=text, hint=hint):
                self._say(
                    " ".join(
                        [
                            *([f"{level}:"] if level != "info" else []),
                            words.one_line(text),
                            words.one_line(hint),
                        ]
                    ).rstrip()
                )
            case BatchFinished():
                self._finish(event)
        self.draw()

    def close(self) -> None:
        self._clear()
        self._talk.flush()

    def _finish(self, event: BatchFinished) -> None:
        self._live = False
        self.close()
        counts = {
            "merged": event.merged,
            "unchanged": event.unchanged,
            "failed": event.failed,
            "left": event.left,
        }
        told = ", ".join(f"{number} {what}" for what, number in counts.items() if number)
        self._out.write(f"{event.outcome.capitalize()}: {told or 'nothing to do'}.\n")
        if event.branch:
            self._out.write(
                f"  branch {event.branch} at {event.commit[:12]}; the final check passes: {event.check or 'none was asked for'}\n"
            )
            self._out.write(
                f"  take it with `git merge {event.branch}` or `flashagent batch apply {event.batch}`\n"
            )
        if event.failed:
            self._out.write(
                f"  `flashagent batch status {event.batch}` lists what failed and why; `flashagent batch retry` tries it again\n"
            )
        spent = f"{event.usage.total_tokens:,} tokens {words.money(event.cost)}".rstrip()
        self._out.write(f"  {spent}, {words.seconds(event.seconds)}\n")
        for line in (event.message, event.hint):
            if line:
                self._out.write(f"  {words.one_line(line, words.MAX_SENTENCE)}\n")
        self._out.flush()

    def _say(self, line: str) -> None:
        self._clear()
        self._talk.write(line + "\n")
        self._talk.flush()

    def _clear(self) -> None:
        if self._drawn:
            self._talk.write(f"\x1b[{self._drawn}F\x1b[J")
            self._drawn = 0

    def draw(self) -> None:
        """The table as it is now; from time to time also when nothing happened, since time passes."""
        now = self._clock.monotonic()
        if not self._live or not self._table.items or (self._drawn and now - self._drawn_at < _REDRAW_S):
            return
        columns, height = self._size()
        lines = self._table.lines(now, columns, height)
        self._clear()
        self._talk.write("".join(f"{line}\n" for line in lines))
        self._talk.flush()
        self._drawn, self._drawn_at = len(lines), now
