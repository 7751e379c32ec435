"""`flashagent watch` as a program in a real repository, and /findings in the app."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import pexpect
import pytest
from helpers.e2e_program import command, flashagent, with_model
from helpers.jobs_house import CART, CHECK, Shop
from helpers.model_server import Reply, serving
from helpers.workspace_state import fingerprint

from flashagent.compose.place import Wishes
from flashagent.errors import UsageError
from flashagent.frontends.app_controller import AppController

CHANGED = CART.replace("def total(prices, discount=0)", "def total(prices, discount)").replace(
    "amount = sum(prices)", "amount = eval('sum(prices)')"
)


@pytest.fixture
def shop(tmp_path: Path) -> Shop:
    shop = Shop.make(tmp_path)
    # All of it was written just now, so that nobody has to be told of its calls.
    (shop.root / "shop/user.py").write_text("from shop.cart import total\n\nprint(total([1]))\n")
    return shop


def test_once_tells_what_the_changes_brought(shop: Shop) -> None:
    quiet = flashagent(shop.root, shop.environ, "watch", "--once")
    assert (quiet.code, quiet.out, quiet.err) == (0, "", "no findings.\n")
    (shop.root / "shop/cart.py").write_text(CHANGED + "# flashagent: say why\n")
    (shop.root / ".env").write_text("password = 'x'\n")
    before = fingerprint(shop.root)
    ran = flashagent(shop.root, shop.environ, "watch", "--once", "--json", "--comments")
    told = [(one["path"], one["line"], one["kind"]) for one in json.loads(ran.out)]
    assert ran.code == 1 and told == [
        *(("tests/test_cart.py", line, "caller") for line in (8, 11, 14)),
        ("shop/cart.py", 6, "security"),
        ("shop/cart.py", 12, "wish"),
    ]
    assert fingerprint(shop.root) == before
    assert "shop/cart.py:6: security S307: " in flashagent(shop.root, shop.environ, "watch", "--once").out


def test_every_save_is_told_about(shop: Shop) -> None:
    child = pexpect.spawn(
        sys.executable, command("watch")[1:], cwd=str(shop.root), env=shop.environ, encoding="utf-8", timeout=60
    )  # fmt: skip
    child.expect_exact("Watching.")
    cart = shop.root / "shop/cart.py"
    cart.write_text(CHANGED)
    child.expect_exact("+ shop/cart.py:6: security S307")
    cart.write_text(CART)
    child.expect_exact("- shop/cart.py:6: security S307")
    child.expect_exact("no findings")
    child.sendintr()
    child.expect(pexpect.EOF)
    child.wait()
    assert child.exitstatus == 130


@pytest.mark.needs("bwrap")
async def test_the_app_lists_them_and_has_one_repaired(shop: Shop) -> None:
    (shop.root / "shop/cart.py").write_text(CHANGED)
    with serving([Reply("I shall.")]) as server:
        shop.environ = with_model(shop.environ, server.base_url)
        wishes = Wishes({}, (CHECK,))
        it = AppController(shop.place(wishes), wishes)
        try:
            listed = (await it.command("/findings", "", shop.events.append)).block
            assert listed.title == "changed files: 3 callers, 1 security finding"
            assert "  4  shop/cart.py:6: security S307" in listed.text and not server.requests
            with pytest.raises(UsageError, match="no finding 9"):
                await it.command("/findings", "9", shop.events.append)
            await it.command("/findings", "4", shop.events.append)
            assert b"Look at shop/cart.py, line 6: " in server.requests[0].raw
        finally:
            await it.close()
