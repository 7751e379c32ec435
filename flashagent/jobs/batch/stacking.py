"""Lay patches that were made apart on top of each other. Pure; the merge of texts comes in.

A patch that does not surely fit is refused by name: two items never end in a tree that neither of them meant.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import field

from flashagent.dataclass import dataclass
from flashagent.jobs.batch.renames import renames
from flashagent.values import FileChange
from flashagent.workspace.paths import folded

Merge = Callable[[str, str, str, str], str | None]
"""(path, base, ours, theirs) → the text with both changes, None when they touch."""


@dataclass(frozen=True, slots=True)
class Conflict:
    """Two items changed the same lines, or one deleted, renamed or created what another changed."""

    path: str
    message: str


@dataclass(slots=True)
class Stack:
    """A base tree and what lies on it: for every path that differs its text in the base and its text now. `moved` tells
    where a file went that a patch renamed."""

    before: dict[str, str | None] = field(default_factory=dict)
    now: dict[str, str | None] = field(default_factory=dict)
    moved: dict[str, str] = field(default_factory=dict)

    def copy(self) -> Stack:
        return Stack(dict(self.before), dict(self.now), dict(self.moved))

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
        here = {one.path: self.now.get(one.path, base.get(one.path, one.before)) for one in patch}
        renamed = renames(patch)
        sources = {new: old for old, new in renamed.items()}
        by_path = {change.path: change for change in patch}
        found: list[FileChange] = []
        for change in patch:
            source = by_path.get(sources.get(change.path, ""))
            one = (
                _renamed(change, source, here, merge)
                if source is not None and here[source.path] not in (source.before, None)
                else self._one(change, here[change.path], renamed, merge)
            )
            if isinstance(one, Conflict):
                return one
            if one.before != one.after:
                found.append(one)
        return self._in_the_way(found) or tuple(found)

    def push(self, patch: Sequence[FileChange]) -> None:
        """Lay a patch that was fitted to what is here on top. Raises ValueError when it was fitted to something else."""
        for change in patch:
            if self.now.get(change.path, change.before) != change.before:
                raise ValueError(f"{change.path} is not what the patch was fitted to")
        for change in patch:
            self.before.setdefault(change.path, change.before)
            self.now[change.path] = change.after
        self.moved |= renames(patch)

    def _one(
        self, change: FileChange, here: str | None, renamed: Mapping[str, str], merge: Merge
    ) -> FileChange | Conflict:
        """One change on top of `here`; where an earlier item renamed the file, it goes to its new name."""
        path, gone_to = change.path, self.moved.get(change.path)
        if here is None and change.before is not None:
            if gone_to is not None and change.after is not None and self.now.get(gone_to) is not None:
                return self._followed(change, gone_to, merge)
            if gone_to is not None and renamed.get(path) != gone_to:
                what = f"renamed to {renamed[path]}" if path in renamed else "deleted"
                return Conflict(
                    path, f"{path} was renamed to {gone_to} by an earlier item and is {what} by this one."
                )
            if gone_to is None and path in renamed:
                return Conflict(path, f"{path} was deleted by an earlier item and is renamed by this one.")
        if change.after is None and path in renamed and here not in (None, change.before):
            return FileChange(path, here, None)  # what the other item changed in it goes to the new name
        after = _merged(change, here, merge)
        return after if isinstance(after, Conflict) else FileChange(path, here, after)

    def _followed(self, change: FileChange, gone_to: str, merge: Merge) -> FileChange | Conflict:
        here = self.now[gone_to]
        after = _merged(FileChange(gone_to, change.before, change.after), here, merge)
        return after if isinstance(after, Conflict) else FileChange(gone_to, here, after)

    def _in_the_way(self, patch: Sequence[FileChange]) -> Conflict | None:
        """A file that would lie where another item made a folder, or where its name differs by case only."""
        made = {change.path for change in patch if change.before is None and change.after is not None}
        if not made:
            return None
        gone = {change.path for change in patch if change.after is None}
        others = {
            path for path, text in self.now.items() if text is not None and self.before[path] is None
        } - gone
        alike = {folded(path): path for path in others}
        for path in sorted(made):
            twin = alike.get(folded(path), path)
            if twin != path:
                return Conflict(path, f"{path} differs only by case from {twin}, which an earlier item made.")
            for other in others:
                if other.startswith(f"{path}/") or path.startswith(f"{other}/"):
                    return Conflict(path, f"{path} and {other} of an earlier item cannot both be there.")
        return None


def touched(patch: Sequence[FileChange]) -> set[str]:
    return {change.path for change in patch}


def on_base(patch: Sequence[FileChange], below: Sequence[FileChange]) -> tuple[FileChange, ...]:
    """`patch`, made on top of the changes `below`, together with them as one patch against their base."""
    stack = Stack()
    stack.push(below)
    stack.push(patch)
    return stack.changes()


def _renamed(
    change: FileChange, source: FileChange, here: Mapping[str, str | None], merge: Merge
) -> FileChange | Conflict:
    """The new file of a rename, with what an earlier item changed in the old one."""
    there = here[change.path]
    ours = here[source.path]
    assert ours is not None and source.before is not None and change.after is not None
    if there is not None:
        return Conflict(change.path, f"{change.path} was created by an earlier item, with another text.")
    text = merge(change.path, source.before, ours, change.after)
    if text is None:
        return Conflict(source.path, f"{source.path}: an earlier item changed the same lines.")
    return FileChange(change.path, None, text)


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
    text = merge(change.path, change.before, here, change.after)
    return (
        text
        if text is not None
        else Conflict(change.path, f"{change.path}: an earlier item changed the same lines.")
    )
