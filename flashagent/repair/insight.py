"""What a search knows while it is still under way, in two lines for whoever works on the same failure."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from flashagent.repair.localize import SuspiciousLine

SUSPECTS = 5


class Searching(Protocol):
    """What a search can be asked at any moment."""

    def reported(self) -> Sequence[SuspiciousLine]: ...

    def nearest_miss(self) -> str: ...


class Insight:
    """Follows one search. Asking costs little and changes nothing."""

    def __init__(self) -> None:
        self._search: Searching | None = None

    def follow(self, search: Searching) -> None:
        self._search = search

    def lines(self) -> list[str]:
        """The most suspicious lines, and the edit that came nearest to a repair; less while less is known."""
        if self._search is None:
            return []
        suspects = [f"{x.path}:{x.line} `{x.source.strip()}`" for x in self._search.reported()[:SUSPECTS]]
        told = [f"Lines that the failing tests point at: {'; '.join(suspects)}."] if suspects else []
        miss = self._search.nearest_miss()
        return [*told, miss] if miss else told
