"""What quick fixes of languages other than Python share: a finding, the files it may touch, and how findings go together.

A compiler that refuses a program names all of its complaints at once, so that all repairs which leave no choice make one
proposal; the check judges it.
"""

from __future__ import annotations

import difflib
import posixpath
from collections.abc import Awaitable, Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import field
from pathlib import PurePosixPath

from flashagent.dataclass import dataclass
from flashagent.repair.project import SKIPPED, Project
from flashagent.repair.quick.proposal import Proposal, joined
from flashagent.repair.source import Edit, apply_edits
from flashagent.values import CheckReport, FileChange
from flashagent.verify.tamper import is_test_configuration, is_test_file

Ask = Callable[[Sequence[str], Mapping[str, str]], Awaitable[str]]
NOT_OURS = SKIPPED | {"vendor", "third_party", "target", "_deps", "external"}
MAX_FILES, MAX_ALTERNATIVES = 2000, 5


@dataclass(frozen=True, slots=True)
class Finding:
    """One way to answer one complaint."""

    path: str
    edits: tuple[Edit, ...]
    how: str
    reason: str


@dataclass(frozen=True, slots=True)
class Seen:
    """A red report of the project as it is with the changes made so far. `ask` runs a command (the check's own when its argv is
    empty) on that state in the sandbox and gives what it printed; `folder` is the check's, relative to the root."""

    project: Project
    report: CheckReport
    ask: Ask
    folder: str = "."
    argv: tuple[str, ...] = ()
    texts: dict[str, str | None] = field(default_factory=dict)

    def text(self, path: str) -> str | None:
        """The text of a file that may be changed; None for tests, dependencies and what lies outside."""
        if path not in self.texts:
            self.texts[path] = self.project.text(path) if self.may_change(path) else None
        return self.texts[path]

    def may_change(self, path: str) -> bool:
        return may_change(self.project, path)

    def place(self, written: str) -> str | None:
        """The file that a tool in the check's folder wrote about; of a tool that ran elsewhere, the only file that ends so."""
        if written.startswith("/"):
            return self.project.relative(written)
        path = posixpath.normpath(posixpath.join(self.folder, written))
        if not path.startswith("..") and (self.project.root / path).is_file():
            return path
        suffix = PurePosixPath(path).suffix
        ends = [one for one in self.files(suffix) if f"/{one}".endswith("/" + written.removeprefix("./"))]
        return ends[0] if len(ends) == 1 else None

    def files(self, *suffixes: str) -> Iterator[str]:
        return own_files(self.project, *suffixes)


def may_change(project: Project, path: str) -> bool:
    """Whether a path (relative to the root) is the project's own code: no test, no dependency, nothing outside."""
    parts = PurePosixPath(path).parts
    if not parts or path.startswith("/") or ".." in parts or NOT_OURS.intersection(parts):
        return False
    return not (is_test_file(path) or is_test_configuration(path) or project.is_test(path))


def own_files(project: Project, *suffixes: str) -> Iterator[str]:
    """The project's own files with these suffixes, in a fixed order; tests too."""
    return project.files(suffixes, lambda name: name in NOT_OURS or name.startswith("."), MAX_FILES)


def offset(text: str, line: int, column: int) -> int | None:
    """Where line and column (both from 1, the column in bytes of UTF-8, as compilers count) lie in the text."""
    lines = text.split("\n")
    if not 1 <= line <= len(lines):
        return None
    before = sum(len(one) + 1 for one in lines[: line - 1])
    here = lines[line - 1].encode("utf-8", "surrogatepass")
    if column < 1 or column - 1 > len(here):
        return None
    return before + len(here[: column - 1].decode("utf-8", "surrogatepass"))


def at_utf16(text: str, units: int) -> int:
    """The place in the text that JavaScript's tools count in UTF-16."""
    if text.isascii():
        return units
    return len(text.encode("utf-16-le", "surrogatepass")[: 2 * units].decode("utf-16-le", "replace"))


def line_span(text: str, position: int) -> tuple[int, int]:
    """The whole line around a position, with its line end."""
    start = text.rfind("\n", 0, position) + 1
    end = text.find("\n", position)
    return start, len(text) if end < 0 else end + 1


def word_at(text: str, position: int) -> str:
    end = position
    while end < len(text) and (text[end].isalnum() or text[end] in "_$"):
        end += 1
    return text[position:end]


def line_edits(change: FileChange) -> tuple[Edit, ...]:
    """What a change does, line by line, so that it goes together with others of the file."""
    before, after = ((text or "").splitlines(keepends=True) for text in (change.before, change.after))
    starts = [0]
    for line in before:
        starts.append(starts[-1] + len(line))
    steps = difflib.SequenceMatcher(None, before, after, autojunk=False).get_opcodes()
    return tuple(
        Edit(starts[first], starts[last], "".join(after[new:end]))
        for tag, first, last, new, end in steps
        if tag != "equal"
    )


def together(seen: Seen, groups: Iterable[Sequence[Finding]]) -> list[Proposal]:
    """Each group answers one complaint. All answers without an alternative go together; of the first complaint that has
    several answers, each makes one proposal with them."""
    sure: dict[Finding, None] = {}
    open_: Sequence[Finding] = ()
    for group in groups:
        distinct = list(dict.fromkeys(group))
        if len(distinct) == 1:
            sure[distinct[0]] = None
        elif distinct and not open_:
            open_ = distinct[:MAX_ALTERNATIVES]
    if not open_:
        return [_one(seen, list(sure))] if sure else []
    return [_one(seen, [*sure, each]) for each in open_]


def _one(seen: Seen, findings: Sequence[Finding]) -> Proposal:
    by_path: dict[str, list[Edit]] = {}
    kept: list[Finding] = []
    for finding in findings:
        edits = by_path.setdefault(finding.path, [])
        fresh = [edit for edit in finding.edits if edit not in edits]
        if any(_clash(one, other) for one in fresh for other in edits):
            continue
        edits += fresh
        kept.append(finding)
    changes = []
    for path, edits in by_path.items():
        text = seen.text(path) or ""
        changes.append(FileChange(path, text, apply_edits(text, edits)))
    return joined(
        changes,
        "; ".join(dict.fromkeys(f.how for f in kept)),
        "; ".join(dict.fromkeys(f.reason for f in kept)),
    )


def _clash(one: Edit, other: Edit) -> bool:
    return one.start < other.end and other.start < one.end
