"""The live table of a batch: what is running, how many ended how, what it took and what is left. Pure."""

from __future__ import annotations

from dataclasses import field

from flashagent.dataclass import dataclass
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
from flashagent.values import Usage

BAR = 24
MOST_RUNNING = 12


@dataclass(slots=True)
class Table:
    """What the events said so far. Times are the monotonic clock's, in seconds."""

    began: float
    items: int = 0
    before: int = 0
    ended: set[str] = field(default_factory=set)
    states: dict[str, str] = field(default_factory=dict)
    running: dict[str, tuple[str, int, float]] = field(default_factory=dict)
    usage: Usage = field(default_factory=Usage)
    cost: float | None = 0.0

    def take(self, event: BatchEvent, now: float) -> None:
        match event:
            case BatchStarted(items=items, finished=finished):
                self.items, self.before, self.began = items, finished, now
            case ItemStarted(item=item, title=title, attempt=attempt):
                self.running[item] = (title, attempt, now)
            case ItemFinished(item=item, state=state, usage=usage, cost=cost, retried=retried):
                self.running.pop(item, None)
                self.usage += usage
                self.cost = None if cost is None or self.cost is None else self.cost + cost
                if not retried:
                    self.ended.add(item)
                    self.states[item] = state
            case ItemMerged(item=item, state=state):
                self.states[item] = state
            case BatchFinished():
                self.running.clear()
            case BatchNotice():
                pass

    @property
    def done(self) -> int:
        return min(self.items, self.before + len(self.ended))

    def lines(self, now: float, width: int, height: int) -> list[str]:
        """The table in at most `height` lines of at most `width` columns."""
        shown = [self._summary(now), self._amounts(now)]
        longest = sorted(self.running.items(), key=lambda one: one[1][2])
        room = max(0, min(MOST_RUNNING, height - len(shown) - 1))
        for item, (title, attempt, since) in longest[:room]:
            again = f" try {attempt}" if attempt > 1 else ""
            shown.append(f"  {item}  {words.seconds(now - since):>7}{again}  {words.one_line(title, 70)}")
        if len(longest) > room:
            shown.append(f"  and {len(longest) - room} more are running")
        return [line[: max(1, width - 1)] for line in shown]

    def _summary(self, now: float) -> str:
        full = BAR * self.done // self.items if self.items else BAR
        counts: dict[str, int] = {}
        for state in self.states.values():
            counts[state] = counts.get(state, 0) + 1
        told = ", ".join(f"{number} {state}" for state, number in counts.items())
        bar = "█" * full + "░" * (BAR - full)
        return f"{bar} {self.done} of {self.items}, {len(self.running)} running" + (
            f"; {told}" if told else ""
        )

    def _amounts(self, now: float) -> str:
        elapsed = max(0.001, now - self.began)
        parts = [words.seconds(elapsed), f"{self.usage.total_tokens:,} tokens"]
        if self.usage.total_tokens and (money := words.money(self.cost)):
            parts.append(money)
        if self.ended:
            parts.append(f"{60 * len(self.ended) / elapsed:.1f} items a minute")
            left = self.items - self.done
            if left:
                parts.append(f"about {words.seconds(left * elapsed / len(self.ended))} left")
        return "  ".join(parts)
