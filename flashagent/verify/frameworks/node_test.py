"""Results and failures in the text of `node --test`: TAP with its YAML blocks, and the reporter for people. Pure."""

from __future__ import annotations

import re
import textwrap
from collections.abc import Iterator, Mapping, Sequence

from flashagent.dataclass import dataclass
from flashagent.values import Failure, Frame, TestOutcome, TestResult
from flashagent.verify.frameworks import node
from flashagent.verify.places import Places

_POINT = re.compile(
    r"^(?P<indent> *)(?P<not>not )?ok \d+(?: - (?P<name>.*?))?(?P<directive> # (?:SKIP|TODO)\b.*)?$"
)
_SUBTEST = re.compile(r"^(?P<indent> *)# Subtest: (?P<name>.*)$")
# eslint closes what it says with the same mark, and names no test.
_SPEC = re.compile(
    r"^(?P<indent> *)(?P<mark>[✔✖﹣▶]) (?!\d+ problems? \(\d+ errors?, \d+ warnings?\)$)(?P<name>.*?)(?: \([\d.]+ms\))?(?P<directive> # (?:SKIP|TODO)?.*)?$"
)
_PLACE = re.compile(r"^\s*test at (?P<place>\S.*:\d+:\d+)$")
_SPEC_END = "✖ failing tests:"
_FIELD = re.compile(r"^(?P<key>[a-z_]+): ?(?P<value>.*)$")
_LOCATION = re.compile(r"^'?(?P<path>.+?):(?P<line>\d+):\d+'?$")
_JOIN = " > "
# Node names a file as a test only when it does not load or ends badly: it stands for its tests, and is none.
_FILE = re.compile(r"(?:/|[A-Za-z]:\\|\S*/)\S.*\.[cm]?[jt]sx?$")


@dataclass(frozen=True, slots=True)
class _Point:
    """One test or suite; `said` is what is printed for it, without its indentation, `place` where it is defined
    ('test/a.test.js:3:1'), where that is not part of what it said."""

    test_id: str
    outcome: TestOutcome
    said: str
    is_tap: bool
    place: str = ""


def results(text: str) -> tuple[TestResult, ...]:
    """What each test and suite did. A file that could not be run has no tests to tell of."""
    found: dict[str, TestOutcome] = {}
    for point in _points(text):
        if names_file(point.test_id):
            continue
        if found.get(point.test_id) != "failed":
            found[point.test_id] = point.outcome
    return tuple(TestResult(name, outcome) for name, outcome in found.items())


def names_file(test_id: str) -> bool:
    """Whether what is reported as a test is a file that could not be run."""
    return _FILE.match(test_id) is not None


def parse(text: str, places: Places) -> tuple[Failure, ...]:
    """One failure per failed test; a suite or file that only repeats its tests' failures is left out."""
    failed = [point for point in _points(text) if point.outcome == "failed"]
    parents = {point.test_id.rpartition(_JOIN)[0] for point in failed}
    return tuple(
        _of_tap(point, places) if point.is_tap else _of_spec(point, places)
        for point in failed
        if point.test_id not in parents
    )


def _points(text: str) -> Iterator[_Point]:
    lines = text.splitlines()
    if any(_SUBTEST.match(line) for line in lines):
        return _tap(lines)
    return _spec(lines)


def _tap(lines: Sequence[str]) -> Iterator[_Point]:
    """A suite is announced by `# Subtest:` before its tests, which are indented by four, and told after them."""
    around: dict[int, str] = {}
    for number, line in enumerate(lines):
        if match := _SUBTEST.match(line):
            depth = len(match["indent"])
            around = {level: name for level, name in around.items() if level < depth} | {depth: match["name"]}
        elif match := _POINT.match(line):
            depth = len(match["indent"])
            path = [name for level, name in sorted(around.items()) if level < depth]
            said = _indented(lines[number + 1 :], depth + 2)
            yield _Point(_JOIN.join([*path, match["name"] or ""]), _tap_outcome(match), said, True)


def _tap_outcome(match: re.Match[str]) -> TestOutcome:
    directive = match["directive"] or ""
    if "SKIP" in directive:
        return "skipped"
    if "TODO" in directive:
        return "xfailed"
    return "failed" if match["not"] else "passed"


def _spec(lines: Sequence[str]) -> Iterator[_Point]:
    """A suite begins with ▶ and its tests are indented by two; what a failed one said stands below it in older versions,
    and in a list of failures at the end."""
    around: dict[int, str] = {}
    end = next((number for number, line in enumerate(lines) if line.strip() == _SPEC_END), len(lines))
    listed = _listed(lines[end + 1 :])
    for number, line in enumerate(lines[:end]):
        match = _SPEC.match(line)
        if match is None:
            continue
        depth = len(match["indent"])
        around = {level: name for level, name in around.items() if level < depth}
        if match["mark"] == "▶":
            around[depth] = match["name"]
            continue
        outcome = _spec_outcome(match)
        said, place = _indented(lines[number + 1 : end], depth + 2), ""
        if outcome == "failed" and listed.get(match["name"]):
            said, place = listed[match["name"]].pop(0)
        yield _Point(_JOIN.join([*around.values(), match["name"]]), outcome, said, False, place)


def _listed(lines: Sequence[str]) -> dict[str, list[tuple[str, str]]]:
    """What the failed tests of each name said and where they are defined, in order."""
    found: dict[str, list[tuple[str, str]]] = {}
    for number, line in enumerate(lines):
        place = _PLACE.match(lines[number - 1]) if number else None
        if place is not None and (match := _SPEC.match(line)):
            said = _indented(lines[number + 1 :], len(match["indent"]) + 2)
            found.setdefault(match["name"], []).append((said, place["place"]))
    return found


def _spec_outcome(match: re.Match[str]) -> TestOutcome:
    directive = match["directive"] or ""
    if match["mark"] == "﹣" or "SKIP" in directive:
        return "skipped"
    if "TODO" in directive:
        return "xfailed"
    return "failed" if match["mark"] == "✖" else "passed"


def _indented(lines: Sequence[str], depth: int) -> str:
    """The lines that follow at this depth or deeper, without that much indentation; empty ones are inside."""
    found = []
    for line in lines:
        if line.strip() and not line.startswith(" " * depth):
            break
        found.append(line[depth:])
    return "\n".join(found).strip("\n")


def _of_tap(point: _Point, places: Places) -> Failure:
    said = fields(point.said)
    name, message = said.get("name", ""), said.get("error", "").strip() or "failed"
    is_assertion = said.get("code") == "ERR_ASSERTION"
    frames = _frames(said.get("stack", ""), said.get("location", ""), places)
    return Failure(
        point.test_id, "assertion" if is_assertion else "error", message, name, frames,
        said.get("expected", ""), said.get("actual", ""), _rerun(point, said.get("location", ""), places),
    )  # fmt: skip


def _rerun(point: _Point, location: str, places: Places) -> tuple[str, ...]:
    """Node's own runner on the file that defines the test, for its name alone; () where the file is not known. A test of the
    same name in another suite of the file runs too: the pattern sees single names only."""
    match = _LOCATION.match(location)
    frame = places.frame(match["path"], int(match["line"])) if match is not None else None
    if frame is None or not frame.in_project:
        return ()
    name = re.sub(r"[\\^$.*+?()\[\]{}|/]", r"\\\g<0>", point.test_id.rpartition(_JOIN)[2])
    return ("node", "--test", "--test-name-pattern", f"/^{name}$/", places.from_folder(frame.path))


def fields(block: str) -> Mapping[str, str]:
    """The top level of a YAML block as TAP carries it: one-line values and `|-` texts."""
    found: dict[str, str] = {}
    lines = block.splitlines()
    for number, line in enumerate(lines):
        if match := _FIELD.match(line):
            value = match["value"]
            if value in ("|-", "|", ">-", ""):
                value = textwrap.dedent(_indented(lines[number + 1 :], 2))
            found[match["key"]] = value.strip("'") if "\n" not in value else value
    return found


def _frames(stack: str, location: str, places: Places) -> tuple[Frame, ...]:
    """The project's frames, outermost first; the place of the test's definition when its stack shows none."""
    frames = [frame for frame in node.frames_of(stack, places) if frame.in_project]
    if not frames and (match := _LOCATION.match(location)):
        frames = [places.frame(match["path"], int(match["line"]))]
    return tuple(frames)


def _of_spec(point: _Point, places: Places) -> Failure:
    inner = node.parse(point.said + "\n", places)
    if not inner:
        frames = _frames("", point.place, places)
        return Failure(
            point.test_id,
            "error",
            point.said.partition("\n")[0].strip() or "failed",
            frames=frames,
            rerun=_rerun(point, point.place, places),
        )
    first = inner[0]
    own = tuple(frame for frame in first.frames if frame.in_project) or _frames("", point.place, places)
    sides = dict(re.findall(r"^ *(expected|actual): (.*?),?$", point.said, re.MULTILINE))
    return Failure(
        point.test_id, first.kind, first.message, first.exception, own or first.frames,
        sides.get("expected", ""), sides.get("actual", ""), _rerun(point, point.place, places),
    )  # fmt: skip
