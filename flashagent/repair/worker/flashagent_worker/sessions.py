# ruff: noqa: UP031, RUF012
"""The project's tests, collected once and run one at a time by their own framework."""

from __future__ import annotations

import copy
import importlib.util
import os
import sys
import unittest
from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, Any

from flashagent_worker.limits import is_project

if TYPE_CHECKING:
    Json = dict[str, Any]  # only in annotations: Python 3.8 cannot evaluate it


class PytestSession:
    """The tests as pytest collects them, run one at a time by its own protocol."""

    def __init__(self, setup: Json) -> None:
        self.arguments: list[str] = list(setup["arguments"])
        self.items: dict[str, Any] = {}
        self.broken: dict[str, str] = {}
        self.failed_inside = ""
        self.root = ""
        self.error = ""

    def collect(self, then: Callable[[], None]) -> None:
        """Collect, call `then` while the session is open, and end."""
        import pytest

        code = pytest.main([*self.arguments, *self._switches()], plugins=[_PytestDoor(self, then)])
        if not self.items and not self.broken:
            self.error = "pytest ended with status %d before any test was collected" % int(code)

    def _switches(self) -> list[str]:
        switches = ["-s", "--assert=plain"]
        if importlib.util.find_spec("xdist") is not None:
            switches.append("-n0")
        if importlib.util.find_spec("pytest_cov") is not None:
            switches.append("--no-cov")
        if not any(word.startswith("--randomly") for word in self.arguments):
            switches.append("-pno:randomly")
        return switches

    def accept(self, items: Iterable[Any], root: str) -> None:
        self.root = root
        for item in items:
            self.items.setdefault(item.nodeid, item)
            item.repr_failure = item._repr_failure_py = _short_failure
            params = getattr(getattr(item, "callspec", None), "params", None)
            item._flashagent_params = None if params is None else _deep_values(params)

    def tests(self) -> list[Json]:
        listed: list[Json] = [
            {
                "id": name,
                "path": os.path.realpath(str(item.fspath)),
                "doctest": type(item).__name__ == "DoctestItem",
            }
            for name, item in self.items.items()
        ]
        return listed + [
            {"id": name, "path": os.path.realpath(path), "broken": True} for name, path in self.broken.items()
        ]

    def run(self, test: str) -> str:
        """'passed', 'skipped', or 'failed: <exception>' of one test; of all below it when it is a file."""
        if test in self.broken:
            return "failed: collection"
        if test not in self.items:
            below = [name for name in self.items if name.startswith(test + "::")]
            results = [self.run(name) for name in below]
            return next(
                (r for r in results if r not in ("passed", "skipped")), "passed" if below else "missing"
            )
        from _pytest.runner import runtestprotocol

        item = self.items[test]
        if item._flashagent_params is not None:
            item.callspec.params.clear()
            item.callspec.params.update(_deep_values(item._flashagent_params))
        word, self.failed_inside = "skipped", ""
        for report in runtestprotocol(item, log=False, nextitem=None):
            if report.failed:
                return "failed: " + str(report.longrepr)[:160]
            if report.when == "call" and (report.passed or hasattr(report, "wasxfail")):
                word = "passed"
        return "failed: " + self.failed_inside if self.failed_inside else word


def _short_failure(excinfo: Any, style: Any = None) -> str:
    return str(excinfo.typename)


def _deep_values(params: Json) -> Json:
    """A new dictionary always: the one of the test item is emptied before each run."""
    return {name: _deep(value) for name, value in params.items()}


def _deep(value: Any) -> Any:
    try:
        return copy.deepcopy(value)
    except Exception:  # not copyable: run it with the shared one
        return value


class _PytestDoor:
    """The plugin that takes over after collection."""

    def __init__(self, session: PytestSession, then: Callable[[], None]) -> None:
        self.session = session
        self.then = then

    def pytest_collectreport(self, report: Any) -> None:
        if report.failed:
            self.session.broken[report.nodeid] = str(getattr(report, "fspath", "") or report.nodeid)

    def pytest_runtest_logreport(self, report: Any) -> None:
        """Only subtests come here: tests themselves are run without logging."""
        if report.failed:
            self.session.failed_inside = str(report.longrepr)[:160] or "subtest"

    def pytest_runtestloop(self, session: Any) -> bool:
        self.session.accept(session.items, str(session.config.rootpath))
        self.then()
        return True

    pytest_runtestloop.pytest_impl = {"tryfirst": True}  # type: ignore[attr-defined]


class UnittestSession:
    """The tests as `python -m unittest` loads them."""

    FAILED = "unittest.loader._FailedTest."

    def __init__(self, setup: Json) -> None:
        self.arguments: list[str] = list(setup["arguments"])
        self.items: dict[str, unittest.TestCase] = {}
        self.root = ""
        self.error = ""

    def collect(self, then: Callable[[], None]) -> None:
        session = self

        class Door:
            def __init__(self, *_: Any, **__: Any) -> None:
                pass

            def run(self, suite: unittest.TestSuite) -> unittest.TestResult:
                for case in session._flat(suite):
                    session.items.setdefault(case.id(), case)
                then()
                return unittest.TestResult()

        door: Any = Door
        unittest.main(module=None, argv=["unittest", *self.arguments], testRunner=door, exit=False)
        if not self.items:
            self.error = "unittest found no test"

    def _flat(self, suite: Any) -> Iterable[unittest.TestCase]:
        for case in suite:
            if isinstance(case, unittest.TestSuite):
                yield from self._flat(case)
            else:
                yield case

    def tests(self) -> list[Json]:
        listed = []
        for name, case in self.items.items():
            module = sys.modules.get(type(case).__module__)
            path = os.path.realpath(getattr(module, "__file__", None) or "")
            broken = name.startswith(self.FAILED)
            doctest = type(case).__name__ == "DocTestCase"
            listed.append({"id": name, "path": "" if broken else path, "broken": broken, "doctest": doctest})
        return listed

    def run(self, test: str) -> str:
        if test not in self.items:
            prefix = (test[len(self.FAILED) :] if test.startswith(self.FAILED) else test) + "."
            results = [self.run(name) for name in self.items if name.startswith(prefix)]
            return next(
                (r for r in results if r not in ("passed", "skipped")), "passed" if results else "missing"
            )
        result = _FirstProblem()
        unittest.TestSuite([self.items[test]]).run(result)
        if result.problem:
            return "failed: " + result.problem
        return "skipped" if result.skipped else "passed"


class _FirstProblem(unittest.TestResult):
    """Keeps the first problem's exception name and formats nothing."""

    problem = ""

    def addError(self, test: Any, err: Any) -> None:  # noqa: N802
        self.problem = self.problem or err[0].__name__

    addFailure = addError  # noqa: N815

    def addSubTest(self, test: Any, subtest: Any, err: Any) -> None:  # noqa: N802
        if err is not None:
            self.problem = self.problem or err[0].__name__

    def addUnexpectedSuccess(self, test: Any) -> None:  # noqa: N802
        self.problem = self.problem or "UnexpectedSuccess"


def session_for(setup: Json) -> Any:
    return PytestSession(setup) if setup["framework"] == "pytest" else UnittestSession(setup)


def preload_pytest(root: str) -> None:
    """Import pytest and the plugins that are installed, but none that belongs to the project, so that forks need not."""
    from importlib import metadata

    import _pytest.config
    import _pytest.runner

    _pytest.config.get_config()
    entries: Any = metadata.entry_points()
    chosen = entries.select(group="pytest11") if hasattr(entries, "select") else entries.get("pytest11", [])
    for entry in chosen:
        try:
            spec = importlib.util.find_spec(entry.value.partition(":")[0].partition(".")[0])
            if spec is not None and spec.origin and not is_project(spec.origin, root):
                entry.load()
        except Exception:  # a broken plugin is pytest's to report
            continue
