"""A process that died: what runners, shells, make and the run-time libraries say when a signal, a lack of memory or a time limit
ended it. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterator

from flashagent.values import Failure, FailureKind, Frame
from flashagent.verify.places import Places

_SIGNALS = {
    "SIGSEGV": "Segmentation fault", "SIGABRT": "Aborted", "SIGBUS": "Bus error", "SIGFPE": "Floating point exception",
    "SIGILL": "Illegal instruction", "SIGKILL": "Killed", "SIGTRAP": "Trace/breakpoint trap",
}  # fmt: skip
# First match wins: memory and time first, since what they lead to is a signal too. `\1` is the first group.
_RULES: tuple[tuple[FailureKind, str, re.Pattern[str], str], ...] = (
    ("memory", "", re.compile(r"^FATAL ERROR: .*(?:JavaScript heap out of memory|Allocation failed).*$", re.MULTILINE), r"JavaScript heap out of memory"),
    ("memory", "OutOfMemoryError", re.compile(r"java\.lang\.OutOfMemoryError(?:: (.*))?$", re.MULTILINE), r"\1"),
    ("memory", "", re.compile(r"^fatal error: (?:runtime: )?(?:out of memory|cannot allocate memory).*$", re.MULTILINE), r"out of memory"),
    ("memory", "", re.compile(r"^memory allocation of (\d+) bytes failed", re.MULTILINE), r"memory allocation of \1 bytes failed"),
    ("memory", "bad_alloc", re.compile(r"^terminate called after throwing an instance of 'std::bad_alloc'", re.MULTILINE), r"std::bad_alloc"),
    ("memory", "", re.compile(r"PHP Fatal error: +Allowed memory size of (\d+) bytes exhausted"), r"the memory limit of \1 bytes is exhausted"),
    ("timeout", "", re.compile(r"^panic: (test timed out after \S+)$", re.MULTILINE), r"\1"),
    ("crash", "", re.compile(r"^Fatal Python error: (.+)$", re.MULTILINE), r"\1"),
    ("crash", "", re.compile(r"^# {2}(SIG[A-Z]+ \(0x[0-9a-f]+\)) at pc=", re.MULTILINE), r"the Java machine died of \1"),
    ("crash", "", re.compile(r"\(signal: \d+, (SIG[A-Z]+)\b.*\)"), r"\1"),
    ("crash", "", re.compile(r"^(?:FAIL\t\S+\t.*|signal): ?(segmentation fault|aborted|killed|bus error)", re.MULTILINE | re.IGNORECASE), r"\1"),
)  # fmt: skip
_THROWN = re.compile(
    r"^terminate called after throwing an instance of '(?P<name>[^'\n]+)'(?:\n\s*what\(\): +(?P<message>.*))?$",
    re.MULTILINE,
)
_SHELL = re.compile(
    r"(?:^|[:\]] )(?P<what>Segmentation fault|Aborted|Bus error|Floating point exception|Illegal instruction|Killed)"
    r"(?: +\(core dumped\))?$",
    re.MULTILINE,
)
# One of Valgrind's reports: a sentence, then the stack.
_VALGRIND = re.compile(
    r"^==\d+== (?P<message>(?:Invalid (?:read|write|free).*|Conditional jump .*|Use of uninitialised .*|.* definitely lost .*))\n"
    r"(?P<stack>(?:==\d+== +(?:at|by) .*\n?)+)",
    re.MULTILINE,
)
_VALGRIND_FRAME = re.compile(r"(?:at|by) 0x[0-9A-F]+: (?P<function>.+) \((?P<path>[^():]+):(?P<line>\d+)\)")
_PYTHON_FRAME = re.compile(
    r'^  File "(?P<path>[^"\n]+)", line (?P<line>\d+) in (?P<function>.+)$', re.MULTILINE
)


def parse(text: str, places: Places) -> tuple[Failure, ...]:
    """The one crash that explains the most; empty when nothing died."""
    return tuple(_found(text, places))[:1]


def _found(text: str, places: Places) -> Iterator[Failure]:
    for kind, name, pattern, message in _RULES:
        if match := pattern.search(text):
            said = match.expand(message) or name
            yield Failure("", kind, _SIGNALS.get(said, said), name, _frames(text[match.end() :], places))
    if match := _THROWN.search(text):
        name = match["name"].rpartition("::")[2]
        yield Failure("", "crash", match["message"] or f"uncaught {match['name']}", name)
    if match := _VALGRIND.search(text):
        frames = [_valgrind(one, places) for one in _VALGRIND_FRAME.finditer(match["stack"])]
        yield Failure("", "crash", match["message"], "Valgrind", tuple(reversed(frames)))
    if match := _SHELL.search(text):
        yield Failure("", "memory" if match["what"] == "Killed" else "crash", _explained(match["what"]))


def _explained(what: str) -> str:
    return "Killed: most likely it needed more memory than there was" if what == "Killed" else what


def _frames(rest: str, places: Places) -> tuple[Frame, ...]:
    """The project's frames of the dump that Python's fault handler prints, which tells the innermost first."""
    found = [
        places.frame(one["path"], int(one["line"]), one["function"]) for one in _PYTHON_FRAME.finditer(rest)
    ]
    return tuple(frame for frame in reversed(found) if frame.in_project)


def _valgrind(match: re.Match[str], places: Places) -> Frame:
    name = match["path"]
    if places.has(name):
        return places.frame(name, int(match["line"]), match["function"])
    return Frame(name, int(match["line"]), match["function"], in_project=False)
