"""What a bisection found, in the forms that others need: a sentence, a capped diff for a model, lines for the search."""

from __future__ import annotations

import difflib
from collections.abc import Sequence

from flashagent.dataclass import dataclass
from flashagent.errors import WorkspaceError
from flashagent.jobs.house import House
from flashagent.repomap.impact import changed_lines
from flashagent.values import Failure
from flashagent.verify.tamper import is_test_file
from flashagent.workspace.lineage import Bisection, Commit

TOLD_CHARACTERS = 2_400  # of a commit's diff that a model is shown
MOST_LINES = 400  # that the search and the map are told of


@dataclass(frozen=True, slots=True)
class Breakage:
    """Between `good` and `commit` the test broke. `others` are commits between them that could not be tested, or not in
    time. `diff` is what the commit (with the others) changed, files on the failure's stack first and tests last; `lines`
    are those of its lines that stand in the files on disk now, as path and number."""

    test: str
    commit: Commit
    good: Commit
    others: tuple[Commit, ...] = ()
    diff: str = ""
    lines: tuple[tuple[str, int], ...] = ()
    tested: int = 0
    seconds: float = 0.0

    @property
    def summary(self) -> str:
        """One sentence for a person."""
        after = f"it passes in {self.good.name}" if self.good.id else ""
        how = f"{self.tested} tested in {self.seconds:.1f} s"
        if self.others:
            first = f"one of {len(self.others) + 1} commits up to {self.commit.name}"
            return f"{self.test} was broken by {first}: the others could not be tested ({after}; {how})."
        return f"{self.test} was broken by {self.commit.name} ({after}; {how})."

    def told(self, most_characters: int) -> str:
        """For a model: the sentence and as many whole hunks of the diff as fit."""
        kept: list[str] = []
        room = most_characters
        for piece in _pieces(self.diff):
            if len(piece) > room and kept:
                kept.append("[... more was changed ...]\n")
                break
            kept.append(piece[:room])
            room -= len(piece)
        return f"{self.summary}\n{''.join(kept)}"


def described(house: House, search: Bisection, test: str, seconds: float, failure: Failure) -> Breakage:
    """The account of a search that found a good commit. Raises WorkspaceError when git cannot read the commits."""
    assert search.good is not None
    commit, others = search.bad, tuple(one for one in search.suspects if one != search.bad)
    before = others[-1] if others else commit
    parent = before.parents[0] if before.parents else house.repository.empty_tree()
    if commit.id:
        diff = house.repository.diff(trees=(parent, commit.id))
    else:
        diff = house.repository.diff()
    places = [frame.path for frame in failure.frames if frame.in_project]
    return Breakage(
        test, commit, search.good, others, _ordered(diff, places), _lines(house, commit, diff),
        search.tested, seconds,
    )  # fmt: skip


def _ordered(diff: str, places: Sequence[str]) -> str:
    """The files' parts of a diff: those on the stack first, tests last."""

    def order(part: str) -> tuple[bool, bool]:
        path = _path(part)
        return is_test_file(path), path not in places

    return "".join(sorted(_files(diff), key=order))


def _files(diff: str) -> list[str]:
    parts: list[str] = []
    for line in diff.splitlines(keepends=True):
        if line.startswith("diff --git ") or not parts:
            parts.append("")
        parts[-1] += line
    return parts


def _path(part: str) -> str:
    names = [line[6:].rstrip() for line in part.splitlines()[:8] if line.startswith(("--- a/", "+++ b/"))]
    return names[-1] if names else ""


def _pieces(diff: str) -> list[str]:
    """The diff in hunks, each file's head with its first hunk, without the lines that only git needs."""
    pieces: list[str] = []
    for part in _files(diff):
        head, hunks = "", 0
        for line in part.splitlines(keepends=True):
            if line.startswith(("diff --git ", "index ", "similarity ")):
                continue
            if line.startswith("@@"):
                pieces.append(head + line)
                head, hunks = "", hunks + 1
            elif hunks:
                pieces[-1] += line
            else:
                head += line
    return pieces


def _lines(house: House, commit: Commit, diff: str) -> tuple[tuple[str, int], ...]:
    """Where the lines of the diff stand in the files on disk now."""
    found: list[tuple[str, int]] = []
    for path, spans in changed_lines(diff).items():
        now = house.read(path)
        if now is None or is_test_file(path):
            continue
        then = _text_at(house, commit, path) if commit.id else now
        present = _carried(then.splitlines(), now.splitlines())
        found += [(path, present[n]) for start, end in spans for n in range(start, end + 1) if n in present]
    return tuple(found[:MOST_LINES])


def _text_at(house: House, commit: Commit, path: str) -> str:
    try:
        return house.repository.read_object(f"{commit.id}:{path}").decode("utf-8", "replace")
    except WorkspaceError:  # a rename, or a submodule
        return ""


def _carried(then: Sequence[str], now: Sequence[str]) -> dict[int, int]:
    """Line numbers then → now, for the lines that are still there."""
    if then == now:
        return {number: number for number in range(1, len(now) + 1)}
    blocks = difflib.SequenceMatcher(None, then, now, autojunk=False).get_matching_blocks()
    return {a + k + 1: b + k + 1 for a, b, size in blocks for k in range(size)}
