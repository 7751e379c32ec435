"""What commands of the terminal app can be given, as a list that opens while they are typed."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from flashagent.agent.effort import REPLY_TOKENS
from flashagent.frontends import words
from flashagent.frontends.app_opened import Opened
from flashagent.frontends.app_sessions import read_lines, recent, turns_of
from flashagent.frontends.app_talk import CYCLE, LIMITS
from flashagent.frontends.history import when
from flashagent.frontends.tui.controller import Choice


def choices_for(command: str, opened: Opened) -> Sequence[Choice]:
    """Best first; none for a command that takes free text."""
    make = _CHOICES.get(command)
    return make(opened) if make else ()


def _files(opened: Opened) -> Sequence[Choice]:
    return [Choice(path) for path in opened.place.repository.files()]


def _turns(opened: Opened) -> Sequence[Choice]:
    record = opened.record_of(opened.session)
    return turns_of(read_lines(record))[::-1] if record.exists() else ()


def _checkpoints(opened: Opened) -> Sequence[Choice]:
    known = reversed(opened.house.checkpoints.list())
    return [
        Choice(str(number), f"{words.one_line(one.label, 60)}, {when(one.time)}")
        for number, one in enumerate(known, 1)
    ]


def _sessions(opened: Opened) -> Sequence[Choice]:
    return recent(opened.archive, opened.session)


def _models(opened: Opened) -> Sequence[Choice]:
    settings = opened.place.settings
    roles = [one for one in (settings.flash, settings.architect) if one is not None]
    names = [name for one in roles for name in (one.model, *one.fallbacks)]
    return [Choice(name) for name in dict.fromkeys(names)]


_CHOICES: Mapping[str, Callable[[Opened], Sequence[Choice]]] = {
    "/add": _files,
    "/drop": lambda opened: [Choice(path) for path in opened.pins],
    "/diff": lambda opened: [Choice("last")],
    "/undo": _checkpoints,
    "/fork": _turns,
    "/resume": _sessions,
    "/compare": _sessions,
    "/model": _models,
    "/mode": lambda opened: [Choice(mode) for mode in CYCLE],
    "/effort": lambda opened: [Choice(level) for level in (*REPLY_TOKENS, "auto")],
    "/budget": lambda opened: [Choice(name) for name in LIMITS],
}
