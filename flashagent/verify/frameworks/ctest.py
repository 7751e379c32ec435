"""ctest's text, with what each failed test printed (`--output-on-failure`). Pure."""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import PurePosixPath

from flashagent.values import Failure, FailureKind, TestOutcome, TestResult
from flashagent.verify.frameworks import catch2, crashes, googletest, native, panics, scripts
from flashagent.verify.places import Places

_FOLDER = re.compile(
    r"^(?:Internal ctest changing into directory: |Test project )(?P<path>/.*)$", re.MULTILINE
)
_TEST = re.compile(
    r"^ *\d+/\d+ Test +#\d+: (?P<name>.+?) ?\.{2,} ?(?P<more>[^.\n]*?)(?P<state>Passed|\*\*\*[A-Z]\w*(?: \w+)?)(?P<rest>.*?)"
    r"(?P<seconds>\d+\.\d+) sec\b.*$",
    re.MULTILINE,
)
_NEXT = re.compile(r"^ *(?:Start +\d+: .*|\d+/\d+ Test +#\d+: .*|\d+% tests passed.*)$", re.MULTILINE)
_REASON = re.compile(r"^\t *\d+ - (?P<name>.+) \((?P<reason>[^()]+)\)", re.MULTILINE)
_KINDS: Mapping[str, tuple[FailureKind, str]] = {
    "Timeout": ("timeout", "it did not end within its time limit"), "SEGFAULT": ("crash", "Segmentation fault"),
    "Subprocess aborted": ("crash", "Aborted"), "ILLEGAL": ("crash", "Illegal instruction"), "NUMERICAL": ("crash", "Floating point exception"),
    "Not Run": ("exit", "it was not run: its program is missing"), "Subprocess killed": ("memory", "Killed: most likely it needed too much memory"),
}  # fmt: skip
_SKIPPED = ("Skipped", "Disabled", "Not Run (Disabled)")


def results(text: str) -> tuple[TestResult, ...]:
    """What each test did."""
    return tuple(
        TestResult(match["name"], _outcome(match), float(match["seconds"])) for match in _TEST.finditer(text)
    )


def parse(text: str, places: Places) -> tuple[Failure, ...]:
    """One failure per failed test, read from what its program printed."""
    reasons = {match["name"]: match["reason"] for match in _REASON.finditer(text)}
    folder = _FOLDER.search(text)
    head = ("ctest", "--test-dir", _relative(folder["path"], places)) if folder is not None else ("ctest",)
    found = []
    for match in _TEST.finditer(text):
        if _outcome(match) == "failed":
            end = _NEXT.search(text, match.end() + 1)
            output = text[match.end() : end.start() if end is not None else None]
            rerun = (*head, "-R", exact(match["name"]), "--output-on-failure")
            found.append(_failure(match["name"], reasons.get(match["name"], ""), output, places, rerun))
    return tuple(found)


def exact(name: str) -> str:
    """A regular expression of CMake that matches this test's name alone."""
    return "^" + re.sub(r"[][.*+?()^$|\\]", r"\\\g<0>", name) + "$"


def _relative(folder: str, places: Places) -> str:
    root = next((one for one in places.roots if folder.startswith(one.rstrip("/") + "/")), "")
    return places.from_folder(str(PurePosixPath(folder).relative_to(root))) if root else folder


def _outcome(match: re.Match[str]) -> TestOutcome:
    if match["state"] == "Passed":
        return "passed"
    return "skipped" if (match["state"] + match["rest"]).lstrip("*").startswith(_SKIPPED) else "failed"


def _failure(name: str, reason: str, output: str, places: Places, rerun: tuple[str, ...]) -> Failure:
    for parser in (googletest.parse, catch2.parse, native.parse, scripts.parse, panics.parse, crashes.parse):
        for one in parser(output, places)[:1]:
            return Failure(
                name, one.kind, one.message, one.exception, one.frames, one.expected, one.actual, rerun, one.details
            )  # fmt: skip
    kind, message = _KINDS.get(reason, ("exit", f"failed ({reason or 'no reason is told'})"))
    said = [line.rstrip() for line in output.splitlines() if line.strip()]
    return Failure(name, kind, message, rerun=rerun, details="\n".join(said[-6:]))
