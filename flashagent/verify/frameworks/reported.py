"""What a runner told in a document of its own (JSON, XML) that was asked of it for this run, and the texts that such documents
share. Pure."""

from __future__ import annotations

import re
from collections.abc import Sequence

from flashagent.dataclass import dataclass
from flashagent.values import Failure, FailureKind, Frame, TestResult
from flashagent.verify.frameworks import node
from flashagent.verify.places import Places

JOIN = " > "
_ESCAPES = re.compile(r"\x1b\[[0-?]*[ -/]*[@-~]")
_STACK = re.compile(r"^\s+at .+$", re.MULTILINE)
_NAMED = re.compile(r"(?P<name>(?:[A-Z]\w*)?(?:Error|Exception))(?: \[\w+\])?: ?(?P<message>.*)", re.DOTALL)
_SIDES = (
    (re.compile(r"^Expected(?:[\w \-]*)?: (?P<expected>.+)$", re.MULTILINE),
     re.compile(r"^Received(?:[\w \-]*)?: (?P<actual>.+)$", re.MULTILINE)),
)  # fmt: skip
_DIFF = re.compile(r"^- Expected\b.*\n\+ Received\b.*\n", re.MULTILINE)
_TOLD_APART = re.compile(r"^(?:Expected(?:[\w \-]*)?: |- Expected\b|\+ actual - expected)", re.MULTILINE)
_MOST_DIFFERENT = 6
_CHAI = re.compile(
    r"^expected (?P<actual>.+?) to (?:be|equal|deeply equal|strictly equal) (?P<expected>.+?)(?: //.*)?$"
)


@dataclass(frozen=True, slots=True)
class Reported:
    """What each test did, and one failure per test or file that failed."""

    results: tuple[TestResult, ...] = ()
    failures: tuple[Failure, ...] = ()


@dataclass(frozen=True, slots=True)
class Thrown:
    """A JavaScript error as its stack tells it: the class ('' for a plain Error), the message without the stack, the frames."""

    exception: str
    message: str
    frames: tuple[Frame, ...]

    @property
    def kind(self) -> FailureKind:
        if self.exception in ("AssertionError", "JestAssertionError") or self.message.startswith("expect("):
            return "assertion"
        if self.exception == "SyntaxError":
            return "syntax"
        missing = (
            "Cannot find module",
            "Cannot find package",
            "Failed to load url",
            "Failed to resolve import",
        )
        return "import" if self.message.startswith(missing) else "error"


def thrown(text: str, places: Places) -> Thrown:
    """Read the text of a stack. The project's frames only, outermost first; all where none is the project's."""
    plain = _ESCAPES.sub("", text)
    stack = _STACK.search(plain)
    said = (plain[: stack.start()] if stack is not None else plain).strip()
    named = _NAMED.match(said)
    exception = named["name"] if named is not None else ""
    message = (named["message"] if named is not None else said).strip()
    frames = node.frames_of(plain[stack.start() :], places) if stack is not None else ()
    own = tuple(frame for frame in frames if frame.in_project)
    return Thrown("" if exception == "Error" else exception, message, own or frames)


def sides(message: str) -> tuple[str, str]:
    """(expected, actual) where an assertion's message shows both; else ('', '')."""
    for left, right in _SIDES:
        if (one := left.search(message)) and (other := right.search(message)):
            return one["expected"], other["actual"]
    if match := _CHAI.match(message.partition("\n")[0]):
        return match["expected"], match["actual"]
    return _changed(message)


def _changed(message: str) -> tuple[str, str]:
    """(expected, actual) of a difference of a few lines, without the lines that are equal."""
    head = _DIFF.search(message)
    if head is None:
        return "", ""
    lines = message[head.end() :].splitlines()
    gone = [line[1:].strip() for line in lines if line.startswith("-")]
    come = [line[1:].strip() for line in lines if line.startswith("+")]
    few = 0 < len(gone) + len(come) <= _MOST_DIFFERENT
    return (" ".join(gone), " ".join(come)) if few else ("", "")


def shortened(message: str) -> str:
    """A message without the two sides, for one whose sides are told apart."""
    begin = _TOLD_APART.search(message)
    return message[: begin.start()].strip() if begin is not None and begin.start() > 0 else message


def test_id(path: str, titles: Sequence[str]) -> str:
    """The file and the titles from the outermost suite to the test."""
    return JOIN.join(part for part in (path, *titles) if part)


def exact(title: str) -> str:
    """A regular expression of JavaScript that the whole title matches, and nothing else."""
    return "^" + re.sub(r"[\\^$.*+?()\[\]{}|/]", r"\\\g<0>", title) + "$"
