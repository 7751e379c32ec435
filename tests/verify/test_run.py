from __future__ import annotations

import ast
import asyncio
import subprocess
import sys
import venv
from dataclasses import replace
from pathlib import Path

import pytest
from helpers.verify_projects import this_environment, verifier, write
from helpers.verify_runner import PlainRunner

from flashagent.errors import RunnerMissing
from flashagent.events import CheckFinished, CheckOutput, CheckStarted, Event
from flashagent.ports import CHANNEL_VARIABLE
from flashagent.values import CheckReport, Failure, Frame
from flashagent.verify.commands import Check, check_from_text
from flashagent.verify.environment import ProjectEnvironment
from flashagent.verify.launch import REPORTERS
from flashagent.verify.run import Verifier

CODE = """
def add(a, b):
    return a - b


def first(items):
    return items[0]
"""
TESTS = """
import unittest

import pytest

from calc import add, first


def test_add():
    print("adding")
    assert add(1, 2) == 3


@pytest.mark.parametrize("text", ["a", "b::c", "d e"])
def test_first(text):
    assert first([text]) == text


def test_raises():
    first([])


@pytest.fixture
def broken():
    raise KeyError("no fixture")


def test_set_up(broken):
    pass


@pytest.mark.skip
def test_skipped():
    pass


@pytest.mark.xfail
def test_expected():
    assert False


class TestSums(unittest.TestCase):
    def test_sums(self):
        for b in (0, 1):
            with self.subTest(b=b):
                self.assertEqual(add(1, b), 1 + b)
"""
PROJECT = {"calc.py": CODE, "tests/test_calc.py": TESTS}
FILE = "tests/test_calc.py"
PYTEST = check_from_text("python -m pytest")


def outcomes(report: CheckReport) -> dict[str, str]:
    return {result.test_id: result.outcome for result in report.results}


def failing(report: CheckReport) -> dict[str, Failure]:
    return {failure.test_id: failure for failure in report.failures}


async def run(root: Path, text: str, **options: object) -> CheckReport:
    return await verifier(root).run(check_from_text(text), **options)  # type: ignore[arg-type]


@pytest.mark.parametrize("workers", ["", " -n 2"])
async def test_every_outcome_of_pytest(tmp_path: Path, workers: str) -> None:
    report = await run(write(tmp_path, PROJECT), f"python -m pytest{workers}")
    assert report.counted and report.exit_code == 1
    assert outcomes(report) == {
        f"{FILE}::test_add": "failed",
        f"{FILE}::test_first[a]": "passed",
        f"{FILE}::test_first[b::c]": "passed",
        f"{FILE}::test_first[d e]": "passed",
        f"{FILE}::test_raises": "failed",
        f"{FILE}::test_set_up": "error",
        f"{FILE}::test_skipped": "skipped",
        f"{FILE}::test_expected": "xfailed",
        f"{FILE}::TestSums::test_sums": "failed",
    }
    assert (report.passed, report.failed) == (4, 4)


async def test_what_pytest_failures_hold(tmp_path: Path) -> None:
    report = await run(write(tmp_path, PROJECT), "python -m pytest")
    by_id = failing(report)
    assert by_id[f"{FILE}::test_add"] == Failure(
        test_id=f"{FILE}::test_add",
        kind="assertion",
        message="assert -1 == 3\n +  where -1 = add(1, 2)",
        exception="AssertionError",
        frames=(Frame(FILE, 10, "test_add", "assert add(1, 2) == 3"),),
        expected="3",
        actual="-1",
        rerun=("python", "-m", "pytest", f"{FILE}::test_add"),
        details="Captured stdout call:\nadding",
    )
    assert by_id[f"{FILE}::test_raises"].frames == (
        Frame(FILE, 19, "test_raises", "first([])"),
        Frame("calc.py", 6, "first", "return items[0]"),
    )
    assert by_id[f"{FILE}::test_set_up"].exception == "KeyError"
    assert [name for name in by_id if "test_sums" in name] == [f"{FILE}::TestSums::test_sums (b=1)"]


async def test_the_rerun_command_fails_the_same_test_alone(tmp_path: Path) -> None:
    root = write(tmp_path, PROJECT)
    report = await run(root, "python -m pytest -q tests")
    for failure in report.failures:
        again = await verifier(root).run(Check("again", failure.rerun, "pytest"))
        assert [one.test_id for one in again.failures] == [failure.test_id]
        assert len(again.results) == 1


UNITTESTS = """
import unittest

from calc import add


class TestAdd(unittest.TestCase):
    def test_add(self):
        self.assertEqual(add(1, 2), 3, "sums")

    def test_subs(self):
        for b in (0, 1):
            with self.subTest("m", b=b):
                self.assertEqual(add(1, b), 1 + b)

    def test_fine(self):
        self.assertTrue(True)

    @unittest.skip("later")
    def test_skipped(self):
        pass

    @unittest.expectedFailure
    def test_expected(self):
        self.fail()

    @unittest.expectedFailure
    def test_surprise(self):
        pass


class TestSetUp(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        raise ValueError("no class")

    def test_a(self):
        pass

    def test_b(self):
        pass
"""
UNIT_PROJECT = {
    "calc.py": CODE,
    "tests/test_calc.py": UNITTESTS,
    "tests/test_module.py": "import unittest\ndef setUpModule():\n    raise OSError('no module')\n"
    "class TestM(unittest.TestCase):\n    def test_m(self):\n        pass\n",
    "tests/test_load.py": "import nowhere\n",
    "tests/test_syntax.py": "def test(:\n",
}


async def test_every_outcome_of_unittest(tmp_path: Path) -> None:
    report = await run(write(tmp_path, UNIT_PROJECT), "python -m unittest discover -s tests")
    assert report.counted and report.exit_code == 1
    assert outcomes(report) == {
        "test_calc.TestAdd.test_add": "failed",
        "test_calc.TestAdd.test_expected": "xfailed",
        "test_calc.TestAdd.test_fine": "passed",
        "test_calc.TestAdd.test_skipped": "skipped",
        "test_calc.TestAdd.test_subs": "failed",
        "test_calc.TestAdd.test_surprise": "failed",
        "test_calc.TestSetUp.test_a": "error",
        "test_calc.TestSetUp.test_b": "error",
        "test_load": "error",
        "test_module.TestM.test_m": "error",
        "test_syntax": "error",
    }


async def test_what_unittest_failures_hold(tmp_path: Path) -> None:
    report = await run(write(tmp_path, UNIT_PROJECT), "python -m unittest discover -s tests")
    by_id = failing(report)
    rerun = ("python", "-m", "unittest", "discover", "-s", "tests", "-k")
    assert by_id["test_calc.TestAdd.test_add"] == Failure(
        "test_calc.TestAdd.test_add",
        "assertion",
        "-1 != 3 : sums",
        "AssertionError",
        (Frame(FILE, 8, "test_add", 'self.assertEqual(add(1, 2), 3, "sums")'),),
        "3",
        "-1",
        (*rerun, "test_calc.TestAdd.test_add"),
    )
    assert by_id["test_calc.TestAdd.test_subs [m] (b=1)"].actual == "0"
    assert by_id["test_calc.TestSetUp"].message == "no class"
    assert by_id["test_module"].exception == "OSError"
    load = by_id["test_load"]
    assert (load.kind, load.exception, load.frames) == (
        "import",
        "ModuleNotFoundError",
        (Frame("tests/test_load.py", 1, "<module>", "import nowhere"),),
    )
    assert (by_id["test_syntax"].kind, by_id["test_syntax"].frames[-1].path) == (
        "syntax",
        "tests/test_syntax.py",
    )


@pytest.mark.parametrize(
    "text",
    [
        "python -m unittest discover -s tests",
        "python -m unittest discover tests",
        "python -m unittest tests.test_calc",
    ],
)
async def test_unittest_restricted_to_some_tests(tmp_path: Path, text: str) -> None:
    root = write(tmp_path, UNIT_PROJECT)
    prefix = "tests." if text.endswith("tests.test_calc") else ""
    names = [f"{prefix}test_calc.TestAdd.{name}" for name in ("test_add", "test_fine")]
    report = await run(root, text, tests=names)
    assert report.counted
    assert outcomes(report) == dict(zip(names, ("failed", "passed"), strict=True))


async def test_pytest_restricted_to_some_tests(tmp_path: Path) -> None:
    root = write(tmp_path, PROJECT)
    names = [f"{FILE}::test_add", f"{FILE}::test_first[b::c]", f"{FILE}::test_first[d e]"]
    report = await run(root, "python -m pytest -q tests", tests=names)
    assert report.counted
    assert outcomes(report) == dict(zip(names, ("failed", "passed", "passed"), strict=True))


async def test_ids_are_told_from_the_folder_of_the_check(tmp_path: Path) -> None:
    root = write(
        tmp_path, {"pytest.ini": "[pytest]\n", **{f"sub/{name}": text for name, text in PROJECT.items()}}
    )
    check = replace(PYTEST, cwd="sub")
    report = await verifier(root).run(check, tests=[f"{FILE}::test_raises"])
    assert outcomes(report) == {f"{FILE}::test_raises": "failed"}
    assert [frame.path for frame in report.failures[0].frames] == [f"sub/{FILE}", "sub/calc.py"]


async def test_collection_errors_do_not_hide_the_other_tests(tmp_path: Path) -> None:
    files = {
        "test_fine.py": "def test(): pass\n",
        "test_load.py": "import nowhere\n",
        "test_syntax.py": "def f(:\n",
        "test_name.py": "missing_name\n",
    }
    report = await run(write(tmp_path, files), "python -m pytest")
    assert report.counted
    assert outcomes(report) == {
        "test_fine.py::test": "passed",
        "test_load.py": "error",
        "test_name.py": "error",
        "test_syntax.py": "error",
    }
    kinds = {failure.test_id: (failure.kind, failure.exception) for failure in report.failures}
    assert kinds == {
        "test_load.py": ("import", "ModuleNotFoundError"),
        "test_name.py": ("error", "NameError"),
        "test_syntax.py": ("syntax", "SyntaxError"),
    }
    assert {failure.frames[-1].path for failure in report.failures} == set(kinds)


async def test_a_conftest_that_cannot_be_imported(tmp_path: Path) -> None:
    files = {"app.py": "import nowhere\n", "conftest.py": "import app\n", "test_a.py": "def test(): pass\n"}
    report = await run(write(tmp_path, files), "python -m pytest")
    assert not report.counted and not report.green
    failure = report.failures[0]
    assert (failure.kind, failure.message) == ("import", "No module named 'nowhere'")


async def test_stopping_at_the_first_failure_still_counts(tmp_path: Path) -> None:
    report = await run(write(tmp_path, PROJECT), "python -m pytest -x")
    assert report.counted
    assert outcomes(report) == {f"{FILE}::test_add": "failed"}


async def test_no_tests_is_not_green(tmp_path: Path) -> None:
    for text in ("python -m pytest", "python -m unittest"):
        report = await run(tmp_path, text)
        assert not report.green and len(report.failures) == 1


async def test_a_crash_names_the_test_that_ran(tmp_path: Path) -> None:
    files = {"test_a.py": "import os, signal\ndef test_b():\n    os.kill(os.getpid(), signal.SIGSEGV)\n"}
    report = await run(write(tmp_path, files), "python -m pytest")
    assert (report.exit_code, report.counted) == (139, False)
    assert [(one.test_id, one.kind) for one in report.failures] == [("test_a.py::test_b", "crash")]


async def test_a_hang_names_the_test_that_ran(tmp_path: Path) -> None:
    files = {"test_a.py": "import time\ndef test_b():\n    time.sleep(600)\n"}
    report = await run(write(tmp_path, files), "python -m pytest", timeout_s=3)
    assert (report.limit, report.counted) == ("time", False)
    assert [(one.test_id, one.kind) for one in report.failures] == [("test_a.py::test_b", "timeout")]


async def test_inner_sessions_are_neither_told_nor_touched(tmp_path: Path) -> None:
    inner = f"""
        import os, subprocess, sys
        pytest_plugins = ["pytester"]

        def test_inner(pytester):
            pytester.makepyfile("def test_fails(): assert False")
            assert pytester.runpytest_inprocess("-p", "no:cacheprovider").ret == 1
            assert pytester.runpytest_subprocess("-p", "no:cacheprovider").ret == 1

        def test_environment():
            names = ("{CHANNEL_VARIABLE}", "PYTEST_PLUGINS", "PYTHONPATH")
            assert [name for name in names if name in os.environ] == []
            assert {str(REPORTERS)!r} not in sys.path
        """
    report = await run(write(tmp_path, {"test_a.py": inner}), "python -m pytest -p no:asyncio")
    assert report.counted
    assert outcomes(report) == {"test_a.py::test_inner": "passed", "test_a.py::test_environment": "passed"}


async def test_variables_of_the_check_come_back_after_loading(tmp_path: Path) -> None:
    files = {
        "lib/mine.py": "",
        "test_a.py": "import os, mine\ndef test(): assert os.environ['PYTHONPATH'] == 'lib'\n",
    }
    report = await run(write(tmp_path, files), "PYTHONPATH=lib python -m pytest")
    assert outcomes(report) == {"test_a.py::test": "passed"}


async def test_events_are_one_started_and_one_finished(tmp_path: Path) -> None:
    events: list[Event] = []
    check = check_from_text("python -m unittest discover -s tests")
    report = await verifier(write(tmp_path, UNIT_PROJECT), events).run(check)
    assert events[0] == CheckStarted(check.argv, "given")
    assert events[-1] == CheckFinished(2, 8, report.failures, report.seconds, 1, True)
    printed = "".join(event.text for event in events[1:-1] if isinstance(event, CheckOutput))
    assert printed == report.output and "Ran 8 tests" in printed


async def test_a_quiet_run_emits_nothing(tmp_path: Path) -> None:
    events: list[Event] = []
    await verifier(write(tmp_path, PROJECT), events).run(PYTEST, quiet=True)
    assert events == []


async def test_a_cancelled_run_is_finished_too(tmp_path: Path) -> None:
    events: list[Event] = []
    root = write(tmp_path, {"test_a.py": "import time\ndef test_b():\n    print('x')\n    time.sleep(600)\n"})
    begun = asyncio.Event()

    def emit(event: Event) -> None:
        events.append(event)
        if isinstance(event, CheckOutput):
            begun.set()

    one = Verifier(PlainRunner(root), this_environment(), root, emit)
    task = asyncio.create_task(one.run(check_from_text("python -m pytest -s")))
    await begun.wait()
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert isinstance(events[0], CheckStarted)
    ended = [event for event in events if isinstance(event, CheckFinished)]
    assert ended == [events[-1]]
    assert ended[0].cut


async def test_a_check_leaves_the_tree_as_it_was(tmp_path: Path) -> None:
    root = write(tmp_path, {**PROJECT, "tests/__init__.py": ""})
    before = sorted(root.rglob("*"))
    await run(root, "python -m pytest --lf")
    await run(root, "python -m unittest")
    assert sorted(root.rglob("*")) == before


async def test_a_candidate_tree_is_what_is_tested(tmp_path: Path) -> None:
    root, tree = tmp_path / "root", tmp_path / "tree"
    write(root, PROJECT)
    write(tree, {**PROJECT, "calc.py": CODE.replace("a - b", "a + b")})
    report = await run(root, "python -m pytest", tree=tree)
    assert outcomes(report)[f"{FILE}::test_add"] == "passed"
    assert failing(report)[f"{FILE}::test_raises"].frames[-1] == Frame(
        "calc.py", 6, "first", "return items[0]"
    )


async def test_an_interpreter_without_pytest_is_named(tmp_path: Path) -> None:
    venv.create(tmp_path / "bare", with_pip=False, symlinks=True)
    python = tmp_path / "bare" / "bin" / "python"
    bare = ProjectEnvironment("virtualenv", python, (str(python.parent), "/usr/bin", "/bin"))
    root = write(tmp_path / "root", PROJECT)
    for text in ("pytest", "python -m pytest"):
        events: list[Event] = []
        with pytest.raises(RunnerMissing) as raised:
            await Verifier(PlainRunner(root), bare, root, events.append).run(check_from_text(text))
        assert "pytest is not installed for" in raised.value.message and str(python) in raised.value.message
        assert events == []


@pytest.mark.parametrize("text", ["no-such-runner --all", "./no-such-script", "/bin/sh -c no-such-runner"])
async def test_a_missing_program_is_no_red_check(tmp_path: Path, text: str) -> None:
    with pytest.raises(RunnerMissing):
        await run(tmp_path, text)


async def test_a_wrapper_is_replaced_by_the_environment_it_stands_for(tmp_path: Path) -> None:
    root = write(tmp_path, PROJECT)
    runner = PlainRunner(root)
    report = await Verifier(runner, this_environment(), root, lambda event: None).run(
        check_from_text("uv run pytest -q")
    )
    assert report.counted
    assert report.failures[0].rerun[:4] == ("uv", "run", "pytest", "-q")
    assert runner.commands[-1].argv[0] == str(Path(sys.executable).parent / "pytest")
    assert REPORTERS in runner.commands[-1].binds


async def test_a_generic_check_is_known_by_its_status(tmp_path: Path) -> None:
    good = await run(tmp_path, "true && true")
    assert (good.green, good.counted, good.failures) == (True, False, ())
    bad = await run(tmp_path, "echo one; echo two; exit 3")
    assert bad.failures == (Failure("", "exit", "Exit status 3.", rerun=bad.command, details="one\ntwo"),)


async def test_a_script_that_dies_is_read_from_its_traceback(tmp_path: Path) -> None:
    root = write(tmp_path, {"calc.py": CODE, "go.py": "import calc\n\ncalc.first([])\n"})
    report = await run(root, "python go.py")
    assert report.failures == (
        Failure(
            "",
            "error",
            "list index out of range",
            "IndexError",
            (
                Frame("go.py", 3, "<module>", "calc.first([])"),
                Frame("calc.py", 6, "first", "return items[0]"),
            ),
            rerun=("python", "go.py"),
        ),
    )


@pytest.mark.parametrize(
    "name", ["flashagent_reporter.py", "flashagent_unittest.py", "flashagent_watchdog.py"]
)
def test_the_reporter_needs_no_more_than_python_38(name: str) -> None:
    text = (REPORTERS / name).read_text(encoding="utf-8")
    tree = ast.parse(text, feature_version=(3, 8))
    roots = {node.names[0].name for node in ast.walk(tree) if isinstance(node, ast.Import)}
    roots |= {str(node.module) for node in ast.walk(tree) if isinstance(node, ast.ImportFrom)}
    assert roots - sys.stdlib_module_names <= {"pytest", "flashagent_reporter", "flashagent_watchdog"}


def test_importing_the_reporter_does_nothing_without_a_channel() -> None:
    code = f"import sys; sys.path.insert(0, {str(REPORTERS)!r}); import flashagent_reporter as r; print(r._plugin)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "None\n"
