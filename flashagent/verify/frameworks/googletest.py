"""GoogleTest's text: a line for each test, and what each failed one said. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterator

from flashagent.dataclass import dataclass
from flashagent.values import Failure, FailureKind, TestOutcome, TestResult
from flashagent.verify.places import Places

_RUN = re.compile(r"^\[ RUN {6}\] (?P<name>\S+)$")
_END = re.compile(
    r"\[ {2}(?P<mark>     OK|FAILED |SKIPPED|FAILED) ?\] (?P<name>[^\s,]+).*\((?P<ms>\d+) ms\)$"
)
_PLACE = re.compile(r"^(?P<path>[^\s:][^:\n]*):(?P<line>\d+): (?:Failure|error:.*)$|^unknown file: Failure$")
_THROWN = re.compile(r'^C\+\+ exception with description "(?P<message>.*)" thrown in ', re.DOTALL)
_EQUAL = re.compile(
    r"^Expected equality of these values:\n  (?P<left>.*)\n(?:    Which is: (?P<left_is>.*)\n)?"
    r"  (?P<right>.*)(?:\n    Which is: (?P<right_is>.*))?"
)
_ACTUAL = re.compile(
    r"^(?:Value of: (?P<what>.*)\n)?  Actual: (?P<actual>.*)\n ?Expected: (?P<expected>.*)$", re.MULTILINE
)
_OUTCOMES: dict[str, TestOutcome] = {"OK": "passed", "FAILED": "failed", "SKIPPED": "skipped"}


@dataclass(frozen=True, slots=True)
class _Test:
    """`outcome` is None for a test that began and never ended."""

    name: str
    outcome: TestOutcome | None
    seconds: float
    said: str


def results(text: str) -> tuple[TestResult, ...]:
    """What each test did that came to its end, and the one that did not as failed."""
    return tuple(TestResult(test.name, test.outcome or "failed", test.seconds) for test in _tests(text))


def parse(text: str, places: Places) -> tuple[Failure, ...]:
    """One failure per failed test, with all places at which it failed."""
    return tuple(_failure(test, places) for test in _tests(text) if test.outcome in ("failed", None))


def _tests(text: str) -> Iterator[_Test]:
    name, said = "", [""]
    for line in text.splitlines():
        if match := _RUN.match(line):
            name, said = match["name"], []
        elif name and (match := _END.search(line)) and match["name"] == name:
            yield _Test(name, _OUTCOMES[match["mark"].strip()], int(match["ms"]) / 1000, "\n".join(said))
            name = ""
        elif name and line.startswith("[=="):
            name = ""
        elif name:
            said.append(line)
    if name:
        yield _Test(name, None, 0.0, "\n".join(said))


def _failure(test: _Test, places: Places) -> Failure:
    parts = _parts(test.said)
    frames = tuple(places.frame(path, line) for path, line, _ in parts if path)
    message = "\n".join(said for _, _, said in parts) or test.said.strip()[-500:] or "failed"
    kind: FailureKind = "assertion"
    if test.outcome is None:
        kind, message = "crash", f"it died before its end\n{message}" if parts else "it died before its end"
    elif thrown := _THROWN.match(message):
        kind, message = "error", thrown["message"]
    expected, actual = _sides(message)
    # The program that holds the test is not told; `--gtest_filter` is what any of them understands.
    return Failure(
        test.name, kind, message, frames=tuple(dict.fromkeys(frames)), expected=expected, actual=actual
    )


def _parts(said: str) -> list[tuple[str, int, str]]:
    """(path, line, what was said there) of each failed expectation; the path is '' where it is not known."""
    found: list[tuple[str, int, list[str]]] = []
    for line in said.splitlines():
        if match := _PLACE.match(line):
            found.append((match["path"] or "", int(match["line"] or 0), []))
        elif found:
            found[-1][2].append(line)
    return [(path, line, "\n".join(lines).strip()) for path, line, lines in found]


def _sides(message: str) -> tuple[str, str]:
    """(expected, actual). EXPECT_EQ does not say which side is which: what had to be computed is taken as the actual."""
    if match := _EQUAL.match(message):
        left, right = match["left_is"] or match["left"], match["right_is"] or match["right"]
        return (left, right) if match["left_is"] is None and match["right_is"] is not None else (right, left)
    if match := _ACTUAL.search(message):
        return match["expected"], match["actual"]
    return "", ""
