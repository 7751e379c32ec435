"""The recorded sessions of one project: which there are, and what stands in them. Every text is masked and safe to print."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from flashagent.agent.recorder import read_record
from flashagent.compose.house import Wishes, open_place
from flashagent.errors import UsageError
from flashagent.secrecy import Secrets
from flashagent.untrusted import sanitize

FOLDER = "sessions"
AROUND = 60  # characters of an excerpt before and after what was looked for
MOST_HITS = 200
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


def find_session(folder: Path, name: str) -> Path:
    """The file of the session whose id begins so; the last one for ''. Raises UsageError for none or several."""
    known = sorted(folder.glob("*.jsonl"))
    found = [path for path in known if path.stem.startswith(name)]
    if not found:
        what = f"There is no session {name}." if name else "There is no session of this project yet."
        raise UsageError(what, hint=f"They lie in {folder}.")
    if name and len(found) > 1 and found[0].stem != name:
        raise UsageError(f"{len(found)} sessions begin with {name}.", hint=f"The first is {found[0].stem}.")
    return found[0] if name else found[-1]


@contextmanager
def archive_at(cwd: Path, environ: Mapping[str, str]) -> Iterator[Archive]:
    """The sessions of the project around the folder."""
    with closing(open_place(cwd, environ, Wishes({}))) as place:
        yield Archive(place.state / FOLDER, Secrets(place.secrets))


class Archive:
    """Reads when asked; a session that is being written is read as far as it is."""

    def __init__(self, folder: Path, secrets: Secrets) -> None:
        self._folder = folder
        self._secrets = secrets

    def summaries(self) -> list[Summary]:
        """The newest first."""
        return [summary_of(self._read(path)) for path in self._files()]

    def read(self, name: str) -> Recorded:
        """Raises UsageError as `find_session` does."""
        return self._read(find_session(self._folder, name))

    def search(self, text: str) -> list[Hit]:
        """The first event texts that hold it, newest session first; case does not count."""
        hits: list[Hit] = []
        for path in self._files():
            for hit in _hits(self._read(path), text):
                hits.append(hit)
                if len(hits) == MOST_HITS:
                    return hits
        return hits

    def _files(self) -> list[Path]:
        return sorted(self._folder.glob("*.jsonl"), reverse=True)

    def _read(self, path: Path) -> Recorded:
        return Recorded(path.stem, tuple(self._clean(line) for line in read_record(path)))

    def _clean(self, value: Any) -> Any:
        if isinstance(value, str):
            return sanitize(self._secrets.mask(value))
        if isinstance(value, dict):
            return {key: self._clean(item) for key, item in value.items()}
        return [self._clean(item) for item in value] if isinstance(value, list) else value


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


def _hits(told: Recorded, wanted: str) -> Iterator[Hit]:
    low = wanted.casefold()
    for event in told.events:
        for text in _texts(
            {key: value for key, value in event.items() if key not in ("type", "session", "time")}
        ):
            at = text.casefold().find(low)
            if at >= 0:
                excerpt = " ".join(text[max(0, at - AROUND) : at + len(wanted) + AROUND].split())
                yield Hit(told.id, _number(event, "seq"), str(event.get("type")), excerpt)
                break


def _texts(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, Mapping):
        for item in value.values():
            yield from _texts(item)
    elif isinstance(value, list):
        for item in value:
            yield from _texts(item)
