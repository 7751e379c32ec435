"""Recognise lines that stand for text left out: `# ... existing code ...` and its relatives. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from functools import cache

_OPEN = r"(?:#+|//+|/\*+|--+|<!--|;+|%+|\*|\{/\*|\(\*|REM\b)"
_CLOSE = r"(?:\*/\}?|-->|\*\))?"
_DOTS = r"(?:\.{3,}|\u2026)"
_UNIT = (
    r"(?:code|file|class|function|method|module|implementation|content|contents|script|component|body|program"
    r"|methods|functions|imports|lines|tests|definitions|classes|entries|cases)"
)
_SAME = (
    r"(?:here|unchanged|the same|same as before|as before|as is|as-is|omitted|unmodified|not shown|goes here)"
)
_STATE = rf"(?:\(?(?:remains?|stays?|is|are|continues?)?\s*{_SAME}\)?)"
_LEFT_OUT = (
    rf"(?:(?:the\s+)?(?:rest|remainder)\s+of\s+(?:the\s+|this\s+|your\s+)?(?:\w+\s+)?{_UNIT}"
    rf"|(?:the\s+|your\s+)?(?:existing|previous|remaining|other|original|unchanged)\s+(?:\w+\s+)?{_UNIT}"
    rf"|code|everything else|all else|{_UNIT})"
)
_WORDS = (
    r"(?:existing|rest|remaining|remainder|unchanged|same|previous|prior|other|omitted|elided|truncated|snip\w*"
    r"|code|above|below|before|implementation|methods?|functions?|unmodified|continues?)"
)
_BARE = re.compile(rf"^\s*[\[(<]?{_DOTS}[\])>]?\s*$")
_MARKS = (
    rf"^\s*{_OPEN}\s*[\[(<]?{_DOTS}[\])>]?\s*{_CLOSE}\s*$",  # "# ..."
    rf"^\s*(?:{_OPEN})?\s*[\[(<]?{_DOTS}\s*.{{0,60}}\b{_WORDS}\b.{{0,60}}$",  # "// ... existing code ..."
    rf"^\s*(?:{_OPEN})?\s*[\[(<]\s*{_LEFT_OUT}.{{0,40}}{_DOTS}?[\])>]\s*{_CLOSE}\s*$",  # "[rest of the file]"
    rf"^\s*{_OPEN}\s*{_LEFT_OUT}\s*{_STATE}?\s*{_DOTS}\s*{_CLOSE}\s*$",  # "# rest of the code..."
    rf"^\s*{_OPEN}\s*{_LEFT_OUT}\s*{_STATE}\.?\s*{_CLOSE}\s*$",  # "# existing code unchanged"
    rf"^\s*{_OPEN}\s*(?:(?:the\s+)?rest of (?:the\s+)?(?:code|file|class|function|module)|existing code)\s*{_CLOSE}\s*$",
)
_HINTS = ("...", "\u2026", "rest of", "remainder", "unchanged", "the same", "omitted", "as before", "as is", "as-is",
          " here", "existing", "not shown", "unmodified")  # fmt: skip


@cache
def _marks() -> tuple[re.Pattern[str], ...]:
    """Made at the first line that may be one: they take 4 ms."""
    return tuple(re.compile(mark, re.IGNORECASE) for mark in _MARKS)


def is_elision(line: str) -> bool:
    """True for a line that says that lines were left out. A bare `...` counts: `first_elision` knows its exception."""
    if len(line) > 200:
        return False
    lowered = (
        line.lower()
    )  # asked of each line of a whole file: most lines must be told apart without a pattern
    if not any(hint in lowered for hint in _HINTS):
        return False
    return bool(_BARE.match(line)) or any(pattern.match(line) for pattern in _marks())


def first_elision(new: Sequence[str], old: Iterable[str]) -> int | None:
    """Index of the first line of `new` that stands for left-out text and that `old` does not have; None if none.

    A bare `...` that is the body of a definition (the line before ends with a colon or a docstring) is code, no gap.
    """
    known: set[str] | None = None
    for index, line in enumerate(new):
        if not is_elision(line):
            continue
        if known is None:
            known = {text.strip() for text in old}
        if line.strip() in known or is_body(new, index):
            continue
        return index
    return None


def is_body(lines: Sequence[str], index: int) -> bool:
    """True where a bare `...` is Python's empty body rather than a gap."""
    if lines[index].strip() != "...":
        return False
    before = next((line.strip() for line in reversed(lines[:index]) if line.strip()), "")
    return before.endswith((":", '"""', "'''"))
