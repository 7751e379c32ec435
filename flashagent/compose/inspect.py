"""What the linter and the project's interpreter say about a planned patch, before it is written."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

from flashagent.ports import CommandRunner
from flashagent.tools.tree import Inspect
from flashagent.values import Diagnostic, FileChange
from flashagent.verify.environment import ProjectEnvironment


def inspector(
    runner: CommandRunner, environment: ProjectEnvironment, root: Path, files: Callable[[], Sequence[str]]
) -> Inspect:
    """Undefined names and syntax by ruff, added imports by the project's own interpreter; only what the patch caused."""

    async def inspect(changes: Sequence[FileChange]) -> Sequence[Diagnostic]:
        from flashagent.diagnose.imports import unresolved
        from flashagent.diagnose.lint import caused

        before = {change.path: change.before for change in changes}
        after = {change.path: change.after for change in changes}
        found = await caused(before, after)
        return (*found, *await unresolved(changes, files(), environment, runner, root))

    return inspect
