"""From the selectors of a batch to the places they find."""

from __future__ import annotations

import asyncio
import re
import shlex
from collections.abc import AsyncIterator, Iterable, Iterator, Sequence
from fnmatch import fnmatchcase

from flashagent.dataclass import dataclass
from flashagent.diagnose.lint import diagnostics, is_python
from flashagent.errors import UsageError, WorkspaceError
from flashagent.jobs.batch.rules import language_of, matches
from flashagent.jobs.batch.spec import Selector, Target
from flashagent.jobs.house import House
from flashagent.jobs.trees import candidate
from flashagent.ports import Command, MapQuery
from flashagent.syntax.languages import language_for
from flashagent.syntax.parse import queried
from flashagent.values import CheckReport
from flashagent.verify.feedback import culprit
from flashagent.verify.tamper import is_test_file

_LINTERS_AT_ONCE = 8
_COMMAND_TIMEOUT_S = 300.0
_PRINTED = re.compile(r"(?P<path>[^:\n]+?)(?::(?P<line>\d+))?(?::\d+)?(?::\s*(?P<message>.*))?")
_SHOWN = 120
_FUNCTIONS = ("function", "method")


@dataclass(frozen=True)
class Finder:
    """Looks for the places of a batch in the tree as it is. `files` are those that git knows or does not ignore."""

    house: House
    map: MapQuery
    files: Sequence[str]
    reports: Sequence[CheckReport]

    async def targets(self, selectors: Iterable[Selector]) -> list[Target]:
        """All places, in the order of the selectors and of the files. Raises UsageError for a selector that is wrong."""
        found: list[Target] = []
        for selector in selectors:
            found += [target async for target in self._of(selector)]
        return list(dict.fromkeys(found))

    async def _of(self, selector: Selector) -> AsyncIterator[Target]:
        match selector.kind:
            case "glob":
                pattern = compiled_glob(selector.text)
                for path in self.files:
                    if pattern.fullmatch(path):
                        yield Target(path)
            case "lint":
                async for target in self._lint(selector.text):
                    yield target
            case "command":
                async for target in self._command(selector.text):
                    yield target
            case _:
                simple = {
                    "symbol": self._symbols, "pattern": self._pattern, "grep": self._grep,
                    "callers": self._callers, "failing": self._failing, "query": self._query,
                    "untested": self._untested,
                }  # fmt: skip
                for target in await asyncio.to_thread(lambda: list(simple[selector.kind](selector))):
                    yield target

    def _symbols(self, selector: Selector) -> Iterator[Target]:
        for path in self.files:
            for symbol in self.map.symbols(path):
                if fnmatchcase(symbol.qualified, selector.text):
                    yield Target(path, symbol.qualified, symbol.start_line, symbol.signature)

    def _pattern(self, selector: Selector) -> Iterator[Target]:
        for path in self.files:
            language = language_of(path)
            if not language or (selector.language and language != selector.language):
                continue
            text = self.house.read(path)
            for line, matched in matches(selector.text, language, text) if text else ():
                yield self._at(path, line, matched.partition("\n")[0][:_SHOWN])

    def _query(self, selector: Selector) -> Iterator[Target]:
        for path in self.files:
            language = language_for(path)
            if language is None or language != selector.language:
                continue
            text = self.house.read(path)
            for line, matched in queried(text, language, selector.text) if text else ():
                yield self._at(path, line, matched.partition("\n")[0][:_SHOWN])

    def _untested(self, selector: Selector) -> Iterator[Target]:
        pattern = compiled_glob(selector.text)
        for path in self.files:
            if not pattern.fullmatch(path) or is_test_file(path):
                continue
            for symbol in self.map.symbols(path):
                private = symbol.name.startswith("_")
                if symbol.kind not in _FUNCTIONS or private or self._is_named_by_tests(symbol.name):
                    continue
                yield Target(path, symbol.qualified, symbol.start_line, symbol.signature)

    def _is_named_by_tests(self, name: str) -> bool:
        return any(is_test_file(path) for path, _ in self.map.references(name))

    def _grep(self, selector: Selector) -> Iterator[Target]:
        try:
            pattern = re.compile(selector.text)
        except re.error as error:
            raise UsageError(f"{selector.text!r} is no regular expression: {error}.") from error
        for path in self.files:
            text = self.house.read(path)
            for number, line in enumerate(text.split("\n"), start=1) if text else ():
                if pattern.search(line):
                    yield self._at(path, number, line.strip()[:_SHOWN])

    def _callers(self, selector: Selector) -> Iterator[Target]:
        defined = {(one.path, one.start_line) for one in self.map.definitions(selector.text)}
        if not defined:
            raise UsageError(
                f"There is no symbol {selector.text!r}.", hint="`flashagent map --query NAME` finds symbols."
            )
        for path, line in self.map.references(selector.text.rpartition(".")[2]):
            if (path, line) not in defined:
                yield self._at(path, line, f"uses {selector.text}")

    def _failing(self, selector: Selector) -> Iterator[Target]:
        for report in self.reports:
            for failure in report.failures:
                frame = culprit(failure)
                path = frame.path if frame is not None and frame.in_project else ""
                line = frame.line if frame is not None else 0
                message = f"{failure.test_id}: {failure.message}".strip(": ")
                yield Target(path, failure.test_id, line, message, shlex.join(failure.rerun))

    async def _lint(self, codes: str) -> AsyncIterator[Target]:
        select = tuple(codes.replace(",", " ").split())
        gate = asyncio.Semaphore(_LINTERS_AT_ONCE)

        async def one(path: str) -> list[Target]:
            async with gate:
                text = await asyncio.to_thread(self.house.read, path)
                found = await diagnostics(path, text, select=select) if text else ()
            return [self._at(path, each.line, f"{each.code} {each.message}") for each in found]

        for targets in await asyncio.gather(*(one(path) for path in self.files if is_python(path))):
            for target in targets:
                yield target

    async def _command(self, text: str) -> AsyncIterator[Target]:
        house, known = self.house, frozenset(self.files)
        async with candidate(house) as tree:
            command = Command(
                ("/bin/sh", "-c", text),
                house.root,
                env=house.environment.variables,
                path=house.environment.path,
                timeout_s=_COMMAND_TIMEOUT_S,
                tree=tree,
                keep=house.environment.keep,
                binds=house.environment.binds,
                output_bytes=8_000_000,
            )
            result = await house.runner.run(command)
        if result.exit_code != 0 or result.limit:
            said = result.output.decode("utf-8", "replace").strip().splitlines()
            raise WorkspaceError(
                f"The command of the selector failed: {said[-1] if said else result.exit_code}.", hint=text
            )
        for line in result.output.decode("utf-8", "replace").splitlines():
            found = _PRINTED.fullmatch(line.strip().removeprefix("./"))
            if found and found["path"] in known:
                yield self._at(found["path"], int(found["line"] or 0), found["message"] or "")

    def _at(self, path: str, line: int, message: str) -> Target:
        symbol = self.map.symbol_at(path, line) if line else None
        return Target(path, symbol.qualified if symbol else "", line, message)


def compiled_glob(pattern: str) -> re.Pattern[str]:
    """`*` and `?` stay inside one folder, `**` crosses folders, `[...]` is a set; as in .gitignore, but for whole paths."""
    out, at = "", 0
    while at < len(pattern):
        rest = pattern[at:]
        if rest.startswith("**/"):
            out, at = f"{out}(?:[^/]+/)*", at + 3
        elif rest.startswith("**"):
            out, at = f"{out}.*", at + 2
        elif rest[0] == "*":
            out, at = f"{out}[^/]*", at + 1
        elif rest[0] == "?":
            out, at = f"{out}[^/]", at + 1
        elif rest[0] == "[" and "]" in rest[2:]:
            end = rest.index("]", 2)
            inside = rest[1:end].replace("\\", r"\\")
            out, at = f"{out}[{'^' + inside[1:] if inside[0] == '!' else inside}]", at + end + 1
        else:
            out, at = out + re.escape(rest[0]), at + 1
    try:
        return re.compile(out)
    except re.error as error:
        raise UsageError(f"{pattern!r} is no glob: {error}.") from error
