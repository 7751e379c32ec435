"""Everything that a report of a batch tells, as one value, its texts clean for any reader."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence

from flashagent.dataclass import dataclass
from flashagent.jobs.batch.events import ItemState
from flashagent.jobs.batch.store import Attempt, BatchStore, Row, Spent

GOOD: tuple[ItemState, ...] = ("merged", "unchanged", "done")
BAD: tuple[ItemState, ...] = ("failed", "conflict", "broke")
_PARTICULAR = re.compile(r"""(['"`]).*?\1|\S*[/\\.]\S*|\b0x[0-9a-f]+\b|\d+""")
_OWN_WORDS = " The model's last words were"
_NOT_TEXT = re.compile("[^\t\n\r\x20-\x7e\xa0-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


@dataclass(frozen=True)
class Account:
    """`meta` is what the store knows of the batch as a whole; `attempts` are by item."""

    meta: Mapping[str, str]
    rows: Sequence[Row]
    attempts: Mapping[str, Sequence[Attempt]]
    spent: Spent
    clean: Callable[[str], str]

    @property
    def states(self) -> dict[str, int]:
        found: dict[str, int] = {}
        for row in self.rows:
            found[row.state] = found.get(row.state, 0) + 1
        return found

    def seconds(self, row: Row) -> float:
        return sum(attempt.seconds for attempt in self.attempts[row.item.id])

    def tokens(self, row: Row) -> int:
        return sum(attempt.usage.total_tokens for attempt in self.attempts[row.item.id])

    def causes(self) -> list[tuple[str, list[Row]]]:
        """The items that did not end well, those with the same trouble together, the most frequent first."""
        groups: dict[str, list[Row]] = {}
        for row in self.rows:
            if row.state in BAD:
                groups.setdefault(_kind(f"{row.state}: {row.message}"), []).append(row)
        return sorted(
            ((rows[0].message or rows[0].state, rows) for rows in groups.values()),
            key=lambda one: -len(one[1]),
        )


def account_of(store: BatchStore, mask: Callable[[str], str]) -> Account:
    rows = store.rows()

    def clean(text: str) -> str:
        return _NOT_TEXT.sub("?", mask(text))

    return Account(
        store.meta(), rows, {row.item.id: store.attempts(row.item.id) for row in rows}, store.spent(), clean
    )


def _kind(message: str) -> str:
    """The message without what is particular to one item: a model's own words, names in quotes, paths, numbers."""
    return " ".join(_PARTICULAR.sub("*", message.partition(_OWN_WORDS)[0]).split())
