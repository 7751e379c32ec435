"""When the screen is drawn: soon after something new came, but not more often than frames allow. No timer stands by."""

from __future__ import annotations

from collections.abc import Callable

from textual.timer import Timer

FRAME_S = 1 / 15


class Frames:
    """`timer` calls back once after so many seconds; `now` is the clock; `draw` draws one frame."""

    def __init__(
        self,
        timer: Callable[[float, Callable[[], None]], Timer],
        now: Callable[[], float],
        draw: Callable[[], None],
    ) -> None:
        self._timer = timer
        self._now = now
        self._draw = draw
        self._drawn_at = float("-inf")
        self._next: Timer | None = None

    @property
    def waiting(self) -> bool:
        """Whether a frame is to come."""
        return self._next is not None

    def soon(self) -> None:
        if self._next is None:
            wait = self._drawn_at + FRAME_S - self._now()
            self._next = self._timer(max(0.001, wait), self.at_once)  # Textual divides by it

    def at_once(self) -> None:
        if self._next is not None:
            self._next.stop()
            self._next = None
        self._drawn_at = self._now()
        self._draw()
