"""C and C++: the fix-its that gcc and clang print when they are asked to, for errors and for functions without a declaration."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import field

from flashagent.dataclass import dataclass
from flashagent.repair.quick.foreign import Finding, Seen, offset, together
from flashagent.repair.quick.proposal import Proposal
from flashagent.repair.source import Edit

# gcc 11 and later read the first, clang the second: the check's own command needs no other word.
ASKING = {"GCC_EXTRA_DIAGNOSTIC_OUTPUT": "fixits-v1", "CCC_OVERRIDE_OPTIONS": "# +-fdiagnostics-parseable-fixits", "LC_ALL": "C"}  # fmt: skip
_FIXIT = re.compile(r'^fix-it:"(?P<path>(?:[^"\\]|\\.)+)":\{(?P<l1>\d+):(?P<c1>\d+)-(?P<l2>\d+):(?P<c2>\d+)\}:"(?P<text>(?:[^"\\]|\\.)*)"$')  # fmt: skip
_TOLD = re.compile(r"^(?P<path>[^\s:][^:]*):(?P<line>\d+):(?P<column>\d+): (?P<level>(?:fatal )?error|warning|note): (?P<message>.+)$")  # fmt: skip
_UNDECLARED = re.compile(
    r"implicit declaration of function '(?P<name>\w+)'|undeclared library function '(?P<clang>\w+)'"
)
_UNLINKED = re.compile(r"undefined reference to [`'](?P<name>\w+)'")
_ESCAPES = {"n": "\n", "t": "\t", "\\": "\\", '"': '"'}


@dataclass(slots=True)
class _Told:
    """A diagnostic with its notes: what it says, and the fix-its printed below it, those of one place apart."""

    level: str
    message: str
    fixits: list[re.Match[str]] = field(default_factory=list)
    notes: list[_Told] = field(default_factory=list)


async def proposals(seen: Seen) -> list[Proposal]:
    printed = await seen.ask((), ASKING)
    unlinked = {match["name"] for match in _UNLINKED.finditer(printed)}
    groups = [_answers(seen, one) for one in _diagnostics(printed) if _counts(one, unlinked)]
    return together(seen, groups)


def _counts(told: _Told, unlinked: set[str]) -> bool:
    """An error, or a warning about the very function that the linker does not find."""
    if "error" in told.level:
        return True
    match = _UNDECLARED.search(told.message)
    return match is not None and (match["name"] or match["clang"]) in unlinked


def _diagnostics(printed: str) -> list[_Told]:
    found: list[_Told] = []
    current: _Told | None = None
    for line in printed.splitlines():
        if match := _FIXIT.match(line):
            if current is not None:
                current.fixits.append(match)
        elif match := _TOLD.match(line):
            current = _Told(match["level"], match["message"])
            if match["level"] == "note" and found:
                found[-1].notes.append(current)
            else:
                found.append(current)
    return found


def _answers(seen: Seen, told: _Told) -> Sequence[Finding]:
    """The compiler's own fix-it; else the one header that a note of it names."""
    own = list(_findings(seen, told, told.message))
    if own:
        return own
    return [f for note in told.notes if "#include" in note.message or note.message.startswith("include ")
             for f in _findings(seen, note, told.message)]  # fmt: skip


def _findings(seen: Seen, told: _Told, message: str) -> Iterator[Finding]:
    """All fix-its of a diagnostic as one change of one file."""
    edits: list[Edit] = []
    paths: set[str] = set()
    for match in told.fixits:
        path = seen.place(_unescaped(match["path"]))
        text = seen.text(path) if path is not None else None
        if path is None or text is None:
            return
        start = offset(text, int(match["l1"]), int(match["c1"]))
        end = offset(text, int(match["l2"]), int(match["c2"]))
        if start is None or end is None or end < start:
            return
        paths.add(path)
        edits.append(Edit(start, end, _unescaped(match["text"])))
    if len(paths) == 1 and edits:
        how = " and ".join(
            f"{e.text.strip()!r} put in" if e.text.strip() else "text taken away" for e in edits
        )
        yield Finding(paths.pop(), tuple(edits), how, f"the compiler: {message}")


def _unescaped(text: str) -> str:
    """gcc and clang write quotes, backslashes and what is not ASCII as C does."""

    def plain(match: re.Match[str]) -> str:
        return _ESCAPES.get(match[1]) or chr(int(match[1], 8))

    joined = re.sub(
        r"\\([0-7]{3}|.)", lambda m: plain(m) if m[1] in _ESCAPES or m[1].isdigit() else m[1], text
    )
    return joined.encode("latin-1", "ignore").decode("utf-8", "replace") if not joined.isascii() else joined
