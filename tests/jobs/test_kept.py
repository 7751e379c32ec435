"""Patches that were not applied, kept for later."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from helpers.jobs_house import BUG, CART, FIX, Shop

from flashagent.diffs import unified_diffs
from flashagent.errors import SavedMeanwhile, UsageError
from flashagent.jobs.kept import MOST, Kept, Offer, keep, land, last_kept
from flashagent.values import Contrast, FileChange, PatchOption

CHANGES = (FileChange("shop/cart.py", CART, CART.replace(BUG, FIX)),)
OFFER = Offer(PatchOption("`10` becomes `100`", "weak", ("one", "two"), unified_diffs(CHANGES)), CHANGES)
KEPT = Kept((OFFER,), "2026-01-01T00:00:00.000Z", "pytest -q", (Contrast("f(1)", "", ("1", "2")),))


def test_what_is_kept_comes_back_whole_and_is_a_patch_file(tmp_path: Path) -> None:
    odd = FileChange("new.py", None, "x = '\udc80\r\n'")
    kept = replace(KEPT, offers=(OFFER, Offer(replace(OFFER.option, green=False), (odd,))))
    path = keep(tmp_path / "patches", kept)
    assert path.read_text() == OFFER.option.diff
    assert last_kept(tmp_path / "patches") == kept


def test_the_newest_is_the_last_and_old_ones_go(tmp_path: Path) -> None:
    for number in range(MOST + 3):
        keep(tmp_path, replace(KEPT, time=f"2026-01-01T00:00:{number:02}.000Z"))
    assert last_kept(tmp_path).time == f"2026-01-01T00:00:{MOST + 2:02}.000Z"
    assert len(list(tmp_path.glob("*.patch"))) == len(list(tmp_path.glob("*.json"))) == MOST


@pytest.mark.parametrize("damage", ["", "{", "[]", '{"v": 2}', '{"v": 1, "offers": []}', "\xff"])
def test_a_damaged_file_is_said_to_be_one(tmp_path: Path, damage: str) -> None:
    keep(tmp_path, KEPT).with_suffix(".json").write_bytes(damage.encode("latin-1"))
    with pytest.raises(UsageError, match="cannot be read"):
        last_kept(tmp_path)


def test_without_any_it_says_so(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="No patch is kept"):
        last_kept(tmp_path / "nothing")


async def test_it_lands_beside_what_was_saved_meanwhile_once(tmp_path: Path) -> None:
    shop = Shop.make(tmp_path)
    house = shop.house(None)
    (shop.root / "shop/cart.py").write_text(CART + "\n\nMORE = 1\n")
    written = land(OFFER, house.workspace, house.checkpoints)
    assert shop.read() == CART.replace(BUG, FIX) + "\n\nMORE = 1\n"
    assert [change.path for change in written] == ["shop/cart.py"]
    assert land(OFFER, house.workspace, house.checkpoints) == ()
    house.checkpoints.undo()
    assert shop.read() == CART + "\n\nMORE = 1\n"
    await house.close()


async def test_it_does_not_land_on_lines_that_were_changed(tmp_path: Path) -> None:
    shop = Shop.make(tmp_path)
    house = shop.house(None)
    (shop.root / "shop/cart.py").write_text(CART.replace(BUG, "discount / 20"))
    with pytest.raises(SavedMeanwhile):
        land(OFFER, house.workspace, house.checkpoints)
    assert "discount / 20" in shop.read()
    await house.close()
