"""Random edits of real source files: what a person or a model might change, with the text that has to come out.

The files are whatever sources lie on this machine: the project's own, Python's library, and other languages' where their
tools are installed. Nothing is downloaded, and nothing of them is kept.
"""

from __future__ import annotations

import random
import re
import sysconfig
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path

from edits.sources import SOURCES

from flashagent.edits.check import check_syntax
from flashagent.edits.elision import is_elision
from flashagent.edits.lines import plain

PROJECT = Path(__file__).parents[2]
PLACES = (
    (PROJECT / "flashagent", "**/*.py"),
    (PROJECT / "prompts", "**/*.md"),
    (Path(sysconfig.get_paths()["stdlib"]), "*.py"),
    (Path(sysconfig.get_paths()["include"]), "**/*.h"),
    (Path("/usr/local/go/src"), "**/*.go"),
    (Path("/usr/lib/go/src"), "**/*.go"),
    (Path("/usr/lib/node_modules"), "**/*.js"),
    (Path("/usr/share/nodejs"), "**/*.js"),
    (Path("/usr/share/php"), "**/*.php"),
    (Path("/usr/include"), "*.h"),
)
_SIZES = range(400, 60_000)
_PER_PLACE = 150
_WORDS = ("limit", "offset", "pending", "retries", "buffer", "cursor", "owner", "weight", "origin", "total")


@dataclass(frozen=True)
class Hunk:
    """Lines [start, end) of the file give way to `new`; `before` and `after` kept lines are quoted with them."""

    start: int
    end: int
    new: tuple[str, ...]
    before: int
    after: int


@dataclass(frozen=True)
class RealEdit:
    """One file and one to four hunks in order. `lines` have no line ends."""

    path: str
    lines: tuple[str, ...]
    hunks: tuple[Hunk, ...]
    others: dict[str, str] = field(default_factory=dict)

    @property
    def text(self) -> str:
        return "".join(line + "\n" for line in self.lines)

    @property
    def after(self) -> str:
        return "".join(line + "\n" for line in patched(self.lines, self.hunks))

    def files(self) -> dict[str, str]:
        return {self.path: self.text, **self.others}


def patched(lines: Sequence[str], hunks: Sequence[Hunk]) -> list[str]:
    result, at = [], 0
    for hunk in hunks:
        result += [*lines[at : hunk.start], *hunk.new]
        at = hunk.end
    return [*result, *lines[at:]]


@cache
def real_files() -> tuple[tuple[str, str], ...]:
    """(short path, text) of real files and of the corpus' own sources, in an order that does not vary."""
    found = [(source.path, source.text) for source in SOURCES]
    for root, pattern in PLACES:
        paths = sorted(root.glob(pattern)) if root.is_dir() else []
        random.Random(len(paths)).shuffle(paths)
        taken = 0
        for path in paths:
            text = _text(path)
            if text is not None and taken < _PER_PLACE:
                found.append(("/".join(path.parts[-3:]), text))
                taken += 1
    return tuple(found)


def _text(path: Path) -> str | None:
    try:
        if path.stat().st_size not in _SIZES:
            return None
        text = path.read_bytes().decode("utf-8")
    except (OSError, UnicodeDecodeError):
        return None
    odd = "\r" in text or "\f" in text or text.startswith("\ufeff") or max(map(len, text.split("\n"))) > 400
    return None if odd or not text.endswith("\n") else text


def real_edit(choose: random.Random) -> RealEdit:
    """One edit whose places are told apart even by lines without their indentation, and whose outcome parses."""
    while True:
        path, text = choose.choice(real_files())
        lines = tuple(text.split("\n")[:-1])
        hunks = _hunks(choose, lines)
        edit = RealEdit(path, lines, tuple(hunks), {"docs/other.md": "# Other\n\nNothing of interest.\n"})
        if hunks and edit.after != text and (not check_syntax(path, edit.after) or check_syntax(path, text)):
            return edit


def _hunks(choose: random.Random, lines: Sequence[str]) -> list[Hunk]:
    hunks: list[Hunk] = []
    floor = 0
    for _ in range(choose.choice((1, 1, 1, 2, 2, 3, 4))):
        hunk = _hunk(choose, lines, floor)
        if hunk is not None:
            hunks.append(hunk)
            floor = hunk.end + hunk.after + 1
    return hunks


def _hunk(choose: random.Random, lines: Sequence[str], floor: int) -> Hunk | None:
    for _ in range(12):
        if len(lines) - floor < 3:
            return None
        at = choose.randrange(floor, len(lines) - 1)
        size = choose.choice((0, 1, 1, 1, 2, 3, 5))
        end = min(at + size, len(lines))
        old = list(lines[at:end])
        if any(not line.strip() or is_elision(line) for line in (old[:1] + old[-1:])):
            continue
        new = _new(choose, lines, old, at)
        if new == old or (size == 0 and not new):
            continue
        hunk = _with_context(choose, lines, Hunk(at, end, tuple(new), 0, 0), floor)
        if hunk is not None and _tells(lines, hunk):
            return hunk
    return None


def _new(choose: random.Random, lines: Sequence[str], old: list[str], at: int) -> list[str]:
    """Other lines instead of the old ones: names changed, lines added or dropped."""
    if not old:
        return [_altered(choose, line) for line in _alike(choose, lines, at)]
    way = choose.choice(("change", "change", "change", "grow", "shrink"))
    if way == "shrink":
        return old[: len(old) // 2]
    new = [_altered(choose, line) if choose.random() < 0.6 else line for line in old]
    if way == "grow":
        new[choose.randrange(len(new) + 1) : 0] = [
            _altered(choose, line) for line in _alike(choose, lines, at)
        ]
    return new


def _alike(choose: random.Random, lines: Sequence[str], at: int) -> list[str]:
    """A few lines from elsewhere that stand at the depth of line `at`."""
    depth = len(lines[at]) - len(lines[at].lstrip())
    fit = [i for i, line in enumerate(lines) if line.strip() and len(line) - len(line.lstrip()) == depth]
    start = choose.choice(fit) if fit else at
    found = [line for line in lines[start : start + choose.choice((1, 1, 2, 3))] if not is_elision(line)]
    return [line for line in found if len(line) - len(line.lstrip()) >= depth]


def _altered(choose: random.Random, line: str) -> str:
    words = list(re.finditer(r"[A-Za-z_]{3,}", line))
    if not words:
        return line
    word = choose.choice(words)
    return f"{line[: word.start()]}{choose.choice(_WORDS)}_{choose.randrange(100, 999)}{line[word.end() :]}"


def _with_context(choose: random.Random, lines: Sequence[str], hunk: Hunk, floor: int) -> Hunk | None:
    """Quote kept lines around the hunk, and more until the quoted text stands in the file once."""
    most = min(hunk.start - floor, 8), min(len(lines) - hunk.end, 8)
    before, after = min(choose.randrange(4), most[0]), min(choose.randrange(4), most[1])
    if hunk.start == hunk.end and not before + after:
        before = min(1, most[0])
    loose = _loose(lines)
    while True:
        quoted = Hunk(hunk.start, hunk.end, hunk.new, before, after)
        key = _loose(lines[hunk.start - before : hunk.end + after])
        if key and loose.count(key) == 1 and _block(lines, quoted):
            return quoted
        if (before, after) == most:
            return None
        before, after = min(before + 1, most[0]), min(after + 1, most[1])


def _loose(lines: Sequence[str]) -> str:
    return "\n" + "".join(plain(line).strip() + "\n" for line in lines if line.strip())


def _block(lines: Sequence[str], hunk: Hunk) -> bool:
    block = lines[hunk.start - hunk.before : hunk.end + hunk.after]
    return any(map(str.strip, block)) and bool(block[0].strip()) and bool(block[-1].strip())


def _tells(lines: Sequence[str], hunk: Hunk) -> bool:
    """True where the new lines are not in the file already."""
    new = [*lines[hunk.start - hunk.before : hunk.start], *hunk.new, *lines[hunk.end : hunk.end + hunk.after]]
    return _loose(new) not in _loose(lines) and not any(map(is_elision, hunk.new))
