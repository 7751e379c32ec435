"""Find the place of an edit on whole lines, rung by rung. Pure.

The first rung with hits decides; whoever asks must refuse two hits. No rung measures similarity: each is a rule under
which a line is, or is not, the line that the reply means.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass

from flashagent.edits import rungs
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
)
_VERBATIM = {"trailing blanks", "punctuation"}


@dataclass(frozen=True, slots=True)
class Found:
    """The hits of the first rung that had any. `exact` is false from the first tolerant rung on."""

    rung: str
    hits: tuple[Hit, ...]

    @property
    def exact(self) -> bool:
        return self.rung == "exact"


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
    if pattern.fixed and any(kind == "=" and text.startswith(" ") for kind, text in pattern.ops):
        yield Pattern.of_ops(
            [(kind, " " + text if kind == "=" and text else text) for kind, text in pattern.ops]
        )
