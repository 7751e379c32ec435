"""What a run found and the user's files do not hold: kept on the disk as soon as it is known, so that no end of the run loses it."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from flashagent.diffs import unified_diffs
from flashagent.jobs.job import Result
from flashagent.jobs.kept import Offer
from flashagent.values import Contrast, FileChange, PatchOption

Keep = Callable[[Sequence[Offer], Sequence[Contrast]], str]


class Shelf:
    """`keep` writes patches and says where. `path` is '' while nothing was kept; `offers` are those that the user may take."""

    def __init__(self, keep: Keep) -> None:
        self._keep = keep
        self.path = ""
        self.offers: tuple[Offer, ...] = ()
        self._best: tuple[int, tuple[FileChange, ...]] | None = None  # of a model, with its failures

    def offered(self, result: Result) -> None:
        """Patches that wait for a person's word."""
        self.path, self.offers = self._keep(result.offers, result.contrasts), result.offers

    def judged(self, failures: int, changes: tuple[FileChange, ...]) -> None:
        """A model's patch, with the failures that it left; the best and latest of them counts."""
        if self._best is None or failures <= self._best[0]:
            self._best = failures, changes

    @property
    def best(self) -> tuple[FileChange, ...]:
        return self._best[1] if self._best is not None else ()

    def lost(self, result: Result, *, green: bool) -> None:
        """The patch of a result that does not get into the files; `green` = every check passed with it."""
        if result.patch and not self.path:
            patch = unified_diffs(result.patch)
            option = PatchOption(result.how, result.confidence or "", result.reasons, patch, green)
            self.path = self._keep([Offer(option, result.patch)], ())
