"""Whether a text parses: the check that every changed file passes before anything is written. Pure."""

from __future__ import annotations

import ast
import re
import warnings
from collections.abc import Callable, Sequence
from typing import Protocol

_WORD = re.compile(r"\w+")
_CONTINUES = {
    "else",
    "elif",
    "except",
    "finally",
    "catch",
    "case",
    "default",
    "while",
    "and",
    "or",
    "end",
    "where",
}


class Problem(Protocol):
    """One place at which a text does not parse. Lines and columns are 1-based."""

    @property
    def line(self) -> int: ...

    @property
    def column(self) -> int: ...

    @property
    def text(self) -> str: ...


CheckSyntax = Callable[[str, str], Sequence[Problem]]
"""From path and text to the places at which it does not parse; none for a language that is not known."""


def check_nothing(path: str, text: str) -> Sequence[Problem]:
    """The check that passes everything."""
    return ()


def check_syntax(path: str, text: str) -> Sequence[Problem]:
    """The default: the parser of the file's language, and for Python the indentation as Python itself sees it."""
    from flashagent.syntax.parse import SyntaxProblem, language_for, syntax_errors

    language = language_for(path)
    if language is None:
        return ()
    wrong = _python_error(text) if language == "python" else None
    if language == "python" and wrong is None:
        return ()
    problems: Sequence[Problem] = syntax_errors(text, language)
    if not problems and isinstance(wrong, IndentationError):
        return (SyntaxProblem(wrong.lineno or 1, wrong.offset or 1, wrong.msg),)
    return problems


def _python_error(text: str) -> Exception | None:
    """Why the running Python cannot read the text; None when it can.

    What it cannot read may still be right for a newer version, so only complaints about indentation count alone.
    """
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            ast.parse(text.removeprefix("\ufeff"))
    except (SyntaxError, ValueError, RecursionError, MemoryError) as error:
        return error
    return None


def parses_as_before(
    syntax: CheckSyntax, path: str, before: Sequence[str], after: Sequence[str], start: int, end: int
) -> bool:
    """True where the top-level statements around a change parse by themselves, both before and after.

    Then the rest of the file reads as it did, and the whole need not be parsed. `start` and `end` bound the changed
    lines in `before`. False says nothing: the whole has to be looked at.
    """
    first = next((at for at in range(min(start, len(before)) - 1, -1, -1) if _begins(before[at])), 0)
    last = next((at for at in range(end, len(before)) if _begins(before[at])), len(before))
    if last - first > len(before) // 2:
        return False
    now = after[first : last + len(after) - len(before)]
    return not any(syntax(path, "\n".join(lines) + "\n") for lines in (before[first:last], now))


def _begins(line: str) -> bool:
    """True for a line that can only begin a top-level statement."""
    if not line or not (line[0].isalnum() or line[0] in "_@#/"):
        return False
    word = _WORD.match(line)
    return word is None or word.group() not in _CONTINUES
