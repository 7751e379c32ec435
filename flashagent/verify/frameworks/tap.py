"""The Test Anything Protocol, of whatever runner: points, directives, YAML blocks, and the `#` lines of older producers. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from flashagent.dataclass import dataclass
from flashagent.values import Failure, FailureKind, Frame, TestOutcome, TestResult
from flashagent.verify.frameworks import node, node_test
from flashagent.verify.places import Places

_SIGN = re.compile(r"^(?:TAP version \d+|1\.\.\d+(?: .*)?)$", re.MULTILINE)
_POINT = re.compile(
    r"^(?P<not>not )?ok\b(?: (?P<number>\d+))?(?: -)? ?(?P<name>.*?)(?: # (?P<directive>(?i:skip|todo)\b.*))?$"
)
_BAIL = re.compile(r"^Bail out! ?(?P<message>.*)$", re.MULTILINE)
_AT = re.compile(r"(?P<path>[^\s:'\"()]+\.\w+)(?:[:]| line )(?P<line>\d+)")
_GOT = re.compile(r"^\s*(?:got|found|actual): +(?P<value>.*)$", re.MULTILINE)
_WANTED = re.compile(r"^\s*(?:expected|wanted): +(?P<value>.*)$", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class _Point:
    name: str
    outcome: TestOutcome
    said: str


def results(text: str) -> tuple[TestResult, ...]:
    """What each point says; a file of node's that could not be run has no tests to tell of."""
    points = (point for point in _points(text) if not node_test.names_file(point.name))
    return tuple(TestResult(point.name, point.outcome) for point in points)


def parse(text: str, places: Places) -> tuple[Failure, ...]:
    """One failure per point that is not ok, and one for a run that bailed out."""
    points = tuple(_points(text))
    failures = tuple(_failure(point, places) for point in points if point.outcome == "failed")
    bail = _BAIL.search(text) if points or _SIGN.search(text) else None
    return (
        (*failures, Failure("", "exit", f"bailed out: {bail['message']}".rstrip(": ")))
        if bail is not None
        else failures
    )


def _points(text: str) -> Iterator[_Point]:
    """The points of the outer level; a file that counts its points or names its version is TAP."""
    if _SIGN.search(text) is None:
        return
    lines = text.splitlines()
    for number, line in enumerate(lines):
        if match := _POINT.match(line):
            name = match["name"].strip() or f"test {match['number'] or ''}".strip()
            yield _Point(name, _outcome(match), _said(lines[number + 1 :]))


def _outcome(match: re.Match[str]) -> TestOutcome:
    directive = (match["directive"] or "").lower()
    if directive.startswith("skip"):
        return "skipped"
    if directive.startswith("todo"):
        return "xfailed"
    return "failed" if match["not"] else "passed"


def _said(lines: Sequence[str]) -> str:
    """The YAML block and the comments after a point, without their marks."""
    found = []
    for line in lines:
        if not line.startswith(("  ", "#")) and line.strip():
            break
        found.append(line[1:] if line.startswith("#") else line)
    return "\n".join(found)


def _failure(point: _Point, places: Places) -> Failure:
    fields = node_test.fields("\n".join(line.removeprefix("  ") for line in point.said.splitlines()))
    message = fields.get("message") or fields.get("error") or "not ok"
    got, wanted = _GOT.search(point.said), _WANTED.search(point.said)
    compared = got is not None and wanted is not None
    kind: FailureKind = "assertion" if compared or "operator" in fields else "error"
    return Failure(
        point.name, kind, message.strip().strip("'\""), fields.get("name", ""), _frames(point.said, fields.get("stack", ""), places),
        wanted["value"].strip("'") if wanted is not None and compared else "",
        got["value"].strip("'") if got is not None and compared else "",
    )  # fmt: skip


def _frames(said: str, stack: str, places: Places) -> tuple[Frame, ...]:
    frames = [frame for frame in node.frames_of(stack, places) if frame.in_project]
    if not frames and (match := _AT.search(said)):
        frames = [places.frame(match["path"], int(match["line"]))]
    return tuple(frame for frame in frames if frame.in_project)
