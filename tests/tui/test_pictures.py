"""Every screen is as it was last looked at: what stands where, in which style."""

from __future__ import annotations

import re

import pytest
from helpers.tui_pictures import KEPT, PICTURES, drawn, name_of, pieces


@pytest.mark.parametrize(("screen", "theme", "size"), PICTURES, ids=lambda value: str(value))
async def test_a_picture(screen: str, theme: str, size: tuple[int, int]) -> None:
    """`python -m helpers.tui_pictures` in the tests folder draws them anew after a wanted change: look at them."""
    kept = (KEPT / name_of(screen, theme, size)).read_text(encoding="utf-8")
    assert pieces(await drawn(screen, theme, size)) == pieces(kept)


def test_the_kept_pictures_are_these_and_ask_no_network() -> None:
    assert {path.name for path in KEPT.glob("*.svg")} == {name_of(*picture) for picture in PICTURES}
    for path in KEPT.glob("*.svg"):
        addresses = re.findall(r"https?://[^\s\"<)]+", path.read_text(encoding="utf-8"))
        assert {address for address in addresses if "example.org" not in address} <= {
            "http://www.w3.org/2000/svg",
            "https://www.textualize.io",
        }


@pytest.mark.parametrize(("screen", "theme", "size"), PICTURES, ids=lambda value: str(value))
def test_nothing_lies_over_anything_else(screen: str, theme: str, size: tuple[int, int]) -> None:
    found = pieces((KEPT / name_of(screen, theme, size)).read_text(encoding="utf-8"))
    ends: dict[int, int] = {}
    for row, cell, text, _ in found:
        assert cell >= ends.get(row, 0) and cell + len(text) <= size[0]
        ends[row] = cell + len(text)
    assert max(row for row, *_ in found) <= size[1]
