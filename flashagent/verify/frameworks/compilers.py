"""Errors of compilers in text: gcc, clang, go, javac, tsc, rustc. Pure."""

from __future__ import annotations

import re

from flashagent.values import Failure
from flashagent.verify.places import Places

_FORMS = (
    # gcc, clang, tsc --pretty false in its newer form, eslint unix
    re.compile(r"^(?P<path>[^\s:(][^:(\n]*):(?P<line>\d+):\d+:? (?:- )?(?:fatal )?error:? ?(?P<message>.+)$", re.MULTILINE),
    # javac
    re.compile(r"^(?P<path>[^\s:]+\.java):(?P<line>\d+): error: (?P<message>.+)$", re.MULTILINE),
    # tsc
    re.compile(r"^(?P<path>[^\s(]+\.[cm]?[tj]sx?)\((?P<line>\d+),\d+\): error (?P<message>.+)$", re.MULTILINE),
    # rustc: the message stands above the place
    re.compile(r"^error(?:\[E\d+\])?: (?P<message>.+)\n\s*--> (?P<path>[^\s:]+):(?P<line>\d+):\d+$", re.MULTILINE),
    # go build, go vet
    re.compile(r"^(?:vet: )?(?P<path>[^\s:]+\.go):(?P<line>\d+):\d+: (?P<message>.+)$", re.MULTILINE),
)  # fmt: skip


def parse(text: str, places: Places) -> tuple[Failure, ...]:
    """One failure per error, in the order of the output."""
    found = [match for form in _FORMS for match in form.finditer(text)]
    found.sort(key=lambda match: match.start())
    return tuple(
        Failure(
            "", "compile", match["message"].strip(), frames=(places.frame(match["path"], int(match["line"])),)
        )
        for match in found
    )
