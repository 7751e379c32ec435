"""Undo what a reply's transport did to its text: HTML entities, line ends written as two characters. Pure.

A decoding counts only where the decoded old text stands in the file to the letter and the text as it came does not;
then the new text came the same way.
"""

from __future__ import annotations

import html
import re
from dataclasses import replace

from flashagent.edits.lines import FileLines, block, find_lines, split_lines
from flashagent.edits.values import Edit, Hunk, Replace

_ENTITY = re.compile(r"&(?:lt|gt|amp|quot|apos|#39|#x27|#34);")
_ESCAPE = re.compile(r"\\(.)", re.DOTALL)
_ESCAPED = {"n": "\n", "t": "\t", "r": "\r", '"': '"', "'": "'", "\\": "\\", "/": "/"}


def unescaped(view: FileLines, edit: Replace) -> Replace:
    """The edit, or what it says once its `\\n` are line ends."""
    if not _is_escaped(edit.old) or _stands(view, edit.old) or not _stands(view, _unescape(edit.old)):
        return edit
    return replace(edit, old=_unescape(edit.old), new=_unescape(edit.new))


def came_escaped(view: FileLines, edit: Edit) -> bool:
    """True where the edit's old text stands in the file once its `\\n` are line ends, and only then."""
    return isinstance(edit, Replace) and unescaped(view, edit) is not edit


def without_escapes(edit: Edit) -> Edit:
    """An edit of a reply that came escaped: its new text too, where the old one tells nothing, being one plain line."""
    if not isinstance(edit, Replace) or "\\" in edit.old or not _is_escaped(edit.new):
        return edit
    return replace(edit, new=_unescape(edit.new))


def came_as_entities(view: FileLines, edit: Edit) -> bool:
    """True where the edit's old text stands in the file once its entities are decoded, and only then."""
    if not isinstance(edit, (Replace, Hunk)):
        return False
    old = edit.old if isinstance(edit, Replace) else block([text for kind, text in edit.ops if kind != "+"])
    return has_entities(old) and not _stands(view, old) and _stands(view, html.unescape(old))


def without_entities(edit: Edit) -> Edit:
    """The edit with the entities of its texts decoded."""
    if isinstance(edit, Replace):
        return replace(edit, old=html.unescape(edit.old), new=html.unescape(edit.new))
    if isinstance(edit, Hunk):
        ops, bare = (
            tuple((kind, html.unescape(text)) for kind, text in ops) for ops in (edit.ops, edit.bare)
        )
        return replace(edit, ops=ops, bare=bare)
    return edit


def has_entities(text: str) -> bool:
    return "&" in text and bool(_ENTITY.search(text))


def _is_escaped(text: str) -> bool:
    return "\\n" in text and "\n" not in text.strip("\n")


def _unescape(text: str) -> str:
    return _ESCAPE.sub(lambda match: _ESCAPED.get(match.group(1), match.group(0)), text)


def _stands(view: FileLines, text: str) -> bool:
    old = block([line.rstrip() for line in split_lines(text)])
    return text in view.joined or bool(find_lines(view.trimmed, old))
