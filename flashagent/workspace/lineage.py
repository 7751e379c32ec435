"""The commits behind a tree, and the search among them for the one that broke a test. The search is pure.

Bisection on a graph as git does it, with several probes at a time: the commits that are not yet cleared are the common
ancestors of all bad ones less the ancestors of the good ones, and each round asks those that part them most evenly.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Literal

from flashagent.dataclass import dataclass
from flashagent.workspace.git import Repository

MOST_COMMITS = 2_000
WORK_TREE = ""  # stands for what is not committed yet
Finding = Literal["good", "bad", "untestable"]


@dataclass(frozen=True, slots=True)
class Commit:
    """One commit, or with the id WORK_TREE the state on disk. `date` is the day it was committed, as ISO 8601 tells it."""

    id: str
    parents: tuple[str, ...] = ()
    subject: str = ""
    date: str = ""

    @property
    def name(self) -> str:
        """For people: the short id and the subject."""
        return f"{self.id[:10]} ({self.subject})" if self.id else "the changes that are not committed"


def lineage(repository: Repository, *, limit: int = MOST_COMMITS) -> tuple[Commit, ...]:
    """HEAD and its ancestors, children before parents, at most `limit`; first the work tree where it differs from HEAD.
    Empty before the first commit and outside of git."""
    head = None if repository.plain else repository.head()
    if head is None:
        return ()
    form = "--format=%H%x00%P%x00%cs%x00%s%x00"
    output = repository.calls.run("log", "--topo-order", f"--max-count={limit}", form, head)
    fields = output.decode("utf-8", "replace").split("\0")
    commits = tuple(
        Commit(name.strip(), tuple(parents.split()), subject.strip()[:120], date)
        for name, parents, date, subject in zip(*(fields[n::4] for n in range(4)), strict=False)
        if name.strip()
    )
    if repository.recently_changed(0) or _something_is_gone(repository):
        return (Commit(WORK_TREE, (head,)), *commits)
    return commits


def _something_is_gone(repository: Repository) -> bool:
    return bool(repository.calls.run("diff-index", "--name-only", "-z", "--ignore-submodules=all", "HEAD"))


class Bisection:
    """The search. `commits` are as `lineage` gives them; the first one is known to be bad.

    Ask `next`, run what it names, `note` what came of it, until `next` has nothing and nothing is under way.
    """

    def __init__(self, commits: Sequence[Commit]) -> None:
        self._commits = tuple(commits)
        self._number = {commit.id: number for number, commit in enumerate(commits)}
        self._ancestors = self._all_ancestors()
        self._bad = 0
        self._left = self._ancestors[0]
        self._asked = self._untestable = 0
        self.good: Commit | None = None
        self.tested = 0

    def _all_ancestors(self) -> list[int]:
        """For each commit the set (bits by number) of itself and what it comes from, as far as it is known."""
        found = [0] * len(self._commits)
        for number in reversed(range(len(self._commits))):
            bits = 1 << number
            for parent in self._commits[number].parents:
                if parent in self._number:
                    bits |= found[self._number[parent]]
            found[number] = bits
        return found

    @property
    def bad(self) -> Commit:
        """The oldest commit that is known to be bad."""
        return self._commits[self._bad]

    @property
    def suspects(self) -> tuple[Commit, ...]:
        """The commits that may be the one, newest first; meaningless while no good one is known."""
        return tuple(self._commits[number] for number in _bits(self._left))

    def note(self, commit: Commit, finding: Finding) -> None:
        number = self._number[commit.id]
        self._asked |= 1 << number
        self.tested += finding != "untestable"
        if finding == "untestable":
            self._untestable |= 1 << number
        elif finding == "good":
            self._left &= ~self._ancestors[number]
            self.good = commit
        elif self._left >> number & 1:
            self._left &= self._ancestors[number]
            self._bad = number

    def is_open(self, commit: Commit) -> bool:
        """Whether an answer about the commit would still tell something."""
        number = self._number[commit.id]
        return bool(self._left >> number & 1) and number != self._bad

    def next(self, count: int, under_way: Iterable[Commit] = ()) -> tuple[Commit, ...]:
        """At most `count` commits to ask now, beside those under way."""
        running = sum(1 << self._number[commit.id] for commit in under_way)
        if self.good is None:
            return self._further_back(count, running)
        askable = self._left & ~self._asked & ~running & ~(1 << self._bad)
        whole = self._left.bit_count()
        parts = count + running.bit_count() + 1
        chosen: list[int] = []
        for part in range(1, parts):
            free = [number for number in _bits(askable) if number not in chosen]
            if not free or len(chosen) == count:
                break
            aim = whole * part / parts
            chosen.append(min(free, key=lambda n: abs((self._ancestors[n] & self._left).bit_count() - aim)))
        return tuple(self._commits[number] for number in chosen)

    def _further_back(self, count: int, running: int) -> tuple[Commit, ...]:
        """No good commit is known yet: the first parents, in steps that double, and last the end of what is known."""
        line = self._first_parents()
        steps = {2**power for power in range(len(line).bit_length())} | {len(line)}
        places = [line[step - 1] for step in sorted(steps) if 0 < step <= len(line)]
        spoilt = self._asked | running
        # Where one cannot be tested, its older neighbours are asked in its place.
        near = [
            one for place in places if self._untestable >> place & 1 for one in line[line.index(place) :][1:3]
        ]
        free = [number for number in (*places, *near) if not spoilt >> number & 1]
        return tuple(self._commits[number] for number in dict.fromkeys(free))[:count]

    def _first_parents(self) -> list[int]:
        line: list[int] = []
        current = self._commits[0]
        while current.parents and current.parents[0] in self._number:
            line.append(self._number[current.parents[0]])
            current = self._commits[line[-1]]
        return line


def _bits(bits: int) -> Iterable[int]:
    while bits:
        lowest = bits & -bits
        yield lowest.bit_length() - 1
        bits ^= lowest
