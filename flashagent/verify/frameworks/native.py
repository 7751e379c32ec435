"""What a C or C++ test program says when it ends badly: a failed assert, a test macro's line, a sanitizer's stack. Pure."""

from __future__ import annotations

import re

from flashagent.values import Failure
from flashagent.verify.places import Places

_FILE = r"(?P<path>[^\s:(),]+\.(?:c|cc|cpp|cxx|h|hh|hpp|m))"
_ASSERTS = (
    # glibc and musl
    re.compile(rf"^\S+: {_FILE}:(?P<line>\d+): (?P<function>.*?): Assertion [`'](?P<message>.*)' failed\.$", re.MULTILINE),
    re.compile(rf"^Assertion failed: (?P<message>.*) \({_FILE}: (?P<function>[^:]*): (?P<line>\d+)\)$", re.MULTILINE),
    # Apple and the BSDs
    re.compile(
        rf"^Assertion failed: \((?P<message>.*)\), function (?P<function>\S+), file {_FILE}, line (?P<line>\d+)\.$",
        re.MULTILINE,
    ),
)  # fmt: skip
# Unity, Check, minimal frameworks: FILE:LINE: something that says that it failed.
_MACRO = re.compile(
    rf"^{_FILE}:(?P<line>\d+):(?:(?P<name>[A-Za-z_]\w*):)? ?(?P<message>.*\b(?:FAIL|FAILED|[Ff]ailed|[Ff]ailure|expected)\b.*)$",
    re.MULTILINE,
)
_SANITIZER = re.compile(
    r"^(?:==\d+==)?(?:ERROR|WARNING): (?P<name>\w*Sanitizer): (?P<message>.*?)(?: at pc 0x[0-9a-f]+ .*| \(pid=\d+\))?$",
    re.MULTILINE,
)
_STACK = re.compile(rf"^\s+#\d+ (?:0x[0-9a-f]+ in )?(?P<function>\S.*?) {_FILE}:(?P<line>\d+)", re.MULTILINE)
# The sanitizer of undefined behaviour tells a line and goes on.
_UNDEFINED = re.compile(rf"^{_FILE}:(?P<line>\d+):\d+: runtime error: (?P<message>.+)$", re.MULTILINE)


def parse(text: str, places: Places) -> tuple[Failure, ...]:
    """One failure per failed assertion; a sanitizer's report is one failure with its first stack."""
    if match := _SANITIZER.search(text):
        return (_sanitized(match, text[match.end() :], places),)
    if match := _UNDEFINED.search(text):
        frame = places.frame(match["path"], int(match["line"]))
        return (Failure("", "crash", match["message"], "UndefinedBehaviorSanitizer", (frame,)),)
    matches = sorted((m for form in _ASSERTS for m in form.finditer(text)), key=lambda match: match.start())
    if matches:
        return tuple(_assertion(match, places) for match in matches)
    return tuple(
        Failure(
            match["name"] or "",
            "assertion",
            match["message"].strip(),
            frames=(places.frame(match["path"], int(match["line"])),),
        )
        for match in _MACRO.finditer(text)
    )


def _sanitized(match: re.Match[str], report: str, places: Places) -> Failure:
    """The first stack of the report, the project's frames of it where there are any."""
    stack = report.strip("\n").split("\n\n")[0]
    frames = tuple(
        places.frame(frame["path"], int(frame["line"]), frame["function"].partition("(")[0])
        for frame in _STACK.finditer(stack)
    )[::-1]
    own = tuple(frame for frame in frames if frame.in_project)
    return Failure("", "crash", match["message"], match["name"], own or frames)


def _assertion(match: re.Match[str], places: Places) -> Failure:
    frame = places.frame(
        match["path"], int(match["line"]), match["function"].partition("(")[0].split(" ")[-1]
    )
    return Failure("", "assertion", f"assertion failed: {match['message']}", "assert", (frame,))
