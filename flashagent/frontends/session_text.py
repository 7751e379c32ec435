"""A recorded session as text for a terminal, as Markdown and as JSON. Pure; the texts come masked and safe to print."""

from __future__ import annotations

import json
import re
import shlex
from collections.abc import Iterator, Mapping
from dataclasses import asdict
from datetime import datetime
from typing import Any

from flashagent.dataclass import dataclass
from flashagent.frontends.session_values import Recorded, Summary, summary_of

LONGEST_BODY = 4_000  # characters of one result in a text for people; the JSON has it whole


@dataclass(frozen=True, slots=True)
class Part:
    """One piece of the story. `code` says that the body is no prose."""

    title: str
    body: str = ""
    code: bool = True


def summary_line(one: Summary) -> str:
    """'20260131T101500-3f9a2c  2026-01-31 10:15  fixed  1 turn, 2 requests, 3,100 tokens  what it was about'"""
    size = f"{_count(one.turns, 'turn')}, {_count(one.requests, 'request')}, {one.tokens:,} tokens"
    return f"{one.id}  {_when(one.started)}  {one.end or 'broken off':<12}  {size}  {one.title}".rstrip()


def as_text(told: Recorded) -> str:
    blocks = [summary_line(summary_of(told)) + "\n"]
    for part in parts_of(told):
        body = "".join(f"    {line}\n" for line in part.body.splitlines())
        blocks.append(f"{part.title}\n{body}")
    return "\n".join(blocks)


def as_markdown(told: Recorded) -> str:
    one = summary_of(told)
    blocks = [
        f"# Session {told.id}\n",
        f"{_when(one.started)}, {one.end or 'broken off'}, {_count(one.turns, 'turn')},"
        f" {_count(one.requests, 'request')}, {one.tokens:,} tokens.\n",
    ]
    for part in parts_of(told):
        blocks.append(f"## {' '.join(part.title.split())}\n")
        if part.body:
            blocks.append(_fenced(part.body) if part.code else f"{part.body.rstrip()}\n")
    return "\n".join(blocks)


def as_json(told: Recorded) -> str:
    """The summary and every event, whole."""
    whole = {**asdict(summary_of(told)), "events": list(told.events)}
    return json.dumps(whole, indent=2, ensure_ascii=False) + "\n"


def parts_of(told: Recorded) -> Iterator[Part]:
    """What a person wants to read, in order: prompts, replies, tools, checks, files and the end."""
    for event in told.events:
        part = _part(event)
        if part is not None:
            yield Part(part.title, _short(part.body), part.code)


def _part(event: Mapping[str, Any]) -> Part | None:
    def said(key: str) -> str:
        value = event.get(key)
        return value if isinstance(value, str) else ""

    match event.get("type"):
        case "TurnStarted":
            return Part("Prompt", said("prompt"))
        case "AssistantReplied" if said("text").strip():
            return Part(f"Reply of {said('model') or 'the model'}", said("text"), code=False)
        case "ToolStarted":
            return Part(f"Tool {said('tool')}: {said('summary')}", said("arguments"))
        case "ToolFinished":
            return Part(f"Result, {said('outcome')}: {said('for_person')}", said("for_model"))
        case "ApprovalResolved":
            return Part(f"Approval: {said('decision')}", said("reason"))
        case "SearchFinished":
            return Part(
                f"Search: {event.get('tried')} candidates tried, {event.get('patches')} patches found"
            )
        case "ChoiceRequested":
            options = [one for one in event.get("options") or () if isinstance(one, Mapping)]
            hows = (
                f"{place}. {one.get('how')} ({one.get('confidence')})" for place, one in enumerate(options, 1)
            )
            return Part("Patches to choose from", "\n".join(hows), code=False)
        case "ChoiceResolved":
            return Part(f"Chosen: {event.get('chosen') or 'none'}")
        case "CheckStarted":
            return Part(f"Check: {shlex.join(map(str, event.get('command') or ()))}")
        case "CheckFinished":
            return Part(_check_words(event), "\n".join(_failure_lines(event)))
        case "FileChanged":
            return Part(f"{said('path')} {said('kind')}", said("diff"))
        case "EditRejected":
            return Part(f"Edit of {said('path')} refused", said("reason"))
        case "Notice":
            return Part(f"{said('level')}: {said('text')}", said("hint"), code=False)
        case "TurnFinished":
            return Part(f"Turn ended: {said('end')}", said("message"), code=False)
        case "JobFinished":
            report = event.get("report")
            why = str(report.get("message") or "") if isinstance(report, Mapping) else ""
            return Part(f"Job ended: {said('outcome')}{why and f'. {why}'}", said("patch"))
        case _:
            return None


def _check_words(event: Mapping[str, Any]) -> str:
    """'1 failed, 19 passed in 0.4 s', or the exit status where no test was counted."""
    passed, failed, seconds = (event.get(key) or 0 for key in ("passed", "failed", "seconds"))
    if event.get("cut"):
        return f"stopped after {seconds:.1f} s, before its end"
    counts = f"{failed} failed, {passed} passed" if event.get("counted") else f"exit {event.get('exit_code')}"
    how = "known from an earlier run" if event.get("cached") else f"in {seconds:.1f} s"
    return f"{counts}, {how}" if event.get("cached") else f"{counts} {how}"


def _failure_lines(event: Mapping[str, Any]) -> Iterator[str]:
    """Each failure with its message and the places in the project, the innermost last."""
    for failure in event.get("failures") or ():
        yield str(failure.get("test_id") or f"{failure.get('kind')} of the whole check")
        exception, message = failure.get("exception"), str(failure.get("message") or "")
        yield from (
            (f"  {line}" for line in f"{exception}: {message}".splitlines())
            if exception
            else [f"  {message}"]
        )
        for frame in failure.get("frames") or ():
            if frame.get("in_project"):
                inside = f" in {frame['function']}" if frame.get("function") else ""
                yield f"  {frame.get('path')}:{frame.get('line')}{inside}: {str(frame.get('source') or '').strip()}"


def _short(text: str) -> str:
    if len(text) <= LONGEST_BODY:
        return text
    half = LONGEST_BODY // 2
    return f"{text[:half]}\n… {len(text) - LONGEST_BODY:,} characters left out …\n{text[-half:]}"


def _fenced(text: str) -> str:
    """The text between fences that it cannot end by itself."""
    longest = max((len(run) for run in re.findall(r"`{3,}", text)), default=2)
    fence = "`" * (longest + 1)
    return f"{fence}\n{text.rstrip()}\n{fence}\n"


def _when(time: str) -> str:
    try:
        return f"{datetime.fromisoformat(time).astimezone():%Y-%m-%d %H:%M}"
    except ValueError:
        return "no time"


def _count(number: int, word: str) -> str:
    return f"{number:,} {word}" + ("" if number == 1 else "s")
