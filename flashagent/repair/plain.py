"""How much a patch makes a reader read: of patches that do the same, the plainer one is what a person would have written. Pure."""

from __future__ import annotations

import re

from flashagent.repair.mutate import Mutation
from flashagent.repair.source import Edit, Source

_WORD = re.compile(r"[A-Za-z_]\w*|\d[\d.]*")
TAKEN, STRANGE = 0.3, 8.0  # beside a character brought in: one taken away, a word that the file does not have


def burden(source: Source, mutation: Mutation) -> float:
    """The characters that a patch brings in beyond what stood there, with a little for those it takes away and much for each
    name or number that nothing else in the file speaks of."""
    own = source.once_of_text(_words, source.tree)
    total = 0.0
    for edit in (shortened(source.text, edit) for edit in mutation.edits):
        total += len(edit.text.strip()) + TAKEN * (edit.end - edit.start)
    brought = {word for edit in mutation.edits for word in _WORD.findall(edit.text)}
    return total + STRANGE * len(brought - own)


def _words(source: Source, _: object) -> frozenset[str]:
    return frozenset(_WORD.findall(source.text))


def shortened(text: str, edit: Edit) -> Edit:
    """The same edit without what it leaves as it is at both ends."""
    start, end, new = edit.start, edit.end, edit.text
    while start < end and new and text[start] == new[0]:
        start, new = start + 1, new[1:]
    while start < end and new and text[end - 1] == new[-1]:
        end, new = end - 1, new[:-1]
    return Edit(start, end, new)
