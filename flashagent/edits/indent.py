"""One indentation map for a whole edit: how far a reply's lines stand from the file's, and how to carry new lines over.

Pure. A map is a function of the indentation alone; lines that do not fit one map make no hit.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from flashagent.edits.lines import WIDEST_UNIT, indent_of, unit_of

IndentMap = Callable[[str], str | None]
"""From the reply's indentation to the file's; None where the map says nothing."""

_BLOCK_OPENERS = (":", "{", "(", "[", ",", "->", "=>", "then", "do")
_GO_ON = (
    "+",
    "-",
    "*",
    "/",
    "%",
    "|",
    "&",
    "=",
    "?",
    ".",
    "\\",
    "<",
    ">",
    ")",
    "]",
    "}",
    ":",
    "and ",
    "or ",
    " and",
    " or",
)


def find_map(pairs: Sequence[tuple[str, str]], file_unit: str) -> IndentMap | None:
    """The map that takes each reply indentation to its file indentation, or None where no single one does.

    `pairs` holds (reply, file) for the matched lines that are not blank, `file_unit` one step of the file's indentation, ''
    where it has none. A shift by one fixed prefix is tried first,
    then a change of unit (tabs for spaces, two spaces for four) with a fixed number of levels added.
    """
    distinct = list(dict.fromkeys(pairs))
    # Where only the first line differs, and by all of its indentation, it lost that: no change of unit.
    first_only = len(pairs) > 1 and all(reply == file for reply, file in pairs[1:]) and not all(pairs[0])
    return _shift(distinct) or (None if first_only else _units(distinct, file_unit))


def _shift(pairs: Sequence[tuple[str, str]]) -> IndentMap | None:
    reply, file = pairs[0]
    if file.endswith(reply):
        prefix = file[: len(file) - len(reply)]
        if all(f == prefix + r for r, f in pairs):
            return lambda indent: prefix + indent
    if reply.endswith(file):
        extra = reply[: len(reply) - len(file)]
        if all(r == extra + f for r, f in pairs):
            return lambda indent: indent[len(extra) :] if indent.startswith(extra) else None
    return None


def _units(pairs: Sequence[tuple[str, str]], file_unit: str) -> IndentMap | None:
    file_unit = file_unit or "    "
    for reply_unit in _reply_units(pairs):
        mapped = _by_level(pairs, reply_unit, file_unit)
        if mapped is not None:
            return mapped
    for reply_unit in _reply_units(pairs):  # files of two units: what the matched lines themselves say
        own = _own_unit(pairs, reply_unit)
        mapped = _by_level(pairs, reply_unit, own) if own else None
        if mapped is not None:
            return mapped
    return None


def _own_unit(pairs: Sequence[tuple[str, str]], reply_unit: str) -> str:
    """What one level of the reply is in the file, told by its first indented line; '' where that does not come out."""
    reply, file = next((pair for pair in pairs if pair[0]), ("", ""))
    level = _level(reply, reply_unit)
    return file[: len(file) // level] if level and len(file) % level == 0 else ""


def _reply_units(pairs: Sequence[tuple[str, str]]) -> list[str]:
    indents = [reply for reply, _ in pairs if reply]
    if any("\t" in indent for indent in indents):
        return ["\t"]
    own = unit_of([reply for reply, _ in pairs])
    widths = [len(own)] if 1 < len(own) <= WIDEST_UNIT else []
    return [" " * width for width in dict.fromkeys([*widths, 4, 2, 8, 3])]


def _by_level(pairs: Sequence[tuple[str, str]], reply_unit: str, file_unit: str) -> IndentMap | None:
    offsets = set()
    for reply, file in pairs:
        reply_level, file_level = _level(reply, reply_unit), _level(file, file_unit)
        if reply_level is None or file_level is None:
            return None
        offsets.add(file_level - reply_level)
    if len(offsets) != 1:
        return None
    offset = offsets.pop()

    def mapped(indent: str) -> str | None:
        level = _level(indent, reply_unit)
        return file_unit * (level + offset) if level is not None and level + offset >= 0 else None

    return mapped


def _level(indent: str, unit: str) -> int | None:
    level, rest = divmod(len(indent), len(unit))
    return level if not rest and indent == unit * level else None


def map_lines(lines: Sequence[str], indent_map: IndentMap) -> list[str] | None:
    """The lines with mapped indentation (blank lines as they are); None where the map does not cover one of them."""
    result = []
    for line in lines:
        if not line.strip():
            result.append(line)
            continue
        indent = indent_of(line)
        target = indent_map(indent)
        if target is None:
            return None
        result.append(target + line[len(indent) :])
    return result


def least(lines: Sequence[str]) -> str | None:
    """The smallest indentation of the lines that are not blank; None when all are."""
    return min((indent_of(line) for line in lines if line.strip()), key=len, default=None)


def lost_first_only(old: Sequence[str], new: Sequence[str], file_indent: str, unit: str) -> bool:
    """Decide what one line given without its indentation means for a new text of several lines.

    True: only the first line lost it and the others stand at the file's depth. False: all were shifted alike.
    """
    later = [line for line in new[1:] if line.strip()]
    if len(old) != 1 or not new or not later or not file_indent or indent_of(old[0]) or indent_of(new[0]):
        return False
    if not all(indent_of(line).startswith(file_indent) for line in later):
        return False
    if not new[0].rstrip().endswith(_BLOCK_OPENERS):
        return not (new[0].rstrip().endswith(_GO_ON) or later[0].lstrip().startswith(_GO_ON))
    step = indent_of(later[0])
    return step[len(file_indent) :] == unit and step != unit
