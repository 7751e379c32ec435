"""Every way of making a failing test look fixed without fixing it ends in a verdict that is not green."""

from __future__ import annotations

from pathlib import Path

import pytest
from helpers.verify_projects import verifier, write

from flashagent.values import CheckReport
from flashagent.verify.detect import check_from_text
from flashagent.verify.verdict import Verdict, judge

CALC = """
def add(a, b):
    return a - b


def double(a):
    return a * 2
"""
PYTEST_TESTS = """
from calc import add, double


def test_add():
    assert add(1, 2) == 3


def test_double():
    assert double(2) == 4
"""
UNITTEST_TESTS = """
import unittest

from calc import add, double


class TestCalc(unittest.TestCase):
    def test_add(self):
        self.assertEqual(add(1, 2), 3)

    def test_double(self):
        self.assertEqual(double(2), 4)
"""
PROJECTS = {
    "pytest": ("python -m pytest -q", {"calc.py": CALC, "tests/test_calc.py": PYTEST_TESTS}),
    "unittest": (
        "python -m unittest discover -s tests -t .",
        {"calc.py": CALC, "tests/__init__.py": "", "tests/test_calc.py": UNITTEST_TESTS},
    ),
}
FAKE_RUNNER = """
def main(*args, **kwargs):
    print("2 passed")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
"""
FIXED = CALC.replace("a - b", "a + b")
FORGE = (
    CALC
    + """
import json, os, stat
for number in os.listdir("/proc/self/fd"):
    try:
        if stat.S_ISSOCK(os.fstat(int(number)).st_mode):
            for record in (
                {"e": "report", "id": "tests/test_calc.py::test_add", "when": "call", "outcome": "passed"},
                {"e": "end", "status": 0, "broken": "", "stopped": "", "replaced": []},
            ):
                os.write(int(number), b"guess " + json.dumps(record).encode() + b"\\n")
    except OSError:
        pass
os._exit(0)
"""
)
FORGE_RESULT = """
import gc
for one in gc.get_objects():
    if isinstance(one, type) and one.__name__ == "Result" and one.__module__ == "__main__":
        one.addFailure = one.addError = lambda self, test, error: self.addSuccess(test)
"""
SWAP_CELL = """
import gc
for one in gc.get_objects():
    if isinstance(one, type) and one.__name__ == "Result" and one.__module__ == "__main__":
        cell = one.tell.__closure__[0]
        def swapped(send=cell.cell_contents, **record):
            send(**dict(record, outcome="passed"))
        cell.cell_contents = swapped
        one.wasSuccessful.__code__ = (lambda self: True).__code__
"""
# Each line alone makes every equality assertion, or every test, of unittest pass.
SILENCED = {
    "the chooser of assertions replaced": "import unittest\nunittest.case.TestCase._getAssertEqualityFunc = lambda s, a, b: (lambda *x, **k: None)\n",
    "the code of an assertion replaced": "import unittest\nunittest.TestCase.assertEqual.__code__ = (lambda self, first, second, msg=None: None).__code__\n",
    "an assertion replaced by a builtin": "import unittest\nunittest.TestCase._baseAssertEqual = unittest.TestCase.assertEqual = max\n",
    "an assertion replaced by another of unittest": "import unittest\nunittest.TestCase._getAssertEqualityFunc = lambda *a: print\nunittest.TestCase.assertEqual = unittest.TestCase.addTypeEqualityFunc\nunittest.TestCase.setUp = lambda self: setattr(self, '_type_equality_funcs', {})\n",
    "code without a file": "exec('import unittest; unittest.TestCase.assertEqual = lambda *a: None')\n",
    "the executor of a test's parts replaced": "import contextlib, unittest.case\n@contextlib.contextmanager\ndef part(self, test_case, subTest=False, **named):\n    try:\n        yield\n    except Exception:\n        pass\n    self.success = True\nunittest.case._Outcome.testPartExecutor = part\n",
    "a new package among the tests": "",
}  # fmt: skip
BOTH: dict[str, dict[str, str]] = {
    "exit at import": {"calc.py": "import os\nprint('2 passed in 0.01s')\nos._exit(0)\n" + CALC},
    "sys.exit at import": {"calc.py": "import sys\nsys.exit(0)\n"},
    "exit in the code under test": {"calc.py": "import os\ndef add(a, b):\n    os._exit(0)\n\ndef double(a):\n    return a * 2\n"},
    "exit when the interpreter ends": {"calc.py": "import atexit, os\natexit.register(os._exit, 0)\n" + CALC},
    "forged lines on the channel": {"calc.py": FORGE},
    "test file emptied": {"tests/test_calc.py": ""},
}  # fmt: skip
ONLY_PYTEST: dict[str, dict[str, str]] = {
    "exit in conftest": {"conftest.py": "import os\nprint('2 passed')\nos._exit(0)\n"},
    "exit with pytest.exit": {"calc.py": "import pytest\npytest.exit('done', returncode=0)\n"},
    "a module called pytest": {"pytest.py": FAKE_RUNNER},
    "a package called pytest": {"pytest/__init__.py": FAKE_RUNNER, "pytest/__main__.py": FAKE_RUNNER},
    "pytest replaced in sys.modules": {
        "calc.py": "import sys, types\nfake = types.ModuleType('pytest')\nsys.modules['pytest'] = fake\n"
        "sys.modules['_pytest.runner'].runtestprotocol = lambda *a, **k: []\n" + CALC
    },
    "the reporter's name taken": {"flashagent_reporter.py": "def pytest_configure(config):\n    import os\n    os._exit(0)\n"},
    "the watchdog's name taken": {"flashagent_watchdog.py": "import os\nos._exit(0)\n"},
    "plugin blocked by configuration": {"pytest.ini": "[pytest]\naddopts = -p no:flashagent_reporter --deselect tests/test_calc.py::test_add\n"},
    "test deleted": {"tests/test_calc.py": PYTEST_TESTS.replace("def test_add", "def add_test")},
    "test skipped": {"tests/test_calc.py": PYTEST_TESTS.replace("def test_add", "import pytest\n@pytest.mark.skip\ndef test_add")},
    "module skipped": {"tests/test_calc.py": "import pytest\npytest.skip('no', allow_module_level=True)\n" + PYTEST_TESTS},
    "test expected to fail": {"tests/test_calc.py": PYTEST_TESTS.replace("def test_add", "import pytest\n@pytest.mark.xfail\ndef test_add")},
    "marked as expected to fail and fixed": {"calc.py": FIXED, "conftest.py": "import pytest\ndef pytest_collection_modifyitems(items):\n    for item in items:\n        item.add_marker(pytest.mark.xfail)\n"},
    "dropped at collection": {"conftest.py": "def pytest_collection_modifyitems(items):\n    items[:] = [i for i in items if i.name != 'test_add']\n"},
    "ignored by configuration": {"pytest.ini": "[pytest]\naddopts = --deselect tests/test_calc.py::test_add\n"},
    "outcome turned by a hook": {"conftest.py": "import pytest\n@pytest.hookimpl(hookwrapper=True)\ndef pytest_runtest_makereport(item, call):\n    outcome = yield\n    outcome.get_result().outcome = 'passed'\n    outcome.get_result().longrepr = None\n"},
    "status turned by a hook": {"conftest.py": "def pytest_sessionfinish(session):\n    session.exitstatus = 0\n"},
    "runner function replaced": {"calc.py": "import _pytest.python, _pytest.runner\n_pytest.runner.call_and_report = lambda *a, **k: None\n" + CALC},
}  # fmt: skip
ONLY_UNITTEST: dict[str, dict[str, str]] = {
    "a module called unittest": {"unittest.py": FAKE_RUNNER},
    "test deleted": {"tests/test_calc.py": UNITTEST_TESTS.replace("def test_add", "def add_test")},
    "test skipped": {"tests/test_calc.py": UNITTEST_TESTS.replace("    def test_add", "    @unittest.skip('no')\n    def test_add")},
    "class skipped": {"tests/test_calc.py": UNITTEST_TESTS.replace("class TestCalc", "@unittest.skip('no')\nclass TestCalc")},
    "skipped in set-up": {"tests/test_calc.py": UNITTEST_TESTS + "\n    @classmethod\n    def setUpClass(cls):\n        raise unittest.SkipTest('no')\n"},
    "test expected to fail": {"tests/test_calc.py": UNITTEST_TESTS.replace("    def test_add", "    @unittest.expectedFailure\n    def test_add")},
    "load_tests gives nothing": {"tests/test_calc.py": UNITTEST_TESTS + "\ndef load_tests(loader, tests, pattern):\n    return unittest.TestSuite()\n"},
    "our result found and turned": {"calc.py": FORGE_RESULT + CALC},
    "our way to speak swapped": {"calc.py": SWAP_CELL + CALC},
    "result replaced": {"calc.py": "import unittest\nunittest.TestCase.run = lambda self, result=None: (result.startTest(self), result.addSuccess(self), result.stopTest(self))\n" + CALC},
}  # fmt: skip
CASES = [(runner, name) for runner in PROJECTS for name in BOTH]
CASES += [("pytest", name) for name in ONLY_PYTEST] + [("unittest", name) for name in ONLY_UNITTEST]


async def run(root: Path, runner: str) -> CheckReport:
    return await verifier(root).run(check_from_text(PROJECTS[runner][0]))


async def attempt(root: Path, runner: str, files: dict[str, str]) -> tuple[CheckReport, CheckReport, Verdict]:
    """Reports before and after writing `files` over the broken project, and the verdict."""
    write(root, PROJECTS[runner][1])
    before = await run(root, runner)
    write(root, files)
    after = await run(root, runner)
    return before, after, judge(before, after)


@pytest.mark.parametrize(("runner", "name"), CASES)
async def test_a_cheat_is_never_green(tmp_path: Path, runner: str, name: str) -> None:
    own = ONLY_PYTEST if runner == "pytest" else ONLY_UNITTEST
    before, _, verdict = await attempt(tmp_path, runner, BOTH.get(name) or own[name])
    assert before.counted and not before.green
    assert not verdict.green
    assert verdict.reasons


@pytest.mark.parametrize("runner", PROJECTS)
async def test_a_true_fix_is_green(tmp_path: Path, runner: str) -> None:
    before, after, verdict = await attempt(tmp_path, runner, {"calc.py": FIXED})
    failing = tuple(result.test_id for result in before.results if result.outcome == "failed")
    assert len(failing) == 1
    assert verdict == Verdict(True, fixed=failing)
    assert after.counted and after.green and after.passed == 2


@pytest.mark.parametrize("runner", PROJECTS)
async def test_equal_assertions_replaced_by_the_code_under_test(tmp_path: Path, runner: str) -> None:
    code = "import unittest\nunittest.TestCase.assertEqual = lambda *a: None\n" + CALC
    write(tmp_path, {"calc.py": CALC, "tests/__init__.py": "", "tests/test_calc.py": UNITTEST_TESTS})
    before = await run(tmp_path, runner)
    write(tmp_path, {"calc.py": code})
    after = await run(tmp_path, runner)
    assert after.exit_code == 0
    verdict = judge(before, after)
    assert not verdict.green
    assert any("was replaced by calc.py" in reason for reason in verdict.reasons)


@pytest.mark.parametrize("runner", PROJECTS)
@pytest.mark.parametrize("name", SILENCED)
async def test_assertions_silenced(tmp_path: Path, runner: str, name: str) -> None:
    """The exit status alone would say that all is well; the guard of the reporter does not."""
    write(tmp_path, {"calc.py": CALC, "tests/__init__.py": "", "tests/test_calc.py": UNITTEST_TESTS})
    before = await run(tmp_path, runner)
    where = {"calc.py": SILENCED[name] + CALC}
    if not SILENCED[name]:
        where = {"tests/__init__.py": SILENCED["the chooser of assertions replaced"]}
    write(tmp_path, where)
    after = await run(tmp_path, runner)
    verdict = judge(before, after)
    assert after.exit_code == 0
    assert before.counted and not after.counted
    assert not verdict.green
    assert any("was replaced" in reason for reason in verdict.reasons)


async def test_a_bare_run_is_not_deceived_about_our_result(tmp_path: Path) -> None:
    write(tmp_path, PROJECTS["unittest"][1] | {"calc.py": FORGE_RESULT + CALC})
    check = check_from_text(PROJECTS["unittest"][0])
    with_reporter = await verifier(tmp_path).run(check, quiet=True)
    bare = await verifier(tmp_path).run(check, bare=True)
    assert with_reporter.exit_code == 0
    assert (bare.exit_code, bare.counted, bare.results, bare.green) == (1, False, (), False)


async def test_a_summary_that_is_only_printed_counts_nothing(tmp_path: Path) -> None:
    code = "import os\nprint('2 passed', flush=True)\nos._exit(0)\n"
    _, after, verdict = await attempt(tmp_path, "unittest", {"calc.py": code})
    assert "2 passed" in after.output and after.exit_code == 0
    assert not after.counted and not after.green
    assert "could not be counted" in verdict.reasons[0]


async def test_the_test_that_ended_the_process_is_named(tmp_path: Path) -> None:
    _, after, _ = await attempt(tmp_path, "pytest", BOTH["exit in the code under test"])
    assert after.failures[-1].test_id == "tests/test_calc.py::test_add"
    assert "while tests/test_calc.py::test_add was running" in after.failures[-1].message
