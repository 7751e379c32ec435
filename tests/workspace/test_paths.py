from __future__ import annotations

from pathlib import Path

import pytest

from flashagent.errors import WorkspaceError
from flashagent.workspace.files import Skipped, read_text, resolve, walk
from flashagent.workspace.paths import folded, is_git_folder_name


@pytest.mark.parametrize(
    "path",
    [
        "", ".", "/etc/passwd", "../x", "a/../../x", "a/..", "~/.ssh/config", "~", "C:\\x", "c:/x", "a\0b", "\\\\host\\x",
        "..\\x", ".git/config", ".git", "a/.GIT/hooks/x", ".Git /config", ".git./config", ".git...", ".g\u200cit/config",
        ".gi\ufeff\u202et/x", "GIT~1/config", ".git::$INDEX_ALLOCATION/x", "sub\\.git\\config", "\uff0egit/config",
        ".g\ufe0fit/x",
    ],
)  # fmt: skip
def test_hostile_paths_are_refused(root: Path, path: str) -> None:
    with pytest.raises(WorkspaceError) as caught:
        resolve(root, path)
    assert caught.value.message and caught.value.hint


@pytest.mark.parametrize("name", [".github", ".gitignore", "git", "x.git", "agit~1", "git~a", ".git-blame"])
def test_ordinary_names_are_not_gits_own(name: str) -> None:
    assert not is_git_folder_name(name)


def test_plain_spellings_resolve(root: Path) -> None:
    for path in ("app.py", "./app.py", "src//util.py", "new/folder/x.py", "~backup.py"):
        assert resolve(root, path) == root / Path(path)


def test_links_inside_are_followed_and_others_refused(root: Path, tmp_path: Path) -> None:
    (tmp_path / "outside").mkdir()
    (tmp_path / "project-evil").mkdir()
    (root / "inside").symlink_to("src")
    (root / "absolute").symlink_to(root / "src")
    (root / "leaves").symlink_to("../outside")
    (root / "sibling").symlink_to(tmp_path / "project-evil")
    (root / "meta").symlink_to(".git")
    (root / "circle").symlink_to("circle")
    (root / "src" / "up").symlink_to("../../..")
    assert resolve(root, "inside/util.py") == root / "src/util.py"
    assert resolve(root, "absolute/util.py") == root / "src/util.py"
    for path in ("leaves/x", "sibling/x", "meta/config", "circle", "src/up/etc/passwd"):
        with pytest.raises(WorkspaceError):
            resolve(root, path)


def test_nested_repositories_and_named_submodules_are_closed(root: Path) -> None:
    (root / "nested" / ".git").mkdir(parents=True)
    (root / "pointer").mkdir()
    (root / "pointer" / ".git").write_text("gitdir: /nowhere\n")
    (root / "empty_module").mkdir()
    for path in ("nested/x.py", "nested", "pointer/deep/x.py", "empty_module/x.py"):
        with pytest.raises(WorkspaceError, match="submodule or nested"):
            resolve(root, path, closed={"empty_module"})


def test_a_file_is_no_folder(root: Path) -> None:
    with pytest.raises(WorkspaceError, match=r"app\.py is a file"):
        resolve(root, "app.py/x")


def test_folded_names_collide() -> None:
    assert folded("Makefile") == folded("makefile")
    assert folded("caf\u00e9") == folded("cafe\u0301")
    assert folded("a") != folded("b")


def test_walk_passes_over_everything_that_is_no_file(root: Path) -> None:
    import os
    import socket

    os.mkfifo(root / "fifo")
    (root / "link").symlink_to("/")
    (root / "loop").symlink_to("loop")
    (root / "nested" / ".git").mkdir(parents=True)
    (root / "nested" / "x").write_text("x")
    with socket.socket(socket.AF_UNIX) as server:
        os.chdir(root)  # socket paths are short
        try:
            server.bind("socket")
        finally:
            os.chdir("/")
        found = list(walk(root, skip={"docs"}))
    assert [item for item in found if isinstance(item, str)] == ["app.py", "src/util.py"]
    assert {item for item in found if isinstance(item, Skipped)} == {
        Skipped("fifo", "a FIFO"),
        Skipped("link", "a symbolic link"),
        Skipped("loop", "a symbolic link"),
        Skipped("nested", "a nested repository"),
        Skipped("socket", "a socket"),
    }


def test_reading_a_fifo_does_not_block(root: Path) -> None:
    import os

    os.mkfifo(root / "fifo")
    with pytest.raises(WorkspaceError, match="a FIFO"):
        read_text(root, "fifo")
