from __future__ import annotations

from pathlib import Path

import pytest
from helpers.agent_events import assert_promises
from helpers.jobs_house import CHECK, FIX, Shop

import flashagent
from flashagent.events import Event

pytestmark = pytest.mark.needs("bwrap")


def test_fix_from_python(tmp_path: Path) -> None:
    shop = Shop.make(tmp_path)
    seen: list[Event] = []
    finished = flashagent.fix(
        shop.root, checks=[CHECK], settings={"offline": True}, environ=shop.environ, on_event=seen.append
    )
    assert (finished.outcome, finished.exit_code) == ("fixed", 0)
    assert_promises(seen)
    assert FIX in shop.read()


def test_an_outcome_is_never_an_exception(tmp_path: Path) -> None:
    finished = flashagent.fix(tmp_path, environ={"HOME": str(tmp_path), "PATH": "/usr/bin:/bin"})
    assert (finished.outcome, finished.exit_code) == ("usage", 2)


def test_the_public_door() -> None:
    assert {
        name: getattr(flashagent, name).__module__ for name in ("RepoMap", "Session", "apply_reply", "fix")
    } == {
        "RepoMap": "flashagent.repomap.repo_map",
        "Session": "flashagent.agent.session",
        "apply_reply": "flashagent.edits.reply",
        "fix": "flashagent.frontends.api",
    }
    with pytest.raises(AttributeError, match="no attribute 'nope'"):
        flashagent.nope  # noqa: B018
