"""The user saves a file while a job works on it: both texts are in it at the end, or theirs alone."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from helpers.e2e_program import Ran, flashagent, with_model
from helpers.jobs_house import BUG, CART, CHECK, FIX, Shop
from helpers.model_server import Call, Reply, serving
from helpers.workspace_state import state_of, work_tree_state

pytestmark = pytest.mark.needs("bwrap")
EDIT = Reply(calls=[Call("edit", {"edits": [{"path": "shop/cart.py", "old": BUG, "new": FIX}]})])


def while_working(shop: Shop, save: Callable[[], object], *arguments: str) -> Ran:
    """The program, with `save` done when it asks the model."""
    saved: list[object] = []

    def script(body: dict[str, Any]) -> Reply:
        if not saved:
            saved.append(save())
            return EDIT
        return Reply("Done.")

    with serving(script) as server:
        return flashagent(shop.root, with_model(shop.environ, server.base_url), *arguments)


@pytest.fixture
def shop(tmp_path: Path) -> Shop:
    return Shop.make(tmp_path)


def test_a_save_elsewhere_in_the_file_is_merged_and_undo_keeps_it(shop: Shop) -> None:
    cart = shop.root / "shop" / "cart.py"
    mine = CART.replace("    return len(prices)", "    # counted by hand\n    return len(prices)")
    ran = while_working(shop, lambda: cart.write_text(mine), "fix", "--check", CHECK)
    assert ran.code == 0, ran.err
    assert shop.read() == mine.replace(BUG, FIX)
    assert "shop/cart.py: saved while the job was running" in ran.out + ran.err
    assert flashagent(shop.root, shop.environ, "undo").code == 0
    assert shop.read() == mine


def test_a_save_that_touches_the_change_wins(shop: Shop) -> None:
    cart = shop.root / "shop" / "cart.py"
    mine = CART.replace(BUG, "discount / 99  # mine")
    ran = while_working(shop, lambda: cart.write_text(mine), "fix", "--json", "--check", CHECK)
    assert ran.code == 1, ran.err
    assert ran.finished["outcome"] == "not_fixed"
    assert "shop/cart.py was saved by someone else meanwhile" in ran.out and "line" in ran.out
    assert shop.read() == mine


def test_a_removed_file_stays_removed(shop: Shop) -> None:
    cart = shop.root / "shop" / "cart.py"
    ran = while_working(shop, cart.unlink, "fix", "--json", "--check", CHECK)
    assert (ran.code, cart.exists()) == (1, False), ran.out[-500:]


def test_do_merges_too(shop: Shop) -> None:
    cart = shop.root / "shop" / "cart.py"
    mine = CART + "\n\ndef mine():\n    return 1\n"
    ran = while_working(shop, lambda: cart.write_text(mine), "do", "--check", CHECK, "correct the discount")
    assert ran.code == 0, ran.err + ran.out
    assert shop.read() == mine.replace(BUG, FIX)


def test_a_save_that_breaks_the_check_keeps_the_users_text(shop: Shop) -> None:
    cart = shop.root / "shop" / "cart.py"
    mine = CART.replace("return len(prices)", "return len(prices) + 1")
    start = state_of(shop.root)
    ran = while_working(shop, lambda: cart.write_text(mine), "fix", "--check", CHECK, "--max-requests", "3")
    now = state_of(shop.root)
    assert ran.code in (1, 3), ran.out
    assert {name for name in now if now[name] != start.get(name)} == {"file shop/cart.py"}
    assert shop.read() == mine


def test_a_folder_in_no_repository_is_fixed_and_undone(tmp_path: Path) -> None:
    shop = Shop.make(tmp_path)
    shutil.rmtree(shop.root / ".git")
    (shop.root / "data.bin").write_bytes(bytes(range(256)))
    start = work_tree_state(shop.root)
    fixed = flashagent(shop.root, shop.environ, "fix", "--offline", "--commit", "--check", CHECK)
    assert fixed.code == 0, fixed.err
    assert "not a git repository" in fixed.out + fixed.err and shop.read() != CART
    assert flashagent(shop.root, shop.environ, "undo").code == 0
    assert work_tree_state(shop.root) == start
    mine = CART.replace("    return len(prices)", "    # counted by hand\n    return len(prices)")
    ran = while_working(
        shop, lambda: (shop.root / "shop/cart.py").write_text(mine), "do", "--check", CHECK, "fix it"
    )
    assert (ran.code, shop.read()) == (0, mine.replace(BUG, FIX)), ran.err
