from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from flashagent.jobs.batch.checking import MergedChecks
from flashagent.jobs.batch.integrating import Part
from flashagent.jobs.batch.spec import Item, Target
from flashagent.jobs.batch.store import BatchStore, Row
from flashagent.jobs.batch.working import Ground
from flashagent.values import CheckReport, FileChange, TestResult
from flashagent.verify.commands import Check

TESTS = {"a.py": "tests/test_a.py::test_a", "b.py": "tests/test_b.py::test_b"}
UNIT = Check("pytest", ("pytest",), "pytest")
WHOLE = Check("make", ("make",))


def report(check: Check, tests: Sequence[str], seconds: float = 0.1, exit_code: int = 0) -> CheckReport:
    results = tuple(TestResult(test, "passed", 0.1) for test in tests)
    return CheckReport(check.argv, exit_code, seconds, results, counted=bool(tests))


@dataclass
class Running:
    """A verifier that writes down what it runs, and trees that are nowhere; `red` checks fail."""

    folder: Path
    red: set[str] = field(default_factory=set)
    runs: list[tuple[str, tuple[str, ...]]] = field(default_factory=list)

    async def run(self, check: Check, *, tests: Sequence[str] = (), tree: Path) -> CheckReport:
        self.runs.append((check.name, tuple(tests)))
        counted = (tests or list(TESTS.values())) if check is UNIT else ()
        return report(check, counted, exit_code=int(check.name in self.red))

    @contextmanager
    def tree(self, changes: Sequence[FileChange], *, quick: bool = False) -> Iterator[Path]:
        yield self.folder

    def tests_of(self, changes: Mapping[str, Any]) -> list[tuple[str, str]]:
        found = [TESTS[path].split("::") for path in changes if path in TESTS]
        return [(path, name) for path, name in found]


@pytest.fixture
def store(tmp_path: Path) -> Iterator[BatchStore]:
    with closing(BatchStore(tmp_path / "batch.sqlite")) as opened:
        yield opened


def checks(running: Running, store: BatchStore, seconds: float = 60.0) -> MergedChecks:
    house: Any = SimpleNamespace(trees=running, verifier=running, places=None)
    before = report(UNIT, list(TESTS.values()), seconds)
    ground = Ground((UNIT,), (before,), running)  # type: ignore[arg-type]
    return MergedChecks(house, ground, [(UNIT, before), (WHOLE, report(WHOLE, ()))], store)


def part(path: str, *, check: str = "", again: bool = False) -> Part:
    patch = (FileChange(path, "x\n", "y\n"),)
    return Row(Item("0001", path, (Target(path),), check), "done", patch=patch, again=again), patch


A, B, C = part("a.py"), part("b.py"), part("c.txt")


def together(*parts: Part) -> list[FileChange]:
    return [change for _, patch in parts for change in patch]


async def test_after_a_merge_only_the_tests_run_that_reach_what_was_merged_last(
    tmp_path: Path, store: BatchStore
) -> None:
    running = Running(tmp_path)
    asked = checks(running, store)
    assert await asked.after_merge(together(A, B), [B]) == ""
    assert running.runs == [("pytest", (TESTS["b.py"],))]
    assert await asked.after_merge(together(A, B, C), [C]) == ""
    assert len(running.runs) == 1  # no test reaches it: the end will tell
    assert await checks(running, store, seconds=1.0).after_merge(together(A, B, C), [C]) == ""
    assert running.runs[1:] == [("pytest", ())]  # a quick check runs whole


async def test_an_items_own_tree_and_a_tree_that_was_checked_are_not_checked_again(
    tmp_path: Path, store: BatchStore
) -> None:
    running = Running(tmp_path)
    assert await checks(running, store).after_merge(together(A), [A]) == ""
    assert running.runs == []
    again = part("a.py", again=True)
    assert await checks(running, store).after_merge(together(again), [again]) == ""
    assert len(running.runs) == 1
    for _ in range(2):
        assert await checks(running, store).final(together(A, B)) == ""
    assert running.runs[1:] == [("pytest", ()), ("make", ())]


async def test_what_was_red_stays_so_until_items_are_tried_again(tmp_path: Path, store: BatchStore) -> None:
    running = Running(tmp_path, red={"make"})
    assert await checks(running, store).final(together(A)) == "the check ended with exit status 1"
    running.red.clear()
    assert await checks(running, store).final(together(A)) == "the check ended with exit status 1"
    store.reset(("failed",))
    assert await checks(running, store).final(together(A)) == ""


async def test_an_item_with_a_check_of_its_own_is_checked_by_it(tmp_path: Path, store: BatchStore) -> None:
    running = Running(tmp_path)
    own = part("a.py", check="make a")
    assert await checks(running, store).after_merge(together(own, B), [own]) == ""
    assert running.runs == [("make a", ())]
    running.red.add("make a")
    assert await checks(running, store).after_merge(together(own, C), [own]) == "`make a` fails"


async def test_a_command_that_is_green_for_its_item_is_still_compared_with_the_base_for_all(
    tmp_path: Path, store: BatchStore
) -> None:
    running = Running(tmp_path)
    own = part("a.py", check="pytest")
    assert await checks(running, store).after_merge(together(own, B), [own]) == ""
    assert await checks(running, store).final(together(own, B)) == ""
    assert [name for name, _ in running.runs] == ["pytest", "pytest", "make"]
