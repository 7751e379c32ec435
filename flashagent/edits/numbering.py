"""Take the line numbers of a listing (`12| code`) off a reply's text. Pure."""

from __future__ import annotations

import itertools
import re
from collections.abc import Iterator, Sequence

from flashagent.dataclass import dataclass
from flashagent.edits.values import Op

_PREFIX = re.compile(r"^\s*(\d{1,6})(?: *[|:\u2502\u2192]|\t)")


@dataclass(frozen=True, slots=True)
class Stripped:
    """The texts without numbers; `first_number` is the first line's."""

    old: tuple[str, ...]
    new: tuple[str, ...]
    first_number: int
    ops: tuple[Op, ...] | None = None


def _numbers(lines: Sequence[str]) -> list[int] | None:
    numbers = []
    for line in lines:
        match = _PREFIX.match(line)
        if match is None:
            return None
        numbers.append(int(match.group(1)))
    return numbers


def _strip(line: str, blank: bool) -> str:
    match = _PREFIX.match(line)
    if match is None:
        return line
    rest = line[match.end() :]
    return rest.removeprefix(" ") if blank else rest


def _spaced(lines: Sequence[str]) -> bool:
    """True where a blank follows the mark on every line with text: only then can it be part of the listing."""
    rests = (_strip(line, blank=False) for line in lines)
    return all(rest.startswith(" ") for rest in rests if rest.strip())


def strip_numbers(ops: Sequence[Op] | None, old: Sequence[str], new: Sequence[str]) -> Iterator[Stripped]:
    """The readings without numbers: none unless each old line has one and they count up by one.

    The new lines must all be numbered or all not. Yields first the reading in which one blank after the mark belongs
    to the listing, where every line has one, then the one in which it belongs to the line.
    """
    numbers = _numbers(old)
    if not numbers or any(b - a != 1 for a, b in itertools.pairwise(numbers)):
        return
    inserted = [text for kind, text in ops if kind == "+"] if ops is not None else list(new)
    numbered = [text for text in inserted if text.strip() and _PREFIX.match(text)]
    if numbered and len(numbered) != len([text for text in inserted if text.strip()]):
        return
    for blank in (True, False) if _spaced([*old, *numbered]) else (False,):
        stripped = tuple((kind, _strip(text, blank)) for kind, text in ops) if ops is not None else None
        yield Stripped(
            tuple(_strip(line, blank) for line in old),
            tuple(_strip(line, blank) for line in new),
            numbers[0],
            stripped,
        )
