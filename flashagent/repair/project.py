"""The project's files as the engine sees them: which are tests, which may be changed, their parsed texts."""

from __future__ import annotations

import ast
from collections.abc import Callable, Collection, Iterable, Iterator
from pathlib import Path, PurePosixPath

from flashagent.errors import WorkspaceError
from flashagent.repair.mutate import Mutation, patched
from flashagent.repair.source import Edit, Source
from flashagent.values import FileChange
from flashagent.verify.commands import Check
from flashagent.workspace.files import read_text

SKIPPED = frozenset(
    {
        ".git",
        ".venv",
        "venv",
        "node_modules",
        "site-packages",
        "__pycache__",
        "build",
        "dist",
        ".tox",
        ".nox",
        ".eggs",
    }
)
_TEST_FOLDERS = frozenset({"tests", "test", "testing"})
MAX_FILES, MAX_CHARACTERS, SHOWN = 4000, 600_000, 40


class Project:
    """Texts are read once, when first asked for."""

    def __init__(self, root: Path, check: Check) -> None:
        self.root = root
        self.check = check
        self.collected: set[str] = set()
        self._sources: dict[str, Source | None] = {}
        self._texts: dict[str, str | None] = {}

    @classmethod
    def open(cls, root: Path, check: Check) -> Project:
        return cls(root.resolve(), check)

    def with_changes(self, changes: Iterable[FileChange]) -> Project:
        """The same project as it would be with these files changed."""
        other = Project(self.root, self.check)
        other.collected = self.collected
        other._texts.update({change.path: change.after for change in changes})
        return other

    def is_test(self, path: str) -> bool:
        """Is it a test file, by its name and place or because the runner collected tests from it?"""
        place = PurePosixPath(path)
        name = place.name
        by_name = name == "conftest.py" or name.startswith("test_") or name.endswith("_test.py")
        return path in self.collected or by_name or any(part in _TEST_FOLDERS for part in place.parts[:-1])

    def text(self, path: str) -> str | None:
        """The file's text with its own line ends; None when it is absent, outside the root or no text."""
        if path not in self._texts:
            try:
                self._texts[path] = read_text(self.root, path).text
            except WorkspaceError:
                self._texts[path] = None
        return self._texts[path]

    def lines(self, path: str) -> list[str]:
        return (self.text(path) or "").splitlines()

    def source(self, path: str) -> Source | None:
        """The parsed file; None when it does not parse or is too large."""
        if path not in self._sources:
            text = self.text(path)
            self._sources[path] = (
                self._parse(path, text) if text is not None and path.endswith(".py") else None
            )
        return self._sources[path]

    def _parse(self, path: str, text: str) -> Source | None:
        if len(text) > MAX_CHARACTERS:
            return None
        try:
            return Source(path, text)
        except (SyntaxError, RecursionError):
            return None

    def relative(self, path: str) -> str | None:
        """An absolute path inside the root as a relative one."""
        try:
            return Path(path).relative_to(self.root).as_posix()
        except ValueError:
            return None

    def python_files(self) -> Iterator[str]:
        """All Python files but those of dependency folders, at most MAX_FILES, in a fixed order."""
        return self.files((".py",), lambda name: name in SKIPPED or name.endswith(".egg-info"), MAX_FILES)

    def files(
        self, suffixes: Collection[str], passed_over: Callable[[str], bool], most: int
    ) -> Iterator[str]:
        """At most `most` files with these suffixes, in a fixed order; links, and names that are `passed_over`, are left out."""
        pending, given = [self.root], 0
        while pending and given < most:
            folder = pending.pop()
            try:
                entries = sorted(folder.iterdir(), key=lambda p: p.name)
            except OSError:
                continue
            for entry in entries:
                if entry.is_symlink() or passed_over(entry.name):
                    continue
                if entry.is_dir():
                    pending.append(entry)
                elif entry.suffix in suffixes:
                    given += 1
                    yield entry.relative_to(self.root).as_posix()

    def test_trees(self, tests: Iterable[tuple[str, str]]) -> list[ast.AST]:
        """The syntax trees of tests given as path and id: of the functions where they are found, else of the files."""
        trees: list[ast.AST] = []
        for path, test_id in tests:
            source = self.source(path)
            if source is None:
                continue
            name = test_id.replace("::", ".").partition("[")[0].rpartition(".")[2]
            found = [
                n
                for n in ast.walk(source.tree)
                if isinstance(n, ast.FunctionDef | ast.AsyncFunctionDef) and n.name == name
            ]
            trees += found or [source.tree]
        return trees

    def change(self, mutation: Mutation) -> FileChange:
        """The patch as a change of one file."""
        source = self.source(mutation.path)
        assert source is not None
        return FileChange(mutation.path, source.text, patched(source, mutation))

    def pointless(self, mutation: Mutation) -> bool:
        """Does the patch make more expressions that combine a thing with itself, or with what changes nothing?"""
        source = self.source(mutation.path)
        assert source is not None
        try:
            return self_made(ast.parse(patched(source, mutation))) > self_made(source.tree)
        except (SyntaxError, ValueError, RecursionError):
            return False

    def describe(self, mutation: Mutation) -> str:
        """What a patch changes, in words: the texts when they are short, and the place."""
        source = self.source(mutation.path)
        assert source is not None
        told = [self._edit_in_words(source, edit) for edit in mutation.edits]
        lines = dict.fromkeys(source.line_at(edit.start) for edit in mutation.edits)
        if not all(told):
            return f"{mutation.template} at {mutation.path}:{mutation.line}"
        if len(lines) == 1:
            return f"{' and '.join(told)} at {mutation.path}:{mutation.line} ({mutation.template})"
        both = [f"{words} at {mutation.path}:{line}" for words, line in zip(told, lines, strict=False)]
        return f"{', and '.join(both)} ({mutation.template})"

    def _edit_in_words(self, source: Source, edit: Edit) -> str:
        """'' for an edit too long for a line."""
        old, new = source.text[edit.start : edit.end].strip(), edit.text.strip()
        if max(len(old), len(new)) > SHOWN or "\n" in old + new:
            return ""
        return (
            f"`{old}` becomes `{new}`" if old and new else f"`{new}` added" if new else f"`{old}` taken away"
        )


def self_made(tree: ast.AST) -> int:
    """How often a tree combines something with itself (`a == a`, `a and a`, `a - a`, `a = a`), or with a number that
    changes nothing (`a - 0`, `a * 1`)."""
    count = 0
    for node in ast.walk(tree):
        if isinstance(node, ast.BinOp) and _changes_nothing(node):
            count += 1
            continue
        if isinstance(node, ast.Compare):
            parts: list[ast.expr] = [node.left, *node.comparators]
        elif isinstance(node, ast.BoolOp):
            parts = node.values
        elif isinstance(node, ast.BinOp) and isinstance(node.op, ast.Sub | ast.Div | ast.FloorDiv | ast.Mod):
            parts = [node.left, node.right]
        elif isinstance(node, ast.Assign) and len(node.targets) == 1:
            parts = [node.targets[0], node.value]
        else:
            continue
        texts = [ast.unparse(part) for part in parts]
        count += len(texts) - len(set(texts))
    return count


def _changes_nothing(node: ast.BinOp) -> bool:
    neutral = 0 if isinstance(node.op, ast.Add | ast.Sub) else 1
    if not isinstance(node.op, ast.Add | ast.Sub | ast.Mult | ast.Div | ast.FloorDiv | ast.Pow):
        return False
    sides = [node.right, *([node.left] if isinstance(node.op, ast.Add | ast.Mult) else [])]
    return any(
        isinstance(side, ast.Constant) and type(side.value) is int and side.value == neutral for side in sides
    )
