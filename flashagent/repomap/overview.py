"""What a tree is about, without a query: definitions by who uses them, by how lately they changed, the public ones first."""

from __future__ import annotations

import math
from collections import Counter

from flashagent.dataclass import dataclass
from flashagent.repomap.lookup import Lookup, Record, outermost, symbol_of
from flashagent.repomap.paths import stem_of
from flashagent.repomap.words import IDENTIFIER
from flashagent.values import RankedFile, RankedSymbol, Symbol

# Types and free functions say what a tree is about; methods are found through their types.
_KIND = {
    "class": 1.2, "struct": 1.2, "trait": 1.2, "interface": 1.2, "function": 1.0, "macro": 0.8, "enum": 0.7, "type": 0.7,
    "method": 0.4, "constant": 0.4, "variable": 0.3, "module": 0.3,
}  # fmt: skip
_PRIVATE = 0.3
_INSIDE = 0.5
_RECENT = 0.5


@dataclass(frozen=True, slots=True)
class Central:
    """A definition, how many files surely use it, and its score."""

    symbol: Symbol
    users: int
    score: float


def overview(lookup: Lookup, *, limit: int) -> tuple[list[RankedFile], list[RankedSymbol]]:
    """(files, definitions), best first; tests come last."""
    found = central(lookup)
    files: dict[str, float] = {}
    for one in found:
        files[one.symbol.path] = files.get(one.symbol.path, 0.0) + one.score
    order = sorted(files.items(), key=lambda item: (item[0] in lookup.tests, -item[1], item[0]))
    return (
        [RankedFile(path, round(score, 6), (_file_reason(lookup, path),)) for path, score in order[:limit]],
        [RankedSymbol(one.symbol, round(one.score, 6), _reasons(lookup, one)) for one in found[:limit]],
    )


def central(lookup: Lookup) -> list[Central]:
    """Every definition outside functions. A file uses a name when it says the name and also says the name of the file, of
    the class or of the folder that defines it, so that `get` or `name` do not come first because everybody says them."""
    records = [lookup.record(content) for content in range(len(lookup.view.contents))]
    speakers = _speakers(lookup, records)
    defined = Counter(name for record in records for name in {fields[0] for fields in record.symbols})
    found: list[Central] = []
    for content, record in enumerate(records):
        path = lookup.path(content)
        near = _near(lookup, path, content, speakers)
        for symbol in outermost([symbol_of(record, number, path) for number in range(len(record.symbols))]):
            found.append(_weighed(lookup, symbol, content, near, speakers, defined[symbol.name]))
    return sorted(
        found,
        key=lambda one: (one.symbol.path in lookup.tests, -one.score, one.symbol.path, one.symbol.start_line),
    )


def _weighed(
    lookup: Lookup, symbol: Symbol, content: int, near: set[int], speakers: dict[str, set[int]], definers: int
) -> Central:
    said = speakers.get(symbol.name, set())
    outer = symbol.qualified.rpartition(".")[0].rpartition(".")[2]
    sure = said & (speakers.get(outer, set()) if outer else near)
    users = len(sure - {content})
    score = math.log1p(users) / math.sqrt(definers) * _KIND.get(symbol.kind, 0.4)
    score *= (_PRIVATE if _private(symbol) else 1.0) * (_INSIDE if outer and symbol.kind != "method" else 1.0)
    return Central(symbol, users, score * (1.0 + _RECENT * lookup.history.recency(symbol.path)))


def _speakers(lookup: Lookup, records: list[Record]) -> dict[str, set[int]]:
    """Name -> the contents outside tests that use or import it."""
    found: dict[str, set[int]] = {}
    for content, record in enumerate(records):
        if lookup.path(content) in lookup.tests:
            continue
        names = {name for used in record.uses for name in used}
        for module, _, imported in record.imports:
            names.update(IDENTIFIER.findall(module), imported)
        for name in names:
            found.setdefault(name, set()).add(content)
    return found


def _near(lookup: Lookup, path: str, content: int, speakers: dict[str, set[int]]) -> set[int]:
    """The contents that say the name of the file or its folder, or stand in the same folder."""
    folder = path.rpartition("/")[0]
    beside = {number for other in lookup.folder(folder) if (number := lookup.content(other)) is not None}
    said = speakers.get(stem_of(path), set()) | speakers.get(folder.rpartition("/")[2], set())
    return (said | beside) - {content}


def _private(symbol: Symbol) -> bool:
    return any(
        part.startswith("_") for part in (*symbol.path.split("/"), *symbol.qualified.split("."))
    ) and not (symbol.path.endswith("__init__.py") and not symbol.name.startswith("_"))


def _reasons(lookup: Lookup, one: Central) -> tuple[str, ...]:
    told = ["1 other file uses it" if one.users == 1 else f"{one.users} other files use it"]
    if lookup.history.recency(one.symbol.path) > _RECENT:
        told.append("its file changes often of late")
    return tuple(told)


def _file_reason(lookup: Lookup, path: str) -> str:
    return "it is a test" if path in lookup.tests else "other files use what it defines"
