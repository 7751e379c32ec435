"""Play a recorded run again, to the same bytes, without model, commands or repository."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, TextIO

from flashagent.compose.tape import VERSION, HeldClock, StoppedClock
from flashagent.dataclass import dataclass
from flashagent.errors import ExitCode, UsageError
from flashagent.events import JobFinished, from_plain
from flashagent.frontends.jsonl import JsonLines
from flashagent.frontends.replay_diff import difference
from flashagent.frontends.text import TextAccount
from flashagent.untrusted import sanitize

Entry = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Recording:
    """One file of `--record`. `whole` is false where the run was killed before its last event."""

    head: Entry
    entries: tuple[Entry, ...]
    whole: bool


def read_recording(path: Path) -> Recording:
    """Raises UsageError for a file that cannot be read or is no record, naming the line."""
    try:
        lines = path.read_text(encoding="utf-8").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        why = error.strerror if isinstance(error, OSError) else "it is no text"
        raise UsageError(f"{path}: {why}.") from error
    entries = [_entry(path, number, line, last=number == len(lines)) for number, line in enumerate(lines, 1)]
    found = [entry for entry in entries if entry is not None]
    if not found or found[0].get("k") != "head" or found[0].get("v") != VERSION:
        hint = "`flashagent fix --record FILE` makes one."
        raise UsageError(f"{path} is no record of a run that this version knows.", hint=hint)
    whole = any(entry["k"] == "event" and entry.get("type") == "JobFinished" for entry in found)
    return Recording(found[0], tuple(found[1:]), whole)


def _entry(path: Path, number: int, line: str, *, last: bool) -> Entry | None:
    try:
        entry = json.loads(line)
        if isinstance(entry, dict) and isinstance(entry["k"], str) and isinstance(entry["t"], int | float):
            return entry
    except (ValueError, KeyError, RecursionError):
        if last:  # the run was killed while it wrote
            return None
    raise UsageError(f"{path}, line {number}, is damaged.")


def play(path: Path, out: TextIO, talk: TextIO, *, as_json: bool, verbosity: int = 0) -> int:
    """Write what the run wrote; the exit code is the run's own, or 1 where the record ends before the run did."""
    recording = read_recording(path)
    clock = HeldClock(StoppedClock(recording.head["t"], str(recording.head.get("now", ""))))
    sink: JsonLines | TextAccount
    if as_json:
        sink = JsonLines(out, clock, str(recording.head.get("session", "")))
    else:
        sink = TextAccount(out, talk, clock, verbosity=verbosity)
    code = int(ExitCode.NOT_FIXED)
    for number, entry in enumerate(recording.entries, start=2):
        if entry["k"] != "event":
            continue
        try:
            event = from_plain(entry["event"])
        except (ValueError, KeyError, TypeError) as error:
            raise UsageError(f"{path}, line {number}, is no event of this version: {error}") from error
        clock.hold(entry["t"], str(entry.get("now", "")))
        sink(event)
        if isinstance(event, JobFinished):
            code = event.exit_code
    if not recording.whole:
        talk.write("The record ends before the run did.\n")
    return code


def compare(first: Path, second: Path, out: TextIO) -> int:
    """Write the steps in which two runs differ; 0 where they did the same, else 1."""
    one, other = read_recording(first), read_recording(second)
    lines = difference((one.head, *one.entries), (other.head, *other.entries))
    out.writelines(f"{sanitize(line)}\n" for line in lines or _same(one.entries))
    return ExitCode.NOT_FIXED if lines else ExitCode.OK


def _same(entries: Sequence[Entry]) -> list[str]:
    asked = sum(entry["k"] == "ask" for entry in entries)
    ran = sum(entry["k"] == "command" for entry in entries)
    return [f"The runs did the same: {asked} requests, {ran} commands."]
