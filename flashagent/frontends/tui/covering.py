"""What lies over the last rows of the transcript: the open list, and the rows of a prompt that has more than one."""

from __future__ import annotations

from collections.abc import Sequence

from flashagent.frontends.tui.completing import Offer, Wanted
from flashagent.frontends.tui.lists import Pools
from flashagent.frontends.tui.markup_values import Line
from flashagent.frontends.tui.offering import offer_rows, padded
from flashagent.frontends.tui.transcript import Transcript


class Covering:
    """Meets `prompt.Lists`: what the prompt completes from, and where its list is shown."""

    def __init__(self, pools: Pools, transcript: Transcript) -> None:
        self._pools = pools
        self._transcript = transcript
        self._list: Sequence[Line] = ()
        self._prompt: Sequence[Line] = ()

    def pool(self, wanted: Wanted) -> Sequence[str]:
        return self._pools.pool(wanted)

    def takes_argument(self, command: str) -> bool:
        return self._pools.takes_argument(command)

    def opened(self, offer: Offer | None) -> None:
        width = self._transcript.size.width
        self._list = offer_rows(offer, width, self._pools.said) if offer else ()
        self._show()

    def grown(self, rows: Sequence[Line]) -> None:
        self._prompt = padded(rows, self._transcript.size.width)
        self._show()

    def _show(self) -> None:
        self._transcript.overlay((*self._list, *self._prompt))
