"""Many small attacks in one go, under each back-end: none gets anything."""

from __future__ import annotations

import json
import platform

import pytest
from helpers.sandbox_around import AROUND, Around
from helpers.sandbox_attacks import ATTACKS
from helpers.sandbox_project import Project, snapshot

pytestmark = pytest.mark.skipif(platform.machine() != "x86_64", reason="the numbers of calls are x86_64's")


async def test_nothing_is_reached(project: Project) -> None:
    project.environ = {"CANARY_SECRET": "x"}
    before = snapshot(project.root), snapshot(project.outside), snapshot(project.home)
    completed = await project.python(ATTACKS, str(project.outside))
    assert completed.exit_code == 0, completed.output
    tried, reached = json.loads(completed.output)
    assert (tried > 60, reached) == (True, {})
    left = snapshot(project.root)
    assert {name: left[name] for name in before[0]} == before[0]
    assert snapshot(project.outside) == before[1]


async def test_what_lies_around_is_not_reached(project: Project) -> None:
    project.environ = {"CANARY_TOKEN": "SECRET-environment"}
    with Around(project) as around:
        completed = await project.python(AROUND, around.words())
        assert completed.exit_code == 0, completed.output
        tried, reached = json.loads(completed.output)
        assert (tried > 40, reached, around.touched()) == (True, {}, [])
    assert completed.removed == (".flashagent",)
