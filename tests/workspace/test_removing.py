from __future__ import annotations

from pathlib import Path

import pytest

from flashagent.workspace.removing import remove_tree


@pytest.mark.parametrize("files", [3, 1_000])
def test_a_tree_goes_whole_whatever_its_modes_and_nothing_that_it_links_to(
    tmp_path: Path, files: int
) -> None:
    kept = tmp_path / "kept"
    kept.mkdir()
    (kept / "file").write_text("stays")
    top = tmp_path / "tree"
    for number in range(files):
        place = top / f"a{number % 7}" / f"b{number % 3}"
        place.mkdir(parents=True, exist_ok=True)
        (place / str(number)).write_text("x")
    (top / "link").symlink_to(kept)
    (top / "a0" / "b0" / "up").symlink_to(tmp_path)
    (top / "empty").mkdir()
    (top / "a0" / "b0").chmod(0)
    (top / "a0").chmod(0)
    remove_tree(top)
    assert sorted(path.name for path in tmp_path.rglob("*")) == ["file", "kept"]


def test_a_file_a_link_and_nothing_are_removed_alone(tmp_path: Path) -> None:
    (tmp_path / "folder").mkdir()
    (tmp_path / "file").write_text("x")
    (tmp_path / "link").symlink_to(tmp_path / "folder")
    for name in ("file", "link", "absent"):
        remove_tree(tmp_path / name)
    assert [path.name for path in tmp_path.iterdir()] == ["folder"]
