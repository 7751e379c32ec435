"""The text of PHPUnit. Pure."""

from __future__ import annotations

import re

from flashagent.values import Failure, TestResult
from flashagent.verify.frameworks import junit_xml
from flashagent.verify.places import Places

_FAILED = re.compile(
    r"^\d+\) (?P<owner>[\w\\]+)::(?P<name>\w+(?: with data set .*)?)\n(?P<said>(?:(?!\d+\) ).*\n){0,60}?)\n?(?P<stack>(?:/\S+\.php:\d+\n?)+)",
    re.MULTILINE,
)
_FRAME = re.compile(r"^(?P<path>/\S+\.php):(?P<line>\d+)$", re.MULTILINE)
_SIDES = re.compile(
    r"Failed asserting that (?P<actual>.+) (?:matches expected|is identical to|is equal to) (?P<expected>.+)\."
)
_NAMED = re.compile(r"^(?P<name>(?:\w+\\)*\w*(?:Error|Exception)): (?P<message>.*)", re.DOTALL)


def results(text: str) -> tuple[TestResult, ...]:
    """The tests that failed: the others are not named."""
    return tuple(
        TestResult(f"{match['owner']}.{match['name']}", "failed") for match in _FAILED.finditer(text)
    )


def parse(text: str, places: Places) -> tuple[Failure, ...]:
    """One failure per failed test."""
    return tuple(_failure(match, places) for match in _FAILED.finditer(text))


def _failure(match: re.Match[str], places: Places) -> Failure:
    said = match["said"].strip()
    named, sides = _NAMED.match(said), _SIDES.search(said)
    frames = [places.frame(one["path"], int(one["line"])) for one in _FRAME.finditer(match["stack"])]
    own = tuple(
        reversed([frame for frame in frames if frame.in_project and not frame.path.startswith("vendor/")])
    )
    return Failure(
        f"{match['owner']}.{match['name']}", "error" if named else "assertion", named["message"] if named else said,
        named["name"].rpartition("\\")[2] if named else "", own, sides["expected"] if sides else "", sides["actual"] if sides else "",
        junit_xml.phpunit(match["owner"], match["name"], ("phpunit",)),
    )  # fmt: skip
