"""Show file changes as unified diffs. Pure, standard library only."""

from __future__ import annotations

import difflib
from collections.abc import Iterable
from typing import Literal

from flashagent.values import FileChange

NO_NEWLINE = "\\ No newline at end of file\n"


def unified_diff(change: FileChange, context: int = 3) -> str:
    """The change as `git diff` would print it (without index lines); '' when nothing changed."""
    if change.before == change.after:
        return ""
    before, after = _lines(change.before), _lines(change.after)
    old = f"a/{change.path}" if change.before is not None else "/dev/null"
    new = f"b/{change.path}" if change.after is not None else "/dev/null"
    body = difflib.unified_diff(before, after, old, new, n=context)
    head = f"diff --git a/{change.path} b/{change.path}\n"
    if change.before is None:
        head += "new file mode 100644\n"
    elif change.after is None:
        head += "deleted file mode 100644\n"
    return head + "".join(line if line.endswith("\n") else f"{line}\n{NO_NEWLINE}" for line in body)


def unified_diffs(changes: Iterable[FileChange]) -> str:
    return "".join(unified_diff(change) for change in changes)


def kind_of(change: FileChange) -> Literal["created", "modified", "deleted"]:
    if change.before is None:
        return "created"
    return "deleted" if change.after is None else "modified"


def changed_lines(change: FileChange) -> tuple[int, ...]:
    """1-based lines of the new text that were added or changed; for a pure deletion the line that now stands there."""
    before, after = _lines(change.before), _lines(change.after)
    lines: set[int] = set()
    for tag, _, _, start, end in difflib.SequenceMatcher(None, before, after, autojunk=False).get_opcodes():
        if tag != "equal":
            lines.update(range(start + 1, end + 1) or [min(start + 1, max(len(after), 1))])
    return tuple(sorted(lines))


def _lines(text: str | None) -> list[str]:
    """Split on newlines alone: `splitlines` would also cut at form feeds and at Unicode separators inside strings."""
    if not text:
        return []
    parts = text.split("\n")
    return [f"{part}\n" for part in parts[:-1]] + ([parts[-1]] if parts[-1] else [])
