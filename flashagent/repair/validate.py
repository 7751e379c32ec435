"""Run the whole check on a candidate tree and let the verdict decide."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

from flashagent.values import CheckReport, FileChange
from flashagent.verify.commands import Check
from flashagent.verify.flaky import Flaky, none_known, steady
from flashagent.verify.impact import failing_alone, only
from flashagent.verify.run import Verifier
from flashagent.verify.verdict import judge
from flashagent.workspace.worktrees import Trees as Trees
from flashagent.workspace.worktrees import candidate_tree as candidate_tree


class Validator:
    """Judges changes by the check that was red in `baseline`."""

    def __init__(
        self,
        verifier: Verifier,
        trees: Trees,
        check: Check,
        baseline: CheckReport,
        flaky: Flaky = none_known,
    ) -> None:
        """`flaky` names tests that count for nothing, asked when the first patch is judged."""
        self._flaky = flaky
        self._verifier = verifier
        self._trees = trees
        self._check = check
        self._baseline = baseline

    async def report(self, changes: Sequence[FileChange], tests: Sequence[str] = ()) -> CheckReport:
        """What the whole check, or these tests of it, say of the tree with these changes."""
        # A check that hung says nothing about how long it takes when it is repaired.
        limit = 60.0 if self._baseline.limit else max(60.0, 3.0 * self._baseline.seconds)
        async with candidate_tree(self._trees, changes) as tree:
            return await self._verifier.run(self._check, tests=tests, tree=tree, quiet=True, timeout_s=limit)

    async def said(
        self, changes: Sequence[FileChange], argv: Sequence[str], variables: Mapping[str, str]
    ) -> str:
        """What a command prints in the check's place, on a tree with these changes; the check itself when `argv` is empty.
        Raises RunnerMissing when its program is not there."""
        env = (*self._check.env, *variables.items())
        asked = replace(self._check, argv=tuple(argv) or self._check.argv, framework="generic", env=env)
        limit = max(60.0, 3.0 * self._baseline.seconds)
        async with candidate_tree(self._trees, changes) as tree:
            report = await self._verifier.run(asked, tree=tree, quiet=True, timeout_s=limit)
        return report.output

    @property
    def check(self) -> Check:
        return self._check

    async def green(self, changes: Sequence[FileChange], *, alone: bool = True) -> bool:
        """Whether the tests that failed pass alone (left out for who has seen that), and then the whole check."""
        flaky = await self._flaky()
        if alone and (tests := failing_alone(self._baseline, flaky)):
            report = await self.report(changes, tests)
            if not judge(only(self._baseline, frozenset(tests)), report).green:
                return False
        _, verdict = await steady(lambda: self.report(changes), self._baseline, flaky)
        return verdict.green
