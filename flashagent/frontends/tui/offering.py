"""The open list as rows that cover the last ones of the transcript. Pure."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from rich.cells import cell_len

from flashagent.frontends.tui.completing import Offer, Wanted
from flashagent.frontends.tui.markup import fitted
from flashagent.frontends.tui.markup_values import Line
from flashagent.frontends.words import one_line

_LEAST_LABEL, _MOST_LABEL = 10, 44
_NOTHING = {"history": "no earlier prompt holds that", "palette": "nothing is called that"}


def offer_rows(offer: Offer, width: int, said: Callable[[Wanted, str], str]) -> tuple[Line, ...]:
    """One row for each item, as wide as the screen, the chosen one marked; a rule above them. `said` tells what an item
    is."""
    rule: Line = (("─" * width, "dim"),)
    if not offer.items:
        nothing = _NOTHING.get(offer.wanted.kind, "reading the map …")
        return rule, ((filled(f"  {nothing}", width), "dim"),)
    labels = [one_line(item, max(8, width)) for item in offer.items]
    label = min(max(_LEAST_LABEL, *map(cell_len, labels)), _MOST_LABEL)
    rows: list[Line] = []
    for place, (item, text) in enumerate(zip(offer.items, labels, strict=True)):
        if about := one_line(said(offer.wanted, item), max(8, width)):
            text = f"{filled(text, label)}  {about}"
        rows.append(((filled(f"  {text}", width), "picked" if place == offer.chosen else ""),))
    return rule, *rows


def padded(rows: Sequence[Line], width: int) -> tuple[Line, ...]:
    """Rows that hide all that they lie over."""
    return tuple((*row, (" " * max(0, width - sum(cell_len(text) for text, _ in row)), "")) for row in rows)


def filled(text: str, width: int) -> str:
    """The text in exactly so many cells."""
    text = fitted(text, width)
    return text + " " * (width - cell_len(text))
