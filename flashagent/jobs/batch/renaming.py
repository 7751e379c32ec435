"""Rename a definition with all its uses: by the language server where one stands ready, else by the map where the name has
one meaning only."""

from __future__ import annotations

import re
from collections.abc import Mapping

from flashagent.errors import WorkspaceError
from flashagent.jobs.batch.spec import Item
from flashagent.jobs.house import House
from flashagent.ports import MapQuery
from flashagent.values import FileChange

PATIENCE_S = 60.0  # a server reads a large project first, and nobody waits for one name


async def renamed(item: Item, old: str, new: str, house: House, known: MapQuery) -> tuple[FileChange, ...]:
    """The changes that give the item's first place another name everywhere.

    Raises WorkspaceError when nobody can tell which uses are meant, or when the new name is taken.
    """
    target = item.targets[0]
    answered = await _by_server(target.path, target.line, old, new, house)
    if not isinstance(answered, str):
        return _changes(answered)
    meanings = known.definitions(old)
    if len(meanings) != 1:
        raise WorkspaceError(
            f"{old} has {len(meanings)} definitions, and {answered}.",
            hint="Install a language server for the project, or give an instruction for a model.",
        )
    if known.definitions(new):
        raise WorkspaceError(f"There is a definition of {new} already.", hint="Choose another name.")
    return _by_map(old, new, house, known)


async def _by_server(
    path: str, line: int, old: str, new: str, house: House
) -> Mapping[str, tuple[str, str]] | str:
    """What the language server makes of the files, or why there is no such answer."""
    nobody = "no language server stands ready to tell them apart"
    if house.servers is None:
        return nobody
    house.servers.warm_up(house.repository.files())
    if not await house.servers.ready_for(path, PATIENCE_S):
        return nobody
    answer = await house.servers.rename(house.read, path, line, old, new, wait_s=PATIENCE_S)
    return answer if isinstance(answer, Mapping) else f"the language server does not say: {answer.why}"


def _by_map(old: str, new: str, house: House, known: MapQuery) -> tuple[FileChange, ...]:
    """The name on every line where the map knows a use of it, and where other code imports it."""
    lines: dict[str, set[int]] = {}
    for one in known.definitions(old):
        lines.setdefault(one.path, set()).add(one.start_line)
    for path, line in known.references(old):
        lines.setdefault(path, set()).add(line)
    word = re.compile(rf"(?<![\w$]){re.escape(old)}(?![\w$])")
    texts: dict[str, tuple[str, str]] = {}
    for path, numbers in lines.items():
        text = house.read(path)
        if text is not None:
            texts[path] = (text, _on_lines(text, numbers, word, new))
    return _changes(texts)


def _on_lines(text: str, numbers: set[int], word: re.Pattern[str], new: str) -> str:
    lines = text.split("\n")
    return "\n".join(
        word.sub(lambda found: new, line) if number in numbers else line
        for number, line in enumerate(lines, start=1)
    )


def _changes(texts: Mapping[str, tuple[str, str]]) -> tuple[FileChange, ...]:
    return tuple(FileChange(path, *both) for path, both in sorted(texts.items()) if both[0] != both[1])
