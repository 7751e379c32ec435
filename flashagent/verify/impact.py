"""What to run first: the tests that failed, then those that the map says reach a change, nearest first. Pure."""

from __future__ import annotations

import difflib
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import PurePosixPath

from flashagent.values import CheckReport, FileChange

Spans = Mapping[str, Sequence[tuple[int, int]]]
TestsOf = Callable[[Spans], Sequence[tuple[str, str]]]
MOST_ALONE = 40  # a command line with more test ids than this is slower than the whole check in most runners
WORTH_S = 5.0  # a check that is quicker than this is simply run whole
REACHING_S = 1.5  # what the tests that reach the change may take together, by the times of the first run


def failing_alone(before: CheckReport, flaky: Collection[str] = ()) -> tuple[str, ...]:
    """The tests to run first and alone; () where they cannot be run so: not counted, too many, or a unit among them."""
    failing = tuple(dict.fromkeys(f.test_id for f in before.failures if f.test_id and f.test_id not in flaky))
    known = {result.test_id for result in before.results}
    if not before.counted or not failing or len(failing) > MOST_ALONE or not known.issuperset(failing):
        return ()
    return failing


def only(report: CheckReport, tests: Collection[str]) -> CheckReport:
    """The report as if only these tests had been asked for."""
    results = tuple(result for result in report.results if result.test_id in tests)
    failures = tuple(failure for failure in report.failures if failure.test_id in tests)
    return replace(report, results=results, failures=failures)


def reaching(
    before: CheckReport, changes: Sequence[FileChange], tests_of: TestsOf, folder: str = "."
) -> tuple[str, ...]:
    """The tests of the check, passing ones too, that reach the changes: the nearest ones that fit into `REACHING_S`.
    () where the check is quick anyway, or where nearly all of it would be chosen. `folder` is where the check is run;
    `tests_of` asks the map: path and qualified name ('' for a whole file) of each test, nearest first."""
    if not before.counted or before.seconds < WORTH_S:
        return ()
    took = {one.test_id: one.seconds for one in before.results if one.outcome == "passed"}
    by_unit = _by_unit(took)
    chosen: list[str] = []
    left = REACHING_S
    for path, name in tests_of(_old_lines(changes)):
        inside = [one for unit in _units(path, name, folder) for one in by_unit.get(unit, ())]
        for test_id in dict.fromkeys(inside):
            if test_id not in chosen and took[test_id] <= left and len(chosen) < MOST_ALONE:
                chosen.append(test_id)
                left -= took[test_id]
    return tuple(chosen)


def _old_lines(changes: Sequence[FileChange]) -> dict[str, list[tuple[int, int]]]:
    """The lines that change, in the numbering of the files as they were: the map knows those."""
    found: dict[str, list[tuple[int, int]]] = {}
    for change in changes:
        if change.before is None:
            continue
        before, after = change.before.split("\n"), (change.after or "").split("\n")
        codes = difflib.SequenceMatcher(None, before, after, autojunk=False).get_opcodes()
        found[change.path] = [(a + 1, max(b, a + 1)) for tag, a, b, _, _ in codes if tag != "equal"]
    return found


def _by_unit(tests: Collection[str]) -> dict[str, list[str]]:
    """Tests by their own name and by that of each unit around them, parameters left out."""
    found: dict[str, list[str]] = {}
    for test_id in tests:
        bare = test_id.partition("[")[0].partition(" ")[0]
        separator = "::" if "::" in bare else "."
        parts = bare.split(separator)
        for count in range(1, len(parts) + 1):
            found.setdefault(separator.join(parts[:count]), []).append(test_id)
    return found


def _units(path: str, name: str, folder: str) -> Iterator[str]:
    """How runners may name what the map calls so: as pytest does, as unittest does from the folder or one below it."""
    pure = PurePosixPath(path)
    if folder not in ("", ".") and pure.is_relative_to(folder):
        pure = pure.relative_to(folder)
    yield "::".join([pure.as_posix(), *(name.split(".") if name else ())])
    parts = pure.with_suffix("").parts
    for start in range(len(parts)):
        yield ".".join([*parts[start:], *([name] if name else [])])
