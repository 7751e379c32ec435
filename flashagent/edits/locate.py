"""Find the place of an edit on whole lines, rung by rung. Pure.

The first rung with hits decides; whoever asks must refuse two hits. No rung measures similarity: each is a rule under
which a line is, or is not, the line that the reply means.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable

from flashagent.dataclass import dataclass
from flashagent.edits import forgiving, rungs
from flashagent.edits.indent import least
from flashagent.edits.lines import FileLines
from flashagent.edits.pattern import Hit, Pattern

Rung = Callable[[FileLines, Pattern], list[Hit]]

_LOOSE: tuple[tuple[str, Rung], ...] = (
    ("trailing blanks", rungs.by_trailing),
    ("punctuation", rungs.by_punctuation),
    ("line numbers", rungs.by_numbered),
    ("outer blank lines", rungs.by_outer_blanks),
    ("indentation", rungs.by_indentation),
    ("first line's indentation", rungs.by_first_line),
    ("elision", rungs.by_elision),
    ("blank lines", rungs.by_blank_lines),
    ("blanks inside lines", forgiving.by_inner_blanks),
    ("one kept line differs", forgiving.by_kept_line),
    ("one line left out", forgiving.by_left_out),
)
_FORGIVING = {"blanks inside lines", "one kept line differs", "one line left out"}
_VERBATIM = {"trailing blanks", "punctuation"}


@dataclass(frozen=True, slots=True)
class Found:
    """The hits of the first rung that had any. `exact` is false from the first tolerant rung on."""

    rung: str
    hits: tuple[Hit, ...]

    @property
    def exact(self) -> bool:
        return self.rung == "exact"

    @property
    def forgiving(self) -> bool:
        """True where some line of the file is not the one that the reply quoted."""
        return self.rung in _FORGIVING


def locate_exact(view: FileLines, pattern: Pattern) -> Found | None:
    """The first rung alone."""
    hits = rungs.exactly(view, pattern)
    return Found("exact", tuple(hits)) if hits else None


def locate_loose(view: FileLines, pattern: Pattern) -> Found | None:
    """The rungs after the exact one, in order; None when none of them hits."""
    if not any(line.strip() for line in pattern.old):
        return None
    for name, rung in _LOOSE:
        for variant in _variants(pattern) if name in _VERBATIM else (pattern,):
            hits = rung(view, variant)
            if hits:
                return Found(name, tuple(hits))
    return None


def locate(view: FileLines, pattern: Pattern) -> Found | None:
    return locate_exact(view, pattern) or locate_loose(view, pattern)


def _variants(pattern: Pattern) -> Iterable[Pattern]:
    """The pattern, and for a patch also the reading in which its kept lines came without their leading blank."""
    yield pattern
    if pattern.bare and pattern.bare != pattern.ops and not _fits(pattern):
        yield Pattern.of_ops(pattern.bare)


def _fits(pattern: Pattern) -> bool:
    """True where the inserted lines stand as deep as the kept ones do with their prefix, and not as without it: then the
    kept lines have theirs. Lines one blank deep can be read both ways."""
    inserted = least([text for kind, text in pattern.ops if kind == "+"])
    kept, bare = (least([text for kind, text in ops if kind == "="]) for ops in (pattern.ops, pattern.bare))
    return inserted is not None and inserted == kept != bare
