"""The command of the terminal app that applies a patch which a job found and did not apply."""

from __future__ import annotations

import asyncio

from flashagent.errors import UsageError
from flashagent.frontends import offers, words
from flashagent.frontends.app_asked import Asked, note
from flashagent.frontends.tui.blocks import Block, capped
from flashagent.frontends.tui.controller import Answer
from flashagent.jobs.kept import Kept, Offer, land, last_kept, options_of
from flashagent.tools.tree import announce

MOST_DIFF_LINES = 400


async def apply_kept(asked: Asked) -> Answer:
    """All that is kept of the last job; with a number, or where it is the only one, that patch after a yes."""
    house = asked.opened.house
    kept = await asyncio.to_thread(last_kept, house.patches)
    offer = _meant(kept, asked.argument)
    if offer is None:
        lines = offers.option_lines(options_of(kept.offers), kept.contrasts)
        return note(f"/apply NUMBER applies one of {len(kept.offers)} patches", "\n".join(lines), "warning")
    if not asked.confirmed:
        diff = capped(house.mask(offer.option.diff), MOST_DIFF_LINES)
        return Answer(Block("diff", words.one_line(offer.option.how), diff, "warning"), "Apply this?")
    written = await asyncio.to_thread(land, offer, house.workspace, house.checkpoints)
    if not written:
        return note("Your files hold this patch already.")
    for change in written:
        announce(change, asked.opened.emit)
    return note("Applied. /check runs the check, /undo takes it back.", mark="good")


def _meant(kept: Kept, argument: str) -> Offer | None:
    count = len(kept.offers)
    if not argument:
        return kept.offers[0] if count == 1 else None
    number = offers.chosen(argument, count)
    if not number:
        raise UsageError(f"There is no patch {words.one_line(argument)}.", hint=f"The last job kept {count}.")
    return kept.offers[number - 1]
