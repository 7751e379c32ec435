"""Small real projects in a folder, and a Verifier over the interpreter that runs the tests."""

from __future__ import annotations

import sys
import textwrap
from collections.abc import Mapping
from pathlib import Path

from helpers.verify_runner import PlainRunner

from flashagent.events import Event
from flashagent.verify.environment import ProjectEnvironment
from flashagent.verify.run import Verifier


def write(root: Path, files: Mapping[str, str]) -> Path:
    """Write the dedented files below `root` and give it back."""
    for name, text in files.items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(textwrap.dedent(text).lstrip("\n"), encoding="utf-8")
    return root


def this_environment() -> ProjectEnvironment:
    """The environment of the tests themselves: it has pytest, pytest-xdist and the standard library."""
    python = Path(sys.executable)
    return ProjectEnvironment(
        "virtualenv", python, (str(python.parent), "/usr/bin", "/bin"), why="the tests' own"
    )


def verifier(root: Path, events: list[Event] | None = None) -> Verifier:
    """A real Verifier without a sandbox, emitting into `events`."""
    return Verifier(
        PlainRunner(root), this_environment(), root, (events if events is not None else []).append
    )
