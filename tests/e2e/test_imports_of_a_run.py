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
WATCHED = ("openai", "httpx2", "pydantic", "textual", "git", "rapidfuzz", "flashagent.agent.loop")
GREEN = {**FILES, "shop/cart.py": CART.replace(BUG, FIX)}


def imported(shop: Shop, environ: dict[str, str], *arguments: str) -> list[str]:
    """Those of WATCHED that a run which ends well has imported."""
    done = subprocess.run(
        [sys.executable, "-X", "importtime", "-m", "flashagent", "fix", "--check", CHECK, *arguments],
        cwd=shop.root, env=environ, capture_output=True, text=True, timeout=300, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    lines = [line for line in done.stderr.splitlines() if line.startswith("import time:")]
    names = {line.rpartition("|")[2].strip() for line in lines}
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
    assert found == ["openai", "httpx2", "pydantic", "flashagent.agent.loop"]
