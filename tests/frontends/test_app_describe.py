"""/describe in the app: the same words as `flashagent describe`."""

from __future__ import annotations

from pathlib import Path

import pytest
from helpers.e2e_program import with_model
from helpers.jobs_house import BUG, CART, CHECK, FIX, Shop
from helpers.model_server import Reply, serving
from helpers.workspace_state import fingerprint

from flashagent.compose.place import Wishes
from flashagent.errors import UsageError
from flashagent.frontends.app_controller import AppController

pytestmark = pytest.mark.needs("bwrap")


async def said(shop: Shop, argument: str) -> str:
    wishes = Wishes({}, (CHECK,))
    controller = AppController(shop.place(wishes), wishes)
    try:
        answer = await controller.command("/describe", argument, shop.events.append)
        return f"{answer.block.title}\n{answer.block.text}".strip()
    finally:
        await controller.close()


async def test_the_work_tree_is_described_and_nothing_is_committed(tmp_path: Path) -> None:
    shop = Shop.make(tmp_path)
    with pytest.raises(UsageError, match="Nothing has changed"):
        await said(shop, "")
    (shop.root / "shop/cart.py").write_text(CART.replace(BUG, FIX))
    before = fingerprint(shop.root)
    assert await said(shop, "") == "Change total in cart.py"
    assert "## Tests\n\nNo test was changed." in await said(shop, "pr HEAD")
    with pytest.raises(UsageError, match="one range"):
        await said(shop, "a b")
    with serving([Reply("Percent are hundredths\n\nA test told.")]) as server:
        shop.environ = with_model(shop.environ, server.base_url)
        assert await said(shop, "") == "Percent are hundredths\nA test told."
    assert fingerprint(shop.root) == before
