"""The open list as rows that cover the last ones of the transcript. Pure."""

from __future__ import annotations

from rich.cells import cell_len

from flashagent.frontends.tui.commands import COMMANDS
from flashagent.frontends.tui.completing import Offer
from flashagent.frontends.tui.markup import fitted
from flashagent.frontends.tui.markup_values import Line
from flashagent.frontends.words import one_line

_LABEL_CELLS = 11


def offer_rows(offer: Offer, width: int) -> tuple[Line, ...]:
    """One row for each item, as wide as the screen, the chosen one marked; a rule above them."""
    rule: Line = (("─" * width, "dim"),)
    if not offer.items:
        said = "no earlier prompt holds that" if offer.wanted.kind == "history" else "reading the map …"
        return rule, ((_filled(f"  {said}", width), "dim"),)
    return rule, *(_row(offer, place, width) for place in range(len(offer.items)))


def _row(offer: Offer, place: int, width: int) -> Line:
    text = one_line(offer.items[place], max(8, width))
    if offer.wanted.kind == "command":
        text = f"{text:<{_LABEL_CELLS}}{COMMANDS[offer.items[place]].summary}"
    return ((_filled(f"  {text}", width), "picked" if place == offer.chosen else ""),)


def _filled(text: str, width: int) -> str:
    text = fitted(text, width)
    return text + " " * (width - cell_len(text))
