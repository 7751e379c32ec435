"""Quick fixes: a repair that the failure itself spells out, taken only when there is exactly one and the check agrees.

Runs no code but the check itself. What it returns is called certain.
"""

from __future__ import annotations

import asyncio
import contextlib
import re
from collections.abc import Awaitable, Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from flashagent.dataclass import dataclass
from flashagent.diagnose import lint
from flashagent.errors import RunnerMissing
from flashagent.repair.project import Project
from flashagent.repair.quick import (
    checkers,
    golang,
    homes,
    imports,
    javascript,
    moved,
    names,
    native,
    relics,
    rust,
    syntax,
)
from flashagent.repair.quick.foreign import Seen
from flashagent.repair.quick.proposal import Proposal
from flashagent.repair.validate import Validator
from flashagent.values import CheckReport, Failure, FileChange
from flashagent.verify.verdict import judge

if TYPE_CHECKING:
    from flashagent.diagnose.lsp.servers import LanguageServers

Proposer = Callable[[Project, Failure, str], Iterator[Proposal]]
# What names the repair exactly comes before what only comes near it.
PROPOSERS: tuple[Proposer, ...] = (
    syntax.broken, relics.names, relics.modules, homes.gone, relics.of_modules, relics.methods, homes.children, relics.printed, homes.numpy,
    moved.names, moved.modules, moved.attributes, imports.missing, names.undefined, imports.cannot_import, imports.no_module, names.attribute,
    names.keyword, names.missing_self, names.key,
)  # fmt: skip
Foreign = Callable[[Seen], Awaitable[list[Proposal]]]
# By what the output of a check names when it is about that language.
FOREIGN: tuple[tuple[re.Pattern[str], Foreign], ...] = (
    (re.compile(r"\.go:\d+:\d+: "), golang.proposals),
    (re.compile(r"^error(?:\[E\d+\])?: |^\s*--> .*\.rs:", re.MULTILINE), rust.proposals),
    (re.compile(r"\.(?:c|h|cc|hh|cpp|hpp|cxx|hxx):\d+:\d+: (?:fatal )?error|undefined reference to"), native.proposals),
    (re.compile(r"\.[cm]?[jt]sx?\b"), javascript.proposals),
)  # fmt: skip
MAX_TRIED, ROUNDS, LINTED = 10, 4, 20


@dataclass(frozen=True, slots=True)
class QuickFix:
    """Changes after which the whole check was green; `tried` counts the check runs it took."""

    changes: tuple[FileChange, ...]
    how: str
    reasons: tuple[str, ...]
    tried: int


async def first_that_works(
    project: Project, baseline: CheckReport, validator: Validator, servers: LanguageServers | None = None
) -> QuickFix | None:
    """The quick fix that makes the check green, or None. Several faults are repaired one after the other as long as
    each step makes more tests pass. Two different fixes that both work, or one of more than can be tried, are no certainty: then
    None."""
    fixed: dict[str, FileChange] = {}
    hows: list[str] = []
    reasons: list[str] = []
    report, tried = baseline, 0
    for _ in range(ROUNDS):
        current = project.with_changes(fixed.values())
        found = await proposals(current, report)
        found += await _foreign(
            current, report, validator, tuple(fixed.values()), servers if not found else None
        )
        green: list[Proposal] = []
        better: tuple[Proposal, CheckReport] | None = None
        for one in found[:MAX_TRIED]:
            after = await validator.report(_together(fixed, one.changes))
            tried += 1
            if judge(baseline, after).green:
                green.append(one)
            elif better is None and _improves(report, after):
                better = (one, after)
            if len(green) > 1:
                break
        if len(green) == 1 and len(found) <= MAX_TRIED:
            changes = _together(fixed, green[0].changes)
            return QuickFix(changes, "; ".join([*hows, green[0].how]), (*reasons, green[0].reason), tried)
        if green or better is None:
            return None
        step, report = better
        fixed = {change.path: change for change in _together(fixed, step.changes)}
        hows.append(step.how)
        reasons.append(step.reason)
    return None


async def proposals(project: Project, report: CheckReport) -> list[Proposal]:
    """All quick fixes for the failures of a report, each change once, in the order of certainty."""
    found: dict[FileChange, Proposal] = {}
    failures = _distinct(report.failures)
    for proposer in PROPOSERS:
        for failure in failures:
            text = f"{failure.exception}: {failure.message}\n{failure.details}"
            for one in proposer(project, failure, text):
                found.setdefault(one.change, one)
        if found and proposer is not syntax.broken:
            break  # an exact answer leaves no room for a near one
    for one in await _linted(project, failures):
        found.setdefault(one.change, one)
    return list(found.values())


def _distinct(failures: Sequence[Failure]) -> list[Failure]:
    """One failure for each message and innermost frame: many tests often stumble over the same thing."""
    seen: dict[tuple[str, str, object], Failure] = {}
    for failure in failures:
        frame = failure.frames[-1] if failure.frames else None
        seen.setdefault((failure.exception, failure.message, frame), failure)
    return list(seen.values())[:20]


async def _linted(project: Project, failures: Sequence[Failure]) -> list[Proposal]:
    """ruff's safe fixes of wrong comparisons, formats and undefined names: in files on the failures' stacks, or, where
    these are all tests, in the project's first files."""
    framed = dict.fromkeys(f.path for failure in failures for f in reversed(failure.frames) if f.in_project)
    paths = [p for p in framed if p.endswith(".py") and not project.is_test(p)]
    if failures and not paths:
        paths = [p for p in project.python_files() if not project.is_test(p)]
    texts = {path: text for path in paths[:LINTED] if (text := project.text(path)) is not None}
    try:
        changed = await asyncio.gather(*(lint.safe_fixes(path, text) for path, text in texts.items()))
    except RunnerMissing:
        return []
    return [
        Proposal(FileChange(path, before, after), "ruff's safe fixes", "ruff calls the old text an error")
        for (path, before), after in zip(texts.items(), changed, strict=True)
        if before != after
    ]


async def _foreign(
    project: Project,
    report: CheckReport,
    validator: Validator,
    fixed: Sequence[FileChange],
    servers: LanguageServers | None,
) -> list[Proposal]:
    """What the tools of other languages say of the report; their programs run where the check runs. Where they say nothing,
    language servers are asked."""

    async def ask(argv: Sequence[str], variables: Mapping[str, str]) -> str:
        return await validator.said(fixed, argv, variables)

    check = validator.check
    seen = Seen(project, report, ask, check.cwd, check.argv)
    found: list[Proposal] = []
    with contextlib.suppress(RunnerMissing):
        found += await checkers.proposals(seen)
    for about, proposer in FOREIGN:
        if about.search(report.output):
            try:
                found += await proposer(seen)
            except RunnerMissing:
                continue
    if servers is not None and not found:
        from flashagent.repair.quick import served

        found += await served.proposals(seen, servers)
    return found


def _together(fixed: dict[str, FileChange], changes: Sequence[FileChange]) -> tuple[FileChange, ...]:
    """Earlier changes and more; a file changed twice is one change from its first text to its last."""
    merged = dict(fixed)
    for change in changes:
        earlier = fixed.get(change.path)
        merged[change.path] = replace(change, before=earlier.before) if earlier is not None else change
    return tuple(merged.values())


def _improves(before: CheckReport, after: CheckReport) -> bool:
    """More tests pass and none that passed fails, or files load that did not."""
    if after.limit:
        return False
    verdict = judge(before, after)
    refused, still = _refused(before), _refused(after)
    # A compiler names no tests while it refuses, and comes to its later complaints when the first are gone.
    if refused and (len(still) < len(refused) or not still & refused):
        return True
    return after.passed > before.passed and not verdict.disappeared and not verdict.turned_skipped


def _refused(report: CheckReport) -> set[tuple[str, str]]:
    """What a compiler complains of, by file and words."""
    found = (failure for failure in report.failures if failure.kind == "compile")
    return {(failure.frames[-1].path if failure.frames else "", failure.message) for failure in found}
