"""Take off what a model thought aloud before its answer: a draft, never an edit. Pure."""

from __future__ import annotations

import re

from flashagent.edits.formats.envelope import open_fence_at

_OPENS = re.compile(r"\s*<(think|thinking|thought|reasoning|scratchpad)>", re.IGNORECASE)
_CLOSES = re.compile(r"^</think(?:ing)?>[ \t]*$", re.MULTILINE)


def without_thoughts(text: str) -> str:
    """The reply after its thoughts. Thoughts that never end leave nothing: no answer was given.

    Some servers swallow the opening tag. Then a closing tag alone on its line ends the thoughts, unless it stands inside
    a fence or a block, where it is text of a file.
    """
    opened = _OPENS.match(text)
    if opened is not None:
        tag = opened.group(1)
        close = re.search(rf"</{tag}>[ \t]*\n?", text, re.IGNORECASE)
        return text[close.end() :] if close else ""
    lone = _CLOSES.search(text)
    if lone is None:
        return text
    before = text[: lone.start()].split("\n")
    inside = any(line.startswith(("<<<<<", "*** Begin Patch", "--- ")) for line in before)
    if inside or open_fence_at(before, len(before)) is not None:
        return text
    return text[lone.end() :]
