"""Read a stack trace or log from anywhere and tie it to the files of this repository. Pure.

Traces come from other machines, containers and builds: a path that is not here is matched by its end.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace
from pathlib import PurePosixPath

from flashagent.dataclass import dataclass
from flashagent.values import Failure, Frame
from flashagent.verify.causes import likely_cause
from flashagent.verify.feedback import ReadSource, culprit
from flashagent.verify.frameworks import registry, scripts
from flashagent.verify.places import Places

_MOST = 5
_AROUND = 3
_PREFIX = re.compile(r"^[\w.@/-]+ *\| ?")  # of containers: 'web-1  | Traceback ...'
_HEADER = "Traceback (most recent call last):"
_FOREIGN = re.compile(
    r"/(?:site-packages|dist-packages|node_modules|\.cargo/registry|go/pkg/mod)/|/lib/python3|^<|^node:"
)
_PLACE = re.compile(
    r"(?P<path>(?:[\w.@+-]*/)*[\w@+-][\w.@+-]*\.[A-Za-z]\w{0,4})(?::|\(|\", line )(?P<line>\d+)"
)
_BAD = re.compile(r"\b(?:error|exception|fatal|panic|failed|failure|abort)\w*", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Spot:
    """A frame of the project. `code` are the lines around it as they are now, numbered, its own marked with '>'; `moved` says
    that the line no longer reads as it did when the trace was made."""

    frame: Frame
    code: str = ""
    moved: bool = False


@dataclass(frozen=True, slots=True)
class Explained:
    """One error of the text. `cause` is '' where no rule knows it; `spots` run from the innermost to the outermost."""

    failure: Failure
    cause: str
    spots: tuple[Spot, ...]


def explain(text: str, root: str, files: Sequence[str], read_source: ReadSource) -> tuple[Explained, ...]:
    """The errors of the text, the last one first where the text is a log; at most five. `files` are the repository's."""
    known = frozenset(files)
    places = Places((root,), has=known.__contains__)
    plain = _without_prefix(text)
    by_name: dict[str, list[str]] = {}
    for path in files:
        by_name.setdefault(path.rpartition("/")[2], []).append(path)
    found = _failures(plain, places) or _places_alone(plain, places)
    moved = (
        replace(one, frames=tuple(_relocated(frame, known, by_name) for frame in one.frames)) for one in found
    )
    return tuple(_explained(one, read_source) for one in dict.fromkeys(moved))[:_MOST]


def _failures(text: str, places: Places) -> tuple[Failure, ...]:
    found = registry.parse(text, places)
    traces = text.split(_HEADER)[1:]
    if len(traces) < 2 or any(one.test_id for one in found):
        return found
    # A log: each trace is told, the newest first; of a chain the last is the one that ended it.
    several = (scripts.parse(_HEADER + one, places) for one in reversed(traces))
    return tuple(failure for one in several for failure in one)


def _places_alone(text: str, places: Places) -> tuple[Failure, ...]:
    """No trace that any parser knows: the lines that name a place, under the last line that speaks of an error."""
    bad = [line.strip() for line in text.splitlines() if _BAD.search(line)]
    frames = tuple(
        dict.fromkeys(places.frame(one["path"], int(one["line"])) for one in _PLACE.finditer(text))
    )
    return (Failure("", "error", bad[-1][:300] if bad else "", frames=frames[:50]),) if frames else ()


def _relocated(frame: Frame, known: frozenset[str], by_name: dict[str, list[str]]) -> Frame:
    """The frame with the path that it has here. Another machine's path counts when exactly one file has the longest
    common end with it, of a folder and a name at least where several have the name."""
    if frame.in_project and frame.path in known:
        return frame
    if _FOREIGN.search(frame.path):
        return replace(frame, in_project=False)
    parts = PurePosixPath(frame.path.replace("\\", "/")).parts
    candidates = by_name.get(parts[-1], []) if parts else []
    best = sorted(((_common_end(PurePosixPath(one).parts, parts), one) for one in candidates), reverse=True)
    if not best or (len(best) > 1 and (best[0][0] < 2 or best[0][0] == best[1][0])):
        return replace(frame, in_project=False)
    return replace(frame, path=best[0][1], in_project=True)


def _common_end(one: Sequence[str], other: Sequence[str]) -> int:
    count = 0
    while count < min(len(one), len(other)) and one[-1 - count] == other[-1 - count]:
        count += 1
    return count


def _explained(failure: Failure, read_source: ReadSource) -> Explained:
    own = [frame for frame in failure.frames if frame.in_project]
    first = culprit(failure)
    order = dict.fromkeys(([first] if first is not None else []) + own[::-1])
    return Explained(
        failure, likely_cause(failure), tuple(_spot(frame, read_source) for frame in list(order)[:_MOST])
    )


def _spot(frame: Frame, read_source: ReadSource) -> Spot:
    source = read_source(frame.path) or ""
    lines = source.removesuffix("\n").split("\n") if source else []  # a form feed ends no line
    if not 0 < frame.line <= len(lines):
        return Spot(frame, "", moved=bool(lines))
    first, last = max(1, frame.line - _AROUND), min(len(lines), frame.line + _AROUND)
    code = "\n".join(
        f"{'>' if number == frame.line else ' '} {number:>{len(str(last))}} | {lines[number - 1]}".rstrip()
        for number in range(first, last + 1)
    )
    return Spot(frame, code, bool(frame.source) and frame.source not in lines[frame.line - 1])


def _without_prefix(text: str) -> str:
    """The text without what a container runtime puts before each line."""
    lines = text.splitlines()
    marked = sum(1 for line in lines if _PREFIX.match(line))
    if not lines or marked * 2 < len(lines):
        return text
    return "\n".join(_PREFIX.sub("", line, count=1) for line in lines)
