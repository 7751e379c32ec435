"""Failures in the text of `cargo test`: the panic of each failed test. Pure."""

from __future__ import annotations

import re

from flashagent.values import Failure
from flashagent.verify.places import Places

_SECTION = re.compile(r"^---- (?P<name>\S+)(?: stdout)? ----$", re.MULTILINE)
_PANIC = re.compile(r"panicked at (?P<path>[^\s:]+):(?P<line>\d+):\d+:\n(?P<message>(?:.+\n?)*)")
_OLD_PANIC = re.compile(r"panicked at '(?P<message>.*)', (?P<path>[^\s:]+):(?P<line>\d+):\d+", re.DOTALL)
_FAILED = re.compile(r"^test (?P<name>\S+) \.\.\. FAILED$", re.MULTILINE)
_SIDE = re.compile(r"^\s*(left|right): (.*)$", re.MULTILINE)


def parse(text: str, places: Places) -> tuple[Failure, ...]:
    """One failure per failed test, in the order of the output."""
    sections = list(_SECTION.finditer(text))
    bodies = {
        match["name"]: text[match.end() : sections[index + 1].start() if index + 1 < len(sections) else None]
        for index, match in enumerate(sections)
    }
    names = dict.fromkeys([*(match["name"] for match in _FAILED.finditer(text)), *bodies])
    return tuple(_failure(name, bodies.get(name, ""), places) for name in names)


def _failure(name: str, body: str, places: Places) -> Failure:
    rerun = ("cargo", "test", "--", "--exact", name)
    match = _PANIC.search(body) or _OLD_PANIC.search(body)
    if match is None:
        return Failure(name, "error", body.strip()[:500] or "failed", rerun=rerun)
    message = match["message"].partition("\nnote: ")[0].partition("\nstack backtrace:")[0].strip()
    sides = dict(_SIDE.findall(message))
    kind = "assertion" if message.startswith("assertion") else "error"
    frame = places.frame(match["path"], int(match["line"]))
    return Failure(
        name, "assertion" if kind == "assertion" else "error", message, "panic", (frame,),
        sides.get("right", ""), sides.get("left", ""), rerun,
    )  # fmt: skip
