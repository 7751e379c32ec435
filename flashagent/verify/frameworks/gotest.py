"""Failures in the text of `go test`: `--- FAIL` blocks and panics. Pure."""

from __future__ import annotations

import re

from flashagent.values import Failure, Frame
from flashagent.verify.places import Places

_FAIL = re.compile(r"^(?P<indent> *)--- FAIL: (?P<name>\S+) \([\d.]+s\)$", re.MULTILINE)
_MESSAGE = re.compile(
    r"^ +(?P<path>[\w./-]+\.go):(?P<line>\d+): (?P<message>.*(?:\n {8,}(?!\S+\.go:\d).*)*)", re.MULTILINE
)
_PANIC = re.compile(r"^panic: (?P<message>.*?)(?: \[recovered.*)?$", re.MULTILINE)
_STACK = re.compile(r"^\t(?P<path>/\S+\.go):(?P<line>\d+)", re.MULTILINE)
_PACKAGE = re.compile(r"^FAIL\t(?P<package>\S+)\t", re.MULTILINE)


def parse(text: str, places: Places) -> tuple[Failure, ...]:
    """One failure per failed test; a parent whose subtests failed is left out, since it only repeats them."""
    blocks = list(_FAIL.finditer(text))
    names = [block["name"] for block in blocks]
    found = []
    for index, block in enumerate(blocks):
        if any(name.startswith(block["name"] + "/") for name in names):
            continue
        end = blocks[index + 1].start() if index + 1 < len(blocks) else len(text)
        found.append(_failure(block["name"], text[block.end() : end], text[block.start() :], places))
    return tuple(found)


def _failure(name: str, body: str, rest: str, places: Places) -> Failure:
    package = _PACKAGE.search(rest)
    folder, import_path = "", package["package"] if package else "./..."
    pattern = "/".join(f"^{re.escape(part)}$" for part in name.split("/"))
    rerun = ("go", "test", "-run", pattern, import_path)
    if panic := _PANIC.search(body):
        frames = tuple(places.frame(match["path"], int(match["line"])) for match in _STACK.finditer(body))
        own = tuple(frame for frame in reversed(frames) if frame.in_project)
        return Failure(name, "crash", panic["message"], "panic", own, rerun=rerun)
    messages = list(_MESSAGE.finditer(body))
    frames_of_test: tuple[Frame, ...] = tuple(
        places.frame(folder + m["path"], int(m["line"])) for m in messages
    )
    message = "\n".join(m["message"].strip() for m in messages) or "failed"
    return Failure(name, "assertion", message, frames=frames_of_test, rerun=rerun)
