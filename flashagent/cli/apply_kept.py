"""`flashagent apply --last`: apply a patch that a job found and did not apply."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from pathlib import Path

from flashagent.edits.reply import ReplyResult
from flashagent.errors import ExitCode, UsageError
from flashagent.jobs.kept import Kept, Offer, land, last_kept, options_of
from flashagent.untrusted import sanitize
from flashagent.values import FileChange
from flashagent.workspace.checkpoints import Checkpoints
from flashagent.workspace.journal import Workspace

FIRST = 0  # no number was given


def apply_kept(
    number: int, folder: Path, workspace: Workspace, checkpoints: Checkpoints, *, check: bool, as_json: bool
) -> int:
    """The exit code. With `check` nothing is written. Raises UsageError when nothing is kept, or it is not said which of
    several, WorkspaceError when the files have changed where the patch does."""
    kept = last_kept(folder)
    offer = _meant(kept, number, ask=not as_json)
    if offer is None:
        return ExitCode.NOT_FIXED
    if check:
        changes = tuple(one for one in workspace.rebased(offer.changes) if one.before != one.after)
    else:
        changes = land(offer, workspace, checkpoints)
    if as_json:
        print(ReplyResult(True, {change.path: change.after for change in changes}).to_json())
    else:
        _tell(kept, offer, changes, check=check)
    return ExitCode.OK


def _meant(kept: Kept, number: int, *, ask: bool) -> Offer | None:
    """The patch of this number; where none was given the only one, or what the person at the terminal says."""
    count = len(kept.offers)
    if number > count:
        raise UsageError(f"There is no patch {number}.", hint=f"The last job kept {count}.")
    if number or count == 1:
        return kept.offers[max(number, 1) - 1]
    from flashagent.frontends import offers

    options = options_of(kept.offers)
    if ask:
        lines = [f"  {line}" for line in offers.option_lines(options, kept.contrasts)]
        print(sanitize("\n".join([offers.introduction(options), *lines])), file=sys.stderr)
    if not (ask and sys.stdin.isatty() and sys.stderr.isatty()):
        raise UsageError(f"Say which of the {count} patches: --last 1 to --last {count}.")
    while True:
        sys.stderr.write(f"{offers.question(count, '')}: ")
        sys.stderr.flush()
        line = sys.stdin.readline()
        chosen = offers.chosen(line, count) if line else 0
        if chosen is not None:
            return kept.offers[chosen - 1] if chosen else None


def _tell(kept: Kept, offer: Offer, changes: Sequence[FileChange], *, check: bool) -> None:
    if not changes:
        print("Nothing to do: your files hold this patch already.")
        return
    for change in changes:
        word = "delete" if change.after is None else "create" if change.before is None else "change"
        print(sanitize(f"would {word} {change.path}" if check else f"{word}d {change.path}"))
    if check:
        return
    told = "passed with it when it was found" if offer.option.green else "was still red with it"
    print(sanitize(f"{offer.option.how}. `{kept.check}` {told}."), file=sys.stderr)
    print("`flashagent check` runs it again, `flashagent undo` takes the patch back.", file=sys.stderr)
