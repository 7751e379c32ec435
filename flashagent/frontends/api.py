"""flashagent from Python: the same job as the command, its account as a value."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Mapping, Sequence
from pathlib import Path

from flashagent.events import Emit, Event, JobFinished
from flashagent.frontends.oneshot import OneShot, job_at


def fix(
    path: str | Path = ".",
    goal: str = "",
    *,
    checks: Sequence[str] = (),
    change: bool = False,
    dry_run: bool = False,
    settings: Mapping[str, object] | None = None,
    environ: Mapping[str, str] | None = None,
    on_event: Emit | None = None,
) -> JobFinished:
    """Repair the repository around `path` until its checks pass; with `change` carry out `goal` where nothing is red.

    `settings` maps setting names (`offline`, `commit`, `model_settings.model`, ...) to values. `environ` is the process
    environment when not given. Never raises for an outcome: `outcome`, `exit_code` and `report` of the result tell it.
    """
    wish = OneShot(goal=goal, change=change, settings=settings or {}, checks=tuple(checks), dry_run=dry_run)
    return asyncio.run(job_at(wish, Path(path), environ or dict(os.environ), on_event or _nobody))  # noqa: TID251


def _nobody(event: Event) -> None:
    """Where no one watches."""
