"""What the terminal app does with the user's files: take back one hunk, show lines, write a new file."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from flashagent.diffs import unified_diff
from flashagent.errors import UsageError, WorkspaceError
from flashagent.events import FileChanged
from flashagent.frontends.tui.diffing import Hunk, hunks_of, taken_back
from flashagent.values import FileChange

if TYPE_CHECKING:
    from flashagent.jobs.house import House

AROUND = 5


def take_back(house: House, path: str, diff: str, hunk: str, number: int) -> FileChanged:
    """Write the file without one hunk of its diff, after a checkpoint; what is left of the change. Raises WorkspaceError, with
    nothing written, when the file no longer holds the hunk."""
    found = hunks_of(diff)
    if number >= len(found) or found[number].text != hunk:
        raise WorkspaceError(f"The diff of {path} is another one by now.", hint="Look at it again.")
    now = house.read(path)
    after, original = _without(now, found[number], diff), _original(now, found, diff)
    house.checkpoint(f"before: a part of {path} is taken back")
    house.workspace.apply([FileChange(path, now, after)])
    left = FileChange(path, original, after)
    return FileChanged(path, "created" if original is None else "modified", unified_diff(left))


def excerpt(house: House, path: str, line: int) -> str:
    """About ten numbered lines around one, which is marked. Raises WorkspaceError for a file that cannot be read."""
    text = house.read(path)
    if text is None:
        raise WorkspaceError(f"{path} cannot be read.")
    lines = text.splitlines()
    first = max(0, line - AROUND - 1)
    return "\n".join(
        f"{'›' if number == line else ' '}{number:>5}  {house.mask(lines[number - 1])}"
        for number in range(first + 1, min(len(lines), line + AROUND) + 1)
    )


def save(cwd: Path, file: str, text: str) -> str:
    """A new file; says where it is. Raises UsageError when it is there already, WorkspaceError when it cannot be written."""
    path = cwd / Path(file).expanduser()
    try:
        with path.open("x", encoding="utf-8", errors="replace") as new:
            new.write(text)
    except FileExistsError as error:
        raise UsageError(f"{path} is there already.", hint="Name a new file.") from error
    except (OSError, ValueError) as error:
        raise WorkspaceError(f"{path} cannot be written: {error}.", hint="Name another place.") from error
    return str(path)


def _without(now: str | None, hunk: Hunk, diff: str) -> str | None:
    """The text without the hunk; None for a file that is to go again."""
    if now is None:
        if hunk.after:
            raise _gone()
        return "\n".join([*hunk.before, ""])  # the file was deleted: its text comes back
    if not hunk.before and "\nnew file mode" in f"\n{diff}":
        if now.split("\n") not in ([*hunk.after, ""], [*hunk.after]):
            raise _gone()
        return None
    after = taken_back(now, hunk)
    if after is None:
        raise _gone()
    return after


def _original(now: str | None, hunks: tuple[Hunk, ...], diff: str) -> str | None:
    """The text as it was before all of them."""
    text = now
    for hunk in reversed(hunks):
        text = _without(text, hunk, diff)
    return text


def _gone() -> WorkspaceError:
    return WorkspaceError(
        "The file no longer holds this part as it was written; nothing was changed.",
        hint="/undo takes back the whole change, or tells why it cannot.",
    )
