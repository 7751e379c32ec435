"""A fix says what lies outside of the code before it searches there."""

from __future__ import annotations

from pathlib import Path

from helpers.agent_events import assert_promises
from helpers.jobs_house import Shop

from flashagent.events import Notice
from flashagent.jobs.fix import run_fix
from flashagent.jobs.job import FixJob

FILES = {
    "pyproject.toml": '[project]\nname = "ledger"\n',
    "src/ledger/__init__.py": "TOTAL = 1\n",
    "test_ledger.py": "import unittest\nimport ledger\n\n\nclass T(unittest.TestCase):\n    def test_it(self):\n"
    "        self.assertEqual(ledger.TOTAL, 1)\n",
}


async def test_a_package_that_is_not_installed_is_named_with_the_command_that_installs_it(
    tmp_path: Path,
) -> None:
    shop = Shop.make(tmp_path, FILES)
    house = shop.house(None)
    finished = await run_fix(FixJob(search_seconds=0.0), house, shop.events.append)
    await house.close()
    assert_promises(shop.events)
    (told,) = [event.text for event in shop.events if isinstance(event, Notice) and event.level == "warning"]
    assert told.startswith("`ledger` is this project's own package")
    assert told.endswith(f"{house.environment.python} -m pip install -e .")
    assert finished.outcome == "not_fixed"
