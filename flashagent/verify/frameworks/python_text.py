"""Failures in the text of pytest and unittest, for sessions that our reporter could not tell of. Pure."""

from __future__ import annotations

import re

from flashagent.values import Failure
from flashagent.verify.exceptions import compared, kind_of
from flashagent.verify.frameworks import traceback
from flashagent.verify.places import Places, is_machinery

_SECTION = re.compile(r"^_{3,} (?P<title>\S.*?) _{3,}$", re.MULTILINE)
_ERROR_LINES = re.compile(r"^E {2,}(?P<text>.*)$", re.MULTILINE)
_PLACE = re.compile(r"^(?P<path>[^\s:]+\.py):(?P<line>\d+):(?: in (?P<function>.+)| .*)?$", re.MULTILINE)
_SUMMARY = re.compile(r"^(?:FAILED|ERROR) (?P<id>\S+::\S.*?|\S+\.py)(?: - .*)?$", re.MULTILINE)
_NAMED = re.compile(r"(?P<name>[A-Za-z_][\w.]*): (?P<message>.*)", re.DOTALL)
_UNITTEST = re.compile(
    r"^(?:FAIL|ERROR): (?P<name>\S+)(?: \((?P<where>[\w.]+)\))?(?P<sub> .*)?$", re.MULTILINE
)
_RULE = re.compile(r"^(?:={20,}|-{20,})", re.MULTILINE)


def parse(text: str, places: Places) -> tuple[Failure, ...]:
    """One failure per failed test, in the order of the output; one for a session that broke before its tests."""
    return _pytest(text, places) or _unittest(text, places)


def _pytest(text: str, places: Places) -> tuple[Failure, ...]:
    ids = [match["id"] for match in _SUMMARY.finditer(text)]
    sections = list(_SECTION.finditer(text))
    found = []
    for index, section in enumerate(sections):
        end = sections[index + 1].start() if index + 1 < len(sections) else len(text)
        body = re.split(r"^={3,} ", text[section.end() : end], maxsplit=1, flags=re.MULTILINE)[0]
        found.append(_from_errors(_id_of(section["title"], ids), body, places))
    if not found and _ERROR_LINES.search(text):
        found.append(_from_errors("", text, places))
    return tuple(one for one in found if one is not None)


def _id_of(title: str, ids: list[str]) -> str:
    bare = re.sub(r"^ERROR (?:collecting|at \w+ of) ", "", title)
    return next((one for one in ids if one == bare or ".".join(one.split("::")[1:]) == bare), bare)


def _from_errors(test_id: str, body: str, places: Places) -> Failure | None:
    lines = [match["text"] for match in _ERROR_LINES.finditer(body)]
    if not lines:
        return None
    message = "\n".join(line.rstrip() for line in lines)
    named = _NAMED.match(message)
    exception = "AssertionError" if message.startswith("assert ") else ""
    if (named is not None and named["name"][0].isupper()) or (named is not None and "." in named["name"]):
        exception, message = named["name"].rsplit(".", 1)[-1], named["message"]
    frames = tuple(
        places.frame(match["path"], int(match["line"]), match["function"] or "")
        for match in _PLACE.finditer(body)
        if not is_machinery(match["path"])
    )
    actual, expected = compared(message)
    return Failure(test_id, kind_of(exception, message), message, exception, frames, expected, actual)


def _unittest(text: str, places: Places) -> tuple[Failure, ...]:
    found = []
    for match in _UNITTEST.finditer(text):
        body = text[match.end() :]
        start = _RULE.search(body)
        body = body[start.end() :] if start is not None else body
        stop = _RULE.search(body)
        trace = traceback.last(body[: stop.start()] if stop is not None else body)
        if trace is None:
            continue
        where, name = match["where"] or "", match["name"]
        test_id = where if where.endswith(f".{name}") else f"{where}.{name}".lstrip(".")
        frames = tuple(
            places.frame(frame.path, frame.line, frame.function, frame.source)
            for frame in trace.frames
            if not is_machinery(frame.path)
        )
        actual, expected = compared(trace.message)
        kind = kind_of(trace.exception, trace.message)
        found.append(Failure(test_id, kind, trace.message, trace.exception, frames, expected, actual))
    return tuple(found)
