"""What a recorded session is for those who look back: its events, its summary, and where a text stands in it. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from flashagent.dataclass import dataclass

AROUND = 60  # characters of an excerpt before and after what was looked for
TITLE_CHARACTERS = 90


@dataclass(frozen=True, slots=True)
class Recorded:
    """One session: its events as plain values, in order."""

    id: str
    events: tuple[Mapping[str, Any], ...]


@dataclass(frozen=True, slots=True)
class Summary:
    """One session in a line. `started` is ISO 8601 in UTC, `end` how the job or the last turn ended, '' when the record
    breaks off; `tokens` are those of all replies, both ways."""

    id: str
    started: str
    title: str
    end: str
    turns: int
    requests: int
    tokens: int


@dataclass(frozen=True, slots=True)
class Hit:
    """Where a text was found; `seq` is the number of the event in its session."""

    session: str
    seq: int
    event: str
    excerpt: str


def summary_of(told: Recorded) -> Summary:
    kinds = [str(event.get("type")) for event in told.events]
    replies = [event for event in told.events if event.get("type") == "AssistantReplied"]
    usages = [usage for event in replies if isinstance(usage := event.get("usage"), Mapping)]
    return Summary(
        id=told.id,
        started=str(told.events[0].get("time", "")) if told.events else "",
        title=_title(told),
        end=_end(told),
        turns=kinds.count("TurnStarted"),
        requests=len(replies),
        tokens=sum(_number(u, "prompt_tokens") + _number(u, "completion_tokens") for u in usages),
    )


def _title(told: Recorded) -> str:
    """What it was about: the first line of the first prompt, else the check that was run."""
    for event in told.events:
        if event.get("type") == "TurnStarted":
            return _first_line(str(event.get("prompt", "")))
    for event in told.events:
        if event.get("type") == "CheckStarted":
            return _first_line(f"check: {_words(event.get('command', ''))}")
    return ""


def _words(value: Any) -> str:
    return " ".join(map(str, value)) if isinstance(value, list) else str(value)


def _first_line(text: str) -> str:
    line = next(filter(None, map(str.strip, text.splitlines())), "")
    return line if len(line) <= TITLE_CHARACTERS else line[: TITLE_CHARACTERS - 1] + "…"


def _end(told: Recorded) -> str:
    for event in reversed(told.events):
        if event.get("type") == "JobFinished":
            return str(event.get("outcome", ""))
        if event.get("type") == "TurnFinished":
            return str(event.get("end", ""))
    return ""


def _number(values: Mapping[str, Any], key: str) -> int:
    value = values.get(key)
    return value if isinstance(value, int) else 0


def hits_in(told: Recorded, wanted: str) -> Iterator[Hit]:
    """The first place of each event that holds the text; case does not count."""
    low = wanted.casefold()
    for event in told.events:
        for text in texts_of(event):
            at = text.casefold().find(low)
            if at >= 0:
                excerpt = " ".join(text[max(0, at - AROUND) : at + len(wanted) + AROUND].split())
                yield Hit(told.id, _number(event, "seq"), str(event.get("type")), excerpt)
                break


def texts_of(event: Mapping[str, Any]) -> Iterator[str]:
    """What can be looked for in an event."""
    yield from _texts_in(
        {key: value for key, value in event.items() if key not in ("type", "session", "time")}
    )


def _texts_in(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, Mapping):
        for item in value.values():
            yield from _texts_in(item)
    elif isinstance(value, list):
        for item in value:
            yield from _texts_in(item)
