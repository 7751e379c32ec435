"""What can be said about changed files for no tokens and without running anything of the project: linter, security and leak
patterns, callers that a changed signature breaks, functions that grew too complex, wishes in comments."""

from __future__ import annotations

import asyncio
import re
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from itertools import islice
from typing import Literal, Protocol

from flashagent.dataclass import dataclass
from flashagent.diagnose import lint
from flashagent.diffs import changed_lines
from flashagent.repomap.branches import ways_through
from flashagent.repomap.changed import SymbolChange, symbol_changes
from flashagent.repomap.relations import Use
from flashagent.repomap.signatures import breaks_callers
from flashagent.syntax.languages import language_for
from flashagent.syntax.parse import syntax_errors
from flashagent.values import Diagnostic, FileChange, Symbol
from flashagent.verify.tamper import is_test_file

Read = Callable[[str], str | None]
Kind = Literal["error", "caller", "security", "leak", "complexity", "wish"]
# Our own choice of ruff's rules: what is a mistake or a hole in nearly every program, and nothing about taste.
SECURITY = (
    "S102", "S103", "S105", "S106", "S107", "S113", "S301", "S302", "S306", "S307", "S323", "S324", "S501", "S502",
    "S503", "S504", "S506", "S507", "S508", "S509", "S602", "S604", "S605", "S608", "S612", "S701", "S702",
)  # fmt: skip
LEAKS = ("SIM115", "B006", "B012", "B018", "B023", "B025", "B904", "PLW1509", "RUF006")
COMPLEX = 12  # ways through a function from which on growing is worth a word
_MOST_CALLERS = 5
_SHORTEST_NAME = 4  # shorter names are used for too many things to speak of a removed one
_WISH = re.compile(
    r"^\s*(?:#+|//+|--|;+|/?\*+|<!--|%)\s*flashagent:\s*(\S.*?)\s*(?:\*/|-->)?\s*$", re.IGNORECASE
)
_ORDER: dict[Kind, int] = {"error": 0, "caller": 1, "security": 2, "leak": 3, "complexity": 4, "wish": 5}


@dataclass(frozen=True, slots=True, order=True)
class Finding:
    """One thing about a line of a changed file (or of one that uses it). `code` is the linter's rule, where one spoke."""

    path: str
    line: int
    kind: Kind
    message: str
    code: str = ""

    @property
    def request(self) -> str:
        """What an agent is told to repair it. The message holds names from the code, never instructions of it, but for a
        wish, which is one that the user wrote."""
        if self.kind == "wish":
            return f"A comment in {self.path}, line {self.line}, asks for this: {self.message}. Do it, and remove the comment."
        return f"Look at {self.path}, line {self.line}: {self.message}. Repair it if it is wrong."


class Relations(Protocol):
    """What the map is asked."""

    def callers(self, name: str) -> list[Use]: ...

    def definitions(self, name: str) -> list[Symbol]: ...

    def references(self, name: str) -> list[tuple[str, int]]: ...


async def findings(
    changes: Sequence[FileChange], repo_map: Relations, read: Read, *, wishes: bool = False
) -> tuple[Finding, ...]:
    """Only what the changes brought, by importance, path and line; `read` gives the files as they are now. Raises RunnerMissing without ruff."""
    linted = await _linted(changes)
    by_map = await asyncio.to_thread(lambda: list(_by_map(changes, repo_map, read)))
    asked = [one for change in changes for one in _wishes(change)] if wishes else []
    found = dict.fromkeys((*linted, *_syntax(changes), *by_map, *asked))
    return tuple(sorted(found, key=lambda one: (_ORDER[one.kind], one)))


async def _linted(changes: Sequence[FileChange]) -> list[Finding]:
    own = [one for one in changes if lint.is_python(one.path) and one.after is not None]
    before = {one.path: one.before for one in own}
    after = {one.path: one.after for one in own}
    rules = (*lint.ERRORS, *SECURITY, *LEAKS)
    found = await lint.caused(before, after, select=rules)
    return [_of_linter(one) for one in found if not (one.code in SECURITY and is_test_file(one.path))]


def _of_linter(one: Diagnostic) -> Finding:
    kind: Kind = "security" if one.code in SECURITY else "leak" if one.code in LEAKS else "error"
    return Finding(one.path, one.line, kind, " ".join(one.message.split()), one.code)


def _syntax(changes: Sequence[FileChange]) -> Iterator[Finding]:
    """Of languages that the linter does not know."""
    for change in changes:
        language = language_for(change.path)
        if language is None or language == "python" or change.after is None:
            continue
        known = Counter(one.text for one in syntax_errors(change.before or "", language))
        for problem in syntax_errors(change.after, language):
            if known[problem.text] > 0:
                known[problem.text] -= 1
            else:
                yield Finding(change.path, problem.line, "error", problem.text, "syntax")


def _by_map(changes: Sequence[FileChange], repo_map: Relations, read: Read) -> Iterator[Finding]:
    written = {(change.path, line) for change in changes for line in changed_lines(change)}
    for change in changes:
        for one in symbol_changes(change):
            if one.kind == "signature" and one.before and one.after:
                calls = _calls_of(one.after, repo_map, read, written)
                yield from _callers(one.before, one.after, calls)
            elif one.kind == "removed":
                yield from _users(one.symbol, repo_map)
            yield from _complexity(one, change)


def _calls_of(
    symbol: Symbol, repo_map: Relations, read: Read, written: set[tuple[str, int]]
) -> Iterator[tuple[str, int]]:
    """Lines that surely call it and were not written just now; an import is no call."""
    call = re.compile(rf"\b{re.escape(symbol.name)}\s*\(")
    for use in repo_map.callers(f"{symbol.path}:{symbol.qualified}"):
        lines = (read(use.path) or "").split("\n")[use.line - 1 : use.line]
        if use.kind == "call" and (use.path, use.line) not in written and any(map(call.search, lines)):
            yield use.path, use.line


def _callers(before: Symbol, after: Symbol, calls: Iterable[tuple[str, int]]) -> Iterator[Finding]:
    if breaks_callers(before.signature, after.signature):
        now, then = _short(after.signature), _short(before.signature)
        told = f"this calls {after.qualified}, whose signature is now `{now}` (it was `{then}`)"
        for path, line in islice(calls, _MOST_CALLERS):
            yield Finding(path, line, "caller", told)


def _users(symbol: Symbol, repo_map: Relations) -> Iterator[Finding]:
    """Lines that name what is gone, where nothing else has its name."""
    if (
        symbol.qualified != symbol.name
        or len(symbol.name) < _SHORTEST_NAME
        or repo_map.definitions(symbol.name)
    ):
        return
    for path, line in repo_map.references(symbol.name)[:_MOST_CALLERS]:
        yield Finding(
            path, line, "caller", f"this names {symbol.name}, which {symbol.path} no longer defines"
        )


def _complexity(one: SymbolChange, change: FileChange) -> Iterator[Finding]:
    if one.after is None or one.after.kind not in ("function", "method") or is_test_file(change.path):
        return
    after = ways_through(_text(change.after, one.after))
    before = ways_through(_text(change.before, one.before)) if one.before else 0
    if after >= COMPLEX and after > before:
        grown = f"{before} before" if one.before else "new"
        told = f"{after} ways lead through {one.after.qualified} ({grown})"
        yield Finding(change.path, one.after.start_line, "complexity", told)


def _wishes(change: FileChange) -> Iterator[Finding]:
    for number, line in enumerate((change.after or "").split("\n"), 1):
        if found := _WISH.match(line[:1_000]):
            yield Finding(change.path, number, "wish", found[1])


def _text(text: str | None, symbol: Symbol) -> str:
    return "\n".join((text or "").split("\n")[symbol.start_line - 1 : symbol.end_line])


def _short(signature: str) -> str:
    line = " ".join(signature.split()).rstrip(":")
    return line if len(line) <= 120 else f"{line[:119]}…"


def counts(found: Iterable[Finding]) -> str:
    """'2 errors, 1 caller', or 'no findings'."""
    names = {"error": "error", "caller": "caller", "security": "security finding", "leak": "likely mistake", "complexity": "complex function", "wish": "wish"}  # fmt: skip
    numbers = Counter(one.kind for one in found)
    told = [f"{number} {names[kind]}{'' if number == 1 else 's'}" for kind, number in numbers.items()]
    return ", ".join(told) or "no findings"
