from __future__ import annotations

from pathlib import Path

import pytest
from helpers.workspace_state import git, make_repository, work_tree_state

from flashagent.errors import WorkspaceError
from flashagent.values import FileChange
from flashagent.workspace.branches import BranchWriter
from flashagent.workspace.git import Repository
from flashagent.workspace.plain import open_work_tree

ODD = 'we"ird\\na\tme é.txt'


def opened(tmp_path: Path, files: dict[str, str]) -> tuple[Path, Repository, str]:
    root = tmp_path / "repo"
    environ = make_repository(root, files, home=tmp_path / "home")
    repository = open_work_tree(root, tmp_path / "state", environ)
    head = repository.head()
    assert head is not None
    return root, repository, head


def test_commits_hold_what_they_should_and_nothing_of_the_users_moves(tmp_path: Path) -> None:
    root, repository, head = opened(
        tmp_path, {"a": "1\n", "run.sh": "#!/bin/sh\n", "dir/b": "2\n", ODD: "3\n"}
    )
    (root / "run.sh").chmod(0o755)
    git(root, "commit", "-qam", "mode")
    head = git(root, "rev-parse", "HEAD").strip()
    before = work_tree_state(root)
    with BranchWriter(repository, "made/here", head) as writer:
        one = writer.commit([FileChange("run.sh", "#!/bin/sh\n", "#!/bin/sh\necho\n")], "first\n\nbody\n")
        two = writer.commit(
            [FileChange("dir/b", "2\n", None), FileChange("dir", None, "file now\n")], "second"
        )
        three = writer.commit(
            [FileChange(ODD, "3\n", "333\n"), FileChange("new/x", None, "\udc80\n")], "third"
        )
        assert git(root, "for-each-ref", "refs/heads/made") == ""
        writer.publish("")
    assert git(root, "log", "--format=%H %s", "--reverse", f"{head}..made/here").splitlines() == [
        f"{one} first", f"{two} second", f"{three} third",
    ]  # fmt: skip
    listed = git(root, "ls-tree", "-r", "-z", "made/here").split("\0")
    assert {line.split("\t", 1)[1]: line[:6] for line in listed if line} == {
        "a": "100644", "run.sh": "100755", "dir": "100644", ODD: "100644", "new/x": "100644",
    }  # fmt: skip
    assert git(root, "show", f"made/here:{ODD}") == "333\n"
    assert git(root, "log", "-1", "--format=%an %ce", "made/here") == git(
        root, "log", "-1", "--format=%an %ce"
    )
    assert git(root, "fsck", "--strict") == ""
    assert work_tree_state(root) == before
    assert git(root, "for-each-ref", "refs/flashagent") == ""


def test_line_ends_are_stored_as_git_itself_would(tmp_path: Path) -> None:
    root, repository, _ = opened(
        tmp_path, {".gitattributes": "*.txt text eol=crlf\n", "a.txt": "x\n", "b.bin": "x\r\n"}
    )
    git(root, "checkout", "-q", "--", ".")
    head = git(root, "rev-parse", "HEAD").strip()
    with BranchWriter(repository, "b", head) as writer:
        writer.commit(
            [FileChange("a.txt", "x\r\n", "x\r\ny\r\n"), FileChange("b.bin", "x\r\n", "z\r\n")], "m"
        )
        writer.publish("")
    assert git(root, "cat-file", "-p", "b:a.txt") == "x\ny\n"
    assert git(root, "cat-file", "blob", "b:b.bin") == "z\r\n"


def test_without_publishing_nothing_is_left_but_objects(tmp_path: Path) -> None:
    root, repository, head = opened(tmp_path, {"a": "1\n"})
    with BranchWriter(repository, "b", head) as writer:
        writer.commit([FileChange("a", "1\n", "2\n")], "m")
    assert git(root, "for-each-ref", "--format=%(refname)").split() == ["refs/heads/main"]
    with BranchWriter(repository, "b", head) as writer:  # and it can be made again
        writer.commit([FileChange("a", "1\n", "2\n")], "m")
        writer.publish("")
    with (
        BranchWriter(repository, "b", head) as writer,
        pytest.raises(WorkspaceError, match="could not be moved"),
    ):
        writer.commit([FileChange("a", "1\n", "3\n")], "m")
        writer.publish("")
    assert git(root, "show", "b:a") == "2\n"


def test_a_path_into_git_is_refused(tmp_path: Path) -> None:
    root, repository, head = opened(tmp_path, {"a": "1\n"})
    with BranchWriter(repository, "b", head) as writer, pytest.raises(WorkspaceError):
        writer.commit([FileChange(".git/hooks/pre-commit", None, "evil\n")], "m")
    assert git(root, "for-each-ref", "--format=%(refname)").split() == ["refs/heads/main"]
