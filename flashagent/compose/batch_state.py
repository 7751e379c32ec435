"""Where the batches of a repository are written down, and the job of one as text."""

from __future__ import annotations

import contextlib
import dataclasses
import json
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

from flashagent.agent.limits import Limits
from flashagent.compose.place import Place
from flashagent.errors import UsageError
from flashagent.jobs.batch.spec import BatchSpec, Rule, Selector
from flashagent.jobs.batch.store import BatchStore
from flashagent.workspace.locks import ProcessLock

FILE = "batch.sqlite"


def folder_of(place: Place) -> Path:
    return place.state / "batches"


def known(place: Place) -> list[str]:
    """The ids of all batches of the repository, oldest first."""
    folder = folder_of(place)
    return sorted(one.name for one in folder.iterdir() if (one / FILE).is_file()) if folder.is_dir() else []


def chosen(place: Place, wanted: str) -> str:
    """The batch of this id (or the beginning of one), the newest for ''. Raises UsageError."""
    found = [one for one in known(place) if one.startswith(wanted)]
    if not found:
        if not known(place):
            raise UsageError(
                "There is no batch in this repository yet.", hint="`flashagent batch run` starts one."
            )
        raise UsageError(f"There is no batch {wanted!r} here.", hint="`flashagent batch status` lists them.")
    if wanted and len(found) > 1 and wanted not in found:
        raise UsageError(f"{len(found)} batches begin with {wanted!r}.", hint="Give more of the id.")
    return wanted if wanted in found else found[-1]


@contextlib.contextmanager
def reading(place: Place, batch: str) -> Iterator[BatchStore]:
    """The state of a batch, to look at while it may be running."""
    with contextlib.closing(BatchStore(folder_of(place) / batch / FILE)) as store:
        yield store


@contextlib.contextmanager
def held(place: Place, batch: str) -> Iterator[BatchStore]:
    """The state of a batch, to change it. Raises WorkspaceError while another process works on it."""
    lock = ProcessLock(folder_of(place) / batch / "lock", wait_s=0.0, purpose=f"the batch {batch}")
    with lock.held(), reading(place, batch) as store:
        yield store


def dumped(spec: BatchSpec) -> str:
    return json.dumps(dataclasses.asdict(spec))


def loaded(text: str) -> BatchSpec:
    plain: dict[str, Any] = json.loads(text)
    rule = plain.pop("rule")
    select = tuple(Selector(**one) for one in plain.pop("select"))
    limits = Limits(**plain.pop("item_limits"))
    exclude = tuple(plain.pop("exclude"))
    return BatchSpec(
        **plain, select=select, item_limits=limits, exclude=exclude, rule=Rule(**rule) if rule else None
    )


def with_settings(spec: BatchSpec, place: Place) -> BatchSpec:
    """The user's own limits hold for the whole batch where the job sets none: money is never unlimited by accident."""
    limits = place.settings.limits
    cost = spec.total_cost if spec.total_cost is not None else limits.max_cost
    return replace(spec, total_cost=cost)
