"""Decide whether a change made a check green, by comparing the report before it with the one after. Pure.

Green means more than exit status 0: every test that failed before is reported passed, and none has vanished.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from flashagent.dataclass import dataclass
from flashagent.values import CheckReport, TestOutcome

NOT_COUNTED = "exit 0, tests not counted"
_FAILING: tuple[TestOutcome, ...] = ("failed", "error")
_SHOWN = 5


@dataclass(frozen=True, slots=True)
class Verdict:
    """Every list is of test ids. `reasons` says in words each way in which it is not green; for a green check whose
    tests were not counted it says just that."""

    green: bool
    fixed: tuple[str, ...] = ()
    still_failing: tuple[str, ...] = ()
    newly_failing: tuple[str, ...] = ()
    disappeared: tuple[str, ...] = ()
    turned_skipped: tuple[str, ...] = ()
    reasons: tuple[str, ...] = ()


def judge(before: CheckReport, after: CheckReport) -> Verdict:
    """The verdict on `after`, a full run of the same check as `before`."""
    compared = compare(before, after)
    reasons = tuple(_reasons(before, after, compared))
    green = not reasons
    if green and not after.counted:
        reasons = (NOT_COUNTED,)
    return Verdict(
        green, compared.fixed, compared.still_failing, compared.newly_failing, compared.disappeared,
        compared.turned_skipped, reasons,
    )  # fmt: skip


def compare(before: CheckReport, after: CheckReport) -> Verdict:
    """Only the lists: what became of each test. A unit (file, class) that failed as a whole stands for its tests.

    Nothing is said to have disappeared when the tests of `before` were counted and those of `after` were not: they only
    did not come to their turn. Where only the runner's text tells, subtests that passed may disappear: their names are
    often made up afresh in each run.
    """
    then = {result.test_id: result.outcome for result in before.results}
    now = {result.test_id: result.outcome for result in after.results}
    inside = _by_unit(now)
    became: dict[str, list[str]] = {
        "fixed": [],
        "still": [],
        "newly": [],
        "gone": [],
        "skipped": [],
        "same": [],
    }
    for test_id, outcome in then.items():
        became[_fate(test_id, outcome, now, inside)].append(test_id)
    fresh = {one for one, outcome in now.items() if one not in then and outcome in _FAILING}
    # The tests of a unit that fails as a whole are not listed one by one: the unit says it all.
    newly = [one for one in became["newly"] if not fresh.intersection(units_of(one))] + sorted(fresh)
    gone = [] if before.counted and not after.counted else became["gone"]
    if not before.counted:
        gone = [one for one in gone if then[one] in _FAILING or "/" not in one.rpartition(".")[2]]
    return Verdict(
        False,
        tuple(became["fixed"]),
        tuple(became["still"]),
        tuple(newly),
        tuple(gone),
        tuple(became["skipped"]),
    )


def units_of(test_id: str) -> Iterator[str]:
    """The units around a test, by its id: file and classes of pytest, packages, module and class of unittest."""
    bare = test_id.partition("[")[0].partition(" ")[0]
    separator = "::" if "::" in bare else "."
    parts = bare.split(separator)
    for count in range(1, len(parts)):
        yield separator.join(parts[:count])


def _by_unit(now: dict[str, TestOutcome]) -> dict[str, set[TestOutcome]]:
    inside: dict[str, set[TestOutcome]] = {}
    for test_id, outcome in now.items():
        for unit in units_of(test_id):
            inside.setdefault(unit, set()).add(outcome)
    return inside


def _fate(
    test_id: str, outcome: TestOutcome, now: dict[str, TestOutcome], inside: dict[str, set[TestOutcome]]
) -> str:
    """What became of one test: fixed, still, newly, gone, skipped or same."""
    failed = outcome in _FAILING
    # What stands for a test that is not reported itself: its tests, or the unit around it.
    around = {now[unit] for unit in units_of(test_id) if unit in now}
    current = now.get(test_id) or _together(inside.get(test_id) or around)
    if current is None:
        return "gone"
    if current in _FAILING:
        return "still" if failed else "newly"
    if failed:
        return "fixed" if current == "passed" else "skipped"
    if current in ("skipped", "xfailed") and current != outcome:
        return "skipped"
    return "same"


def _together(outcomes: set[TestOutcome]) -> TestOutcome | None:
    if not outcomes:
        return None
    if outcomes.intersection(_FAILING):
        return "failed"
    return "passed" if "passed" in outcomes else "skipped"


def of_the_run(before: CheckReport, after: CheckReport) -> Iterable[str]:
    """In what ways the run as a whole was not in order, beside its exit status and what became of each test."""
    if after.limit:
        yield f"the check was ended by its limit of {after.limit}"
    if before.counted and not after.counted:
        yield "the tests were counted before and could not be counted now: the session did not end in order"
    for failure in after.failures:
        if not failure.test_id or not after.counted:
            yield failure.message.partition("\n")[0]


def _reasons(before: CheckReport, after: CheckReport, compared: Verdict) -> Iterable[str]:
    if after.exit_code != 0:
        yield f"the check ended with exit status {after.exit_code}"
    yield from of_the_run(before, after)
    lists = (
        (compared.still_failing, "still fails", "still fail"),
        (compared.newly_failing, "fails now and did not before", "fail now and did not before"),
        (compared.disappeared, "is not reported any more", "are not reported any more"),
        (
            compared.turned_skipped,
            "is skipped or expected to fail now",
            "are skipped or expected to fail now",
        ),
    )
    for ids, one, several in lists:
        if ids:
            yield f"{names(ids)} {one if len(ids) == 1 else several}"
    if after.counted and not any(result.outcome == "passed" for result in after.results):
        yield "no test was reported passed"


def names(ids: Sequence[str]) -> str:
    """The first few ids, and how many more there are."""
    shown = ", ".join(ids[:_SHOWN])
    return f"{shown} and {len(ids) - _SHOWN} more" if len(ids) > _SHOWN else shown
