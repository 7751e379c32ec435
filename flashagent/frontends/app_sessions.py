"""Sessions as the terminal app needs them: read back as a transcript, forked at a turn, compared."""

from __future__ import annotations

import fcntl
import json
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from flashagent.agent.recorder import read_record
from flashagent.errors import UsageError
from flashagent.events import CheckFinished, Event, FileChanged, TurnStarted, from_plain
from flashagent.frontends import words
from flashagent.frontends.session_values import Recorded, summary_of
from flashagent.frontends.sessions import Archive
from flashagent.frontends.tui.blocks import Block, View, settled
from flashagent.frontends.tui.controller import Choice
from flashagent.frontends.tui.view import reduce
from flashagent.workspace import disk

Lines = Sequence[Mapping[str, Any]]
MOST_LISTED = 30
_TITLE = 60
_TAIL_BYTES = 1_000_000  # a turn that is longer is not noticed to have broken off
_BEFORE_A_TURN = ("MapReady", "FocusChosen")  # they tell of the turn that follows


def read_lines(path: Path) -> list[dict[str, Any]]:
    return list(read_record(path))


def transcript_of(lines: Lines, shown: str = "") -> tuple[Block, ...]:
    """What the screen showed of these events, up to the last one. `shown` is the text with which the harness begins what it
    adds to a prompt: it and what follows it are left out, as they were never on the screen."""
    view, blocks = View(), list[Block]()
    for event in _events(lines):
        if isinstance(event, TurnStarted) and shown:
            event = replace(event, prompt=event.prompt.partition(shown)[0])
        view = reduce(view, event)
        blocks += view.finished
    view = settled(view)
    return (*blocks, *view.finished)


def turns_of(lines: Lines) -> list[Choice]:
    """The turns by number, oldest first, each with the first line of its prompt."""
    prompts = (str(line.get("prompt", "")) for line in lines if line.get("type") == "TurnStarted")
    return [
        Choice(str(number), words.one_line(prompt.strip().partition("\n")[0], _TITLE))
        for number, prompt in enumerate(prompts, 1)
    ]


def fork(lines: Lines, turn: int, session: str, path: Path) -> list[dict[str, Any]]:
    """Record the session up to the end of a turn as another one; its lines. Raises UsageError for a turn that is not
    there."""
    kept: list[dict[str, Any]] = []
    number = 0
    for line in lines:
        number += line.get("type") == "TurnStarted"
        if number > turn:
            break
        kept.append({**line, "session": session, "seq": len(kept) + 1})
    while number > turn and kept and kept[-1].get("type") in _BEFORE_A_TURN:
        kept.pop()
    if not 1 <= turn <= max(number, len(turns_of(kept))):
        raise UsageError(f"There is no turn {turn}.", hint=f"This session has {len(turns_of(lines))}.")
    text = "".join(json.dumps(line, ensure_ascii=False, separators=(",", ":")) + "\n" for line in kept)
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    disk.write_durably(path, text.encode("utf-8", "surrogatepass"))
    return kept


def recent(archive: Archive, without: str = "") -> list[Choice]:
    """The last sessions, newest first, each in a few words."""
    found = [one for one in archive.summaries() if one.id != without][:MOST_LISTED]
    return [
        Choice(one.id, f"{one.end or 'broken off'}, {words.count(one.turns, 'turn')}: {words.one_line(one.title, _TITLE)}")
        for one in found
    ]  # fmt: skip


def broken_off(folder: Path) -> str:
    """The last session if it ended in the middle of a turn (the program was killed), '' if it did not or still runs."""
    path = max(folder.glob("*.jsonl"), default=None)
    if path is None:
        return ""
    with path.open("rb") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_SH | fcntl.LOCK_NB)
        except OSError:
            return ""
        file.seek(max(0, file.seek(0, 2) - _TAIL_BYTES))
        found = re.findall(rb'"type":"(TurnStarted|TurnFinished|JobFinished)"', file.read())
    return path.stem if found and found[-1] == b"TurnStarted" else ""


def compared(one: Recorded, other: Recorded) -> Block:
    """Two sessions beside each other: what each cost, how its last check went, and what it did to each file."""
    first, second = _Outcome(one), _Outcome(other)
    lines = [f"A  {first.told}", f"B  {second.told}", ""]
    for path in sorted(first.diffs.keys() | second.diffs.keys()):
        a, b = first.diffs.get(path, ""), second.diffs.get(path, "")
        lines += [f"{path}: {_difference(a, b)}"]
        if a == b:
            lines += a.splitlines()
        else:
            lines += ["", "A:", *a.splitlines()] if a else []
            lines += ["", "B:", *b.splitlines()] if b else []
        lines.append("")
    return Block("diff", f"{one.id} (A) and {other.id} (B)", "\n".join(lines).rstrip(), "good")


class _Outcome:
    """What came of a session."""

    def __init__(self, told: Recorded) -> None:
        self.diffs: dict[str, str] = {}
        check = "no check ran"
        for event in _events(told.events):
            if isinstance(event, FileChanged):
                self.diffs[event.path] = event.diff
            elif isinstance(event, CheckFinished):
                check = words.check_finished(event)
        one = summary_of(told)
        self.told = (
            f"{one.end or 'broken off'} · {words.count(one.turns, 'turn')} · {one.tokens:,} tokens · "
            f"{words.count(len(self.diffs), 'file')} · {check} · {words.one_line(one.title, _TITLE)}"
        )


def _difference(a: str, b: str) -> str:
    if a == b:
        return "the same in both"
    return "changed differently" if a and b else f"changed in {'A' if a else 'B'} only"


def _events(lines: Lines) -> Iterator[Event]:
    for line in lines:
        try:
            yield from_plain(line)
        except ValueError:
            continue  # of a version that knows more events
