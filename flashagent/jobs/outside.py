"""Tell what lies outside of the code before anybody searches in it."""

from __future__ import annotations

from flashagent.events import Emit, Notice
from flashagent.jobs.house import House
from flashagent.jobs.observing import Observation
from flashagent.verify.surroundings import Surroundings, outside_causes


def outside_of_the_code(seen: Observation, house: House) -> tuple[str, ...]:
    """Why tests fail that no edit repairs, each with what to do about it."""
    around = Surroundings(
        check=seen.check_text,
        python=str(house.environment.python or ""),
        files=house.repository.files,
        read=house.read,
        unseen=house.unseen_variables,
        online=not house.runner.protects,
    )
    return outside_causes([failure for report in seen.reports for failure in report.failures], around)


def tell_outside(seen: Observation, house: House, emit: Emit) -> None:
    for told in outside_of_the_code(seen, house):
        emit(Notice("warning", told))
