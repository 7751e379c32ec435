"""What is said of a patch by all who look at it: the linter, the environment, manifests and a language server."""

from __future__ import annotations

from pathlib import Path

from helpers.diagnose_toy import toy
from helpers.verify_projects import this_environment
from helpers.verify_runner import PlainRunner

from flashagent.compose.inspect import inspector
from flashagent.values import Diagnostic, FileChange


async def test_all_who_look_at_a_patch_are_heard(tmp_path: Path) -> None:
    told: list[Diagnostic] = []
    async with toy(tmp_path) as project:
        await project.warm()
        runner = PlainRunner(project.root)
        files = ["requirements.txt", "a.py"]
        inspect = inspector(
            runner, this_environment(), project.root, lambda: files, project.servers, told.append
        )
        changes = [
            FileChange("a.py", "", "import jsson\nprint(undefined)\n"),
            FileChange("b.toy", "old_bad\n", "old_bad\nnew_bad\n"),
            FileChange("requirements.txt", "requests\n", "requests\nreqests\n"),
        ]
        found = await inspect(changes)
    assert [(one.path, one.line, one.source) for one in found] == [
        ("a.py", 2, "ruff"),
        ("a.py", 1, "imports"),
        ("requirements.txt", 2, "dependencies"),
        ("b.toy", 2, "toy"),
    ]
    assert [one.message for one in told] == ["reqests looks like requests, which the project uses"]


async def test_without_servers(tmp_path: Path) -> None:
    inspect = inspector(PlainRunner(tmp_path), this_environment(), tmp_path, list)
    assert list(await inspect([FileChange("b.toy", None, "x_bad\n")])) == []
