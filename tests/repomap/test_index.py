"""The map follows the disk: touched, added, deleted, renamed files; shared contents; processes; damaged caches."""

from __future__ import annotations

import multiprocessing
import os
import sqlite3
import stat
import subprocess
import sys
from contextlib import closing, suppress
from dataclasses import replace
from pathlib import Path

import pytest

from flashagent.repomap import MapStats, RepoMap
from flashagent.repomap.extract import build_segment
from flashagent.repomap.store import FORMAT, Store
from flashagent.values import FocusQuery


def write(root: Path, files: dict[str, str]) -> None:
    for path, text in files.items():
        (root / path).parent.mkdir(parents=True, exist_ok=True)
        (root / path).write_text(text, encoding="utf-8")


def listing(root: Path) -> list[str]:
    return [path.relative_to(root).as_posix() for path in root.rglob("*") if not path.is_dir()]


@pytest.fixture
def root(tmp_path: Path) -> Path:
    tree = tmp_path / "tree"
    write(
        tree,
        {
            "a.py": "def alpha(): pass\n",
            "b.py": "class Beta:\n    def run(self): return alpha()\n",
            "README": "x",
        },
    )
    return tree


def opened(root: Path, cache: Path | None) -> RepoMap:
    return RepoMap.open(root, lambda: listing(root), cache, processes=1)


def told(stats: MapStats) -> MapStats:
    return replace(stats, seconds=0.0)


def test_first_build_then_nothing_to_do(root: Path, tmp_path: Path) -> None:
    with opened(root, tmp_path / "cache") as tree:
        first = tree.refresh()
        assert told(first) == MapStats(2, 3, 0.0, False, parsed=2, skipped=(("other", 1),))
        assert told(tree.refresh()) == MapStats(2, 3, 0.0, True, parsed=0, skipped=(("other", 1),))
    with opened(root, tmp_path / "cache") as again:
        assert told(again.refresh()) == MapStats(2, 3, 0.0, True, parsed=0, skipped=(("other", 1),))
        assert [s.qualified for s in again.symbols("b.py")] == ["Beta", "Beta.run"]


def test_only_a_changed_file_is_parsed(root: Path, tmp_path: Path) -> None:
    with opened(root, tmp_path / "cache") as tree:
        tree.refresh()
        write(root, {"a.py": "def gamma(): pass\n"})
        assert tree.refresh().parsed == 1
        assert [s.name for s in tree.symbols("a.py")] == ["gamma"]
        assert (tree.definitions("alpha"), len(tree.definitions("gamma"))) == ([], 1)


def test_a_touched_file_is_not_parsed(root: Path, tmp_path: Path) -> None:
    with opened(root, tmp_path / "cache") as tree:
        tree.refresh()
        os.utime(root / "a.py", ns=(1, 1))
        assert (tree.refresh().parsed, [s.name for s in tree.symbols("a.py")]) == (0, ["alpha"])


def test_same_size_and_time_but_other_content_is_seen(root: Path, tmp_path: Path) -> None:
    with opened(root, tmp_path / "cache") as tree:
        tree.refresh()
        before = (root / "a.py").stat()
        write(root, {"new": "def aleph(): pass\n"})
        os.utime(root / "new", ns=(before.st_atime_ns, before.st_mtime_ns))
        (root / "new").replace(root / "a.py")
        tree.refresh()
        assert [s.name for s in tree.symbols("a.py")] == ["aleph"]


def test_added_deleted_renamed(root: Path, tmp_path: Path) -> None:
    with opened(root, tmp_path / "cache") as tree:
        tree.refresh()
        write(root, {"c.go": "package c\n\nfunc Gamma() {}\n"})
        (root / "a.py").unlink()
        (root / "b.py").rename(root / "beta.py")
        stats = tree.refresh()
        assert (stats.files, stats.parsed) == (2, 1)
        assert (tree.symbols("a.py"), tree.symbols("b.py")) == ([], [])
        assert {s.path for name in ("Beta", "Gamma") for s in tree.definitions(name)} == {"beta.py", "c.go"}


def test_same_content_at_two_paths_is_parsed_once_and_found_twice(root: Path, tmp_path: Path) -> None:
    write(root, {"copy.py": "def alpha(): pass\n"})
    with opened(root, tmp_path / "cache") as tree:
        assert tree.refresh().parsed == 2
        assert [s.path for s in tree.definitions("alpha")] == ["a.py", "copy.py"]


def test_clones_share_a_cache_by_key(root: Path, tmp_path: Path) -> None:
    clone = tmp_path / "clone"
    write(clone, {"a.py": "def alpha(): pass\n", "b.py": "class Beta:\n    def run(self): return alpha()\n"})
    with RepoMap.open(root, ["a.py", "b.py"], tmp_path / "cache", key="project") as one:
        assert one.refresh().parsed == 2
    with RepoMap.open(clone, ["a.py", "b.py"], tmp_path / "cache", key="project") as two:
        assert two.refresh().parsed == 0
        assert two.symbols("a.py")[0].name == "alpha"


def test_symbol_at_and_references(root: Path, tmp_path: Path) -> None:
    with opened(root, tmp_path / "cache") as tree:
        tree.refresh()
        inner = tree.symbol_at("b.py", 2)
        assert inner is not None and inner.qualified == "Beta.run"
        assert tree.symbol_at("b.py", 9) is None
        assert tree.symbol_at("nowhere.py", 1) is None
        assert tree.references("alpha") == [("a.py", 1), ("b.py", 2)]
        assert [s.qualified for s in tree.definitions("Beta.run")] == ["Beta.run"]
        assert tree.definitions("Other.run") == []


def test_what_cannot_be_read_is_counted(root: Path, tmp_path: Path) -> None:
    (root / "link.py").symlink_to(root / "a.py")
    (root / "loop").symlink_to(root)
    (root / "nul.py").write_bytes(b"\0\0")
    (root / "latin.py").write_bytes(b"# caf\xe9\ndef latin(): pass\n")
    (root / "line\nbreak.py").write_text("def odd(): pass\n")
    (root / "long.js").write_text("var a=1;" * 20_000)
    os.mkfifo(root / "pipe.py")
    with opened(root, tmp_path / "cache") as tree:
        stats = tree.refresh()
        assert dict(stats.skipped) == {"other": 1, "unreadable": 2, "binary": 1, "minified": 1}
        assert {name for name in ("latin", "odd") if tree.definitions(name)} == {"latin", "odd"}
        assert tree.refresh().parsed == 0


def test_a_name_that_is_not_utf8_is_left_out(root: Path, tmp_path: Path) -> None:
    name = os.fsdecode(b"caf\xe9.py")
    try:
        (root / name).write_text("def f(): pass\n")
    except OSError:
        pytest.skip("the file system takes UTF-8 names only")
    with opened(root, tmp_path / "cache") as tree:
        assert dict(tree.refresh().skipped)["unreadable"] == 1


@pytest.mark.parametrize(
    "garbage", [b"this is no database at all, but long enough to be read as one" * 40, b""]
)
def test_a_damaged_cache_is_made_anew(root: Path, tmp_path: Path, garbage: bytes) -> None:
    with opened(root, tmp_path / "cache") as tree:
        tree.refresh()
    (file,) = (tmp_path / "cache").glob("*.sqlite")
    for side in (tmp_path / "cache").glob("*.sqlite-*"):
        side.unlink()
    file.write_bytes(garbage)
    with opened(root, tmp_path / "cache") as tree:
        stats = tree.refresh()
        assert (stats.parsed, stats.in_memory) == (2, "")
    with opened(root, tmp_path / "cache") as tree:
        assert tree.refresh().from_cache


def test_another_format_is_rebuilt(root: Path, tmp_path: Path) -> None:
    with opened(root, tmp_path / "cache") as tree:
        tree.refresh()
    (file,) = (tmp_path / "cache").glob("*.sqlite")
    with sqlite3.connect(file) as connection:
        connection.execute(f"PRAGMA user_version = {FORMAT + 1}")
    connection.close()
    with opened(root, tmp_path / "cache") as tree:
        assert tree.refresh().parsed == 2


def test_a_cache_that_cannot_be_made_gives_way_to_memory(root: Path, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")
    with opened(root, tmp_path / "file" / "cache") as tree:
        stats = tree.refresh()
        assert stats.in_memory != ""
        assert [s.name for s in tree.symbols("a.py")] == ["alpha"]


def test_a_write_that_fails_half_way_gives_way_to_memory(root: Path, tmp_path: Path) -> None:
    with opened(root, tmp_path / "cache") as tree:
        tree.refresh()
    (file,) = (tmp_path / "cache").glob("*.sqlite")
    with sqlite3.connect(file) as connection:  # stands for a full disk: every new content is refused
        connection.execute(
            "CREATE TRIGGER full BEFORE INSERT ON content BEGIN SELECT RAISE(ABORT, 'disk is full'); END"
        )
    connection.close()
    write(root, {"c.py": "def gamma(): pass\n"})
    with opened(root, tmp_path / "cache") as tree:
        stats = tree.refresh()
        assert (stats.in_memory, stats.parsed) == ("disk is full", 3)
        assert [s.name for s in tree.symbols("c.py")] == ["gamma"]


def test_memory_only(root: Path) -> None:
    with opened(root, None) as tree:
        assert tree.refresh().in_memory != ""
        assert tree.refresh().from_cache


def test_the_cache_is_private(root: Path, tmp_path: Path) -> None:
    with opened(root, tmp_path / "cache") as tree:
        tree.refresh()
    assert stat.S_IMODE((tmp_path / "cache").stat().st_mode) == 0o700


def _refresh_often(
    root: str, cache: str, number: int, answers: multiprocessing.Queue[tuple[int, str]]
) -> None:
    with RepoMap.open(
        Path(root), [f"f{n}.py" for n in range(40)] + [f"own{number}.py"], Path(cache), processes=1
    ) as tree:
        for turn in range(8):
            (Path(root) / f"own{number}.py").write_text(f"def own{number}_{turn}(): pass\n")
            stats = tree.refresh()
            names = [s.name for s in tree.definitions(f"own{number}_{turn}")]
            answers.put((len(names) + stats.files, stats.in_memory))


def test_processes_share_one_cache(tmp_path: Path) -> None:
    tree = tmp_path / "tree"
    write(tree, {f"f{n}.py": f"def shared{n}():\n    return {n}\n" for n in range(40)})
    context = multiprocessing.get_context("spawn")
    answers = context.Queue()
    running = [
        context.Process(target=_refresh_often, args=(str(tree), str(tmp_path / "cache"), n, answers))
        for n in range(3)
    ]
    for process in running:
        process.start()
    got = [answers.get(timeout=60) for _ in range(24)]
    for process in running:
        process.join(60)
    assert [process.exitcode for process in running] == [0, 0, 0]
    assert got == [(42, "")] * 24
    with sqlite3.connect(next((tmp_path / "cache").glob("*.sqlite"))) as connection:
        assert connection.execute("PRAGMA integrity_check").fetchone() == ("ok",)
    connection.close()


def _build_until_killed(root: str, cache: str) -> None:
    with RepoMap.open(Path(root), [f"m{n}.py" for n in range(3000)], Path(cache), processes=1) as tree:
        tree.refresh()


def test_a_build_that_is_killed_leaves_a_cache_that_goes_on(tmp_path: Path) -> None:
    write(tmp_path / "tree", {f"m{n}.py": f"def killed_{n}():\n    return {n}\n" for n in range(3000)})
    context = multiprocessing.get_context("spawn")
    cache = tmp_path / "cache"
    process = context.Process(target=_build_until_killed, args=(str(tmp_path / "tree"), str(cache)))
    process.start()
    while process.is_alive() and _stored(cache) < 150:
        process.join(0.005)
    process.kill()
    process.join()
    before = _stored(cache)
    with RepoMap.open(tmp_path / "tree", [f"m{n}.py" for n in range(3000)], cache, processes=1) as tree:
        stats = tree.refresh()
        assert (stats.files, stats.parsed, stats.in_memory) == (3000, 3000 - before, "")
        assert tree.definitions("killed_2999")[0].path == "m2999.py"


def _stored(cache: Path) -> int:
    """How many contents another process has written so far: the cache can be read while it grows."""
    for file in cache.glob("*.sqlite"):
        with (
            suppress(sqlite3.OperationalError),
            closing(sqlite3.connect(f"file:{file}?mode=ro", uri=True)) as connection,
        ):
            return int(connection.execute("SELECT count(*) FROM content").fetchone()[0])
    return 0


def test_many_files_go_through_worker_processes(tmp_path: Path) -> None:
    tree = tmp_path / "tree"
    write(
        tree, {f"p{n % 7}/m{n}.py": f"def function_{n}(x):\n    return helper_{n}(x)\n" for n in range(600)}
    )
    with RepoMap.open(tree, lambda: listing(tree), tmp_path / "one", processes=2) as pooled:
        assert pooled.refresh().parsed == 600
        answer = pooled.rank(FocusQuery(text="helper_77 is wrong"), limit=3)
    with RepoMap.open(tree, lambda: listing(tree), tmp_path / "two", processes=1) as alone:
        alone.refresh()
        assert alone.rank(FocusQuery(text="helper_77 is wrong"), limit=3) == answer
    assert answer[0].symbol.name == "function_77"


def test_old_contents_are_dropped_when_they_outweigh_the_living(root: Path, tmp_path: Path) -> None:
    with RepoMap.open(root, lambda: listing(root), tmp_path / "cache", processes=1) as tree:
        tree.refresh()
        write(root, {"a.py": "".join(f"def f{n}(): pass\n" for n in range(3900))})
        for turn in range(14):
            with (root / "a.py").open("a") as file:
                file.write(f"# {turn}\n")
            tree.refresh()
        assert len(tree.symbols("a.py")) == 3900
        write(root, {"a.py": "def alpha(): pass\n"})
        stats = tree.refresh()
        assert (stats.parsed, stats.files) == (2, 2)
        assert [s.name for s in tree.symbols("a.py")] == ["alpha"]


def test_many_small_segments_are_joined(root: Path, tmp_path: Path) -> None:
    with opened(root, tmp_path / "cache") as tree, opened(root, tmp_path / "cache") as reader:
        tree.refresh()
        reader.refresh()
        for turn in range(45):
            write(root, {"c.py": f"def turn_{turn}(): return alpha()\n"})
            tree.refresh()
        (file,) = (tmp_path / "cache").glob("*.sqlite")
        with closing(sqlite3.connect(file)) as connection:
            assert connection.execute("SELECT count(*) FROM segment").fetchone()[0] < 20
        assert [s.path for s in tree.definitions("turn_44")] == ["c.py"]
        assert tree.definitions("turn_43") == []
        assert tree.references("alpha") == [("a.py", 1), ("b.py", 2), ("c.py", 1)]
        assert [s.path for s in reader.definitions("alpha")] == ["a.py"]


def test_a_map_that_another_process_emptied_is_read_again(root: Path, tmp_path: Path) -> None:
    with opened(root, tmp_path / "cache") as tree, opened(root, tmp_path / "cache") as other:
        tree.refresh()
        (file,) = (tmp_path / "cache").glob("*.sqlite")
        store = Store.open(file)
        store.forget_everything()
        store.close()
        write(root, {"z.py": "def omega(): pass\n"})
        other.refresh()
        assert [s.path for s in tree.definitions("omega")] == ["z.py"]
        assert [s.path for s in tree.definitions("alpha")] == ["a.py"]


def test_a_vanished_file_gives_no_row(root: Path) -> None:
    segment = build_segment(str(root), ["a.py", "gone.py", "b.py"])
    assert [row.path for row in segment.rows] == ["a.py", "b.py"]


def test_a_closed_store_reopens_whole(tmp_path: Path, root: Path) -> None:
    store = Store.open(tmp_path / "s.sqlite")
    numbers = store.add(build_segment(str(root), ["a.py"]))
    store.close()
    again = Store.open(tmp_path / "s.sqlite")
    assert again.add(build_segment(str(root), ["a.py"])) == numbers
    again.close()


def test_workers_that_cannot_start_cost_time_but_not_the_map(tmp_path: Path) -> None:
    write(tmp_path / "tree", {f"m{n}.py": f"def function_{n}(): pass\n" for n in range(510)})
    # Without a guard around it, a spawned worker cannot import this script again.
    script = tmp_path / "script.py"
    script.write_text(
        "from pathlib import Path\nfrom flashagent.repomap import RepoMap\n"
        f"tree = RepoMap.open(Path({str(tmp_path / 'tree')!r}), [f'm{{n}}.py' for n in range(510)], None, processes=2)\n"
        "print(tree.refresh().files)\n"
    )
    done = subprocess.run([sys.executable, str(script)], capture_output=True, text=True, timeout=120)
    assert done.stdout.split()[-1:] == ["510"]


def test_a_change_that_is_told_is_all_that_is_looked_at(root: Path, tmp_path: Path) -> None:
    with opened(root, tmp_path / "cache") as tree:
        tree.refresh()
        write(root, {"a.py": "def gamma(): pass\n", "b.py": "def unseen(): pass\n"})
        assert tree.refresh(only=["a.py", "README"]).parsed == 1
        assert [s.name for s in tree.symbols("a.py")] == ["gamma"]
        assert [s.name for s in tree.symbols("b.py")] == ["Beta", "run"]
        assert tree.refresh(only=[]).parsed == 0
        assert tree.refresh().parsed == 1
        assert [s.name for s in tree.symbols("b.py")] == ["unseen"]


def test_a_told_file_that_came_or_went_means_a_look_at_everything(root: Path, tmp_path: Path) -> None:
    with opened(root, tmp_path / "cache") as tree:
        tree.refresh()
        write(root, {"c.py": "def gamma(): pass\n"})
        (root / "a.py").unlink()
        assert tree.refresh(only=["c.py"]).files == 2
        assert (tree.symbols("a.py"), [s.name for s in tree.symbols("c.py")]) == ([], ["gamma"])
        (root / "c.py").unlink()
        assert tree.refresh(only=["c.py"]).files == 1


@pytest.mark.parametrize("turns", [3, 230])
def test_changes_since_the_last_snapshot_are_kept(root: Path, tmp_path: Path, turns: int) -> None:
    write(root, {f"m{n}.py": f"def first_{n}(): pass\n" for n in range(turns)})
    with opened(root, tmp_path / "cache") as tree:
        tree.refresh()
        for n in range(turns):
            write(root, {f"m{n}.py": f"def second_{n}(): pass\n\ndef third_{n}(): pass\n"})
            tree.refresh(only=[f"m{n}.py"])
    with opened(root, tmp_path / "cache") as again, opened(root, None) as anew:
        stats = again.refresh()
        fresh = anew.refresh()
        assert (stats.parsed, stats.files, stats.symbols) == (0, fresh.files, fresh.symbols)
        query = FocusQuery(text=f"third_{turns - 1} is wrong")
        assert again.rank(query, limit=1) == anew.rank(query, limit=1)
        assert again.rank(query)[0].symbol.path == f"m{turns - 1}.py"
        assert [s.name for s in again.symbols("m0.py")] == ["second_0", "third_0"]


def test_a_file_that_turns_into_something_else_is_left_out_and_comes_back(root: Path, tmp_path: Path) -> None:
    with opened(root, tmp_path / "cache") as tree:
        assert tree.refresh().files == 2
        for text, skipped in (("# @generated\n", "generated"), ("x" * 1_600_000, "huge")):
            write(root, {"a.py": text})
            assert dict(tree.refresh().skipped) == {"other": 1, skipped: 1}
        (root / "a.py").unlink()
        (root / "a.py").symlink_to(root / "b.py")
        assert dict(tree.refresh().skipped) == {"other": 1, "unreadable": 1}
        (root / "a.py").unlink()
        write(root, {"a.py": "def alpha(): pass\n"})
        assert (tree.refresh().files, [s.name for s in tree.symbols("a.py")]) == (2, ["alpha"])


def test_two_files_of_one_content_part_ways(root: Path, tmp_path: Path) -> None:
    write(root, {"copy.py": "def alpha(): pass\n"})
    with opened(root, tmp_path / "cache") as tree:
        tree.refresh()
        write(root, {"copy.py": "def other(): pass\n"})
        tree.refresh(only=["copy.py"])
        assert [s.path for s in tree.definitions("alpha")] == ["a.py"]
        write(root, {"copy.py": "def alpha(): pass\n"})
        tree.refresh(only=["copy.py"])
        assert [s.path for s in tree.definitions("alpha")] == ["a.py", "copy.py"]


def test_a_changed_configuration_changes_what_imports_mean(tmp_path: Path) -> None:
    tree = tmp_path / "tree"
    config = '{"compilerOptions": {"paths": {"@shop/*": ["./%s/*"]}}}'
    write(tree, {"one/a.ts": "export const a = 1;\n", "two/a.ts": "export const a = 2;\n"})
    write(tree, {"main.ts": "import { a } from '@shop/a';\n", "tsconfig.json": config % "one"})
    with opened(tree, tmp_path / "cache") as found:
        found.refresh()
        assert found.imports("main.ts") == ["one/a.ts"]
        write(tree, {"tsconfig.json": config % "two" + "\n"})
        found.refresh()
        assert found.imports("main.ts") == ["two/a.ts"]


@pytest.mark.parametrize("kept", [b"", b"{}", b"[1]\n", b'{"sizes": [9, 9]}\nshort', b"\xff\n"])
def test_a_damaged_snapshot_costs_time_only(root: Path, tmp_path: Path, kept: bytes) -> None:
    with opened(root, tmp_path / "cache") as tree:
        before = told(tree.refresh())
    (file,) = (tmp_path / "cache").glob("*.sqlite")
    with closing(sqlite3.connect(file)) as connection:
        connection.execute("UPDATE snapshot SET data = ?", (kept,))
        connection.commit()
    with opened(root, tmp_path / "cache") as tree:
        assert told(tree.refresh()) == replace(before, parsed=0, from_cache=True)
        assert [s.qualified for s in tree.symbols("b.py")] == ["Beta", "Beta.run"]
