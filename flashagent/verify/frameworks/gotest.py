"""Results and failures in the text of `go test`, with or without `-v`. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import field
from typing import Literal

from flashagent.dataclass import dataclass
from flashagent.values import Failure, Frame, TestResult
from flashagent.verify.places import Places

# Not only at the start of a line: what a test prints may lack its line end.
_END = re.compile(r"--- (?P<outcome>PASS|FAIL|SKIP): (?P<name>\S+) \((?P<seconds>[\d.]+)s\)$")
_TURN = re.compile(r"^=== (?P<what>RUN|CONT|NAME|PAUSE) +(?P<name>\S*)$")
_PACKAGE = re.compile(r"^(?:ok  |FAIL|\?   )\t(?P<package>\S+)(?:\t|\s\[)")
_MESSAGE = re.compile(r"^ +(?P<path>[\w./-]+\.go):(?P<line>\d+): (?P<message>.*)$")
_MORE = re.compile(r"^ {8,}(?P<message>.*)$")
_PANIC = re.compile(r"^panic: (?P<message>.*?)(?: \[recovered.*)?$")
_STACK = re.compile(r"^\t(?P<path>/\S+\.go):(?P<line>\d+)")
_OUTCOMES: dict[str, Literal["passed", "failed", "skipped"]] = {
    "PASS": "passed",
    "FAIL": "failed",
    "SKIP": "skipped",
}


@dataclass(slots=True)
class _Test:
    outcome: str = ""
    seconds: float = 0.0
    lines: list[str] = field(default_factory=list)


@dataclass(slots=True)
class _Package:
    """The tests of one package in the order in which they began. `name` is its import path, '' when it never ended."""

    name: str = ""
    tests: dict[str, _Test] = field(default_factory=dict)


def results(text: str) -> tuple[TestResult, ...]:
    """What each test did, as far as it is told: all tests with `-v`, else only those that failed."""
    return tuple(
        TestResult(_id(package, name), _OUTCOMES[test.outcome], test.seconds)
        for package in _packages(text)
        for name, test in package.tests.items()
        if test.outcome
    )


def parse(text: str, places: Places) -> tuple[Failure, ...]:
    """One failure per failed test; a parent whose subtests failed is left out, since it only repeats them."""
    found = []
    for package in _packages(text):
        failed = [name for name, test in package.tests.items() if test.outcome == "FAIL"]
        for name in failed:
            if not any(other.startswith(name + "/") for other in failed):
                found.append(_failure(package, name, places))
    return tuple(found)


def _id(package: _Package, name: str) -> str:
    return f"{package.name}.{name}" if package.name else name


def _packages(text: str) -> Iterator[_Package]:
    """The output of packages comes one after the other; the line that ends one names it."""
    package, current = _Package(), ""
    for line in text.splitlines():
        if match := _PACKAGE.match(line):
            package.name = match["package"]
            yield package
            package, current = _Package(), ""
        elif match := _TURN.match(line):
            # After a pause the next lines belong to whoever is named next.
            current = "" if match["what"] == "PAUSE" else match["name"]
            if current:
                package.tests.setdefault(current, _Test())
        elif match := _END.search(line):
            current = match["name"]
            test = package.tests.setdefault(current, _Test())
            test.outcome, test.seconds = match["outcome"], float(match["seconds"])
        elif current:
            package.tests[current].lines.append(line)
    if package.tests:
        yield package


def _failure(package: _Package, name: str, places: Places) -> Failure:
    lines = package.tests[name].lines
    pattern = "/".join(f"^{re.escape(part)}$" for part in name.split("/"))
    rerun = ("go", "test", "-run", pattern, package.name or "./...")
    panic = next((match for line in lines if (match := _PANIC.match(line))), None)
    if panic is not None:
        frames = [places.frame(m["path"], int(m["line"])) for line in lines if (m := _STACK.match(line))]
        own = tuple(frame for frame in reversed(frames) if frame.in_project)
        return Failure(_id(package, name), "crash", panic["message"], "panic", own, rerun=rerun)
    messages, frames_of_test = _messages(lines, package.name, places)
    message = "\n".join(messages) or "failed"
    return Failure(_id(package, name), "assertion", message, frames=frames_of_test, rerun=rerun)


def _messages(lines: list[str], package: str, places: Places) -> tuple[list[str], tuple[Frame, ...]]:
    """What a test said, and from which lines. Go prints the bare file name; its folder follows from the package."""
    messages: list[str] = []
    frames: list[Frame] = []
    for line in lines:
        if match := _MESSAGE.match(line):
            messages.append(match["message"].strip())
            frames.append(places.frame(places.below(package, match["path"]), int(match["line"])))
        elif messages and (match := _MORE.match(line)):
            messages.append(match["message"].rstrip())
    return messages, tuple(dict.fromkeys(frames))
