"""Colours for source code, one line at a time and for any language: words, strings, numbers and comments. Pure.

A line stands for itself, so that it never changes once it is laid out; a string over several lines is not followed.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from flashagent.frontends.tui.markup_values import Span

_SLASHED = frozenset((
    "c", "cc", "cpp", "c++", "cs", "csharp", "go", "golang", "h", "hpp", "java", "javascript", "js",
    "jsx", "kotlin", "php", "rust", "rs", "scala", "swift", "ts", "tsx", "typescript", "zig",
))  # fmt: skip
_HASHED = frozenset((
    "bash", "elixir", "ex", "makefile", "nix", "perl", "pl", "powershell", "ps1", "py", "python", "r",
    "rb", "ruby", "sh", "shell", "toml", "yaml", "yml", "zsh",
))  # fmt: skip
_DASHED = frozenset(("sql", "lua", "haskell", "hs", "ada"))
_WORDS = frozenset((
    "abstract", "and", "as", "assert", "async", "await", "bool", "break", "case", "catch", "char",
    "class", "const", "continue", "crate", "def", "default", "defer", "del", "do", "double", "elif",
    "else", "end", "enum", "except", "export", "extends", "extern", "false", "fi", "final", "finally",
    "float", "fn", "for", "foreach", "from", "func", "function", "global", "go", "if", "impl",
    "implements", "import", "in", "instanceof", "int", "interface", "is", "lambda", "let", "local",
    "loop", "match", "mod", "module", "mut", "namespace", "new", "nil", "none", "nonlocal", "not",
    "null", "object", "operator", "or", "package", "pass", "private", "protected", "pub", "public",
    "raise", "range", "ref", "return", "select", "self", "static", "string", "struct", "super",
    "switch", "template", "then", "this", "throw", "trait", "true", "try", "type", "typedef", "union",
    "unsafe", "until", "use", "using", "var", "virtual", "void", "where", "while", "with", "yield",
))  # fmt: skip
_STRING = r'"(?:[^"\\]|\\.)*"?|' + r"'(?:[^'\\]|\\.)*'?|" + r"`[^`]*`?"
_PLAIN = r"(?P<number>\b\d[\w.]*)|(?P<word>[^\W\d]\w*)"
# Each alternative takes at least one sign and none can be left again, so a line costs time in proportion to its length.
_LEXERS = {
    marks: re.compile(rf"(?P<comment>(?:{comment}).*)|(?P<string>{_STRING})|{_PLAIN}")
    for marks, comment in {"//": r"//|/\*", "#": r"(?<!\S)#", "--": "--"}.items()
}
_MOST_SIGNS = 2_000


def marks_of(language: str) -> str:
    """How a comment begins in the language of a fence, '' for one that is not known: it stays without colours."""
    name = language.lower()
    if name in _SLASHED:
        return "//"
    return "#" if name in _HASHED else "--" if name in _DASHED else ""


def code_spans(line: str, language: str) -> Iterator[Span]:
    """The line in pieces, in order and whole."""
    lexer = _LEXERS.get(marks_of(language))
    if lexer is None or len(line) > _MOST_SIGNS:
        yield line, "code"
        return
    end = 0
    for match in lexer.finditer(line):
        kind = match.lastgroup
        if kind == "word" and match.group().lower() not in _WORDS:
            continue
        if match.start() > end:
            yield line[end : match.start()], ""
        end = match.end()
        if kind == "comment":
            yield match.group(), "comment"
        elif kind == "string":
            yield match.group(), "string"
        elif kind == "number":
            yield match.group(), "number"
        else:
            yield match.group(), "keyword"
    if end < len(line) or not line:
        yield line[end:], ""
