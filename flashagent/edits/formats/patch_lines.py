"""The body lines of a hunk, shared by the two patch formats. Pure."""

from __future__ import annotations

from collections.abc import Sequence

from flashagent.edits.values import Op


def ops_of(lines: Sequence[str]) -> list[Op]:
    """Kept, deleted and inserted lines. A line that lost its prefix (blank, or bare text) counts as kept."""
    ops: list[Op] = []
    for line in lines:
        if line.startswith("+"):
            ops.append(("+", line[1:]))
        elif line.startswith("-"):
            ops.append(("-", line[1:]))
        elif line.startswith(" "):
            ops.append(("=", line[1:]))
        else:
            ops.append(("=", line))
    return ops


def bare_ops(lines: Sequence[str]) -> list[Op]:
    """The other reading, in which no kept line has a prefix: their leading blanks are the file's."""
    return [(line[0], line[1:]) if line[:1] in ("+", "-") else ("=", line) for line in lines]  # type: ignore[misc]


def drop_trailing_blanks(lines: list[str]) -> list[str]:
    """The lines without blank ones at the end, which belong to the layout of the reply."""
    while lines and not lines[-1].strip():
        lines.pop()
    return lines
