"""The page of pictures shows all of them."""

from __future__ import annotations

import re

from helpers.tui_pictures import KEPT
from helpers.tui_screens_page import PAGE, page


def test_the_page_is_up_to_date_and_every_picture_is_there() -> None:
    kept = PAGE.read_text(encoding="utf-8")
    assert kept == page()
    shown = re.findall(r"\]\(([^)]+\.svg)\)", kept)
    assert {(PAGE.parent / path).resolve() for path in shown} == set(KEPT.glob("*.svg"))
