"""Run the checks and the linter and say what they found: nothing is repaired and no file of the project is touched."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

from flashagent.dataclass import dataclass
from flashagent.diagnose import lint
from flashagent.errors import UsageError, WorkspaceError
from flashagent.jobs.house import House
from flashagent.jobs.observing import run_apart
from flashagent.jobs.trees import candidate
from flashagent.values import CheckReport, Diagnostic, FileChange
from flashagent.verify.detect import Check
from flashagent.verify.flaky import Suspects, suspects

SERVERS_S = 60.0  # how long language servers may take to start and to look at the changes


@dataclass(frozen=True, slots=True)
class Checked:
    """One check and what it did. `suspects` are its failing tests that did not fail again on the same tree."""

    check: Check
    report: CheckReport
    suspects: Suspects


@dataclass(frozen=True, slots=True)
class Findings:
    """Everything that was found. `files` is how many files the linter was asked about."""

    checks: tuple[Checked, ...]
    diagnostics: tuple[Diagnostic, ...]
    files: int = 0

    @property
    def green(self) -> bool:
        """A flaky test is red as well: that it passed once more proves nothing."""
        wrong = any(one.severity == "error" for one in self.diagnostics)
        return not wrong and all(one.report.green for one in self.checks)


async def examine(
    house: House, *, changed: bool = False, every: bool = False, timeout_s: float | None = None
) -> Findings:
    """Every check, each on a fresh copy of the tree, and the linter on every file; all else that looks at an edit tells what
    the changes since the last commit caused. With `changed` the linter tells only that too, and without any change nothing
    runs. `every` adds what was found besides the tests: types, style, build.

    Raises UsageError when there is no check or, with `changed`, no git repository, RunnerMissing when its program is not there.
    """
    if changed and house.repository.plain:
        raise UsageError("Without git nobody knows what changed.", hint="Run it without --changed.")
    files = house.repository.recently_changed(0) if changed else house.repository.files()
    if changed and not files:
        return Findings((), ())
    checks = tuple(dict.fromkeys([*house.checks(), *(house.further() if every else ())]))
    if not checks:
        raise UsageError("No check was found.", hint="Say which command must pass: --check 'CMD'.")
    linting = asyncio.create_task(_caused(house, files) if changed else _said(house, files))
    try:
        done = tuple([await _checked(house, check, timeout_s) for check in checks])
        diagnostics = await linting
    finally:
        linting.cancel()
    return Findings(done, tuple(diagnostics), len(files))


async def _checked(house: House, check: Check, timeout_s: float | None) -> Checked:
    if not house.runner.protects:
        report = await house.verifier.run(check, timeout_s=timeout_s)
        return Checked(check, report, await suspects(house.verifier, check, report))
    report = await run_apart(check, house, timeout_s)
    async with candidate(house) as tree:  # nothing that the first run left behind is there
        found = await suspects(house.verifier, check, report, tree=tree)
    if house.results is not None and (found.flaky or found.together):
        house.results.distrust(check)
    return Checked(check, report, found)


async def _said(house: House, files: Sequence[str]) -> tuple[Diagnostic, ...]:
    """What the linter says of all files, and what the others say of the changes that are not committed. A place of which
    several speak is told once."""
    changed = () if house.repository.plain else house.repository.recently_changed(0)
    linted, caused = await asyncio.gather(lint.of_files(house.root, files), _caused(house, changed))
    told = {(one.path, one.line) for one in linted}
    return (*linted, *(one for one in caused if (one.path, one.line) not in told))


async def _caused(house: House, files: Sequence[str]) -> tuple[Diagnostic, ...]:
    def read() -> list[FileChange]:
        return [FileChange(path, _committed(house, path), house.read(path)) for path in files]

    changes = [one for one in await asyncio.to_thread(read) if one.before != one.after]
    if not changes:
        return ()
    if house.servers is not None:  # nobody waits at a keyboard: a server that is just starting is waited for
        await house.servers.caused(changes, wait_s=SERVERS_S)
    return tuple(await house.inspect(changes))


def _committed(house: House, path: str) -> str | None:
    """The file's text in the last commit, None where it has none."""
    try:
        return house.repository.read_object(f"HEAD:{path}").decode("utf-8", "replace")
    except WorkspaceError:
        return None
