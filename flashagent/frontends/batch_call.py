"""How a batch command was called, and what all of them share."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from dataclasses import field
from pathlib import Path
from typing import TextIO

from flashagent.compose.place import Wishes
from flashagent.dataclass import dataclass
from flashagent.errors import ExitCode
from flashagent.events import Event
from flashagent.jobs.batch.events import EmitBatch, ItemState

EXIT_CODES = {
    "done": ExitCode.OK, "nothing": ExitCode.OK, "partly": ExitCode.NOT_FIXED, "failed": ExitCode.NOT_FIXED,
    "interrupted": ExitCode.INTERRUPTED,
}  # fmt: skip
MODEL = "model_settings.model"
AGAIN: tuple[ItemState, ...] = ("failed", "conflict", "broke")


@dataclass(frozen=True)
class Call:
    """How a batch command was called. `settings` maps setting names to values, None for not given. `scheduler` is the
    address of a Dask scheduler whose workers do the items, '' for this process; it is waited for `patience_s` seconds.
    `reports` are files to write at the end. `emit` takes the events in place of a stream."""

    cwd: Path
    environ: Mapping[str, str]
    out: TextIO
    talk: TextIO
    settings: Mapping[str, object] = field(default_factory=dict)
    sandboxed: bool = True
    trust_project: bool = False
    json: bool = False
    apply: bool = False
    reports: tuple[str, ...] = ()
    emit: EmitBatch | None = None
    scheduler: str = ""
    patience_s: float = 300.0
    base_on_workers: bool = False

    @property
    def wishes(self) -> Wishes:
        return Wishes(self.settings, (), self.sandboxed, self.trust_project)

    @property
    def live(self) -> bool:
        """Whether people see the talk on a terminal that can draw anew."""
        return self.talk.isatty() and self.environ.get("TERM") != "dumb"

    def tell(self, line: str) -> None:
        """What is going on, for people: nothing where a program reads the events."""
        if not self.json and self.emit is None:
            self.talk.write(line + "\n")
            self.talk.flush()

    def asking(self, model: str) -> Call:
        """The same call, with the job's own model where the command line names none."""
        if not model or self.settings.get(MODEL):
            return self
        return dataclasses.replace(self, settings={**self.settings, MODEL: model})


def nobody(event: Event) -> None:
    """The checks of a batch tell nobody; each item's own events are on record."""
