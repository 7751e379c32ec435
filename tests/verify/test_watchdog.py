"""The watchdog of tests is set as seldom as it can be, and yet gives each test its time and no more than that and a second."""

from __future__ import annotations

import importlib.util
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
from helpers.verify_projects import this_environment, write
from helpers.verify_runner import PlainRunner

import flashagent.verify
from flashagent.verify.commands import check_from_text
from flashagent.verify.run import Verifier

PLACE = Path(flashagent.verify.__file__).parent / "reporters" / "flashagent_watchdog.py"


class Clock:
    """What the watchdog knows of time, and what it asks of faulthandler: (moment, seconds), or (moment, None) for taken away."""

    def __init__(self) -> None:
        self.now = 100.0
        self.asked: list[tuple[float, float | None]] = []

    def monotonic(self) -> float:
        return self.now

    def later(self, seconds: float, **_: Any) -> None:
        self.asked.append((self.now, seconds))

    def cancel(self) -> None:
        self.asked.append((self.now, None))


def module() -> ModuleType:
    spec = importlib.util.spec_from_file_location("watchdog_alone", PLACE)
    assert spec is not None and spec.loader is not None
    found = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(found)
    return found


@pytest.fixture
def clock() -> Clock:
    return Clock()


def watchdog(clock: Clock, **told: Any) -> Any:
    loaded = module()
    loaded.time = clock  # type: ignore[attr-defined]
    made = loaded.Watchdog(told)
    made.later, made.cancel = clock.later, clock.cancel
    return made


def test_short_tests_share_one_that_gives_each_its_whole_time(clock: Clock) -> None:
    made = watchdog(clock, limit=120)
    for _ in range(1000):
        made.arm("t")
        clock.now += 0.003
    strikes = [moment + seconds for moment, seconds in clock.asked if seconds is not None]
    assert clock.asked[0] == (100.0, 121.0)
    assert len(clock.asked) == len(strikes) == 3  # one a second
    made.disarm()
    assert clock.asked[-1] == (clock.now, None)
    made.arm("t")
    assert clock.asked[-1] == (clock.now, 121.0)


def test_another_limit_needs_another(clock: Clock) -> None:
    made = watchdog(clock, limit=120, limits={"short": 10.0})
    for name in ("a", "short", "short", "a", "a"):
        made.arm(name)
    made.arm("short", own_limit=60.0)
    assert [seconds for _, seconds in clock.asked] == [121.0, 11.0, 121.0, 66.0]


def test_a_short_limit_is_kept_to_the_moment(clock: Clock) -> None:
    made = watchdog(clock, limit=2)
    for _ in range(3):
        made.arm("t")
        clock.now += 0.5
    assert [seconds for _, seconds in clock.asked] == [2.0, 2.0, 2.0]


def test_without_a_limit_nothing_is_armed(clock: Clock) -> None:
    made = watchdog(clock)
    made.arm("t")
    made.disarm()
    assert clock.asked == []


@pytest.mark.parametrize(
    ("limit", "settings"),
    [
        (1.0, ""),
        (1.0, "faulthandler_timeout = 300\n"),
        pytest.param(10.0, "", marks=pytest.mark.slow),
        pytest.param(10.0, "faulthandler_timeout = 300\n", marks=pytest.mark.slow),
    ],
)
async def test_a_test_that_hangs_after_others_that_failed_is_cut_off(
    tmp_path: Path, limit: float, settings: str
) -> None:
    tests = (
        "import threading\nimport pytest\n"
        "@pytest.mark.parametrize('n', range(20))\ndef test_before(n):\n    assert n % 2\n"
        "def test_hangs():\n    threading.Event().wait()\n"
    )
    root = write(tmp_path, {"pytest.ini": f"[pytest]\n{settings}", "test_slow.py": tests})
    verifier = Verifier(PlainRunner(root), this_environment(), root, lambda event: None, test_limit_s=limit)
    report = await verifier.run(check_from_text("pytest -q"), timeout_s=120)
    assert not report.counted
    (hung,) = [failure for failure in report.failures if failure.kind == "timeout"]
    assert hung.test_id == "test_slow.py::test_hangs"
