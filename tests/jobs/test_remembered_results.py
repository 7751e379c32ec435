"""A check is not run twice on the same state, and run whenever anything that could matter is another."""

from __future__ import annotations

import subprocess
import sys
import time
from pathlib import Path

import pytest
from helpers.jobs_house import CART, CHECK, Shop, edit

from flashagent.events import CheckFinished
from flashagent.jobs.checking import examine
from flashagent.values import CheckReport, TestResult
from flashagent.verify.commands import check_from_text
from flashagent.verify.environment import ProjectEnvironment
from flashagent.verify.resultcache import MOST_ENTRIES, OLDEST_S, ResultCache

pytestmark = pytest.mark.needs("bwrap")
FLAKY = """import unittest
from pathlib import Path

BEFORE = []

class AFirstTest(unittest.TestCase):
    def test_first(self):
        BEFORE.append(1)

class FlakyTest(unittest.TestCase):
    def test_by_accident(self):
        mark = Path(__file__).with_name("seen")
        seen = mark.exists()
        mark.write_text("x")
        self.assertTrue(seen or not BEFORE)
"""


@pytest.fixture
def shop(tmp_path: Path) -> Shop:
    return Shop.make(tmp_path)


async def look(shop: Shop) -> tuple[CheckReport, bool]:
    """The report of one look, as a new process would take it, and whether it was known."""
    shop.events.clear()
    house = shop.house(None)
    try:
        found = await examine(house)
    finally:
        await house.close()
    first = next(event for event in shop.events if isinstance(event, CheckFinished))
    return found.checks[0].report, first.cached


async def test_the_same_state_is_run_once(shop: Shop) -> None:
    report, cached = await look(shop)
    assert not cached
    again, cached = await look(shop)
    assert cached
    assert again == report


async def test_what_could_matter_is_seen(shop: Shop) -> None:
    await look(shop)
    (shop.root / "shop" / "cart.py").write_text(CART.replace("/ 10", "/ 100"))
    report, cached = await look(shop)
    assert (cached, report.green) == (False, True)
    (shop.root / "shop" / "cart.py").write_text(CART)
    report, cached = await look(shop)
    assert (cached, report.green) == (True, False)
    (shop.root / "untracked.txt").write_text("new\n")
    assert not (await look(shop))[1]
    (shop.root / ".gitignore").write_text("local.py\n")
    (shop.root / "local.py").write_text("LOCAL = 1\n")
    assert not (await look(shop))[1]
    assert (await look(shop))[1]
    (shop.root / "local.py").write_text("LOCAL = 2\n")  # ignored, and in every copy of the tree
    assert not (await look(shop))[1]
    (shop.root / "shop" / "cart.py").chmod(0o755)
    assert not (await look(shop))[1]
    shop.environ["LANG"] = "C"
    assert not (await look(shop))[1]


async def test_a_fix_begins_with_what_is_known_and_ends_with_real_runs(shop: Shop) -> None:
    await look(shop)
    shop.events.clear()
    finished = await shop.run([edit()])
    assert finished.outcome == "fixed"
    runs = [event for event in shop.events if isinstance(event, CheckFinished)]
    assert [event.cached for event in runs] == [True, *[False] * (len(runs) - 1)]
    assert runs[-1].passed == 4


async def test_a_flaky_check_is_never_believed(tmp_path: Path) -> None:
    shop = Shop.make(tmp_path, {"tests/__init__.py": "", "tests/test_flaky.py": FLAKY})
    await look(shop)
    assert not (await look(shop))[1]
    assert not (await look(shop))[1]


def cache_at(folder: Path, now: float = 0.0, mask: str = "") -> ResultCache:
    python = Path(sys.executable)
    environment = ProjectEnvironment("path", python.resolve())
    hide = (lambda text: text.replace(mask, "***")) if mask else (lambda text: text)
    return ResultCache(folder / "c", folder, environment, "around", hide, lambda: time.time() + now)


REPORT = CheckReport((CHECK,), 0, 1.0, (TestResult("t", "passed"),), counted=True, output="token=abc")
PYTEST = check_from_text("pytest -q")


def test_old_damaged_and_secret_entries(tmp_path: Path) -> None:
    cache_at(tmp_path).keep("k", REPORT)
    assert cache_at(tmp_path).recall("k") == REPORT
    assert cache_at(tmp_path, OLDEST_S + 60).recall("k") is None
    (tmp_path / "c" / "k.json").write_text("{")
    assert cache_at(tmp_path).recall("k") is None
    cache_at(tmp_path, mask="abc").keep("s", REPORT)
    assert cache_at(tmp_path).recall("s") is None


def test_it_is_bounded_and_private(tmp_path: Path) -> None:
    results = cache_at(tmp_path)
    for number in range(MOST_ENTRIES + 5):
        results.keep(f"k{number}", REPORT)
    entries = list((tmp_path / "c").glob("*.json"))
    assert len(entries) == MOST_ENTRIES
    assert {entry.stat().st_mode & 0o777 for entry in entries} == {0o600}


def test_what_must_not_be_kept(tmp_path: Path) -> None:
    results = cache_at(tmp_path)
    assert results.key(check_from_text("make test"), "content") is None
    assert results.key(PYTEST, None) is None
    results.keep("u", CheckReport(("x",), 0, 1.0, REPORT.results))
    results.keep("l", CheckReport(("x",), 1, 1.0, REPORT.results, counted=True, limit="time"))
    assert (results.recall("u"), results.recall("l")) == (None, None)
    known = results.key(PYTEST, "content")
    assert known is not None
    assert results.key(PYTEST, "other") != known
    results.distrust(PYTEST)
    assert results.key(PYTEST, "content") is None


def check_command(shop: Shop, *options: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "flashagent", "check", "--check", CHECK, *options]
    return subprocess.run(
        command, cwd=shop.root, env=shop.environ, capture_output=True, text=True, check=False
    )


def test_the_command_says_so_and_can_be_told_to_run_it(shop: Shop) -> None:
    known = "Known from an earlier run of this very state"
    runs = [check_command(shop), check_command(shop), check_command(shop, "--fresh")]
    assert [known in run.stderr for run in runs] == [False, True, False]
    assert {run.returncode for run in runs} == {1}
