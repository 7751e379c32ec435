"""Results and failures in the text of `cargo test`: the line of each test, the panic of each failed one. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace

from flashagent.dataclass import dataclass
from flashagent.values import Failure, Frame, TestOutcome, TestResult
from flashagent.verify.frameworks import panics
from flashagent.verify.places import Places

_SECTION = re.compile(r"^---- (?P<name>\S.*?)(?: stdout)? ----$", re.MULTILINE)
_PANIC = re.compile(r"panicked at (?P<path>[^\s:]+):(?P<line>\d+):\d+:\n(?P<message>(?:.+\n?)*)")
_OLD_PANIC = re.compile(r"panicked at '(?P<message>.*)', (?P<path>[^\s:]+):(?P<line>\d+):\d+", re.DOTALL)
_TEST = re.compile(r"^test (?P<name>\S.*?) \.\.\. (?P<rest>.*)$", re.MULTILINE)
_SUMMARY = re.compile(r"^test result: (?:ok|FAILED)\. ", re.MULTILINE)
# A documentation test is named by its line, which moves with every edit above it.
_LABEL = re.compile(r" \(line \d+\)| - (?:should panic|compile fail|compile)$")
_SIDE = re.compile(r"^\s*(left|right): (.*)$", re.MULTILINE)
_TARGET = re.compile(
    r"^ +(?:Running (?P<file>.+?) \((?P<program>[^()\n]+)\)|Doc-tests (?P<crate>\S+))$", re.MULTILINE
)
# Cargo's own advice knows the package of a workspace too.
_ADVICE = re.compile(r"^error: \w*test failed, to rerun pass `(?P<words>[^`\n]+)`$", re.MULTILINE)
_DIED = re.compile(
    r"process didn't exit successfully: `[^`\n]*` \(signal: (?P<number>\d+), (?P<what>[^)\n]+)\)"
)
_RETURNED = re.compile(r"^Error: (?P<message>.+)$", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class _Target:
    """What one test program said, and the options of cargo that choose it."""

    text: str
    options: tuple[str, ...]
    file: str = ""


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
    """One failure per failed test, in the order of the output, and one per test program that a signal ended."""
    return tuple(failure for target in _targets(text) for failure in _of_target(target, places))


def _targets(text: str) -> Iterator[_Target]:
    heads = list(_TARGET.finditer(text))
    if not heads or heads[0].start() > 0:
        yield _Target(text[: heads[0].start() if heads else None], ())
    for index, head in enumerate(heads):
        part = text[head.end() : heads[index + 1].start() if index + 1 < len(heads) else None]
        advice = _ADVICE.search(part)
        options = tuple(advice["words"].split()) if advice is not None else _options(head)
        yield _Target(part, options, head["file"] or "")


def _options(head: re.Match[str]) -> tuple[str, ...]:
    if head["crate"]:
        return ("--doc",)
    program = re.sub(r"-[0-9a-f]{16}$", "", head["program"].rpartition("/")[2])
    if head["file"].startswith("unittests "):
        return ("--lib",) if head["file"].endswith("lib.rs") else ("--bin", program)
    return ("--test", program)


def _of_target(target: _Target, places: Places) -> Iterator[Failure]:
    sections = list(_SECTION.finditer(target.text))
    bodies = {
        match["name"]: target.text[
            match.end() : sections[index + 1].start() if index + 1 < len(sections) else None
        ]
        for index, match in enumerate(sections)
    }
    listed = (match["name"] for match in _TEST.finditer(target.text) if match["rest"] == "FAILED")
    for name in dict.fromkeys([*listed, *bodies]):
        yield replace(failure(name, bodies.get(name, ""), places), rerun=_alone(name, target.options))
    if died := _DIED.search(target.text):
        where = target.file.removeprefix("unittests ") or "a test program"
        message = f"{where} died of {died['what'].partition(':')[0]} ({died['what'].partition(': ')[2] or died['number']})"
        before = target.text[: died.start()]
        frames = tuple(frame for panic in panics.parse(before, places)[-1:] for frame in panic.frames)
        yield Failure("", "crash", message, frames=frames, rerun=("cargo", "test", *target.options))


def _plain(name: str) -> str:
    return _LABEL.sub("", name)


def _outcome(rest: str, failed: bool, *, ended: bool) -> TestOutcome | None:
    if failed or rest == "FAILED":
        return "failed"
    if rest.startswith("ignored"):
        return "skipped"
    return "passed" if ended else None


def failure(name: str, body: str, places: Places) -> Failure:
    """What a failed test's own output tells, without the command that runs it alone."""
    match = _PANIC.search(body) or _OLD_PANIC.search(body)
    if match is None:
        returned = _RETURNED.search(body)
        said = (
            returned["message"] if returned is not None else body.partition("\nfailures:\n")[0].strip()[:500]
        )
        return Failure(_plain(name), "error", said or "failed")
    message = match["message"].partition("\nnote: ")[0].partition("\nstack backtrace:")[0].strip()
    sides = dict(_SIDE.findall(message))
    kind = "assertion" if message.startswith("assertion") else "error"
    frames = _frames(body, match, places)
    return Failure(
        _plain(name), "assertion" if kind == "assertion" else "error", message, "panic", frames,
        sides.get("right", ""), sides.get("left", ""),
    )  # fmt: skip


def _alone(name: str, options: tuple[str, ...]) -> tuple[str, ...]:
    """rustdoc takes its words apart at blanks, so that a documentation test is chosen by the item that it documents."""
    if documented := re.fullmatch(r"\S+\.rs - (?:(?P<item>\S+) )?\(line \d+\).*", name):
        return ("cargo", "test", "--doc", *(("--", documented["item"]) if documented["item"] else ()))
    return ("cargo", "test", *options, "--", "--exact", name)


def _frames(body: str, panic: re.Match[str], places: Places) -> tuple[Frame, ...]:
    """The project's frames of the backtrace, where there is one, up to the place of the panic."""
    here = places.frame(panic["path"], int(panic["line"]))
    own = panics.rust_frames(body[panic.end("line") :], places)
    closures = {
        (one.path, one.function.removesuffix("::{{closure}}"))
        for one in own
        if "{{closure}}" not in one.function
    }
    kept = [
        one
        for one in own
        if not (
            one.function.endswith("::{{closure}}")
            and (one.path, one.function.removesuffix("::{{closure}}")) in closures
        )
    ]
    if any((one.path, one.line) == (here.path, here.line) for one in kept):
        return tuple(kept)
    return (*kept, here)
