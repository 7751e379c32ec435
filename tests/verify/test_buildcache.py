from __future__ import annotations

from pathlib import Path

from flashagent.verify.buildcache import BuildCache, Lent
from flashagent.verify.commands import check_from_text

CARGO, MAKE, PYTEST = map(check_from_text, ("cargo test", "make test", "pytest"))


async def test_the_project_as_it_is_writes_and_candidates_get_copies(tmp_path: Path) -> None:
    cache = BuildCache(tmp_path / "builds")
    go, target = tmp_path / "builds/go", tmp_path / "builds/cargo"
    async with cache.lent(CARGO, original=True) as lent:
        assert lent == Lent({"GOCACHE": str(go), "CARGO_TARGET_DIR": str(target)}, (go, target))
        (go / "00").mkdir()
        (target / "debug").mkdir()
        (target / "debug/built").write_text("original")
    async with cache.lent(CARGO, original=False) as lent:
        (copy,) = lent.writable
        assert lent == Lent({"GOCACHE": str(go), "CARGO_TARGET_DIR": str(copy)}, (copy,), (go,))
        (copy / "debug/built").write_text("by a patch")
    assert not copy.exists()
    assert (target / "debug/built").read_text() == "original"
    assert sorted(path.name for path in (tmp_path / "builds").iterdir()) == ["cargo", "go"]


async def test_only_a_direct_call_of_cargo_builds_elsewhere(tmp_path: Path) -> None:
    async with BuildCache(tmp_path).lent(MAKE, original=True) as lent:
        assert lent.env == {"GOCACHE": str(tmp_path / "go")}


async def test_an_empty_cache_is_not_shown_since_go_could_not_begin_with_it(tmp_path: Path) -> None:
    async with BuildCache(tmp_path).lent(MAKE, original=False) as lent:
        assert lent == Lent()


async def test_python_needs_none(tmp_path: Path) -> None:
    async with BuildCache(tmp_path / "builds").lent(PYTEST, original=True) as lent:
        assert lent == Lent()
    assert not (tmp_path / "builds").exists()


async def test_commands_that_only_look_read_what_is_built(tmp_path: Path) -> None:
    (tmp_path / "go/00").mkdir(parents=True)
    assert BuildCache(tmp_path).to_read() == Lent(
        {"GOCACHE": str(tmp_path / "go"), "CARGO_TARGET_DIR": "/tmp/flashagent-cargo"}, (), (tmp_path / "go",)
    )


async def test_copies_of_killed_processes_are_removed(tmp_path: Path) -> None:
    left = tmp_path / "copy-999999999-x"
    left.mkdir()
    async with BuildCache(tmp_path).lent(MAKE, original=True):
        assert not left.exists()
