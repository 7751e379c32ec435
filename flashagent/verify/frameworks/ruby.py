"""The text of RSpec and of Minitest. Pure."""

from __future__ import annotations

import re

from flashagent.values import Failure, Frame, TestResult
from flashagent.verify.places import Places

_RSPEC_RERUN = re.compile(r"^rspec (?P<place>\./\S+?(?:\[[\d:]+\]|:\d+)) # (?P<name>.+)$", re.MULTILINE)
_RSPEC = re.compile(r"^  \d+\) (?P<name>\S.*)\n(?P<said>(?:(?: {5,}.*)?\n)+)", re.MULTILINE)
_MINITEST = re.compile(
    r"^ {1,2}\d+\) (?P<what>Failure|Error):\n(?P<owner>[\w:]+)#(?P<name>\S+?)(?: \[(?P<path>[^\]\n]+):(?P<line>\d+)\])?:\n(?P<said>(?:.*\S.*\n?)+)",
    re.MULTILINE,
)
_FRAME = re.compile(
    r"^\s*(?:# )?(?P<path>(?:\./|/)?[^\s:#]+\.rb):(?P<line>\d+)(?::in [`'](?P<function>[^'\n]*)')?",
    re.MULTILINE,
)
_NAMED = re.compile(r"^(?P<name>[A-Z][\w:]*(?:Error|Exception|Failed|NotMet)?): ?(?P<message>.*)", re.DOTALL)
_EXPECTED = re.compile(r"^\s*[Ee]xpected: (?P<value>.*)$", re.MULTILINE)
_ACTUAL = re.compile(r"^\s*(?:got|Actual): (?P<value>.*)$", re.MULTILINE)


def results(text: str) -> tuple[TestResult, ...]:
    """The tests that failed: the others are not named."""
    return tuple(TestResult(one.test_id, "failed") for one in parse(text, Places(())))


def parse(text: str, places: Places) -> tuple[Failure, ...]:
    """One failure per failed example or test."""
    alone = {match["name"].strip(): match["place"] for match in _RSPEC_RERUN.finditer(text)}
    if alone:
        return tuple(
            _rspec(match, alone, places) for match in _RSPEC.finditer(text) if match["name"].strip() in alone
        )
    return tuple(_minitest(match, places) for match in _MINITEST.finditer(text))


def _rspec(match: re.Match[str], alone: dict[str, str], places: Places) -> Failure:
    name = match["name"].strip()
    body = "\n".join(line.removeprefix("     ") for line in match["said"].splitlines())
    said = "\n".join(line for line in body.splitlines() if not line.lstrip().startswith("#"))
    message = said.partition("Failure/Error:")[2].partition("\n")[2].strip() or said.strip()
    return _failure(name, message, "", _frames(body, places), ("rspec", alone[name]))


def _minitest(match: re.Match[str], places: Places) -> Failure:
    frames = _frames(match["said"], places)
    if match["path"]:
        frames = (places.frame(match["path"], int(match["line"])),)
    said = "\n".join(line for line in match["said"].splitlines() if not _FRAME.match(line)).strip()
    named = _NAMED.match(said) if match["what"] == "Error" else None
    own = [frame.path for frame in frames if frame.in_project]
    rerun = ("ruby", "-Ilib:test", places.from_folder(own[0]), "-n", match["name"]) if own else ()
    return _failure(
        f"{match['owner']}#{match['name']}", named["message"].strip() if named else said, named["name"] if named else "", frames, rerun
    )  # fmt: skip


def _failure(
    name: str, message: str, exception: str, frames: tuple[Frame, ...], rerun: tuple[str, ...]
) -> Failure:
    expected, actual = _EXPECTED.search(message), _ACTUAL.search(message)
    if not exception and expected is None and (named := _NAMED.match(message)) and "Error" in named["name"]:
        exception, message = named["name"], named["message"].strip() or named["name"]
    return Failure(
        name, "error" if exception else "assertion", message, exception, frames,
        expected["value"] if expected else "", actual["value"] if actual else "", rerun,
    )  # fmt: skip


def _frames(text: str, places: Places) -> tuple[Frame, ...]:
    found = [
        places.frame(match["path"].removeprefix("./"), int(match["line"]), match["function"] or "") for match in _FRAME.finditer(text)
    ]  # fmt: skip
    return tuple(frame for frame in reversed(found) if frame.in_project)
