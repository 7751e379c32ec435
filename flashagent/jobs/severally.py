"""Several faults at once: where no one edit makes all failing tests pass, those of each place are searched for alone."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from flashagent.errors import FlashagentError
from flashagent.values import CONFIDENCES, CheckReport, Confidence, FileChange
from flashagent.verify.commands import Check
from flashagent.verify.flaky import without
from flashagent.workspace.merging import merge

if TYPE_CHECKING:
    from flashagent.repair.engine import RepairPatch, RepairResult

MOST_GROUPS = 6
MOST_LEFT_OUT = 300  # tests named on a command line

Search = Callable[[Check, CheckReport, int], Awaitable["RepairResult"]]


async def search_severally(
    check: Check, before: CheckReport, search: Search
) -> tuple[tuple[RepairPatch, ...], tuple[str, ...]]:
    """A patch for each group of failing tests for which one was found, and the tests of those groups. `search` repairs a check
    that leaves the other groups out, by the report that it would have had; it is told among how many the time is shared."""
    groups = groups_of(before) if check.framework == "pytest" else ()
    patches: list[RepairPatch] = []
    repaired: list[str] = []
    for group in groups:
        others = [test for other in groups if other is not group for test in other]
        found = await search(_leaving_out(check, others), without(before, others), len(groups))
        if found.patches:
            patches.append(found.patches[0])
            repaired += group
    return tuple(patches), tuple(repaired)


def groups_of(before: CheckReport) -> tuple[tuple[str, ...], ...]:
    """The failing tests by file, or by function where they are all of one; none where that makes one group or too many."""
    tests = list(dict.fromkeys(failure.test_id for failure in before.failures if failure.test_id))
    by_file = _grouped(tests, lambda test: test.partition("::")[0])
    groups = by_file if len(by_file) > 1 else _grouped(tests, lambda test: test.partition("[")[0])
    return groups if 1 < len(groups) <= MOST_GROUPS and len(tests) <= MOST_LEFT_OUT else ()


def _grouped(tests: Sequence[str], key: Callable[[str], str]) -> tuple[tuple[str, ...], ...]:
    groups: dict[str, list[str]] = {}
    for test in tests:
        groups.setdefault(key(test), []).append(test)
    return tuple(map(tuple, groups.values()))


def _leaving_out(check: Check, tests: Sequence[str]) -> Check:
    return replace(check, argv=(*check.argv, *(f"--deselect={test}" for test in tests)))


def together(patches: Sequence[RepairPatch]) -> tuple[FileChange, ...]:
    """The changes of all patches as one; () where two of them touch the same lines."""
    merged: dict[str, FileChange] = {}
    for change in (change for patch in patches for change in patch.changes):
        earlier = merged.get(change.path)
        if earlier is None:
            merged[change.path] = change
        elif earlier.after is None or change.before is None or change.after is None:
            return ()
        else:
            try:
                after = merge(change.path, change.before, earlier.after, change.after)
            except FlashagentError:
                return ()
            merged[change.path] = replace(earlier, after=after)
    return tuple(merged.values())


def weakest(patches: Sequence[RepairPatch]) -> Confidence:
    """No more trust in all than in any."""
    return max((patch.confidence for patch in patches), key=CONFIDENCES.index)
