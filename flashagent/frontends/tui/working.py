"""One piece of work at a time, what waits for its end, and how it is interrupted. Knows no widget."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable

from flashagent.dataclass import dataclass
from flashagent.errors import FlashagentError

Piece = Callable[[], Awaitable[None]]
PATIENCE_S = 2.0  # how long leaving waits for interrupted work before it is ended from here


@dataclass(frozen=True, slots=True)
class Waiting:
    """Something that starts when what runs has ended; `text` is what the user wrote."""

    text: str
    piece: Piece


@dataclass(frozen=True, slots=True)
class Ears:
    """Who is told: `began` and `ended` of each piece (with the seconds it took and whether another one follows), `failed` of
    what went wrong and what to do, `cut` when a piece was ended from here."""

    began: Callable[[], None]
    ended: Callable[[float, bool], None]
    failed: Callable[[str, str], None]
    cut: Callable[[], None]


class Work:
    """`interrupt` asks what runs to end in order."""

    def __init__(self, ears: Ears, interrupt: Callable[[], None]) -> None:
        self._ears = ears
        self._interrupt = interrupt
        self._task: asyncio.Task[None] | None = None
        self._since = 0.0
        self._stopping = False
        self.waiting: list[Waiting] = []

    @property
    def running(self) -> bool:
        return self._task is not None

    @property
    def seconds(self) -> float | None:
        """How long what runs has been running; None when nothing does."""
        return asyncio.get_running_loop().time() - self._since if self._task is not None else None

    def start(self, piece: Piece) -> None:
        """Only while nothing runs."""
        assert self._task is None
        self._since = asyncio.get_running_loop().time()
        self._stopping = False
        self._task = asyncio.create_task(self._run(piece))
        self._ears.began()

    def start_or_wait(self, text: str, piece: Piece) -> bool:
        """Whether it starts now."""
        if self._task is None:
            self.start(piece)
            return True
        self.waiting.append(Waiting(text, piece))
        return False

    def interrupt(self) -> list[str]:
        """Ask what runs to end; asked a second time, end it from here. What waited is given back and waits no more."""
        if self._stopping and self._task is not None:
            self._task.cancel()
        self._stopping = True
        self._interrupt()
        given_back, self.waiting = [one.text for one in self.waiting], []
        return given_back

    async def end(self) -> None:
        """Interrupt until nothing runs."""
        while self._task is not None:
            self.interrupt()
            await asyncio.wait({self._task}, timeout=PATIENCE_S)

    async def _run(self, piece: Piece) -> None:
        """One piece; whatever it raises is told, and the app lives on."""
        try:
            await piece()
        except FlashagentError as error:
            self._ears.failed(error.message, error.hint)
        except asyncio.CancelledError:
            self._ears.cut()  # the piece is a task of our own, and ends here
        except Exception as error:  # a bug in the work must not take the session's screen with it
            said = " ".join(str(error).split())
            self._ears.failed(
                f"flashagent itself failed: {type(error).__name__}: {said}", "Please report it."
            )
        finally:
            took = asyncio.get_running_loop().time() - self._since
            self._task = None
            following = bool(self.waiting)
            self._ears.ended(took, following)
            if following and self._task is None:
                self.start(self.waiting.pop(0).piece)
