"""Merge two changes of one text by whole lines; where they only meet in their imports, both sets of imports are taken. Pure."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from pathlib import PurePosixPath

from flashagent.dataclass import dataclass
from flashagent.errors import WorkspaceError
from flashagent.workspace.merging import merge

_PYTHON = re.compile(
    r"import [\w.]+( as \w+)?(, [\w.]+( as \w+)?)*|from [\w.]+ import \w+( as \w+)?(, \w+( as \w+)?)*"
)
_SCRIPT = re.compile(r"""import (type )?([\w$*{} ,]+ from )?(['"])[^'"]+\3;?""")
_IMPORTS = {
    ".py": _PYTHON, ".pyi": _PYTHON, ".js": _SCRIPT, ".mjs": _SCRIPT, ".jsx": _SCRIPT, ".ts": _SCRIPT, ".tsx": _SCRIPT,
    ".java": re.compile(r"import (static )?[\w.]+(\.\*)?;"), ".kt": re.compile(r"import [\w.]+(\.\*)?( as \w+)?"),
    ".rs": re.compile(r"(pub )?use [\w:]+(::\*)?( as \w+)?;"), ".cs": re.compile(r"using [\w.]+;"),
}  # fmt: skip
_FROM = re.compile(r"(from [\w.]+ import )(.+)")


def merged_text(path: str, base: str, ours: str, theirs: str) -> str | None:
    """`ours` with the difference from `base` to `theirs` made in it; None when the two touch."""
    text = _by_lines(base, ours, theirs)
    pattern = _IMPORTS.get(PurePosixPath(path).suffix)
    if text is None and pattern is not None:
        text = _united(pattern, base, ours, theirs)
    return text


def _by_lines(base: str, ours: str, theirs: str) -> str | None:
    try:
        return merge("", base, ours, theirs)
    except WorkspaceError:
        return None


def _united(pattern: re.Pattern[str], base: str, ours: str, theirs: str) -> str | None:
    """The texts merged without the imports that either adds, and then those put among the others. None when more than added
    imports touch, or when one name would mean two things."""
    if "\r" in base + ours + theirs:
        return None
    old = base.split("\n")
    one, other = (_parted(pattern, old, text.split("\n")) for text in (ours, theirs))
    if one is None or other is None or (pattern is _PYTHON and _clash(one.added, other.added)):
        return None
    text = _by_lines(base, "\n".join(one.plain), "\n".join(other.plain))
    if text is None:
        return None
    lines = text.split("\n")
    for line, where in sorted(
        [(line, side.whole) for side in (one, other) for line in side.added], key=_by_line
    ):
        if line not in lines and not (pattern is _PYTHON and _joined(lines, line)):
            lines.insert(_place(pattern, lines, where, line), line)
    return "\n".join(lines)


@dataclass(frozen=True, slots=True)
class _Side:
    """A text by lines, the same without the imports that it adds, and those."""

    whole: Sequence[str]
    plain: Sequence[str]
    added: Sequence[str]


def _parted(pattern: re.Pattern[str], old: Sequence[str], new: Sequence[str]) -> _Side | None:
    """None when an import of `old` is gone, or is another one now. One that only takes more names counts as added."""
    gone = Counter(line for line in old if pattern.fullmatch(line)) - Counter(new)
    known = Counter(old)
    plain: list[str] = []
    added: list[str] = []
    for line in new:
        if known[line] > 0 or not pattern.fullmatch(line):
            plain.append(line)
            continue
        added.append(line)
        fewer = next((one for one in gone if gone[one] and _takes_more(one, line)), None)
        if fewer is not None:
            gone[fewer] -= 1
            plain.append(fewer)
    return None if gone.total() else _Side(new, plain, added)


def _takes_more(old: str, new: str) -> bool:
    """Whether both import from one module, the new one all that the old one does and more."""
    before, after = _FROM.fullmatch(old), _FROM.fullmatch(new)
    return bool(before and after and before[1] == after[1] and set(_names(before[2])) < set(_names(after[2])))


def _names(text: str) -> list[str]:
    return [name.strip() for name in text.split(",")]


def _joined(lines: list[str], line: str) -> bool:
    """Put the names of a Python import into the line that imports from the same module, where there is one."""
    wanted = _FROM.fullmatch(line)
    if wanted is None:
        return False
    for number, present in enumerate(lines):
        there = _FROM.fullmatch(present)
        if there is not None and there[1] == wanted[1] and _PYTHON.fullmatch(present):
            names = _names(there[2])
            more = [name for name in _names(wanted[2]) if name not in names]
            ordered = names == sorted(names, key=_isort)
            names = sorted([*names, *more], key=_isort) if ordered else [*names, *more]
            lines[number] = there[1] + ", ".join(names)
            return True
    return False


def _isort(name: str) -> tuple[int, str]:
    """Constants, then classes, then the rest, as import sorters have them."""
    return (0 if name.isupper() and len(name) > 1 else 1 if name[:1].isupper() else 2, name)


def _clash(ours: Sequence[str], theirs: Sequence[str]) -> bool:
    """Whether the two bind one name to different things."""
    known = {name: what for line in ours for name, what in _bound(line)}
    return any(known.get(name, what) != what for line in theirs for name, what in _bound(line))


def _bound(line: str) -> list[tuple[str, str]]:
    """The names that a Python import binds, each with what it stands for."""
    source = _FROM.fullmatch(line)
    found = []
    for part in _names(source[2] if source else line.removeprefix("import ")):
        name, _, alias = part.partition(" as ")
        if source:
            found.append((alias or name, f"{source[1]}{name}"))
        else:
            top = name.partition(".")[0]
            found.append((alias, name) if alias else (top, top))
    return found


def _place(pattern: re.Pattern[str], lines: Sequence[str], whole: Sequence[str], line: str) -> int:
    """Where an import goes that stood in `whole`: among the imports beside it there, by the alphabet where those are in that
    order; else below the line it stood below."""
    at = whole.index(line)
    near = [*reversed(whole[:at]), *whole[at + 1 :]]
    anchor = next((one for one in near if one in lines and pattern.fullmatch(one)), None)
    if anchor is None:
        above = next((one for one in reversed(whole[:at]) if one.strip() and one in lines), None)
        start = 0 if above is None else lines.index(above) + 1
        if start == len(lines) or not pattern.fullmatch(lines[start]):
            return start
        anchor = lines[start]  # the other side's first imports
    first = last = lines.index(anchor)
    while first and pattern.fullmatch(lines[first - 1]):
        first -= 1
    while last + 1 < len(lines) and pattern.fullmatch(lines[last + 1]):
        last += 1
    keys = [_key(one) for one in lines[first : last + 1]]
    if keys == sorted(keys) and pattern is not _SCRIPT:
        return first + sum(key < _key(line) for key in keys)
    return lines.index(anchor) + (anchor in whole[:at])


def _key(line: str) -> tuple[bool, bool, str]:
    """Imports of modules before those of names, as import sorters have them; Python takes `__future__` in front only."""
    return (not line.startswith("from __future__ "), line.startswith("from "), line.casefold())


def _by_line(one: tuple[str, Sequence[str]]) -> tuple[bool, bool, str]:
    return _key(one[0])
