# ruff: noqa: N802, PTH100, PTH109, PTH112, UP006, UP035
# (Python 3.8, few imports, overrides of unittest, and a process whose environment is not flashagent's.)
"""Run as a script in the place of `-m unittest`: the same session, told test by test over the reporter's channel.

Standard library only, Python 3.8+.
"""

from __future__ import annotations

import os
import sys
import time
import unittest
from typing import Any, List

# The folder of a script comes first on the import path, so that nothing of the project can stand in for it.
from flashagent_reporter import (  # type: ignore[import-not-found]
    IDS_PER_LINE,
    Send,
    connect,
    cut,
    failure_of,
    guarded_functions,
    replaced_functions,
)
from flashagent_watchdog import Watchdog  # type: ignore[import-not-found]


def run_unittest(arguments: List[str]) -> int:
    """What `python -m unittest ARGUMENTS` does, told over the channel. The exit status."""
    send, told = connect()
    # The place of this file on the import path is the current folder's, as with -m.
    sys.path[0] = os.getcwd()
    sys.argv = ["python -m unittest", *arguments]
    speak: Send = send if send is not None else lambda **record: None
    speak(e="hello", runner="unittest", version=sys.version.split()[0])
    watchdog = Watchdog(told)
    runner = unittest_runner(speak, watchdog)
    originals = list(guarded_functions(runner.resultclass, runner))
    program = unittest_program(speak, [str(name) for name in told.get("select", ())], watchdog)
    status, broken = 1, ""
    watchdog.arm_loading()
    try:
        result = program(module=None, argv=sys.argv, testRunner=runner, exit=False).result
        status = 0 if result.wasSuccessful() else 1
        if status == 0 and result.testsRun == 0 and not result.skipped and sys.version_info >= (3, 12):
            status = 5
    except KeyboardInterrupt:
        broken = "interrupted"
        raise
    finally:
        finished = sys.exc_info()[0] is None
        if finished or broken:
            speak(e="end", status=status, broken=broken, stopped="", replaced=replaced_functions(originals))
    return status


def flatten(suite: Any) -> List[Any]:
    try:
        return [test for part in suite for test in flatten(part)]
    except TypeError:
        return [suite]


def name_of(test: Any) -> str:
    """The test's id; what could not be loaded is called by the module that failed."""
    if type(test).__name__ in ("_FailedTest", "ModuleImportFailure", "LoadTestsFailure"):
        return str(test._testMethodName)
    if type(test).__name__ == "_ErrorHolder":
        return str(test.description).partition("(")[2].rstrip(")")
    return str(test.id())


def is_load_error(test: Any) -> bool:
    return type(test).__name__ in ("_FailedTest", "ModuleImportFailure", "LoadTestsFailure")


def unittest_program(send: Send, select: List[str], watchdog: Any) -> Any:

    class Program(unittest.TestProgram):
        test: Any

        def createTests(self, from_discovery: bool = False, Loader: Any = None) -> None:  # noqa: N803
            if select and self.load_selected(from_discovery):
                return
            super().createTests(from_discovery, Loader)

        def load_selected(self, from_discovery: bool) -> bool:
            """Load the selected tests by name, which spares importing all others; false when that cannot be done."""
            start, top = getattr(self, "start", "."), getattr(self, "top", None)
            if from_discovery:
                if not os.path.isdir(start):
                    return False
                sys.path.insert(0, os.path.abspath(top or start))
            self.test = unittest.defaultTestLoader.loadTestsFromNames(select)
            return not any(is_load_error(test) for test in flatten(self.test))

        def runTests(self) -> None:
            watchdog.disarm()
            if select:
                self.test = only(self.test, select)
            tests = flatten(self.test)
            ids = [name_of(test) for test in tests if not is_load_error(test)]
            for start in range(0, len(ids), IDS_PER_LINE):
                send(e="collected", ids=ids[start : start + IDS_PER_LINE])
            super().runTests()

    return Program


def only(suite: Any, select: List[str]) -> Any:
    """The tests of the suite that are selected: by id, or all below a selected class or module."""

    wanted, prefixes = set(select), tuple(name + "." for name in select)
    chosen = []
    for test in flatten(suite):
        name = name_of(test)
        # A module that cannot be loaded stands for every test in it.
        stands = is_load_error(test) and any(one == name or one.startswith(name + ".") for one in select)
        if name in wanted or name.startswith(prefixes) or stands:
            chosen.append(test)
    return unittest.TestSuite(chosen)


def unittest_runner(send: Send, watchdog: Any) -> Any:

    class Result(unittest.TextTestResult):
        clock = staticmethod(time.perf_counter)

        def __init__(self, *arguments: Any, **named: Any) -> None:
            super().__init__(*arguments, **named)
            self.outcome, self.begun = "", 0.0

        def startTest(self, test: Any) -> None:
            self.outcome, self.begun = "", self.clock()
            send(e="start", id=name_of(test))
            watchdog.arm(name_of(test))
            super().startTest(test)

        def stopTest(self, test: Any) -> None:
            watchdog.disarm()
            super().stopTest(test)
            if not is_load_error(test):
                self.tell(name_of(test), self.outcome or "error", self.clock() - self.begun)

        def tell(self, name: str, outcome: str, seconds: float = 0.0) -> None:
            send(e="result", id=name, outcome=outcome, seconds=seconds)

        def tell_failure(self, test: Any, err: Any, outcome: str, sub: str = "") -> None:
            _, error, trace = err
            failure = failure_of(error, trace)
            buffer = getattr(self, "_stdout_buffer", None)
            output = buffer.getvalue() if buffer is not None else ""
            if type(test).__name__ == "_ErrorHolder" or is_load_error(test):
                phase = str(getattr(test, "description", "")).partition(" ")[0]
                send(e="unit", id=name_of(test), outcome="failed", failure=failure, phase=phase)
            else:
                send(e="failure", id=name_of(test), sub=sub, failure=failure, output=cut(output, 2000))
                self.outcome = outcome if self.outcome in ("", "skipped") else self.outcome

        def addSuccess(self, test: Any) -> None:
            super().addSuccess(test)
            self.outcome = self.outcome or "passed"

        def addError(self, test: Any, err: Any) -> None:
            super().addError(test, err)
            self.tell_failure(test, err, "error")

        def addFailure(self, test: Any, err: Any) -> None:
            super().addFailure(test, err)
            self.tell_failure(test, err, "failed")

        def addSubTest(self, test: Any, subtest: Any, err: Any) -> None:
            super().addSubTest(test, subtest, err)
            if err is not None:
                outcome = "failed" if issubclass(err[0], test.failureException) else "error"
                self.tell_failure(test, err, outcome, sub=str(subtest.id())[len(str(test.id())) :].strip())

        def addSkip(self, test: Any, reason: str) -> None:
            super().addSkip(test, reason)
            if type(test).__name__ == "_ErrorHolder":
                send(e="unit", id=name_of(test), outcome="skipped", failure=None, phase="setUpClass")
            else:
                self.outcome = self.outcome or "skipped"

        def addExpectedFailure(self, test: Any, err: Any) -> None:
            super().addExpectedFailure(test, err)
            self.outcome = "xfailed"

        def addUnexpectedSuccess(self, test: Any) -> None:
            super().addUnexpectedSuccess(test)
            failure = {"type": "", "message": "unexpected success", "frames": [], "causes": []}
            send(e="failure", id=name_of(test), sub="", failure=failure, output="")
            self.outcome = "failed"

    class Runner(unittest.TextTestRunner):
        resultclass = Result

    return Runner


if __name__ == "__main__":
    # The exit is the runner's own: a test that leaves threads behind hangs here as it would there.
    sys.exit(run_unittest(sys.argv[1:]))
