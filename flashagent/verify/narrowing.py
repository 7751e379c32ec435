"""What differs between two states of a Python file, as two small texts: to look at all of both costs more than most edits
are worth. Pure."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Collection, Sequence

from flashagent.syntax.python import statements


def narrowed(
    before: str, after: str, modules: Collection[str] = (), used: re.Pattern[str] | None = None
) -> tuple[str, str]:
    """Both texts without the top-level statements that stand in both as they are, and without comments between statements.

    Where `used` is found in what differs, statements that import one of `modules` stay, so that each name means in the
    small texts what it means in the whole. The texts come back whole where the change may give such a name another
    meaning, and where one does not parse.
    """
    old, new = statements(before), statements(after)
    if not old or not new:
        return before, after
    named = re.compile(rf"\b(?:{'|'.join(map(re.escape, sorted(modules)))})\b")
    binding = {one for one in {*old, *new} if modules and _binds(one, named)}
    alike = Counter(old) & Counter(new)
    if any(alike[one] < max(old.count(one), new.count(one)) for one in binding):
        return before, after
    for context in (frozenset[str](), binding):
        left, right = (_kept(every, alike, context) for every in (old, new))
        if left is None or right is None:
            break
        if context is binding or used is None or not (used.search(left) or used.search(right)):
            return left, right
    return before, after


def _binds(statement: str, modules: re.Pattern[str]) -> bool:
    """Whether an import in it may bind one of the modules; letters beyond ASCII may stand for plain ones."""
    return "import" in statement and (not statement.isascii() or modules.search(statement) is not None)


def _kept(every: Sequence[str], alike: Counter[str], binding: Collection[str]) -> str | None:
    """The statements that the other side lacks, and those that bind; None where they are not what they were when they
    stand by themselves (a line that goes on in the next one)."""
    passed, kept = Counter(alike), list[str]()
    for one in every:
        if one in binding or passed[one] <= 0:
            kept.append(one)
        passed[one] -= 1
    text = "\n".join(kept) + "\n"
    return text if statements(text) == tuple(kept) else None
