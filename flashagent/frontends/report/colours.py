"""Diffs and code as HTML with syntax colours. Everything is escaped here, whatever a lexer makes of it.

Only a few well-tried lexers are used, and only on texts of moderate size: the code is foreign.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from functools import cache
from pathlib import PurePosixPath
from typing import TYPE_CHECKING

from flashagent.frontends.page import text

if TYPE_CHECKING:
    from pygments.lexer import Lexer

_LEXERS = {
    ".py": "python", ".pyi": "python", ".js": "javascript", ".mjs": "javascript", ".jsx": "javascript", ".ts": "typescript",
    ".tsx": "typescript", ".go": "go", ".rs": "rust", ".java": "java", ".c": "c", ".h": "c", ".cc": "cpp", ".cpp": "cpp",
    ".hpp": "cpp", ".rb": "ruby", ".cs": "csharp", ".php": "php", ".kt": "kotlin", ".json": "json", ".toml": "toml",
    ".yaml": "yaml", ".yml": "yaml", ".sh": "bash",
}  # fmt: skip
_CLASSES = {"Keyword": "k", "Comment": "c", "Function": "f", "Class": "f", "Decorator": "f", "String": "s", "Number": "m"}  # fmt: skip
_MOST_COLOURED = 20_000
_LONGEST_LINE = 500
_HUNK = re.compile(r"@@ -\d+(?:,\d+)? \+\d+(?:,\d+)? @@")
_LINE_CLASSES = {"+": "add", "-": "del", " ": "same"}


def diff_html(diff: str) -> str:
    """A unified diff, line by line, each one an element of its own with the class of what it is."""
    out: list[str] = []
    path, hunk = "", list[str]()

    def flush() -> None:
        out.extend(_hunk_html(hunk, path))
        hunk.clear()

    for line in diff.removesuffix("\n").split("\n"):
        if hunk and line[:1] in _LINE_CLASSES and not line.startswith(("--- ", "+++ ")):
            hunk.append(line)
            continue
        flush()
        if _HUNK.match(line):
            hunk.append(line)
        else:
            path = line[4:].removeprefix("b/") if line.startswith("+++ ") else path
            out.append(f'<span class="l head">{text(line)}</span>')
    flush()
    return "".join(out)


def _hunk_html(hunk: Sequence[str], path: str) -> Iterator[str]:
    """The head of the hunk, then its lines in the colours that each side has as a whole."""
    if not hunk:
        return
    yield f'<span class="l at">{text(hunk[0])}</span>'
    body = hunk[1:]
    old = iter(code_lines([line[1:] for line in body if line[0] != "+"], path))
    new = iter(code_lines([line[1:] for line in body if line[0] != "-"], path))
    for line in body:
        shown = next(old) if line[0] != "+" else ""
        shown = next(new) if line[0] != "-" else shown
        yield f'<span class="l {_LINE_CLASSES[line[0]]}"><i>{line[0]}</i>{shown}</span>'


def code_lines(lines: Sequence[str], path: str) -> list[str]:
    """Each line as HTML, as many as were given."""
    name = _LEXERS.get(PurePosixPath(path).suffix.lower())
    size = sum(map(len, lines))
    if name is None or size > _MOST_COLOURED or max(map(len, lines), default=0) > _LONGEST_LINE:
        return [text(line) for line in lines]
    done = [""]
    for kind, value in _lexer(name).get_tokens("\n".join(lines)):
        mark = _class_of(kind)
        for number, part in enumerate(value.split("\n")):
            if number:
                done.append("")
            if part:
                done[-1] += f'<b class="{mark}">{text(part)}</b>' if mark else text(part)
    # A lexer that loses or adds a line is not believed.
    return done if len(done) == max(1, len(lines)) else [text(line) for line in lines]


def _class_of(kind: tuple[str, ...]) -> str:
    return next((_CLASSES[str(word)] for word in reversed(kind) if str(word) in _CLASSES), "")


@cache
def _lexer(name: str) -> Lexer:
    from pygments.lexers import get_lexer_by_name

    return get_lexer_by_name(name, stripnl=False, ensurenl=False)
