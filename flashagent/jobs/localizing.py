"""Which lines a red check makes suspicious: the check is run, its tests are traced in the sandbox, nothing is changed."""

from __future__ import annotations

from flashagent.events import Emit
from flashagent.jobs.house import House
from flashagent.jobs.job import FixJob
from flashagent.jobs.observing import Observation, observe
from flashagent.jobs.outside import tell_outside
from flashagent.repair.engine import RepairRequest, RepairResult, localize


async def suspicious_lines(
    house: House, seconds: float, emit: Emit
) -> tuple[Observation, RepairResult | None]:
    """What the checks say, and the suspicious lines of the red one; None when all pass.

    Raises UsageError when there is no check, RunnerMissing when its program is not there.
    """
    seen = await observe(FixJob(offline=True), house, emit)
    if seen.green:
        return seen, None
    request = RepairRequest(
        root=house.root,
        check=seen.check,
        baseline=seen.before,
        environment=house.environment,
        search_time_s=seconds,
        jobs=house.jobs,
    )
    tell_outside(seen, house, emit)
    return seen, await localize(request, house.runner, house.trees)
