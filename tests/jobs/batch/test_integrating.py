from __future__ import annotations

import asyncio
import tempfile
from collections.abc import Sequence
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from helpers.clock import FrozenClock
from helpers.workspace_state import git, make_repository
from hypothesis import given, settings
from hypothesis import strategies as st

from flashagent.agent.limits import Budget
from flashagent.jobs.batch.batch import Batch
from flashagent.jobs.batch.events import BatchEvent, BatchFinished
from flashagent.jobs.batch.integrating import BLOCK, Integration, Merger, Part, lay, sound
from flashagent.jobs.batch.spec import BatchSpec, Item, Target
from flashagent.jobs.batch.store import BatchStore, Row
from flashagent.jobs.batch.working import Worked
from flashagent.values import FileChange
from flashagent.workspace.git import Repository
from flashagent.workspace.plain import open_work_tree


def row(number: int, *patch: FileChange) -> Row:
    return Row(Item(f"{number:04}", f"item {number}", (Target("f"),)), "done", patch=patch)


def rows(count: int) -> list[Row]:
    return [row(number, FileChange(f"f{number}", "x", "y")) for number in range(count)]


@dataclass
class Counting:
    """Red while one of the `bad` files is changed; the runs are counted."""

    bad: set[str] = field(default_factory=set)
    merges: list[list[str]] = field(default_factory=list)
    finals: int = 0

    async def after_merge(self, changes: Sequence[FileChange], parts: Sequence[Part]) -> str:
        self.merges.append([one.item.title for one, _ in parts])
        return self._said(changes)

    async def final(self, changes: Sequence[FileChange]) -> str:
        self.finals += 1
        return self._said(changes)

    def _said(self, changes: Sequence[FileChange]) -> str:
        return "red" if self.bad & {change.path for change in changes} else ""


@given(st.integers(1, 24), st.data())
async def test_items_that_break_the_final_check_are_found_by_halving(count: int, data: st.DataObject) -> None:
    bad = data.draw(st.sets(st.integers(0, count - 1), max_size=3))
    checks = Counting({f"f{number}" for number in bad})
    found = await sound(lay(rows(count)), checks)
    assert {one.row.item.id for one in found.aside} == {f"{number:04}" for number in bad}
    assert {change.path for change in found.changes} == {f"f{n}" for n in range(count) if n not in bad}
    assert checks.finals <= (len(bad) + 1) + len(bad) * count.bit_length()


async def merged(items: Sequence[Row], checks: Counting) -> Integration:
    merger = Merger([one.item.id for one in items], checks)
    for one in items:
        merger.ended(one)
    return await merger.run()


async def test_patches_of_files_apart_are_checked_together_and_halved_when_red() -> None:
    checks = Counting({"f2"})
    found = await merged(rows(BLOCK), checks)
    assert [len(block) for block in checks.merges] == [8, 4, 2, 2, 1, 1, 4]
    assert [(one.row.item.id, one.state, one.why) for one in found.aside] == [("0002", "broke", "red")]
    assert len(found.parts) == BLOCK - 1


async def test_nobody_is_turned_away_because_of_one_that_is_not_on_the_branch() -> None:
    lower, upper = row(0, FileChange("a.py", None, "x")), row(1, FileChange("A.py", None, "y"))
    refused = await merged([lower, upper], Counting())
    assert [(one.row.item.id, one.state) for one in refused.aside] == [("0001", "conflict")]
    found = await merged([lower, upper], Counting({"a.py"}))
    assert [(one.row.item.id, one.state) for one in found.aside] == [("0000", "broke")]
    assert [one.item.id for one in found.rows] == ["0001"]


async def test_what_touches_one_file_is_checked_apart() -> None:
    def line(number: int) -> FileChange:
        lines = [f"line {one}\n" for one in range(9)]
        return FileChange("f", "".join(lines), "".join([*lines[:number], "new\n", *lines[number + 1 :]]))

    checks = Counting()
    await merged(
        [row(0, line(0)), row(1, FileChange("g", "x", "y")), row(2, line(4)), row(3, line(8))], checks
    )
    assert checks.merges == [["item 0", "item 1"], ["item 2"], ["item 3"]]


async def test_merging_begins_while_later_items_are_still_made() -> None:
    items, checks = rows(BLOCK + 2), Counting()
    merger = Merger([one.item.id for one in items], checks)
    running = asyncio.ensure_future(merger.run())
    for one in [items[0], *reversed(items[1 : BLOCK + 1])]:
        merger.ended(one)
    while not checks.merges:
        await asyncio.sleep(0)
    assert len(checks.merges[0]) == BLOCK and not running.done()
    merger.close()
    found = await running
    assert [one.item.title for one, _ in found.parts] == [f"item {number}" for number in range(BLOCK + 1)]


class Killed(BaseException):
    """The process is gone."""


@dataclass
class Plan:
    """What the items of a random batch do. `edits` by item: (file, line, kind); two items that are `apart` break the check
    after a merge, `foes` the final one."""

    edits: list[tuple[int, int, str]]
    apart: set[frozenset[int]]
    foes: set[frozenset[int]]


FILES = {f"f{number}.py": "".join(f"line {one}\n" for one in range(8)) for number in range(3)}


@dataclass
class World:
    """One run of the plan in a real repository: items end in the order of `turns`; after `lives` steps all is killed."""

    plan: Plan
    turns: Sequence[int]
    lives: int = 1_000_000
    gates: dict[str, asyncio.Event] = field(default_factory=dict)

    def step(self) -> None:
        self.lives -= 1
        if self.lives < 0:
            raise Killed

    async def work(self, item: Item, number: int, budget: Budget, below: Sequence[FileChange]) -> Worked:
        gate = self.gates.setdefault(item.id, asyncio.Event())
        if below:
            gate.set()
        await gate.wait()
        self.step()
        budget.usage += type(budget.usage)(1)
        me = int(item.id)
        file, line, kind = self.plan.edits[me]
        path = f"f{file}.py"
        here = {change.path: change.after for change in below}
        text = here.get(path, FILES[path])
        if kind == "fail" or text is None:
            return Worked("failed", "model", (), "No.")
        if kind == "new":
            there = here.get("new.py")
            return Worked("done", "model", (FileChange("new.py", there, f"{there or ''}<{me}>\n"),), "")
        if kind == "rename" and not below:
            moved = FileChange(f"moved{line % 2}.py", None, text + f"<{me}>\n")
            return Worked("done", "model", (FileChange(path, text, None), moved), "")
        if kind == "delete" and not below:
            return Worked("done", "model", (FileChange(path, text, None),), "")
        lines = text.split("\n")
        lines[line] += f" <{me}>"
        return Worked("done", "model", (FileChange(path, text, "\n".join(lines)),), "")

    async def after_merge(self, changes: Sequence[FileChange], parts: Sequence[Part]) -> str:
        return self._red(changes, self.plan.apart)

    async def final(self, changes: Sequence[FileChange]) -> str:
        return self._red(changes, self.plan.foes)

    def _red(self, changes: Sequence[FileChange], pairs: set[frozenset[int]]) -> str:
        self.step()
        text = "".join(change.after or "" for change in changes)
        return "; ".join(
            sorted(str(sorted(pair)) for pair in pairs if all(f"<{one}>" in text for one in pair))
        )

    async def open_gates(self) -> None:
        for number in self.turns:
            for _ in range(3):
                await asyncio.sleep(0)
            self.gates.setdefault(f"{number:04}", asyncio.Event()).set()


async def ran(
    world: World, store: BatchStore, repository: Repository, tokens: int | None = None
) -> BatchFinished:
    items, clock, events = len(world.plan.edits), FrozenClock(), list[BatchEvent]()
    house: Any = SimpleNamespace(repository=repository, price=lambda model, usage: 0.0)
    spec = BatchSpec("b", (), "do it", jobs=items, retries=0, rivals=False, total_tokens=tokens)
    batch = Batch("b", spec, store, house, world.work, world, events.append, clock)
    opening = asyncio.ensure_future(world.open_gates())
    try:
        return await batch.run()
    finally:
        opening.cancel()


async def outcome(
    root: Path, repository: Repository, name: str, worlds: Sequence[World]
) -> tuple[str, list[tuple[str, str]]]:
    """The tree of the branch after the runs, all but the last of which may be killed; and how each item ended."""
    count = len(worlds[0].plan.edits)
    with tempfile.TemporaryDirectory() as folder, closing(BatchStore(Path(folder) / "batch.sqlite")) as store:
        base = repository.head() or ""
        meta = {"id": "b", "base": base, "branch": name}
        store.begin(meta, [Item(f"{n:04}", f"item {n}", (Target("f"),)) for n in range(count)])
        for world in worlds:
            try:
                await ran(world, store, repository)
            except BaseException as error:
                if not killed(error):
                    raise
            else:
                break
        ended = [(one.item.id, one.state) for one in store.rows()]
        if any(state == "merged" for _, state in ended):
            git(root, "checkout", "-q", name)  # what git itself makes of it
            assert git(root, "status", "--porcelain") == ""
            git(root, "checkout", "-q", "main")
            return git(root, "rev-parse", f"{name}^{{tree}}").strip(), ended
        return "", ended


async def test_a_limit_that_is_met_when_others_are_tried_again_takes_nothing_off_the_branch(
    tmp_path: Path,
) -> None:
    environ = make_repository(tmp_path / "repo", FILES, home=tmp_path / "home")
    repository = open_work_tree(tmp_path / "repo", tmp_path / "state", environ)
    plan = Plan([(0, 0, "edit"), (0, 0, "edit"), (1, 0, "fail")], set(), set())
    with closing(BatchStore(tmp_path / "batch.sqlite")) as store:
        meta = {"id": "b", "base": repository.head() or "", "branch": "made"}
        store.begin(meta, [Item(f"{n:04}", f"item {n}", (Target("f"),)) for n in range(3)])
        first = await ran(World(plan, [0, 1, 2]), store, repository)
        assert [one.state for one in store.rows()] == ["merged", "merged", "failed"]
        store.reset(("failed",))
        then = await ran(World(plan, [0, 1, 2]), store, repository, tokens=1)
        assert [one.state for one in store.rows()] == ["merged", "merged", "waiting"]
    assert (then.outcome, then.merged, then.left, then.commit) == ("partly", 2, 1, first.commit)
    assert git(tmp_path / "repo", "show", "made:f0.py").startswith("line 0 <0> <1>\n")


async def test_a_limit_before_the_first_change_is_no_end(tmp_path: Path) -> None:
    environ = make_repository(tmp_path / "repo", FILES, home=tmp_path / "home")
    repository = open_work_tree(tmp_path / "repo", tmp_path / "state", environ)
    with closing(BatchStore(tmp_path / "batch.sqlite")) as store:
        store.begin({"id": "b", "branch": "made"}, [Item("0000", "item 0", (Target("f"),))])
        ended = await ran(World(Plan([(0, 0, "edit")], set(), set()), [0]), store, repository, tokens=1)
    assert (ended.outcome, ended.left) == ("partly", 1)


def killed(error: BaseException) -> bool:
    inner = error.exceptions if isinstance(error, BaseExceptionGroup) else (error,)
    return all(
        isinstance(one, Killed) or (isinstance(one, BaseExceptionGroup) and killed(one)) for one in inner
    )


KINDS = st.sampled_from(["edit", "edit", "edit", "rename", "delete", "new", "fail"])


@st.composite
def plans(draw: st.DrawFn) -> Plan:
    count = draw(st.integers(2, 10))
    edits = draw(
        st.lists(st.tuples(st.integers(0, 2), st.integers(0, 7), KINDS), min_size=count, max_size=count)
    )
    pair = st.frozensets(st.integers(0, count - 1), min_size=2, max_size=2)
    return Plan(edits, draw(st.sets(pair, max_size=2)), draw(st.sets(pair, max_size=2)))


@pytest.fixture(scope="module")
def opened(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Repository]:
    folder = tmp_path_factory.mktemp("batch")
    environ = make_repository(folder / "repo", FILES, home=folder / "home")
    return folder / "repo", open_work_tree(folder / "repo", folder / "state", environ)


@settings(max_examples=8)
@given(plans(), st.data())
async def test_whoever_is_done_first_and_wherever_it_is_killed_the_branch_is_the_same(
    opened: tuple[Path, Repository], plan: Plan, data: st.DataObject
) -> None:
    root, repository = opened
    numbers = range(len(plan.edits))
    whole = await outcome(root, repository, branch(root), [World(plan, list(numbers))])
    shuffled = data.draw(st.permutations(numbers))
    assert await outcome(root, repository, branch(root), [World(plan, shuffled)]) == whole
    lives = data.draw(st.lists(st.integers(0, 12), min_size=1, max_size=3))
    again = [World(plan, data.draw(st.permutations(numbers)), one) for one in lives]
    assert await outcome(root, repository, branch(root), [*again, World(plan, shuffled)]) == whole
    tree, ended = whole
    text = git(root, "grep", "-h", "", tree) if tree else ""
    for number, (_, state) in enumerate(ended):
        kind = plan.edits[number][2]
        if state == "merged" and kind != "delete" and all(one[2] != "delete" for one in plan.edits):
            assert text.count(f"<{number}>") == 1  # what was merged is there, once
        if state != "merged":
            assert f"<{number}>" not in text
    for pair in plan.apart | plan.foes:
        assert not all(f"<{one}>" in text for one in pair)


def branch(root: Path) -> str:
    return f"b{len(git(root, 'for-each-ref', 'refs/heads').splitlines())}"
