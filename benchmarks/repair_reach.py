"""Is a right patch known among the candidates of a search, and how soon would it be tried? Nothing is run for it.

`reach` says of one hunt that has looked at its tests where the author's change stands in the order of its candidates.
"""

from __future__ import annotations

import ast
import difflib
import re
import textwrap
from collections import Counter
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass

from repair_history import changed_lines
from repair_meaning import same_meaning

from flashagent.repair.hunt import MAX_CANDIDATES, Hunt
from flashagent.repair.mutate import Mutation, patched
from flashagent.repair.schedule import tasks
from flashagent.repair.source import Source

EVERYTHING = 1_000_000
NEAREST = 3
MOST_LINES = 40  # a change that spans more is no small edit of one place
COMPARED = 12  # patches with more other words are not looked at more closely
_WORD = re.compile(r"\w+|[^\w\s]")
_COMMENT = re.compile(r"(?:^|\s)#.*")


@dataclass(frozen=True, slots=True)
class Reach:
    """`line_rank` is the place of the first changed line among the reported ones. Places in the order of the candidates, from 1, 0 for none: `equal` has the author's tree (but for docstrings), `near` the same but for the
    words of an error or the kind and the order of a literal collection. `tried` = how many candidates a search takes, `made` = how many there are. `cold` = only a
    fresh import shows it. `nearest` are those with the fewest words to change still, when none is equal."""

    line_rank: int
    equal: int
    near: int
    template: str
    cold: str
    tried: int
    made: int
    nearest: tuple[str, ...]


def reach(hunt: Hunt, path: str, right: str, changed: Collection[int]) -> Reach:
    """Where the text `right` of a file stands among the candidates of a hunt."""
    found = hunt.candidates(EVERYTHING)
    lines = [n for n, s in enumerate(hunt.reported(), 1) if s.path == path and s.line in changed]
    line_rank = lines[0] if lines else 0
    source = hunt.project.source(path)
    if source is None:
        return Reach(
            line_rank, 0, 0, "", "", min(len(found), MAX_CANDIDATES), len(found), ("the file is not read",)
        )
    ordered = [task.mutation for task in tasks(found)]
    window = _Window(source, right)
    if window.size > MOST_LINES:
        return Reach(
            line_rank, 0, 0, "", "", min(len(found), MAX_CANDIDATES), len(found), ("changes far apart",)
        )
    equal = near = 0
    chosen: Mutation | None = None
    distances: list[tuple[int, int, Mutation]] = []
    for place, mutation in enumerate(ordered, 1):
        if mutation.path != path or not window.holds(mutation):
            continue
        whole = patched(source, mutation)
        distance = window.missing(whole)
        distances.append((distance, place, mutation))
        if distance > COMPARED:
            continue
        text = window.of(whole)
        if not equal and same_meaning(_told(text), window.right):
            equal, chosen = place, mutation
            break
        if not near and same_meaning(_loose(text), window.loose):
            near, chosen = place, mutation
    closest = sorted(distances, key=lambda d: d[:2])[:NEAREST] if not equal else []
    words = tuple(
        f"{d} words off of {window.words}, place {p}: {m.template}: {window.shown(source, m)}"
        for d, p, m in closest
    )
    kind = "" if chosen is None or not chosen.cold else "live" if chosen.live else "cold"
    return Reach(
        line_rank, equal, near, chosen.template if chosen else "", kind, min(len(found), MAX_CANDIDATES), len(found), words
    )  # fmt: skip


class _Window:
    """The smallest statement around the author's change, before and after."""

    def __init__(self, source: Source, right: str) -> None:
        diff = "\n".join(difflib.unified_diff(source.text.splitlines(), right.splitlines(), n=0, lineterm=""))
        lines = sorted(changed_lines(diff)) or [1]
        self._first, self._last = lines[0], lines[-1]
        head, tail = 0, len(source.text.splitlines())
        for node in ast.walk(source.tree):
            if isinstance(node, ast.stmt):
                start = min([node.lineno, *(d.lineno for d in getattr(node, "decorator_list", []))])
                end = node.end_lineno or start
                if start <= self._first and end >= self._last and end - start < tail - head:
                    head, tail = start - 1, end
        self._lines = len(source.text.splitlines())
        self._head, self._behind = head, self._lines - tail
        self._whole = source
        text = self.of(right)
        self.right, self.loose = _told(text), _loose(text)
        self._wanted = self._near(right)
        self.words = self.missing(source.text)

    def holds(self, mutation: Mutation) -> bool:
        """Does the mutation lie within the lines of the author's change and their neighbours?"""
        return all(
            self._first - 1 <= self._whole.line_at(e.start) and self._whole.line_at(e.end) <= self._last + 2
            for e in mutation.edits
        )

    def of(self, text: str) -> str:
        lines = text.splitlines()
        return textwrap.dedent("\n".join(lines[self._head : len(lines) - self._behind]))

    @property
    def size(self) -> int:
        """How many lines the author's change spans."""
        return self._last - self._first + 1

    def missing(self, text: str) -> int:
        """How many words of the changed lines are not the author's, or lack."""
        mine = self._near(text)
        return int((mine - self._wanted).total() + (self._wanted - mine).total())

    def _near(self, text: str) -> Counter[str]:
        lines = text.splitlines()
        behind = self._lines - self._last - 1
        near = lines[max(0, self._first - 2) : len(lines) - max(0, behind)]
        return Counter(w for line in near for w in _WORD.findall(_COMMENT.sub("", line)))

    @staticmethod
    def shown(source: Source, mutation: Mutation) -> str:
        return " and ".join(
            f"{source.text[e.start : e.end].strip()[:70]!r} -> {e.text.strip()[:70]!r}"
            for e in mutation.edits[:3]
        )


def _told(text: str) -> str:
    """The text without its docstrings, as the language writes it."""
    try:
        return ast.unparse(_Bare().visit(ast.parse(text)))
    except (SyntaxError, ValueError):
        return text


def _loose(text: str) -> str:
    try:
        return ast.unparse(_Loose().visit(_Bare().visit(ast.parse(text))))
    except (SyntaxError, ValueError):
        return text


class _Bare(ast.NodeTransformer):
    """Without docstrings and annotations."""

    def visit_Expr(self, node: ast.Expr) -> ast.AST:
        is_text = isinstance(node.value, ast.Constant) and isinstance(node.value.value, str)
        return ast.Pass() if is_text else self.generic_visit(node)

    def visit_arg(self, node: ast.arg) -> ast.AST:
        return ast.arg(node.arg)

    def visit_FunctionDef(self, node: ast.FunctionDef) -> ast.AST:
        self.generic_visit(node)
        node.returns = None
        node.body = [s for s in node.body if not isinstance(s, ast.Pass)] or [ast.Pass()]
        return node


class _Loose(ast.NodeTransformer):
    """Errors without their words, literal collections of one kind, and all in the order of their texts."""

    def visit_Raise(self, node: ast.Raise) -> ast.AST:
        if isinstance(node.exc, ast.Call):
            return ast.Raise(node.exc.func, None)
        return node

    def _several(self, node: ast.Tuple | ast.List | ast.Set) -> ast.AST:
        self.generic_visit(node)
        return (
            ast.Set(sorted(node.elts, key=ast.unparse))
            if isinstance(getattr(node, "ctx", ast.Load()), ast.Load)
            else node
        )

    def visit_Dict(self, node: ast.Dict) -> ast.AST:
        self.generic_visit(node)
        rows = sorted(zip(node.keys, node.values, strict=True), key=lambda row: ast.unparse(row[0] or row[1]))
        return ast.Dict([k for k, _ in rows], [v for _, v in rows])

    visit_Tuple = visit_List = visit_Set = _several  # noqa: N815


def told(name: str, one: Reach) -> Iterator[str]:
    """A line for the fix, and one for each of the nearest."""
    place = f"equal at {one.equal}" if one.equal else f"near at {one.near}" if one.near else "-"
    yield f"{name}: line {one.line_rank}, {place} of {one.tried} ({one.made} made) {one.template} {one.cold}".rstrip()
    yield from (f"    {words}" for words in one.nearest)


def reach_summary(some: Sequence[Reach]) -> str:
    places = [one.equal or one.near for one in some]
    return (
        f"fixes {len(some)}; line in the first ten {sum(0 < o.line_rank <= 10 for o in some)}; "
        f"made {sum(p > 0 for p in places)} (equal {sum(o.equal > 0 for o in some)}), among those tried "
        f"{sum(0 < p <= o.tried for p, o in zip(places, some, strict=True))}, among the first 4000 "
        f"{sum(0 < p <= 4000 for p in places)}, 500 {sum(0 < p <= 500 for p in places)}"
    )
