"""Plan the edits of one reply against one snapshot: all of them land, or none does. Pure: reads through a function.

Each file is read once; every edit is located in the text as it was read, so that no edit depends on another.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import field

from flashagent.dataclass import dataclass
from flashagent.edits.check import CheckSyntax, check_syntax, parses_as_before
from flashagent.edits.decoding import (
    came_as_entities,
    came_escaped,
    has_entities,
    without_entities,
    without_escapes,
)
from flashagent.edits.definitions import FindSymbols, default_symbols, range_splices, symbol_splices
from flashagent.edits.lines import FileLines, plain, split_lines
from flashagent.edits.paths import Paths, tidy
from flashagent.edits.replacing import check_elision, hunk_splices, replace_splices
from flashagent.edits.splice import Splice, merge
from flashagent.edits.teach import Read, taught
from flashagent.edits.values import (
    Create,
    Delete,
    Edit,
    EditProblem,
    Hunk,
    Planned,
    Refusal,
    Refused,
    Rename,
    Replace,
    ReplaceRange,
    ReplaceSymbol,
    Whole,
)
from flashagent.edits.whole import check_new_text, whole_splices
from flashagent.errors import WorkspaceError
from flashagent.values import FileChange

_LARGE = 4_000


@dataclass
class _Work:
    """What the reply wants of one path. `view` is None where no file is there yet."""

    path: str
    view: FileLines | None
    first: int
    splices: list[Splice] = field(default_factory=list)
    created: str | None = None
    deleted: bool = False
    renamed: str | None = None
    final_newline: bool | None = None


def plan(
    read: Read,
    paths: Sequence[str],
    edits: Sequence[Edit],
    shown: Mapping[str, str] | None = None,
    *,
    syntax: CheckSyntax = check_syntax,
    symbols: FindSymbols = default_symbols,
) -> Planned | Refused:
    """The changes that carry out all edits, or every reason why they cannot be carried out.

    `read` gives a file's text or None where no file is, and raises WorkspaceError for one that cannot be edited
    (binary, too large, behind a link): then that is the refusal. `paths` are the files of the tree; `shown` maps a path to the text that the
    model last saw. A plan changes at least one file; its changes are in the order of the reply.
    """
    planner = _Planner(read, paths, shown or {}, symbols)
    edits = planner.transported(edits)
    refusals = [refusal for refusal in map(planner.take, range(1, len(edits) + 1), edits) if refusal]
    if not edits:
        return Refused((Refusal(None, 0, "no_edits", "The reply holds no edit."),))
    if refusals:
        return Refused(tuple(refusals))
    changes: list[FileChange] = []
    for work in planner.works.values():
        outcome = _finish(work, syntax)
        if isinstance(outcome, Refusal):
            refusals.append(outcome)
        else:
            changes += outcome
    refusals += _collisions(changes)
    return Refused(tuple(refusals)) if refusals else Planned(tuple(changes))


class _Planner:
    """Collects, per file, what the edits ask for."""

    def __init__(
        self, read: Read, paths: Sequence[str], shown: Mapping[str, str], symbols: FindSymbols
    ) -> None:
        self._cache: dict[str, str | None] = {}
        self._read_through = read
        self._listed = paths
        self._paths = Paths(self._read, paths)
        self._shown = shown
        self._symbols = symbols
        self.works: dict[str, _Work] = {}

    def _read(self, path: str) -> str | None:
        if path not in self._cache:
            self._cache[path] = self._read_through(path)
        return self._cache[path]

    def take(self, number: int, edit: Edit) -> Refusal | None:
        """Add one edit to the plan, or say why it cannot be."""
        path: str | None = None
        try:
            path = self._resolve(edit)
            work = self._work(path, number)
            if work.deleted or (work.created is not None):
                raise EditProblem("conflict", f"{path} is made or deleted by another edit of the same reply.")
            self._add(work, edit, number)
        except WorkspaceError as error:
            return Refusal(path or tidy(edit.path), number, "unreadable", str(error))
        except EditProblem as problem:
            named = path or tidy(edit.path) or None
            refusal = Refusal(named, number, problem.reason, problem.message, problem.nearest)
            return refusal if problem.nearest else taught(refusal, edit, self._read, self._listed)
        return None

    def transported(self, edits: Sequence[Edit]) -> Sequence[Edit]:
        """The edits as the model meant them: what one of them shows of how the reply came holds for all."""
        if any(self._came(edit, _quoted_entities, came_as_entities) for edit in edits):
            edits = [without_entities(edit) for edit in edits]
        if any(self._came(edit, _quoted_escapes, came_escaped) for edit in edits):
            edits = [without_escapes(edit) for edit in edits]
        return edits

    def _came(self, edit: Edit, may: Callable[[Edit], bool], did: Callable[[FileLines, Edit], bool]) -> bool:
        try:
            text = self._read(self._paths.require(edit.path)) if may(edit) else None
        except (EditProblem, WorkspaceError):
            return False  # said when the edit itself is taken
        return text is not None and did(FileLines(text), edit)

    def _resolve(self, edit: Edit) -> str:
        if isinstance(edit, Create):
            return self._new_path(edit.path, exact=True)
        if isinstance(edit, Whole):
            return self._new_path(edit.path, exact=False)
        if isinstance(edit, Replace) and not edit.old.strip() and edit.path.strip():
            return self._new_path(edit.path, exact=True)
        return self._paths.require(edit.path)

    def _new_path(self, given: str, *, exact: bool) -> str:
        if not given.strip():
            return self._paths.require(given)
        clean = tidy(given)
        existing = self._paths.existing(given) if not exact else (given if self._known(given) else None)
        if existing is None and self._known(clean):
            existing = clean
        return existing if existing is not None else self._paths.fresh(given)

    def _known(self, path: str) -> bool:
        try:
            return self._paths.existing(path) == path
        except EditProblem:
            return False

    def _work(self, path: str, number: int) -> _Work:
        if path not in self.works:
            text = self._read(path)
            self.works[path] = _Work(path, None if text is None else FileLines(text), number)
        return self.works[path]

    def _add(self, work: _Work, edit: Edit, number: int) -> None:
        shown = self._shown.get(work.path)
        match edit:
            case Create(text=text) | Whole(text=text) if work.view is None:
                work.created = check_new_text(text)
            case Create(text=text):
                _create_over(work, text, number)
            case Whole():
                _alone(work)
                assert work.view is not None
                named = work.path == tidy(edit.path) or work.path == edit.path
                work.splices += whole_splices(work.view, edit.text, number, shown, named)
            case Delete(text=text):
                _alone(work)
                _check_deletable(work, text, shown)
                work.deleted = True
            case Rename():
                work.renamed = self._destination(work, edit)
            case Replace(new=text) if work.view is None:
                work.created = check_new_text(text if text.endswith("\n") or not text else text + "\n")
            case Replace() | Hunk() | ReplaceSymbol() | ReplaceRange():
                assert work.view is not None  # `require` gave a path that can be read
                self._add_splices(work, work.view, edit, number, shown)

    def _add_splices(
        self,
        work: _Work,
        view: FileLines,
        edit: Replace | Hunk | ReplaceSymbol | ReplaceRange,
        number: int,
        shown: str | None,
    ) -> None:
        match edit:
            case Replace():
                splices = replace_splices(view, edit, number, shown)
            case Hunk():
                splices = hunk_splices(view, edit, number, shown)
                if edit.final_newline is not None:
                    work.final_newline = edit.final_newline
            case ReplaceSymbol():
                splices = symbol_splices(view, work.path, edit, number, shown, self._symbols)
            case ReplaceRange():
                splices = range_splices(view, edit, number, shown)
        check_elision(view, splices)
        work.splices += splices

    def _destination(self, work: _Work, edit: Rename) -> str:
        clean = tidy(edit.to)
        if clean == work.path:
            raise EditProblem("no_change", f"{clean} is renamed to itself.")
        if work.renamed is not None and work.renamed != clean:
            raise EditProblem("conflict", f"{work.path} is renamed twice.")
        if self._read(clean) is not None:
            raise EditProblem("exists", f"{clean} exists already, so {work.path} cannot take its name.")
        return self._paths.fresh(edit.to)


def _alone(work: _Work) -> None:
    if work.splices or work.renamed:
        raise EditProblem("conflict", f"{work.path} is changed by another edit of the same reply.")


def _check_deletable(work: _Work, quoted: str | None, shown: str | None) -> None:
    """Raise EditProblem where a file to be removed is not what the reply or the model's last look says it is."""
    view = work.view
    assert view is not None
    head = view.region(0, min(len(view), 10))
    if shown is not None and shown != view.text:
        raise EditProblem(
            "stale", f"You saw an older version of {work.path}; it has changed since. Look at it again.", head
        )
    if quoted is not None and [plain(line) for line in split_lines(quoted)] != view.plain_lines:
        raise EditProblem("not_found", f"{work.path} does not hold the lines that the diff deletes.", head)


def _create_over(work: _Work, text: str, number: int) -> None:
    """Creating a file that is there: fine when it is empty, said plainly when it reads like that already."""
    view = work.view
    assert view is not None
    head = view.region(0, min(len(view), 10))
    if view.joined.strip() and FileLines(text).joined == view.joined:
        raise EditProblem("already_applied", f"{work.path} exists and reads like that already.", head)
    if view.joined.strip():
        raise EditProblem("exists", f"{work.path} exists already. Change it with an edit of its text.", head)
    _alone(work)
    work.splices.append(Splice(0, len(view.joined), FileLines(check_new_text(text)).joined, number))
    work.final_newline = text.endswith("\n") or None


def _finish(work: _Work, syntax: CheckSyntax) -> list[FileChange] | Refusal:
    """The changes of one file, checked."""
    if work.created is not None:
        return [FileChange(work.path, None, work.created)]
    view = work.view
    assert view is not None
    if work.deleted:
        return [FileChange(work.path, view.text, None)]
    try:
        after = _after(work, view)
        _check_parse(work.renamed or work.path, view, after, work.splices, syntax)
    except EditProblem as problem:
        number = work.splices[0].edit if work.splices else work.first
        return Refusal(work.path, number, problem.reason, problem.message, problem.nearest)
    if work.renamed is not None:
        return [FileChange(work.path, view.text, None), FileChange(work.renamed, None, after)]
    return [FileChange(work.path, view.text, after)]


def _after(work: _Work, view: FileLines) -> str:
    spans = [(splice.start, splice.end, splice.text) for splice in merge(view, work.splices)]
    after = view.rebuild(spans, work.final_newline)
    if after == view.text and work.renamed is None:
        raise EditProblem(
            "no_change", "The edits leave the file as it is.", view.region(0, min(len(view), 5))
        )
    return after


def _check_parse(
    path: str, view: FileLines, after: str, splices: Sequence[Splice], syntax: CheckSyntax
) -> None:
    """Raise EditProblem where the text parsed before and does not after."""
    if after == view.text:
        return
    start = view.line_at(min(splice.start for splice in splices))
    end = view.line_at(max(max(splice.start, splice.end - 1) for splice in splices)) + 1
    if len(after) > _LARGE and parses_as_before(syntax, path, view.lines, split_lines(after), start, end):
        return
    # Some grammars call a last line without its end broken, depending on what stands before it.
    problems = syntax(path, _ended(after))
    if not problems or syntax(path, _ended(view.text)):
        return
    first = problems[0]
    broken = FileLines(after).region(first.line - 2, first.line + 1)
    excerpt = f"\nIt would read:\n{broken.text}" if broken else ""
    raise EditProblem(
        "syntax",
        f"With this edit {path} no longer parses: line {first.line}, column {first.column}: {first.text}.{excerpt}",
        view.region(start - 2, min(end, start + 40) + 2),
    )


def _ended(text: str) -> str:
    return text if text.endswith("\n") else text + "\n"


def _collisions(changes: Iterable[FileChange]) -> list[Refusal]:
    """One refusal per path that two changes would write, in any spelling that a file system may fold together."""
    seen: dict[str, FileChange] = {}
    refusals = []
    for change in changes:
        folded = change.path.casefold()
        if folded in seen and (change.after is not None and seen[folded].after is not None):
            refusals.append(
                Refusal(
                    change.path,
                    0,
                    "conflict",
                    f"Two edits would write {seen[folded].path} and {change.path}.",
                )
            )
        seen[folded] = change
    return refusals


def _quoted_entities(edit: Edit) -> bool:
    if isinstance(edit, Replace):
        return has_entities(edit.old)
    return isinstance(edit, Hunk) and has_entities("".join(text for _, text in edit.ops))


def _quoted_escapes(edit: Edit) -> bool:
    return isinstance(edit, Replace) and "\\n" in edit.old
