"""The text of Maven's Surefire and of Gradle's test task, for runs that left no XML. Pure."""

from __future__ import annotations

import re

from flashagent.values import Failure, Frame, TestResult
from flashagent.verify.frameworks import java, junit_xml
from flashagent.verify.places import Places

_SUREFIRE = re.compile(
    r"^(?:\[ERROR\] +)?(?P<owner>(?:[\w$]+\.)*[\w$]+)\.(?P<name>[\w$]+(?:[(\[{].*?)?) +(?:--|Time elapsed:).*<<< (?:FAILURE|ERROR)!.*\n"
    r"(?P<said>(?:(?!\[).*\S.*\n?)+)",
    re.MULTILINE,
)
_GRADLE = re.compile(
    r"^(?P<owner>(?:[\w$]+\.)*[\w$]+)(?P<inner>(?: > [\w$]+)*?) > (?P<name>[^>\n]+?) FAILED\n(?P<said>(?:    .*\S.*\n?)+)",
    re.MULTILINE,
)
_PLACE = re.compile(r"\bat (?P<file>\w+\.(?:java|kt|groovy|scala)):(?P<line>\d+)$", re.MULTILINE)
_THROWN = re.compile(r"^(?P<name>[\w.$]+)(?:: (?P<message>.*))?(?P<more>(?:\n(?!\s+at |    at ).*)*)")
_SIDES = re.compile(r"expected: ?<(?P<expected>.*?)> but was: ?<(?P<actual>.*?)>", re.DOTALL)
_ASSERTIONS = ("AssertionError", "AssertionFailedError", "ComparisonFailure")


def results(text: str) -> tuple[TestResult, ...]:
    """The tests that failed: the others are not named."""
    names = dict.fromkeys(_id(match) for form in (_SUREFIRE, _GRADLE) for match in form.finditer(text))
    return tuple(TestResult(name, "failed") for name in names)


def parse(text: str, places: Places) -> tuple[Failure, ...]:
    """One failure per failed test."""
    surefire = tuple(
        _failure(match, places, junit_xml.maven(match["owner"], match["name"], ("mvn", "test")))
        for match in _SUREFIRE.finditer(text)
    )
    if surefire:
        return tuple({one.test_id: one for one in surefire}.values())
    return tuple(
        _failure(match, places, junit_xml.gradle(_owner(match), match["name"].removesuffix("()"), ("gradle", "test")))
        for match in _GRADLE.finditer(text)
    )  # fmt: skip


def _owner(match: re.Match[str]) -> str:
    inner = (match.groupdict().get("inner") or "").replace(" > ", "$")
    return f"{match['owner']}{inner}"


def _id(match: re.Match[str]) -> str:
    return f"{_owner(match)}.{match['name'].removesuffix('()')}"


def _failure(match: re.Match[str], places: Places, rerun: tuple[str, ...]) -> Failure:
    said = "\n".join(line.removeprefix("    ") for line in match["said"].splitlines())
    thrown = _THROWN.match(said)
    exception = thrown["name"].rpartition(".")[2] if thrown is not None else ""
    message = (
        f"{thrown['message'] or ''}{thrown['more'] or ''}".strip() if thrown is not None else said.strip()
    )
    # Gradle's short form tells the place behind the exception's name.
    exception, message = exception.partition(" at ")[0], "" if message.startswith("at ") else message
    sides = _SIDES.search(message)
    frames = java.frames_of(said, places) or _short(said, _owner(match), places)
    return Failure(
        _id(match), "assertion" if exception in _ASSERTIONS else "error", message or exception, exception, frames,
        sides["expected"] if sides else "", sides["actual"] if sides else "", rerun,
    )  # fmt: skip


def _short(said: str, owner: str, places: Places) -> tuple[Frame, ...]:
    """Only the bare file name is told: it is looked for in the test's own package."""
    place = _PLACE.search(said)
    if place is None:
        return ()
    path = places.of_java(owner.partition("$")[0].rpartition(".")[0], place["file"])
    return (places.frame(path, int(place["line"])),) if path else ()
