"""The tree as the index sees it: files, their contents, documents, lengths. Built whole, or from the last one where a few
contents changed; packed into bytes and back. Pure."""

from __future__ import annotations

import json
from array import array
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import field, replace
from typing import NamedTuple

from flashagent.dataclass import dataclass
from flashagent.repomap.pathwords import PathWords
from flashagent.repomap.sources import Reading, is_test

Signature = tuple[int, int, int, int]


class Entry(NamedTuple):
    """What a root holds at a path: its stat signature (mtime, ctime in ns, size, inode) and its content's number."""

    signature: Signature
    content: int


@dataclass(frozen=True, slots=True)
class Content:
    """One content as the view needs it; its record is read on demand."""

    number: int
    reading: str
    symbols: int
    first_document: int
    lengths: bytes


@dataclass(slots=True)
class View:
    """The tree as it was at the last refresh, never changed afterwards. Documents are numbered over the whole cache;
    `owner[d]` is the index of the content that document belongs to, or -1 when no file here has it."""

    paths: list[str] = field(default_factory=list)
    content_of: list[int] = field(default_factory=list)
    contents: list[int] = field(default_factory=list)
    first: list[int] = field(default_factory=list)
    definitions: list[int] = field(default_factory=list)
    """By content: how many definitions it has; document `first + n` is the n-th."""
    owner: array[int] = field(default_factory=lambda: array("i"))
    lengths: array[int] = field(default_factory=lambda: array("H"))
    content_words: array[int] = field(default_factory=lambda: array("q"))
    symbols: int = 0
    paths_of: list[list[int]] = field(default_factory=list)
    documents: int = 0
    words: int = 0
    index: dict[str, int] = field(default_factory=dict)
    configs: tuple[str, ...] = ()
    tests: bytes = b""
    """By path: 1 for a test."""
    path_words: PathWords = field(default_factory=lambda: PathWords.of(()))


@dataclass(slots=True)
class State:
    """All that one refresh found. `listing` is a digest of the listed names; `passed` counts those left out by their names
    and `doubtful` says why for those that another size or kind would let in; `left_out` counts those left out by what they hold."""

    listing: bytes
    entries: dict[str, Entry]
    passed: Counter[str]
    doubtful: dict[str, Reading]
    left_out: Counter[str]
    view: View

    @property
    def skipped(self) -> Counter[str]:
        return self.passed + self.left_out


def build_view(
    entries: Mapping[str, Entry], contents: Iterable[Content], total: int
) -> tuple[View, Counter[str]]:
    """(the view of these entries over `total` documents, the files left out by the reading of their content)."""
    view = View(owner=array("i", [-1]) * total, lengths=array("H", bytes(2 * total)))
    place: dict[int, int] = {}
    readings: dict[int, str] = {}
    for content in contents:
        readings[content.number] = content.reading
        if content.reading == "ok":
            place[content.number] = len(view.contents)
            for column in (view.contents, view.first, view.definitions, view.content_words):
                column.append(0)
            _put(view, place[content.number], content)
    skipped: Counter[str] = Counter()
    for path in sorted(entries):
        number = entries[path].content
        if number in place:
            view.paths.append(path)
            view.content_of.append(place[number])
        else:
            skipped[readings.get(number, "unreadable")] += 1
    view.tests = bytes(map(is_test, view.paths))
    view.path_words = PathWords.of(view.paths)
    _cross(view)
    return view, skipped


def with_contents(old: View, changed: Mapping[str, Content], total: int) -> View | None:
    """The view after the contents of a few paths changed; None where it has to be built anew, which is where a file comes
    or goes by what it holds, or a content has several files."""
    more = total - len(old.owner)
    owner = old.owner + array("i", [-1]) * more
    lengths = old.lengths + array("H", bytes(2 * more))
    view = replace(
        old,
        owner=owner,
        lengths=lengths,
        contents=list(old.contents),
        first=list(old.first),
        definitions=list(old.definitions),
        content_words=old.content_words[:],
    )
    known = {view.contents[view.content_of[old.index[path]]] for path in changed if path in old.index}
    for path, content in changed.items():
        number = old.index.get(path)
        if number is None or content.reading != "ok":
            return None
        place = view.content_of[number]
        if view.contents[place] == content.number:
            continue
        if len(view.paths_of[place]) > 1 or content.number in known or owner[content.first_document] >= 0:
            return None
        count = 1 + view.definitions[place]
        start = view.first[place]
        owner[start : start + count] = array("i", [-1]) * count
        lengths[start : start + count] = array("H", bytes(2 * count))
        view.symbols -= view.definitions[place]
        view.documents -= count
        view.words -= view.content_words[place]
        _put(view, place, content)
    return view


def _put(view: View, place: int, content: Content) -> None:
    count = len(content.lengths) // 2
    start = content.first_document
    own = array("H", content.lengths)
    view.contents[place], view.first[place], view.definitions[place] = (
        content.number,
        start,
        max(0, count - 1),
    )
    view.owner[start : start + count] = array("i", [place]) * count
    view.lengths[start : start + count] = own
    view.content_words[place] = words = sum(own)
    view.symbols += content.symbols
    view.documents += count
    view.words += words


def _cross(view: View) -> None:
    """What follows from the paths and their contents."""
    view.index = {path: number for number, path in enumerate(view.paths)}
    view.paths_of = [[] for _ in view.contents]
    for number, content in enumerate(view.content_of):
        view.paths_of[content].append(number)


_COLUMNS = (
    ("contents", "q"),
    ("first", "q"),
    ("definitions", "q"),
    ("content_words", "q"),
    ("content_of", "q"),
)


def pack_state(state: State) -> bytes:
    """For `unpack_state`, on the same machine: numbers lie as the processor has them."""
    view = state.view
    paths = sorted(state.entries)
    ordered = [state.entries[path] for path in paths]
    blobs = [
        "\0".join(paths).encode(),
        array("q", [one for entry in ordered for one in entry.signature]).tobytes(),
        array("q", [entry.content for entry in ordered]).tobytes(),
        bytes(path in view.index for path in paths),
        *(array(code, getattr(view, name)).tobytes() for name, code in _COLUMNS),
        view.owner.tobytes(),
        view.lengths.tobytes(),
        view.tests,
        *view.path_words.pack(),
    ]
    head = {
        "sizes": [len(blob) for blob in blobs], "listing": state.listing.hex(), "passed": state.passed,
        "doubtful": state.doubtful, "left_out": state.left_out, "configs": view.configs,
        "symbols": view.symbols, "documents": view.documents, "words": view.words,
    }  # fmt: skip
    return b"\n".join([json.dumps(head).encode(), b"".join(blobs)])


def unpack_state(data: bytes) -> State:
    text, _, rest = data.partition(b"\n")
    head = json.loads(text)
    blobs: list[bytes] = []
    for size in head["sizes"]:
        at = sum(map(len, blobs))
        blobs.append(rest[at : at + size])
    names, signatures, numbers, shown, *columns, owner, lengths, tests, terms, counts, having = blobs
    paths = names.decode().split("\0") if names else []
    four = iter(array("q", signatures))
    entries = {
        path: Entry(signature, number)
        for path, signature, number in zip(
            paths, zip(four, four, four, four, strict=True), array("q", numbers), strict=True
        )
    }
    view = View(
        paths=[path for path, one in zip(paths, shown, strict=True) if one],
        owner=array("i", owner),
        lengths=array("H", lengths),
        symbols=head["symbols"],
        documents=head["documents"],
        words=head["words"],
        configs=tuple(head["configs"]),
        tests=tests,
        path_words=PathWords.unpack(terms, counts, having),
    )
    for (name, code), blob in zip(_COLUMNS, columns, strict=True):
        column = array(code, blob)
        setattr(view, name, column if isinstance(getattr(view, name), array) else column.tolist())
    _cross(view)
    return State(
        bytes.fromhex(head["listing"]),
        entries,
        Counter(head["passed"]),
        head["doubtful"],
        Counter(head["left_out"]),
        view,
    )
