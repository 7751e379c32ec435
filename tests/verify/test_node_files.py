"""A file that node could not run is no test: repaired, it gives its tests, and the verdict must be green then."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from helpers.verify_projects import write
from helpers.verify_runner import PlainRunner

from flashagent.events import Event
from flashagent.values import TestResult
from flashagent.verify.commands import check_from_text
from flashagent.verify.environment import ProjectEnvironment
from flashagent.verify.run import Verifier
from flashagent.verify.verdict import judge

TEST = "const test = require('node:test');\nrequire('../m.js');\ntest('one', () => {});\n"


@pytest.mark.needs("node")
async def test_a_file_that_loads_again_is_green(tmp_path: Path) -> None:
    root = write(tmp_path, {"m.js": "require('./absent');\n", "test/m.test.js": TEST})
    events: list[Event] = []
    environment = ProjectEnvironment("path", None, tuple(os.environ["PATH"].split(os.pathsep)))
    verifier = Verifier(PlainRunner(root), environment, root, events.append)
    before = await verifier.run(check_from_text("node --test"))
    assert (before.exit_code, before.results, len(before.failures)) == (1, (), 1)
    write(tmp_path, {"m.js": "\n"})
    after = await verifier.run(check_from_text("node --test"))
    assert after.results == (TestResult("one", "passed"),)
    assert judge(before, after).green
