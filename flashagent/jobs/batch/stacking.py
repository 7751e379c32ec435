"""Lay patches that were made apart on top of each other. Pure; the merge of texts comes in."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import field

from flashagent.dataclass import dataclass
from flashagent.values import FileChange

Merge = Callable[[str, str, str], str | None]
"""(base, ours, theirs) → the text with both changes, None when they touch."""


@dataclass(frozen=True, slots=True)
class Conflict:
    """Two items changed the same lines, or one deleted what another changed."""

    path: str
    message: str


@dataclass(slots=True)
class Stack:
    """A base tree and what lies on it: for every path that differs its text in the base and its text now."""

    before: dict[str, str | None] = field(default_factory=dict)
    now: dict[str, str | None] = field(default_factory=dict)

    def changes(self) -> tuple[FileChange, ...]:
        """All that differs from the base, as one patch."""
        return tuple(
            FileChange(path, self.before[path], text)
            for path, text in sorted(self.now.items())
            if self.before[path] != text
        )

    def fitted(
        self, patch: Sequence[FileChange], below: Sequence[FileChange], merge: Merge
    ) -> tuple[FileChange, ...] | Conflict:
        """The patch, made on the base with `below` on top, as it must be to lie on what is here now; empty when it adds
        nothing."""
        base = {change.path: change.before for change in below}
        found: list[FileChange] = []
        for change in patch:
            here = self.now.get(change.path, base.get(change.path, change.before))
            after = _merged(change, here, merge)
            if isinstance(after, Conflict):
                return after
            if after != here:
                found.append(FileChange(change.path, here, after))
        return tuple(found)

    def push(self, patch: Sequence[FileChange]) -> None:
        """Lay a patch that was fitted to what is here on top. Raises ValueError when it was fitted to something else."""
        for change in patch:
            if self.now.get(change.path, change.before) != change.before:
                raise ValueError(f"{change.path} is not what the patch was fitted to")
        for change in patch:
            self.before.setdefault(change.path, change.before)
            self.now[change.path] = change.after


def on_base(patch: Sequence[FileChange], below: Sequence[FileChange]) -> tuple[FileChange, ...]:
    """`patch`, made on top of the changes `below`, together with them as one patch against their base."""
    stack = Stack()
    stack.push(below)
    stack.push(patch)
    return stack.changes()


def _merged(change: FileChange, here: str | None, merge: Merge) -> str | Conflict | None:
    if here == change.before or here == change.after:
        return change.after
    if here is None:
        return Conflict(change.path, f"{change.path} was deleted by an earlier item.")
    if change.before is None:
        return Conflict(change.path, f"{change.path} was created by an earlier item, with another text.")
    if change.after is None:
        return Conflict(
            change.path, f"{change.path} was changed by an earlier item and is deleted by this one."
        )
    text = merge(change.before, here, change.after)
    return (
        text
        if text is not None
        else Conflict(change.path, f"{change.path}: an earlier item changed the same lines.")
    )
