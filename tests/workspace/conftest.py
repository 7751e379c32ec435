"""Real repositories in tmp_path, whose git sees no configuration of this machine."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from helpers.workspace_state import git_environment, make_repository

from flashagent.workspace.git import Repository

FILES = {
    "app.py": "def add(a, b):\n    return a - b\n",
    "src/util.py": "X = 1\n",
    "docs/a.txt": "alpha\nbeta\ngamma\n",
}


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """The root of a repository with one commit of a few files."""
    folder = tmp_path / "project"
    make_repository(folder, FILES)
    return folder


@pytest.fixture
def environment(root: Path) -> dict[str, str]:
    return git_environment(root.parent / "home")


@pytest.fixture
def repository(root: Path, environment: dict[str, str]) -> Iterator[Repository]:
    with Repository.open(root, environ=environment) as opened:
        yield opened


@pytest.fixture
def state_dir(tmp_path: Path) -> Path:
    return tmp_path / "state"
