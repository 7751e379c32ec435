"""Runners and candidate trees for repair tests: the program's own sandbox, or plain processes that only claim to be one."""

from __future__ import annotations

import contextlib
import os
import shutil
import tempfile
from collections.abc import Iterator, Sequence
from pathlib import Path

from helpers.verify_runner import PlainRunner

from flashagent.compose.runner import SandboxRunner, open_runner
from flashagent.values import FileChange


class TrustingRunner(PlainRunner):
    """Says that it protects and does not: only for candidates that the test itself wrote."""

    @property
    def protects(self) -> bool:
        return True


def bubblewrap(root: Path) -> SandboxRunner:
    """The program's own sandbox, with all its limits, by its first back-end."""
    return open_runner(root, os.environ, backend="bwrap")


class CopiedTrees:
    """Candidate trees as plain copies; `open` counts those not yet removed."""

    def __init__(self, root: Path) -> None:
        self._root = root
        self.open = 0

    @contextlib.contextmanager
    def tree(self, changes: Sequence[FileChange], *, quick: bool = False) -> Iterator[Path]:
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
