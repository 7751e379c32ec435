"""What differs between two states of a Python file, as two small texts: to look at all of both costs more than most edits
are worth. Pure."""

from __future__ import annotations

import ast
import re
from collections import Counter
from collections.abc import Collection, Iterator, Sequence

from flashagent.syntax.python import parsed

_LINE_END = re.compile(r"\r\n|\r|\n")  # as Python counts lines


def narrowed(before: str, after: str, modules: Collection[str]) -> tuple[str, str]:
    """Both texts without the top-level statements that stand in both as they are, and without comments between statements.

    Statements that import one of `modules` stay, so that each name means in the small texts what it means in the whole.
    The texts come back whole where the change may give such a name another meaning, and where one does not parse.
    """
    old, new = _statements(parsed(before), before), _statements(parsed(after), after)
    if not old or not new:
        return before, after
    named = re.compile(rf"\b(?:{'|'.join(map(re.escape, sorted(modules)))})\b")
    binding = {one for one in {*old, *new} if _binds(one, named)}
    alike = Counter(old) & Counter(new)
    if any(alike[one] < max(old.count(one), new.count(one)) for one in binding):
        return before, after
    left, right = (_kept(statements, alike, binding) for statements in (old, new))
    return (left, right) if left is not None and right is not None else (before, after)


def _binds(statement: str, modules: re.Pattern[str]) -> bool:
    """Whether an import in it may bind one of the modules; letters beyond ASCII may stand for plain ones."""
    return "import" in statement and (not statement.isascii() or modules.search(statement) is not None)


def _kept(statements: Sequence[str], alike: Counter[str], binding: Collection[str]) -> str | None:
    """The statements that the other side lacks, and those that bind; None where they are not what they were when they
    stand by themselves (a line that goes on in the next one)."""
    passed, kept = Counter(alike), list[str]()
    for one in statements:
        if one in binding or passed[one] <= 0:
            kept.append(one)
        passed[one] -= 1
    text = "\n".join(kept) + "\n"
    try:
        return text if list(_statements(ast.parse(text), text)) == kept else None
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return None


def _statements(tree: ast.Module | None, text: str) -> list[str]:
    """The whole lines of each top-level statement; those that share a line are one. Empty without a tree."""
    lines = _LINE_END.split(text)
    return ["\n".join(lines[first - 1 : last]) for first, last in _spans(tree.body if tree else ())]


def _spans(body: Sequence[ast.stmt]) -> Iterator[tuple[int, int]]:
    first = last = 0
    for node in body:
        begin = min([node.lineno, *(one.lineno for one in getattr(node, "decorator_list", ()))])
        if last and begin > last:
            yield first, last
            first = 0
        first, last = first or begin, max(last, node.end_lineno or begin)
    if last:
        yield first, last
