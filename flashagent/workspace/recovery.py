"""After a crash: bring everything that was left half done to one end or the other, and say what was done."""

from __future__ import annotations

from pathlib import Path

from flashagent.dataclass import dataclass
from flashagent.workspace.checkpoints import Checkpoints
from flashagent.workspace.git import Repository
from flashagent.workspace.journal import Workspace


@dataclass(frozen=True, slots=True)
class Recovery:
    """`told` has one sentence for each thing that was finished, taken back or left alone. `restored` is the one about a
    restore (an undo or redo) that was finished, '' when there was none."""

    told: tuple[str, ...] = ()
    restored: str = ""


def recover_all(
    repository: Repository, workspace: Workspace, checkpoints: Checkpoints, state_dir: Path
) -> Recovery:
    """Safe to call at every start. Raises WorkspaceError while another flashagent is at work here."""
    told: list[str] = []
    restored = ""
    recovered = workspace.recover()
    for paths, what in ((recovered.finished, "finished"), (recovered.undone, "taken back")):
        if paths:
            told.append(f"A patch that was cut off is {what}: {', '.join(paths)}.")
    if recovered.kept:
        kept = ", ".join(recovered.kept)
        told.append(f"Files changed since a patch was cut off, left as they are: {kept}.")
    if label := checkpoints.recover():
        restored = f"What was cut off is finished: back to '{label}'."
        told.append(restored)
    if made := repository.recover_commit(state_dir):
        told.append(f"A commit that was cut off is finished: {made[:9]}.")
    return Recovery(tuple(told), restored)
