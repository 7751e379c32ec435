"""Nothing is connected to but the configured endpoint: proven where there is no other network, with every try on record."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest
from helpers.e2e_air_gap import Gapped, gapped
from helpers.jobs_house import BUG, CART, CHECK, FIX, Shop

pytestmark = pytest.mark.needs("bwrap", "userns", "unshare")
EDIT = [
    {"calls": [{"name": "edit", "arguments": {"edits": [{"path": "shop/cart.py", "old": BUG, "new": FIX}]}}]}
]
ADDRESS = re.compile(r'sin6?_port=htons\((\d+)\).*?"([0-9a-f.:]+)"')


@pytest.fixture
def shop(tmp_path: Path) -> Shop:
    return Shop.make(tmp_path)


def addresses(ran: Gapped) -> set[tuple[str, str]]:
    """Every host and port that anything of the run tried to reach, by both records."""
    return {(host, port) for port, host in ADDRESS.findall(ran.trace)} | ran.tries


def test_a_fix_reaches_the_configured_endpoint_and_nothing_else(shop: Shop, tmp_path: Path) -> None:
    ran = gapped(
        tmp_path / "gap", shop.root, shop.environ, json.dumps(EDIT), "fix", "--check", CHECK, traced=True
    )
    assert (ran.code, ran.requests) == (0, 1), ran.err
    assert shop.read() == CART.replace(BUG, FIX)
    assert addresses(ran) == {("127.0.0.1", str(ran.port))}


def test_a_change_reaches_the_configured_endpoint_and_nothing_else(shop: Shop, tmp_path: Path) -> None:
    goal = ("do", "put the discount right", "--check", CHECK)
    ran = gapped(tmp_path / "gap", shop.root, shop.environ, json.dumps(EDIT), *goal)
    assert (ran.code, ran.requests) == (0, 1), ran.err
    assert addresses(ran) == {("127.0.0.1", str(ran.port))}


def test_a_fix_offline_connects_to_nothing(shop: Shop, tmp_path: Path) -> None:
    """Not even to the endpoint that is configured."""
    ran = gapped(
        tmp_path / "gap", shop.root, shop.environ, json.dumps(EDIT), "fix", "--offline", "--check", CHECK
    )
    assert (ran.code, ran.requests) == (0, 0), ran.err
    assert shop.read() != CART
    assert addresses(ran) == set()


@pytest.mark.parametrize(
    "arguments",
    [
        ["doctor"],
        ["ask", "where is the total?", "--show-context"],
        ["sessions", "list"],
        ["map"],
        ["config", "presets"],
    ],
    ids=lambda arguments: arguments[0],
)
def test_other_commands_without_a_model_connect_to_nothing(
    shop: Shop, tmp_path: Path, arguments: list[str]
) -> None:
    ran = gapped(tmp_path / "gap", shop.root, shop.environ, "", *arguments)
    assert ran.code == 0, ran.err
    assert addresses(ran) == set()


def test_the_record_sees_a_try(shop: Shop, tmp_path: Path) -> None:
    """An endpoint by name is looked up, and the record has it; nothing answers there."""
    environ = {**shop.environ, "MODEL_BASE_URL": "http://nowhere.invalid/v1", "FLASHAGENT_MODEL": "m"}
    ran = gapped(tmp_path / "gap", shop.root, environ, "", "doctor")
    assert ran.code == 1
    assert ("nowhere.invalid", "80") in ran.tries
