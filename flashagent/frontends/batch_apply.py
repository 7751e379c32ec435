"""A batch's changes in the user's own files."""

from __future__ import annotations

from flashagent.compose import batch_state
from flashagent.compose.house import open_house
from flashagent.compose.place import Place
from flashagent.errors import UsageError
from flashagent.frontends import words
from flashagent.frontends.batch_call import Call, nobody
from flashagent.values import FileChange
from flashagent.workspace.compared import of_trees


def apply_to_files(place: Place, batch: str, call: Call) -> None:
    """One patch of all that is on the branch. Raises UsageError when there is nothing."""
    with batch_state.reading(place, batch) as store:
        meta = store.meta()
    tip = meta.get("tip")
    changes = of_trees(place.repository, meta["base"], tip).changes if tip else ()
    if not changes:
        raise UsageError(f"The batch {batch} has brought nothing that could be applied.")
    house = open_house(place, call.wishes, nobody, batch)
    house.checkpoint(f"before the batch {batch}")
    house.workspace.apply(changes)
    call.talk.write(f"{_files(changes)} written to your files; `flashagent undo` takes it back.\n")


def _files(changes: tuple[FileChange, ...]) -> str:
    return words.count(len(changes), "file")
