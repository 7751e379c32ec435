"""Errors of compilers in text: gcc, clang and their linkers, go, javac (Maven's too), kotlinc, tsc, rustc. Pure."""

from __future__ import annotations

import re

from flashagent.values import Failure
from flashagent.verify.places import Places

_C = r"[^\s:]+\.(?:c|cc|cpp|cxx|m|h|hh|hpp)"
_FORMS = (
    # gcc, clang, tsc --pretty false in its newer form, eslint unix
    re.compile(r"^(?P<path>[^\s:(][^:(\n]*):(?P<line>\d+):\d+:? (?:- )?(?:fatal )?error:? ?(?P<message>.+)$", re.MULTILINE),
    # the linker, where it knows the line
    re.compile(rf"^(?:\S*ld: )?(?P<path>{_C}):(?P<line>\d+): (?P<message>undefined reference to .+)$", re.MULTILINE),
    # javac, alone and as Maven passes it on
    re.compile(r"^(?P<path>[^\s:]+\.java):(?P<line>\d+): error: (?P<message>.+)$(?P<more>(?:\n(?!\S+:\d+: error).*){0,4})", re.MULTILINE),
    re.compile(r"^\[ERROR\] (?P<path>/\S+\.(?:java|kt)):\[(?P<line>\d+),\d+\] (?:error: )?(?P<message>.+)$(?P<more>(?:\n(?:\[ERROR\] )?  \w+ *:.*){0,2})", re.MULTILINE),
    re.compile(r"^e: (?:file://)?(?P<path>\S+\.kts?):(?P<line>\d+):\d+:? (?P<message>.+)$", re.MULTILINE),
    # tsc
    re.compile(r"^(?P<path>[^\s(]+\.[cm]?[tj]sx?)\((?P<line>\d+),\d+\): error (?P<message>.+)$", re.MULTILINE),
    # rustc: the message stands above the place
    re.compile(r"^error(?:\[E\d+\])?: (?P<message>.+)\n\s*--> (?P<path>[^\s:]+):(?P<line>\d+):\d+$(?P<more>(?:\n.+){0,8})", re.MULTILINE),
    # go build, go vet
    re.compile(r"^(?:vet: )?(?P<path>[^\s:]+\.go):(?P<line>\d+):\d+: (?P<message>.+)$", re.MULTILINE),
)  # fmt: skip
# What a short message leaves out: javac's symbol, and what rustc writes under the place.
_SYMBOL = re.compile(r"^(?:\[ERROR\] )? +(?:symbol|required|found) *: +.+$", re.MULTILINE)
_LABEL = re.compile(r"^ +\|[ |_]*\^+ (?P<label>\S.*)$", re.MULTILINE)


def parse(text: str, places: Places) -> tuple[Failure, ...]:
    """One failure per error, in the order of the output."""
    found = {match.start(): match for form in reversed(_FORMS) for match in form.finditer(text)}
    return tuple(
        Failure("", "compile", _message(match), frames=(places.frame(match["path"], int(match["line"])),))
        for _, match in sorted(found.items())
    )


def _message(match: re.Match[str]) -> str:
    more = match.groupdict().get("more") or ""
    said = [" ".join(line[0].removeprefix("[ERROR]").split()) for line in _SYMBOL.finditer(more)]
    said += [label["label"] for label in _LABEL.finditer(more)][:1]
    message = match["message"].strip()
    return "\n".join([message, *(one for one in said if one not in message)])
