"""Rename a definition with all its uses: by the language server where one stands ready, else by the map where the name has
one meaning only."""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterator, Mapping, Sequence

from flashagent.errors import WorkspaceError
from flashagent.jobs.batch.renames import renames
from flashagent.jobs.batch.spec import Item
from flashagent.jobs.house import House
from flashagent.ports import MapQuery
from flashagent.values import FileChange

PATIENCE_S = 60.0  # a server reads a large project first, and nobody waits for one name
_LATER = "Apply the batch, and start it again."
_WORD_OR_SIGN = re.compile(r"[\w$]+|[^\w$]")


async def renamed(
    item: Item, old: str, new: str, house: House, known: MapQuery, below: Sequence[FileChange] = ()
) -> tuple[FileChange, ...]:
    """The changes that give the item's first place another name everywhere, in the base with `below` on top.

    Raises WorkspaceError when nobody can tell which uses are meant, or when the new name is taken.
    """
    target = item.targets[0]
    answered = await _by_server(target.path, target.line, old, new, house)
    if not isinstance(answered, str):
        return _on_top(_changes(answered), below, old, new)
    meanings = known.definitions(old)
    if len(meanings) != 1:
        raise WorkspaceError(
            f"{old} has {len(meanings)} definitions, and {answered}.",
            hint="Install a language server for the project, or give an instruction for a model.",
        )
    if known.definitions(new):
        raise WorkspaceError(f"There is a definition of {new} already.", hint="Choose another name.")
    return _on_top(_by_map(old, new, house, known), below, old, new)


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
    word = _word(old)
    texts: dict[str, tuple[str, str]] = {}
    for path, numbers in lines.items():
        text = house.read(path)
        if text is not None:
            texts[path] = (text, _on_lines(text, numbers, word, new))
    return _changes(texts)


def _word(name: str) -> re.Pattern[str]:
    return re.compile(rf"(?<![\w$]){re.escape(name)}(?![\w$])")


def _on_top(
    changes: Sequence[FileChange], below: Sequence[FileChange], old: str, new: str
) -> tuple[FileChange, ...]:
    """The changes of the base as they are where `below` lies on it; a file that it renamed is followed."""
    now = {change.path: change.after for change in below}
    moved = renames(below)
    texts: dict[str, tuple[str, str]] = {}
    for change in changes:
        before, after = change.before or "", change.after or ""
        path = moved.get(change.path, change.path)
        here = now.get(path, before)
        if here is not None:
            texts[path] = (here, after if here == before else _carried(before, after, here, _word(old), new))
    return _changes(texts)


def _carried(before: str, after: str, here: str, word: re.Pattern[str], new: str) -> str:
    """`here` renamed as `before` was: what others left alone becomes what it became there, word by word. A mention in what
    they wrote is one of the name too where no other meaning of it stands in the file; else WorkspaceError is raised."""
    old, done, present = (text.split("\n") for text in (before, after, here))
    found: list[str] = []
    for same, start, end, first, last in _compared(old, done, present):
        if same:
            found += done[start:end]
        elif first < last:
            one, other, mine = (
                "\n".join(part) for part in (old[start:end], done[start:end], present[first:last])
            )
            found.append(_carried_words(one, other, mine, word, new, sure=not word.search(after)))
    return "\n".join(found)


def _carried_words(before: str, after: str, here: str, word: re.Pattern[str], new: str, *, sure: bool) -> str:
    old, done, present = (_WORD_OR_SIGN.findall(text) for text in (before, after, here))
    found: list[str] = []
    for same, start, end, first, last in _compared(old, done, present):
        text = "".join(done[start:end] if same else present[first:last])
        if not same and not sure and word.search(text):
            raise WorkspaceError(
                "Another item wrote the name anew, and it has several meanings there.", hint=_LATER
            )
        found.append(text if same else word.sub(lambda _: new, text))
    return "".join(found)


def _compared(
    old: Sequence[str], done: Sequence[str], present: Sequence[str]
) -> Iterator[tuple[bool, int, int, int, int]]:
    """(whether they are the same, the pieces of `old`, those of `present`), in order. A rename puts each piece of `done` in
    the place of one of `old`; WorkspaceError where it does not."""
    if len(old) != len(done):
        raise WorkspaceError("The rename rewrites what another item changed.", hint=_LATER)
    matcher = difflib.SequenceMatcher(None, old, present, autojunk=False)
    for kind, *places in matcher.get_opcodes():
        start, end, first, last = places
        yield kind == "equal", start, end, first, last


def _on_lines(text: str, numbers: set[int], word: re.Pattern[str], new: str) -> str:
    lines = text.split("\n")
    return "\n".join(
        word.sub(lambda found: new, line) if number in numbers else line
        for number, line in enumerate(lines, start=1)
    )


def _changes(texts: Mapping[str, tuple[str, str]]) -> tuple[FileChange, ...]:
    return tuple(FileChange(path, *both) for path, both in sorted(texts.items()) if both[0] != both[1])
