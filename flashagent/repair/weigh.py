"""From spectra to the suspicion of lines: gathers what the evidence needs from the project's files."""

from __future__ import annotations

import ast
from collections.abc import Collection, Iterator, Mapping, Sequence

from flashagent.repair.evidence import gathered, reason, table_lines, weighed
from flashagent.repair.localize import CHANGED, TestRun, ochiai
from flashagent.repair.mutate import used_names
from flashagent.repair.project import Project
from flashagent.repair.source import Source
from flashagent.repair.telling import Place, Scene, told_by
from flashagent.values import Failure

TABLE_FILES, OTHER_TESTS = 200, 300


def weighed_lines(
    project: Project,
    runs: Sequence[TestRun],
    failures: Sequence[Failure],
    excluded: Collection[str],
    changed: Collection[Place] = (),
) -> tuple[dict[Place, float], dict[Place, str]]:
    """The score of each suspicious line, the highest 1, and what speaks for it in words: of lines that failing tests run, of the data at module and class level
    that those use, and of the heads of functions called wrongly. Empty when nothing was traced. `excluded` are test files;
    lines in `changed` came with the commit that broke the test."""
    spectrum = {place: score for place, score in ochiai(runs).items() if place[0] not in excluded}
    sources = {p: s for p in sorted({path for path, _ in spectrum}) if (s := project.source(p)) is not None}
    if not sources:
        return {}, {}
    failing = [(run.path, run.test_id) for run in runs if not run.passed]
    others = list(_other_tests(project, runs))[:OTHER_TESTS]
    scene = Scene(spectrum, {}, runs, failures, sources, project.test_trees(failing), others)
    files = [s for p in _code(project) if (s := project.source(p)) is not None]
    data = table_lines(scene, _used(sources, spectrum), files)
    # Heads of functions that were called wrongly may stand in files of which no line ran.
    known = {s.path: s for s in files if any(s.path == path for path, _ in data) or _calls_wrongly(failures)}
    full = Scene(spectrum, data, runs, failures, {**known, **sources}, scene.tests, others)
    evidence = gathered(full)
    scores = weighed(evidence)
    scores = {place: score * (CHANGED if place in changed else 1.0) for place, score in scores.items()}
    top = max(scores.values(), default=1.0)
    words = {place: told for place, one in evidence.items() if (told := reason(one))}
    return {place: score / top for place, score in scores.items()}, words


def told_words(project: Project, runs: Sequence[TestRun], failures: Sequence[Failure]) -> Mapping[str, float]:
    """The words of the failing tests by how much they say."""
    failing = [(run.path, run.test_id) for run in runs if not run.passed]
    others = list(_other_tests(project, runs))[:OTHER_TESTS]
    return told_by(Scene({}, {}, runs, failures, {}, project.test_trees(failing), others)).words


def _code(project: Project) -> list[str]:
    return [path for path in list(project.python_files())[:TABLE_FILES] if not project.is_test(path)]


def _calls_wrongly(failures: Sequence[Failure]) -> bool:
    return any(f.exception == "TypeError" and "() " in f.message for f in failures)


def _used(sources: Mapping[str, Source], spectrum: Mapping[Place, float]) -> dict[str, float]:
    """Names that lines of the spectrum read, with the best score of such a line."""
    lines: dict[str, dict[int, float]] = {}
    for (path, line), score in spectrum.items():
        lines.setdefault(path, {})[line] = score
    used: dict[str, float] = {}
    for path, source in sources.items():
        for name, score in used_names(source, lines[path]).items():
            used[name] = max(used.get(name, 0.0), score)
    return used


def _other_tests(project: Project, runs: Sequence[TestRun]) -> Iterator[ast.AST]:
    """The test functions beside the failing ones: what only those name says more."""
    failing = {
        run.test_id.replace("::", ".").partition("[")[0].rpartition(".")[2] for run in runs if not run.passed
    }
    for path in dict.fromkeys(run.path for run in runs if not run.passed):
        source = project.source(path)
        for node in ast.walk(source.tree) if source is not None else ():
            is_test = isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) and node.name.startswith(
                "test"
            )
            if is_test and getattr(node, "name", "") not in failing:
                yield node
