"""Go and Rust programs that panicked outside of a test runner. Pure."""

from __future__ import annotations

import re

from flashagent.values import Failure, Frame
from flashagent.verify.places import Places

_GO = re.compile(r"^(?P<what>panic|fatal error): (?P<message>.+)$", re.MULTILINE)
_GOROUTINE = re.compile(r"^goroutine \d+ (?:gp=\S+ m=\S+ (?:mp=\S+ )?)?\[.*\]:$", re.MULTILINE)
_GO_FRAME = re.compile(r"^(?P<function>[^\s(].*)\(.*\)\n\t(?P<path>\S+\.go):(?P<line>\d+)", re.MULTILINE)
_RUST = re.compile(
    r"^thread '(?P<thread>[^'\n]*)'.* panicked at (?P<path>[^\s:]+):(?P<line>\d+):\d+:\n(?P<message>.+)$",
    re.MULTILINE,
)
_RUST_FRAME = re.compile(r"^ +\d+: (?P<function>\S.*)\n +at (?P<path>\S+\.rs):(?P<line>\d+)", re.MULTILINE)


def parse(text: str, places: Places) -> tuple[Failure, ...]:
    """The first panic of Go with the stack of the goroutine that raised it, and each panic of Rust."""
    return (*_go(text, places), *(_rust(match, text, places) for match in _RUST.finditer(text)))


def _go(text: str, places: Places) -> tuple[Failure, ...]:
    said = _GO.search(text)
    begin = _GOROUTINE.search(text, said.end()) if said is not None else None
    if said is None or begin is None:
        return ()
    stack = text[begin.end() :].strip("\n").split("\n\n")[0]
    frames = tuple(
        places.frame(match["path"], int(match["line"]), match["function"].rpartition("/")[2])
        for match in _GO_FRAME.finditer(stack)
    )
    message = re.sub(r" \[recovered.*$", "", said["message"])
    return (Failure("", "crash", message, said["what"], tuple(reversed(frames))),)


def rust_frames(backtrace: str, places: Places) -> list[Frame]:
    """The project's frames of a backtrace of Rust, outermost first."""
    stack = [
        places.frame(one["path"].removeprefix("./"), int(one["line"]), one["function"])
        for one in _RUST_FRAME.finditer(backtrace)
    ]
    return [one for one in reversed(stack) if one.in_project]


def _rust(match: re.Match[str], text: str, places: Places) -> Failure:
    own = rust_frames(text[match.end() :].partition("\nthread '")[0], places)
    here = places.frame(match["path"], int(match["line"]))
    frames = own if any((one.path, one.line) == (here.path, here.line) for one in own) else [*own, here]
    return Failure("", "crash", match["message"].strip(), "panic", tuple(frames))
