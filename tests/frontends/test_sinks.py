"""Every front end, fed with every event whose texts are all hostile: nothing but style reaches a screen."""

from __future__ import annotations

import dataclasses
import io
import json
import re
import unicodedata
from typing import Any, Literal, get_args, get_origin, get_type_hints

import pytest
from helpers.clock import FrozenClock

from flashagent.events import EVENT_TYPES, Event
from flashagent.frontends.jsonl import JsonLines
from flashagent.frontends.text import VERBOSE, TextAccount
from flashagent.frontends.tui.blocks import View, settled
from flashagent.frontends.tui.controller import Facts
from flashagent.frontends.tui.status import facts_shown
from flashagent.frontends.tui.typeset import Typeset
from flashagent.frontends.tui.view import reduce

HOSTILE = "\x1b]52;c;aGk=\x07\x1b[2J\x1b[1A\u202eevil\u200b\x9b2J\r\x08\x00\u2028 end"


def hostile(hint: Any) -> Any:
    """A value of the type with every text in it hostile."""
    if dataclasses.is_dataclass(hint):
        hints = get_type_hints(hint)
        return hint(**{field.name: hostile(hints[field.name]) for field in dataclasses.fields(hint)})
    origin, arguments = get_origin(hint), get_args(hint)
    if origin is Literal:
        return arguments[0]
    if origin is tuple:
        return tuple(hostile(one) for one in arguments if one is not Ellipsis)
    if arguments:  # a union with None
        return hostile(arguments[0])
    return {str: HOSTILE, int: 1, float: 1.0, bool: True}[hint]


EVENTS: dict[str, Event] = {name: hostile(cls) for name, cls in EVENT_TYPES.items()}


def unsafe(text: str) -> list[str]:
    rest = re.sub(r"\x1b\[[0-9;:]*m|\r\x1b\[K", "", text)
    return [repr(c) for c in rest if c != "\n" and unicodedata.category(c) in ("Cc", "Cf", "Cs", "Zl", "Zp")]


@pytest.mark.parametrize("name", EVENTS)
def test_text_for_people(name: str) -> None:
    out, talk = io.StringIO(), io.StringIO()
    account = TextAccount(out, talk, FrozenClock(), progress=True, colour=True, verbosity=VERBOSE)
    account(EVENTS[name])
    account(EVENTS["ToolFinished"])
    account.close()
    assert unsafe(out.getvalue() + talk.getvalue()) == []


@pytest.mark.parametrize("name", EVENTS)
def test_lines_for_machines(name: str) -> None:
    out = io.StringIO()
    JsonLines(out, FrozenClock(), "s1")(EVENTS[name])
    assert unsafe(out.getvalue()) == [] and "\x1b" not in out.getvalue()
    assert json.loads(out.getvalue())["type"] == name


@pytest.mark.parametrize("name", EVENTS)
def test_the_terminal_app(name: str) -> None:
    shown = []
    for start in ([], [EVENTS["ToolStarted"]], [EVENTS["CheckStarted"]]):
        view = View()
        for event in (*start, EVENTS[name]):
            view = reduce(view, event)
            shown += [*view.finished, *view.open]
        shown += settled(view).finished
        shown_doing = [view.doing, *facts_shown(Facts(HOSTILE, HOSTILE, HOSTILE, HOSTILE), view)]
        assert unsafe("\n".join(shown_doing)) == []
    rows = [row for block in shown for row in Typeset(60).rows(block)]
    assert unsafe("\n".join(text for row in rows for text, _ in row)) == []
