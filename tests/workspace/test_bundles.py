from __future__ import annotations

import os
from pathlib import Path

import pytest
from helpers.workspace_state import git, make_repository

from flashagent.errors import WorkspaceError
from flashagent.workspace.bundles import bundled, tree_of, unbundled
from flashagent.workspace.plain import open_work_tree


def test_a_tree_travels_without_its_history_and_is_unpacked_once(tmp_path: Path) -> None:
    root = tmp_path / "repo"
    environ = make_repository(root, {"a.py": "1\n", "run.sh": "#!/bin/sh\n"}, home=tmp_path / "home")
    (root / "run.sh").chmod(0o755)
    (root / "a.py").write_text("2\n")
    git(root, "commit", "-qam", "second")
    repository = open_work_tree(root, tmp_path / "state", environ)
    tree = tree_of(repository, "HEAD")
    bundled(repository, tree, tmp_path / "base.bundle")
    data = (tmp_path / "base.bundle").read_bytes()
    assert git(root, "for-each-ref", "refs/flashagent") == ""
    there = unbundled([data[:100], data[100:]], tree, tmp_path / "bases", environ)
    assert there == tmp_path / "bases" / tree
    assert git(there, "rev-parse", "HEAD^{tree}").strip() == tree
    assert git(there, "rev-list", "--count", "HEAD").strip() == "1"
    assert git(there, "status", "--porcelain") == ""
    assert os.access(there / "run.sh", os.X_OK) and (there / "a.py").read_text() == "2\n"
    assert unbundled([], tree, tmp_path / "bases", environ) == there
    with pytest.raises(WorkspaceError, match="is not on this machine"):
        unbundled([], "0" * 40, tmp_path / "bases", environ)
    with pytest.raises(WorkspaceError, match="not the tree"):
        unbundled([data], "0" * 40, tmp_path / "bases", environ)
    assert {path.name for path in (tmp_path / "bases").iterdir()} - {"home"} == {tree, "lock"}
