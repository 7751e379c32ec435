"""A batch for people: a line for each item that ends, and on a terminal a last line that counts."""

from __future__ import annotations

from typing import TextIO

from flashagent.frontends import words
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
from flashagent.values import Usage

_CLEAR_LINE = "\r\x1b[K"


class BatchText:
    """A sink. The result goes to `out`, all talk to `talk`; with `live` the last line of the talk is rewritten."""

    def __init__(self, out: TextIO, talk: TextIO, clock: Clock, *, live: bool) -> None:
        self._out = out
        self._talk = talk
        self._clock = clock
        self._live = live
        self._began = clock.monotonic()
        self._all = self._before = self._ended = 0
        self._running: dict[str, str] = {}
        self._usage = Usage()
        self._drawn = False

    def __call__(self, event: BatchEvent) -> None:
        match event:
            case BatchStarted(batch=batch, name=name, items=items, finished=finished, jobs=jobs):
                self._all, self._before = items, finished
                self._say(f"Batch {batch} ({words.one_line(name)}): {words.count(items, 'item')}, {jobs} at once"
                          + (f", {finished} finished before" if finished else ""))  # fmt: skip
            case ItemStarted(item=item, title=title):
                self._running[item] = title
            case ItemFinished(item=item, state=state, how=how, message=said, usage=usage, seconds=took):
                title = self._running.pop(item, "")
                self._ended += 1
                self._usage += usage
                by = f" by {how}" if state == "done" and how else ""
                why = f": {words.one_line(said, 120)}" if state == "failed" else ""
                self._say(f"  {item} {state}{by}  {words.one_line(title, 60)}  ({words.seconds(took)}){why}")
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
        self._draw()

    def close(self) -> None:
        self._clear()
        self._talk.flush()

    def _finish(self, event: BatchFinished) -> None:
        self._running.clear()
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
            self._talk.write(_CLEAR_LINE)
            self._drawn = False

    def _draw(self) -> None:
        if not self._live or not self._all:
            return
        done, elapsed = self._before + self._ended, self._clock.monotonic() - self._began
        left = (self._all - done) * elapsed / self._ended if self._ended else None
        eta = f", about {words.seconds(left)} left" if left is not None and done < self._all else ""
        self._talk.write(
            f"{_CLEAR_LINE}{done} of {self._all}, {len(self._running)} running, {self._usage.total_tokens:,} tokens{eta}"[
                :120
            ]
        )
        self._talk.flush()
        self._drawn = True
