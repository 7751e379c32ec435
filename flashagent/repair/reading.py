"""Patches that pass the tests, read as somebody would who knows the project and the failing tests."""

from __future__ import annotations

from collections.abc import Sequence

from flashagent.repair.likeness import Likeness, likeness
from flashagent.repair.localize import TestRun
from flashagent.repair.mutate import Mutation
from flashagent.repair.natural import Language
from flashagent.repair.project import Project
from flashagent.repair.weigh import told_words
from flashagent.values import Failure

READ_FILES = 200


class Reader:
    """Knows the words of the failing tests, and how the project writes. Files are read when a patch first asks for them, the
    neighbours of its own file first."""

    def __init__(self, project: Project, runs: Sequence[TestRun], failures: Sequence[Failure]) -> None:
        self._project = project
        self._words = told_words(project, runs, failures)
        self._raised = frozenset(f.exception for f in failures)
        self._languages: dict[str, Language] = {}

    def likeness(self, mutation: Mutation, passing: int, failing: int) -> Likeness:
        """How much the patch looks like a repair; `passing` and `failing` are the tests that run what it changes."""
        source = self._project.source(mutation.path)
        assert source is not None
        return likeness(
            mutation, source, self._words, self._language(mutation.path), passing, failing, self._raised
        )

    def _language(self, path: str) -> Language:
        """How the project writes, and the file under repair above all."""
        if path not in self._languages:
            project = self._project
            folder = path.rpartition("/")[0]
            others = [p for p in project.python_files() if p != path and not project.is_test(p)]
            near_first = sorted(others, key=lambda p: p.rpartition("/")[0] != folder)
            texts = (text for p in near_first[:READ_FILES] if (text := project.text(p)) is not None)
            self._languages[path] = Language(project.text(path) or "", texts)
        return self._languages[path]
