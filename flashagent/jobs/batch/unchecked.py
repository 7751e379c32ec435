"""Items that no check judges by themselves: nothing is run for them, and no tree is made to run it in."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path

from flashagent.events import Emit
from flashagent.jobs.house import House
from flashagent.values import CheckReport, FileChange
from flashagent.verify.buildcache import Lent
from flashagent.verify.commands import Check
from flashagent.verify.run import Verifier

NOTHING = Check("no check", ("true",), "generic", why="this batch checks no single item")
PASSED = CheckReport(NOTHING.argv, 0, 0.0)


class NoVerifier(Verifier):
    """Every run passes, and nothing has run."""

    def __init__(self) -> None:
        """There is nothing to run anything with."""

    def telling(self, emit: Emit) -> Verifier:
        return self

    def built(self) -> Lent:
        return Lent()

    async def run(
        self,
        check: Check,
        *,
        tests: Sequence[str] = (),
        tree: Path | None = None,
        timeout_s: float | None = None,
        quiet: bool = False,
        original: bool = False,
        bare: bool = False,
    ) -> CheckReport:
        return PASSED


class OneTree:
    """The same folder for everybody, for a verifier that looks at none."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    @contextlib.contextmanager
    def tree(self, changes: Sequence[FileChange], *, quick: bool = False) -> Iterator[Path]:
        yield self._folder


def unchecked(house: House) -> House:
    """The house for one item that has no check. What the model itself runs still runs."""
    return replace(
        house,
        verifier=NoVerifier(),
        editable=house.editable or house.trees,
        trees=OneTree(house.root),  # type: ignore[arg-type]
        places=None,
    )
