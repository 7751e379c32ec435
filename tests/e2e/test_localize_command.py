"""`flashagent localize` and what `fix --offline` can explain, as their users call them."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from helpers.e2e_program import flashagent
from helpers.jobs_house import BUG, CHECK, FIX, Shop
from helpers.workspace_state import fingerprint

pytestmark = pytest.mark.needs("bwrap")


@pytest.fixture
def shop(tmp_path: Path) -> Shop:
    return Shop.make(tmp_path)


def test_lines_for_people_and_for_programs(shop: Shop) -> None:
    before = fingerprint(shop.root)
    ran = flashagent(shop.root, shop.environ, "localize", "--check", CHECK)
    assert ran.code == 0, ran.err
    assert f"`{CHECK}` fails. Suspicious lines, most suspicious first:" in ran.out
    assert BUG in ran.out
    ran = flashagent(shop.root, shop.environ, "localize", "--json", "--lines", "1", "--check", CHECK)
    told = json.loads(ran.out)
    assert (told["check"], told["green"], told["notes"]) == (CHECK, False, [])
    assert [line["path"] for line in told["lines"]] == ["shop/cart.py"]
    assert fingerprint(shop.root) == before


def test_a_green_check_has_no_suspicious_line(shop: Shop) -> None:
    cart = shop.root / "shop" / "cart.py"
    cart.write_text(cart.read_text().replace(BUG, FIX))
    ran = flashagent(shop.root, shop.environ, "localize", "--check", CHECK)
    assert (ran.code, ran.out) == (0, f"`{CHECK}` passes; no line is suspicious.\n")


def test_explain_and_all_candidates(shop: Shop) -> None:
    words = ("fix", "--offline", "--dry-run", "--explain", "--all-candidates", "--check", CHECK)
    ran = flashagent(shop.root, shop.environ, *words)
    assert ran.code == 0, ran.err
    assert "candidates were tried in" in ran.err
    assert "The time went into loading " in ran.err
    assert "Suspicious: shop/cart.py:" in ran.err
    assert "Patch 1 of " in ran.err
