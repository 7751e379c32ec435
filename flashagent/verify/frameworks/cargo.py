"""Results and failures in the text of `cargo test`: the line of each test, the panic of each failed one. Pure."""

from __future__ import annotations

import re

from flashagent.values import Failure, TestOutcome, TestResult
from flashagent.verify.places import Places

_SECTION = re.compile(r"^---- (?P<name>\S.*?)(?: stdout)? ----$", re.MULTILINE)
_PANIC = re.compile(r"panicked at (?P<path>[^\s:]+):(?P<line>\d+):\d+:\n(?P<message>(?:.+\n?)*)")
_OLD_PANIC = re.compile(r"panicked at '(?P<message>.*)', (?P<path>[^\s:]+):(?P<line>\d+):\d+", re.DOTALL)
_TEST = re.compile(r"^test (?P<name>\S.*?) \.\.\. (?P<rest>.*)$", re.MULTILINE)
_SUMMARY = re.compile(r"^test result: (?:ok|FAILED)\. ", re.MULTILINE)
# A documentation test is named by its line, which moves with every edit above it.
_LABEL = re.compile(r" \(line \d+\)| - (?:should panic|compile fail|compile)$")
_SIDE = re.compile(r"^\s*(left|right): (.*)$", re.MULTILINE)


def results(text: str) -> tuple[TestResult, ...]:
    """What each test did. A test binary that never came to its summary says nothing of the tests it did not fail."""
    found: dict[str, TestOutcome] = {}
    begin = 0
    for end in [*(match.end() for match in _SUMMARY.finditer(text)), None]:
        listed = {_plain(m["name"]): m["rest"] for m in _TEST.finditer(text[begin:end])}
        failed = {_plain(match["name"]) for match in _SECTION.finditer(text[begin:end])}
        for name, rest in listed.items():
            outcome = _outcome(rest, name in failed, ended=end is not None)
            if outcome is not None and found.get(name) != "failed":
                found[name] = outcome
        begin = end or len(text)
    return tuple(TestResult(name, outcome) for name, outcome in found.items())


def parse(text: str, places: Places) -> tuple[Failure, ...]:
    """One failure per failed test, in the order of the output."""
    sections = list(_SECTION.finditer(text))
    bodies = {
        match["name"]: text[match.end() : sections[index + 1].start() if index + 1 < len(sections) else None]
        for index, match in enumerate(sections)
    }
    listed = (match["name"] for match in _TEST.finditer(text) if match["rest"] == "FAILED")
    names = dict.fromkeys([*listed, *bodies])
    return tuple(_failure(name, bodies.get(name, ""), places) for name in names)


def _plain(name: str) -> str:
    return _LABEL.sub("", name)


def _outcome(rest: str, failed: bool, *, ended: bool) -> TestOutcome | None:
    if failed or rest == "FAILED":
        return "failed"
    if rest.startswith("ignored"):
        return "skipped"
    return "passed" if ended else None


def _failure(name: str, body: str, places: Places) -> Failure:
    rerun = ("cargo", "test", "--", "--exact", name)
    match = _PANIC.search(body) or _OLD_PANIC.search(body)
    if match is None:
        return Failure(_plain(name), "error", body.strip()[:500] or "failed", rerun=rerun)
    message = match["message"].partition("\nnote: ")[0].partition("\nstack backtrace:")[0].strip()
    sides = dict(_SIDE.findall(message))
    kind = "assertion" if message.startswith("assertion") else "error"
    frame = places.frame(match["path"], int(match["line"]))
    return Failure(
        _plain(name), "assertion" if kind == "assertion" else "error", message, "panic", (frame,),
        sides.get("right", ""), sides.get("left", ""), rerun,
    )  # fmt: skip
