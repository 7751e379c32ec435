"""Runners and candidate trees for repair tests: bubblewrap with a read-only root, or plain processes that only claim it."""

from __future__ import annotations

import contextlib
import shutil
import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path

from helpers.verify_runner import PlainRunner

from flashagent.ports import Channel, Command, CommandResult, OnOutput
from flashagent.values import FileChange


class TrustingRunner(PlainRunner):
    """Says that it protects and does not: only for candidates that the test itself wrote."""

    @property
    def protects(self) -> bool:
        return True


class BwrapRunner(PlainRunner):
    """Every command in bubblewrap: everything read-only, no network, a private /tmp, the tree at the root's path."""

    @property
    def protects(self) -> bool:
        return True

    @property
    def description(self) -> str:
        return "bubblewrap (tests)"

    async def run(
        self, command: Command, *, on_output: OnOutput | None = None, channel: Channel | None = None
    ) -> CommandResult:
        root = str(self.root)
        words = ["bwrap", "--ro-bind", "/", "/", "--dev", "/dev", "--proc", "/proc", "--tmpfs", "/tmp"]
        words += ["--ro-bind" if command.read_only else "--bind", str(command.tree or root), root]
        for bind in command.binds:
            words += ["--ro-bind", str(bind), str(bind)]
        words += ["--unshare-all", "--die-with-parent", "--chdir", str(command.cwd), "--", *command.argv]
        inside = replace(command, argv=tuple(words), cwd=self.root, tree=None)
        return await super().run(inside, on_output=on_output, channel=channel)


class CopiedTrees:
    """Candidate trees as plain copies; `open` counts those not yet removed."""

    def __init__(self, root: Path) -> None:
        self._root = root
        self.open = 0

    @contextlib.contextmanager
    def tree(self, changes: Sequence[FileChange]) -> Iterator[Path]:
        with tempfile.TemporaryDirectory(prefix="candidate-") as folder:
            self.open += 1
            copy = Path(folder) / "tree"
            shutil.copytree(self._root, copy, symlinks=True)
            for change in changes:
                assert change.after is not None
                (copy / change.path).write_bytes(change.after.encode())
            try:
                yield copy
            finally:
                self.open -= 1
