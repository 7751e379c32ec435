"""Fixes of one hunk in the histories of real projects, as texts before and after: what `repair_priors.py` learns from.

Reads git repositories of a folder (`<owner>+<name>/repo`, or `<owner>/<name>`); writes and runs nothing.
"""

from __future__ import annotations

import ast
import re
import subprocess
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from repair_history import is_furniture, is_test, repository_folder

# Projects that public collections of bugs are made of, and forks of those, are left alone.
LEFT_OUT = re.compile(
    r"django|/flask$|/requests$|sympy|scikit-learn|matplotlib|/pytest$|sphinx|astropy|xarray|pylint|seaborn|thefuck|/black$"
    r"|keras|pandas|scrapy|tornado|youtube-dl|luigi|httpie|cookiecutter|fastapi|sanic|ansible|tqdm|pysnooper|spacy|swe-",
    re.IGNORECASE,
)
_FIX = re.compile(
    r"\b(?:fix(?:e[sd]|ing)?|bug(?:s|fix)?|issues?|wrong(?:ly)?|incorrect(?:ly)?|crash(?:es)?|regressions?|broken|errors?|fails?"
    r"|closes|resolves)\b|#\d+",
    re.IGNORECASE,
)
_FURNITURE = re.compile(
    r"\b(?:typos?|docs?|docstrings?|lint(?:er|ing)?|flake8|mypy|typing|annotations?|type hints?|pep-?8|style|comments?|spelling"
    r"|release|bump|version|imports?|isort|pyupgrade|coverage|deprecat\w+|python ?[23])\b",
    re.IGNORECASE,
)
_HUNK = re.compile(r"^@@ -(\d+)(?:,(\d+))? \+(\d+)(?:,(\d+))? @@", re.MULTILINE)
MOST_LINES, MOST_TEXT, MOST_TESTS = 4, 250_000, 3


@dataclass(frozen=True, slots=True)
class Hunk:
    """Lines `old` to `old + removed - 1` became `new` to `new + added - 1`; with none removed they came after `old`."""

    old: int
    removed: int
    new: int
    added: int


@dataclass(frozen=True, slots=True)
class SmallFix:
    """One hunk of one source file. `tests` are the changed test functions as they are afterwards."""

    repository: str
    commit: str
    path: str
    subject: str
    hunk: Hunk
    before: str
    after: str
    tests: tuple[ast.AST, ...]

    def changed(self) -> frozenset[int]:
        """Old lines that the hunk touches; of an insertion, the lines around it."""
        old, removed = self.hunk.old, self.hunk.removed
        return frozenset(range(old, old + removed)) if removed else frozenset({old, old + 1} - {0})

    def lines(self) -> tuple[str, str]:
        """What stood there, and what stands there now."""
        old, new = self.before.splitlines(), self.after.splitlines()
        start = self.hunk.old - 1 if self.hunk.removed else self.hunk.old
        first = self.hunk.new - 1
        return (
            "\n".join(old[start : start + self.hunk.removed]),
            "\n".join(new[first : first + self.hunk.added]) if self.hunk.added else "",
        )


def small_fixes(mirror: Path, repository: str) -> Iterator[SmallFix]:
    """The project's one-hunk fixes that change what the code means, newest first; each change once, wherever it was picked."""
    folder = repository_folder(mirror, repository)
    seen: set[tuple[str, str]] = set()
    with _Blobs(folder) as blobs:
        for commit, subject, files in _commits(folder):
            found = _one(repository, commit, subject, files, blobs)
            if found is not None and found.lines() not in seen:
                seen.add(found.lines())
                yield found


def _commits(folder: Path) -> Iterator[tuple[str, str, dict[str, list[Hunk]]]]:
    """Commits that speak of a fix: hash, subject, and the hunks of each Python file."""
    command = [
        "git", "-c", "safe.directory=*", "-C", str(folder), "log", "--no-merges", "--no-renames", "-U0", "-p", "--no-ext-diff",
        "--format=%x00%H%x01%s%x01%b%x02", "--", "*.py",
    ]  # fmt: skip
    done = subprocess.run(command, check=True, capture_output=True)
    for entry in done.stdout.decode(errors="replace").split("\0")[1:]:
        if entry.count("\x01") < 2 or "\x02" not in entry:
            continue
        head, _, diff = entry.partition("\x02")
        commit, subject, body = head.split("\x01", 2)
        speaks = _FIX.search(subject) or _FIX.search(body)
        if speaks and not _FURNITURE.search(subject):
            yield commit, subject, _hunks(diff)


def _hunks(diff: str) -> dict[str, list[Hunk]]:
    found: dict[str, list[Hunk]] = {}
    for part in re.split(r"^diff --git ", diff, flags=re.MULTILINE)[1:]:
        name = re.search(r"^\+\+\+ b/(.+)$", part, re.MULTILINE)
        if name is None or "\n--- /dev/null" in part:
            continue  # a file that came or went
        hunks = [
            Hunk(int(a), int(b) if b else 1, int(c), int(d) if d else 1) for a, b, c, d in _HUNK.findall(part)
        ]
        found[name.group(1).strip()] = hunks
    return found


def _one(
    repository: str, commit: str, subject: str, files: dict[str, list[Hunk]], blobs: _Blobs
) -> SmallFix | None:
    """The commit as a small fix; None when it is none."""
    code = [path for path in files if not is_test(path) and not is_furniture(path)]
    if len(code) != 1 or len(files[code[0]]) != 1:
        return None
    hunk = files[code[0]][0]
    if not 0 < max(hunk.added, hunk.removed) <= MOST_LINES:
        return None
    before, after = blobs.text(f"{commit}^:{code[0]}"), blobs.text(f"{commit}:{code[0]}")
    if before is None or after is None or len(before) > MOST_TEXT or "\r" in before + after:
        return None
    try:
        old, new = ast.parse(before), ast.parse(after)
    except (SyntaxError, ValueError):
        return None
    if _only_imports(old, hunk.old, hunk.removed) and _only_imports(new, hunk.new, hunk.added):
        return None
    if meaning(old) == meaning(new):
        return None
    tests = [(p, hunks) for p, hunks in files.items() if is_test(p)][:MOST_TESTS]
    trees = tuple(
        tree for path, hunks in tests for tree in _functions(blobs.text(f"{commit}:{path}") or "", hunks)
    )
    return SmallFix(repository, commit, code[0], subject, hunk, before, after, trees)


def meaning(tree: ast.AST) -> str:
    """The tree as text without docstrings and annotations, which change nothing that a test sees. Changes the tree."""
    for node in ast.walk(tree):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            node.returns = None
        if isinstance(node, ast.arg):
            node.annotation = None
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef | ast.Module):
            node.body = [s for s in node.body if not _is_text(s)] or [ast.Pass()]
    return ast.dump(tree)


def _is_text(statement: ast.stmt) -> bool:
    return (
        isinstance(statement, ast.Expr)
        and isinstance(statement.value, ast.Constant)
        and isinstance(statement.value.value, str)
    )


def _only_imports(tree: ast.AST, first: int, count: int) -> bool:
    """Are the statements on these lines imports, and nothing else? True of no lines."""
    lines = set(range(first, first + count))
    innermost = [
        n
        for n in ast.walk(tree)
        if isinstance(n, ast.stmt) and lines & set(range(n.lineno, (n.end_lineno or n.lineno) + 1))
    ]
    simple = [n for n in innermost if not hasattr(n, "body")]
    return all(isinstance(n, ast.Import | ast.ImportFrom) for n in simple) and (bool(simple) or not lines)


def _functions(text: str, hunks: list[Hunk]) -> Sequence[ast.AST]:
    """The test functions in which something was added."""
    try:
        tree = ast.parse(text)
    except (SyntaxError, ValueError):
        return []
    touched = {line for h in hunks for line in range(h.new, h.new + h.added)}
    return [
        n
        for n in ast.walk(tree)
        if isinstance(n, ast.FunctionDef | ast.AsyncFunctionDef)
        and touched & set(range(n.lineno, (n.end_lineno or n.lineno) + 1))
    ][:12]


class _Blobs:
    """Files of commits, through one git process that is kept for all of them."""

    def __init__(self, folder: Path) -> None:
        self._command = ["git", "-c", "safe.directory=*", "-C", str(folder), "cat-file", "--batch"]

    def __enter__(self) -> _Blobs:
        self._git = subprocess.Popen(self._command, stdin=subprocess.PIPE, stdout=subprocess.PIPE)
        return self

    def __exit__(self, *_: object) -> None:
        self._git.communicate()

    def text(self, name: str) -> str | None:
        """A file as text; None when it is not there, or no UTF-8."""
        assert self._git.stdin is not None and self._git.stdout is not None
        self._git.stdin.write(name.encode() + b"\n")
        self._git.stdin.flush()
        head = self._git.stdout.readline().split()
        if len(head) != 3 or not head[2].isdigit():
            return None
        data = self._git.stdout.read(int(head[2]) + 1)[:-1]
        try:
            return data.decode() if head[1] == b"blob" else None
        except UnicodeDecodeError:
            return None
