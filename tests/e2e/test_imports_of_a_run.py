"""What a run pays for: the model client only when a model may be asked, its tools only when one is."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
from helpers.e2e_program import with_model
from helpers.jobs_house import BUG, CART, CHECK, FILES, FIX, Shop
from helpers.model_server import serving

pytestmark = pytest.mark.needs("bwrap")
WATCHED = (
    *("openai", "httpx2", "pydantic", "textual", "git", "rapidfuzz", "flashagent.agent.loop"),
    # What no run of a small Python project has a use for: arrays, XML reports, runners of other languages, formats of text.
    *("numpy", "psutil", "xml.etree", "flashagent.verify.frameworks.maven", "flashagent.edits.formats.parse"),
)
GREEN = {**FILES, "shop/cart.py": CART.replace(BUG, FIX)}


def modules_of(shop: Shop, environ: dict[str, str], *arguments: str) -> set[str]:
    """All that a command which ends well has imported."""
    done = subprocess.run(
        [sys.executable, "-X", "importtime", "-m", "flashagent", *arguments],
        cwd=shop.root, env=environ, capture_output=True, text=True, timeout=300, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    lines = [line for line in done.stderr.splitlines() if line.startswith("import time:")]
    return {line.rpartition("|")[2].strip() for line in lines}


def imported(shop: Shop, environ: dict[str, str], *arguments: str) -> list[str]:
    """Those of WATCHED that a run which ends well has imported."""
    names = modules_of(shop, environ, "fix", "--check", CHECK, *arguments)
    assert "flashagent.jobs.fix" in names
    return [name for name in WATCHED if name in names]


def test_offline_nothing_of_a_model_is_imported(tmp_path: Path) -> None:
    with serving([]) as server:
        shop = Shop.make(tmp_path)
        assert imported(shop, with_model(shop.environ, server.base_url), "--offline") == []
        assert FIX in shop.read()
        assert server.bodies == []


def test_without_a_model_nothing_of_one_is_imported(tmp_path: Path) -> None:
    shop = Shop.make(tmp_path, GREEN)
    assert imported(shop, shop.environ) == []


def test_the_client_and_the_agent_are_imported_beside_the_check(tmp_path: Path) -> None:
    """When nobody knows yet that it will pass."""
    shop = Shop.make(tmp_path, GREEN)
    with serving([]) as server:
        found = imported(shop, with_model(shop.environ, server.base_url))
    # The agent comes last, and on a busy machine the check may be over before.
    assert found in (wanted := ["openai", "httpx2", "pydantic", "flashagent.agent.loop"], wanted[:-1])


LOOKING = {
    "diff": ("diff",),
    "sessions": ("sessions", "list"),
    "memory": ("memory",),
    "config": ("config", "show"),
    "map": ("map", "--query", "total of the cart"),
}
JOBS = (
    "flashagent.compose.house",
    "flashagent.verify.run",
    "flashagent_sandbox.supervisor",
    "openai",
    "pydantic",
    "numpy",
)


@pytest.mark.parametrize("name", LOOKING)
def test_who_only_looks_waits_for_no_part_of_a_job(name: str, tmp_path: Path) -> None:
    shop = Shop.make(tmp_path)
    assert subprocess.run(
        [sys.executable, "-m", "flashagent", "fix", "--offline", "--check", CHECK],
        cwd=shop.root, env=shop.environ, capture_output=True, timeout=300, check=False,
    ).returncode == 0  # fmt: skip
    names = modules_of(shop, shop.environ, *LOOKING[name])
    assert "flashagent.cli.main" in names
    assert [one for one in JOBS if one in names] == []
