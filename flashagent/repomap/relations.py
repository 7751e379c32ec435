"""Who calls what, exactly: uses found by the grammar in the files as they are now, each tied to the definition it means."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence

from flashagent.dataclass import dataclass
from flashagent.repomap.bm25_small import live
from flashagent.repomap.graph import EdgeKind
from flashagent.repomap.lookup import Lookup, symbol_of
from flashagent.repomap.scopes import Scopes
from flashagent.repomap.words import terms_of
from flashagent.syntax.parse import references
from flashagent.values import Symbol

_MAX_FILES = 2000


@dataclass(frozen=True, slots=True)
class Use:
    """One place where a definition is used. `caller` is the definition around the line, None outside all of them;
    `kind` is 'call' where the use can hardly mean another definition, 'name' where only the name fits."""

    path: str
    line: int
    caller: Symbol | None
    kind: EdgeKind


@dataclass(frozen=True, slots=True)
class Callee:
    """A definition that another one uses, and on which line first."""

    symbol: Symbol
    line: int
    kind: EdgeKind


class Relations:
    """`text_of` gives a file's text as it is on disk now, '' when it cannot be read."""

    def __init__(self, lookup: Lookup, text_of: Callable[[str], str]) -> None:
        self._at = lookup
        self._text_of = text_of
        self._scopes = Scopes(lookup)

    def paths_with(self, name: str) -> list[str]:
        """The files that can have the name, by the words of the index."""
        users = [
            {content for _, content, _ in live(self._at.view, self._at.postings(term))}
            for term in terms_of(name)
        ]
        # A name of one letter has no postings; every file can have it.
        contents = set.intersection(*users) if users else set(range(len(self._at.view.contents)))
        return sorted({path for content in contents for path in self._at.every_path(content)})

    def references(self, name: str) -> list[tuple[str, int]]:
        """Path and line of each use of the plain name, definitions included, comments and strings not."""
        found: list[tuple[str, int]] = []
        written = re.compile(rf"(?<!\w){re.escape(name)}(?!\w)")
        for path in self.paths_with(name)[:_MAX_FILES]:
            text = self._text_of(path)
            # The index knows stems ("value" for "values"); only what has the very word is worth parsing.
            if not written.search(text):
                continue
            found += dict.fromkeys((path, one.line) for one in references(text, path) if one.name == name)
        return found

    def callers(self, targets: Sequence[Symbol]) -> list[Use]:
        """Every use of the definitions (all of one plain name), sure ones first, then by path and line."""
        name = targets[0].name
        definers = self._definers(name)
        wanted = {(self._at.view.index[one.path], one.qualified, one.start_line) for one in targets}
        found: list[Use] = []
        for path, line in self.references(name):
            file = self._at.view.index[path]
            meant, kind = self._scopes.meant(file, name, definers)
            fits = any((at, (s := self._symbol(at, n)).qualified, s.start_line) in wanted for at, n in meant)
            if fits and not self._is_definition(path, line, name):
                found.append(Use(path, line, self.symbol_at(path, line), kind))
        return sorted(found, key=lambda one: (one.kind != "call", one.path, one.line))

    def callees(self, symbol: Symbol) -> list[Callee]:
        """What the definition uses, in the order of its lines; each definition once."""
        file = self._at.view.index[symbol.path]
        found: dict[tuple[int, int], Callee] = {}
        for use in references(self._text_of(symbol.path), symbol.path):
            if not symbol.start_line <= use.line <= symbol.end_line or use.name == symbol.name:
                continue
            meant, kind = self._scopes.meant(file, use.name, self._definers(use.name))
            for one in meant:
                callee = self._symbol(*one)
                around = (
                    callee.path == symbol.path and callee.start_line <= symbol.start_line <= callee.end_line
                )
                if one not in found and not around:
                    found[one] = Callee(callee, use.line, kind)
        return list(found.values())

    def symbol_at(self, path: str, line: int) -> Symbol | None:
        """The innermost definition around the line."""
        content = self._at.content(path)
        if content is None:
            return None
        record = self._at.record(content)
        around = [n for n, fields in enumerate(record.symbols) if fields[3] <= line <= fields[4]]
        best = min(
            around,
            key=lambda n: (record.symbols[n][4] - record.symbols[n][3], -record.symbols[n][3]),
            default=None,
        )
        return None if best is None else symbol_of(record, best, path)

    def _definers(self, name: str) -> list[tuple[int, int]]:
        view = self._at.view
        return [
            (file, document - view.first[content])
            for document, content in self._at.defining(name)
            for file in view.paths_of[content]
        ]

    def _symbol(self, file: int, ordinal: int) -> Symbol:
        view = self._at.view
        return symbol_of(self._at.record(view.content_of[file]), ordinal - 1, view.paths[file])

    def _is_definition(self, path: str, line: int, name: str) -> bool:
        """True for the line that defines the name: the innermost definition there has it and its body starts later."""
        around = self.symbol_at(path, line)
        return around is not None and around.name == name and name in _head(self._text_of(path), around, line)


def _head(text: str, symbol: Symbol, line: int) -> str:
    """The line when it belongs to the definition's head (decorators included), else ''."""
    lines = text.split("\n")
    for number in range(symbol.start_line, min(symbol.end_line, len(lines)) + 1):
        if symbol.name in lines[number - 1]:
            return lines[number - 1] if number == line else ""
    return ""
