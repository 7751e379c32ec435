"""`flashagent fix` with several candidates, pinned texts, fallback models and small windows, as its users call it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from helpers.e2e_program import flashagent, with_model
from helpers.jobs_house import BUG, CART, CHECK, FIX, Shop
from helpers.model_server import Call, Reply, serving
from helpers.workspace_state import fingerprint

pytestmark = pytest.mark.needs("bwrap")
EDIT = Reply(calls=[Call("edit", {"edits": [{"path": "shop/cart.py", "old": BUG, "new": FIX}]})])


@pytest.fixture
def shop(tmp_path: Path) -> Shop:
    return Shop.make(tmp_path)


def test_candidates_and_a_pinned_text(shop: Shop, tmp_path: Path) -> None:
    (tmp_path / "quux.md").write_text("quux(a, b) adds.\n")
    with serving([EDIT, EDIT]) as server:
        ran = flashagent(
            shop.root, with_model(shop.environ, server.base_url), "fix", "--json", "--check", CHECK,
            "--candidates", "2", "--docs", str(tmp_path / "quux.md"),
        )  # fmt: skip
    assert (ran.code, ran.finished["outcome"]) == (0, "fixed"), ran.err
    assert shop.read() == CART.replace(BUG, FIX)
    assert all("quux(a, b) adds." in str(body["messages"]) for body in server.bodies)


def test_a_text_that_cannot_be_pinned_is_a_usage_error(shop: Shop) -> None:
    before = fingerprint(shop.root)
    with serving([EDIT]) as server:
        ran = flashagent(
            shop.root,
            with_model(shop.environ, server.base_url),
            "fix",
            "--check",
            CHECK,
            "--docs",
            "no-such.md",
        )
    assert ran.code == 2
    assert "no-such.md" in ran.out + ran.err
    assert fingerprint(shop.root) == before


def test_window_fallbacks_and_tools_are_settings(shop: Shop) -> None:
    def script(body: dict[str, Any]) -> Reply:
        if body["model"] == "scripted":
            return Reply(fault="not_found")
        if "tools" in body:
            return Reply(fault="no_tools")
        old, new = f"    return amount - amount * {BUG}", f"    return amount - amount * {FIX}"
        return Reply(f"shop/cart.py\n<<<<<<< SEARCH\n{old}\n=======\n{new}\n>>>>>>> REPLACE\n")

    config = Path(shop.environ["FLASHAGENT_HOME"]) / "config" / "config.yaml"
    config.parent.mkdir(parents=True, exist_ok=True)
    config.write_text("model_settings:\n  fallbacks: [second]\n  context: 8192\n")
    with serving(script) as server:
        ran = flashagent(
            shop.root, with_model(shop.environ, server.base_url), "fix", "--json", "--check", CHECK
        )
    assert (ran.code, ran.finished["outcome"]) == (0, "fixed"), ran.out[-2000:]
    assert [body["model"] for body in server.bodies] == ["scripted", "second", "second"]
    assert server.bodies[0]["max_tokens"] == 8192 // 4


def test_a_budget_of_money_without_a_price_is_refused(shop: Shop) -> None:
    with serving([EDIT]) as server:
        ran = flashagent(
            shop.root, with_model(shop.environ, server.base_url), "fix", "--check", CHECK, "--max-cost", "1"
        )
    assert ran.code == 2
    assert "--max-cost needs a price" in ran.out + ran.err
    assert server.bodies == []
