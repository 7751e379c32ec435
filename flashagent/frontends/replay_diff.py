"""Compare two recorded runs step by step: requests, replies, commands, results, outcome. Pure.

Times, counts of tokens and ids are no part of a step: they differ between runs that did the same.
"""

from __future__ import annotations

import json
import re
import shlex
from collections.abc import Iterator, Mapping, Sequence
from difflib import SequenceMatcher
from typing import Any

from flashagent.compose.tape import digest
from flashagent.dataclass import dataclass

Entry = Mapping[str, Any]
_SHOWN = 100
_MARK = re.compile(r"data-[0-9a-f]{16}")


@dataclass(frozen=True, slots=True)
class Step:
    """`key` is equal for steps that are the same; `text` is for people."""

    key: str
    text: str


def difference(first: Sequence[Entry], second: Sequence[Entry]) -> list[str]:
    """The lines of a comparison, '-' for what only the first run did and '+' for the second; empty where they are equal."""
    before, after = list(steps(first)), list(steps(second))
    matcher = SequenceMatcher(None, [s.key for s in before], [s.key for s in after], autojunk=False)
    lines: list[str] = []
    for kind, a, b, c, d in matcher.get_opcodes():
        if kind == "equal":
            if b < len(before) or d < len(after) or lines:
                lines.append(f"  {b - a} step{'s' if b - a > 1 else ''} the same, to: {before[b - 1].text}")
            continue
        lines += [f"- {step.text}" for step in before[a:b]]
        lines += [f"+ {step.text}" for step in after[c:d]]
    return lines if any(line[0] in "-+" for line in lines) else []


def steps(entries: Sequence[Entry]) -> Iterator[Step]:
    """The steps of one run in the order in which they were begun: a reply stands after its request and a result after its
    command, whatever went on meanwhile. Of commands that ran at the same time the order is no matter."""
    entries = _in_lasting_order(entries)
    parts: dict[str, Entry] = {}
    ends = {(entry["k"], entry.get("n")): entry for entry in entries if entry["k"] in ("reply", "result")}
    for entry in entries:
        match entry["k"]:
            case "head":
                yield _step("flashagent", {"version": entry.get("flashagent")}, f"{entry.get('flashagent')}")
            case "ask":
                parts |= entry.get("new", {})
                yield _asked(entry, parts)
                if (reply := ends.get(("reply", entry.get("n")))) is not None:
                    yield _replied(reply)
            case "command":
                words = [str(word) for word in entry.get("argv", ())]
                yield _step("command", _named(words), shlex.join(words))
                if (result := ends.get(("result", entry.get("n")))) is not None:
                    yield _ended(result)
            case "event" if entry.get("type") == "JobFinished":
                event = entry.get("event", {})
                said = {key: event.get(key) for key in ("outcome", "exit_code", "patch")}
                yield _step("outcome", said, f"{said['outcome']}, exit {said['exit_code']}")


def _in_lasting_order(entries: Sequence[Entry]) -> list[Entry]:
    """The entries, with commands that ran beside each other in the order of their words."""
    ordered = list(entries)
    beside: list[int] = []  # places of commands of which one was always running
    running = 0
    for place, entry in enumerate(entries):
        if entry["k"] == "command":
            beside.append(place)
            running += 1
        elif entry["k"] == "result":
            running -= 1
        if beside and (running == 0 or place == len(entries) - 1):
            found = sorted((entries[at] for at in beside), key=lambda one: _named(one.get("argv", ())))
            for at, one in zip(beside, found, strict=True):
                ordered[at] = one
            beside = []
    return ordered


def _asked(entry: Entry, parts: Mapping[str, Entry]) -> Step:
    about = {key: entry.get(key) for key in ("model", "effort", "temperature")}
    said = [_lasting(parts.get(key, {})) for key in entry.get("parts", ())]
    messages = [part for part in said if "text" in part]
    last = str(messages[-1]["text"]) if messages else ""
    return _step(
        "request",
        {**about, "said": said},
        f"{entry.get('model')}, {len(messages)} messages, the last: {last}",
    )


def _replied(entry: Entry) -> Step:
    said = {key: entry.get(key) for key in ("error", "text", "finish", "model", "fingerprint")}
    calls = [(call["name"], call["arguments"]) for call in entry.get("tool_calls") or ()]
    what = " ".join(f"{name}({arguments})" for name, arguments in calls) or said["text"] or said["error"]
    who = f"{said['model']} {said['fingerprint'] or ''}".strip() if said["model"] else "no model"
    return _step("reply", {**said, "calls": calls}, f"by {who}: {what}")


def _ended(entry: Entry) -> Step:
    how = {key: entry.get(key) for key in ("exit_code", "limit", "error")}
    return _step("result", how, str(how["error"] or how["limit"] or f"exit {how['exit_code']}"))


def _lasting(part: Entry) -> Entry:
    """A message without what is new in each run: ids, counts, and the marks around foreign text."""
    kept = {key: value for key, value in part.items() if key not in ("call_id", "usage", "wasted", "items")}
    calls = part.get("tool_calls") or ()
    kept["tool_calls"] = [(call["name"], call["arguments"]) for call in calls]
    if "text" in kept:
        kept["text"] = _MARK.sub("data", str(kept["text"]))
    return kept


def _named(words: Sequence[str]) -> list[str]:
    """The words without folders, which differ between two copies of one repository."""
    return [str(word).rpartition("/")[2] for word in words]


def _step(kind: str, facts: object, text: str) -> Step:
    line = " ".join(text.split())
    shown = line if len(line) <= _SHOWN else f"{line[:_SHOWN]}… ({digest(json.dumps(facts, default=str))})"
    return Step(f"{kind} {digest(json.dumps(facts, default=str))}", f"{kind}: {shown}")
