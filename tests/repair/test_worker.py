"""The worker on tiny real projects: its protocol, its sessions, and what it says when it cannot start."""

from __future__ import annotations

import ast
import subprocess
import sys
from pathlib import Path

import pytest
from helpers.repair_projects import launch
from helpers.repair_sandbox import TrustingRunner
from helpers.repair_trials import MODULE, PYTEST, candidate, tiny_project, trial, verdicts
from helpers.verify_projects import write

from flashagent.repair.pool import Pool
from flashagent.repair.workers import WORKER_FILE, Launch, Worker, WorkerGone


@pytest.fixture
def project(tmp_path: Path) -> Path:
    return tiny_project(tmp_path)


UNITTESTS = """
    import unittest
    from m import double, half

    class T(unittest.TestCase):
        def test_double(self):
            self.assertEqual(double(3), 6)

        def test_two(self):
            self.assertEqual(double(2), 4)

        def test_half(self):
            self.assertEqual(half(4), 2)
    """


async def test_pytest_session(project: Path) -> None:
    worker = Worker(TrustingRunner(project), launch(project), "warm", 60.0)
    try:
        first = await worker.start()
        assert [t["id"] for t in first["tests"]] == list(PYTEST.values())
        assert {t["path"] for t in first["tests"]} == {str(project / "test_m.py")}
        plain = await worker.ask({"do": "plain", "tests": list(PYTEST.values()), "cpu": 2.0, "wall": 10.0})
        assert [r["outcome"] for r in plain["results"]] == ["failed: AssertionError", "passed", "passed"]
        traced = await worker.ask({"do": "trace", "tests": [PYTEST["half"]], "cpu": 2.0, "wall": 10.0})
        assert traced["results"][0]["lines"][str(project / "m.py")] == [9]
        assert (await worker.ask({"do": "prepare", "modules": []}))["functions"] >= 2
        assert await verdicts(worker, project, "return n * 2", "return n + 3", "return n *") == [
            "plausible", "regressed", "invalid",
        ]  # fmt: skip
    finally:
        await worker.close()


async def test_unittest_session(tmp_path: Path) -> None:
    write(tmp_path, {"m.py": MODULE, "test_m.py": UNITTESTS})
    names = {name: f"test_m.T.test_{name}" for name in ("double", "two")}
    worker = Worker(TrustingRunner(tmp_path), launch(tmp_path, "unittest", ()), "warm", 60.0)
    try:
        first = await worker.start()
        assert {t["id"] for t in first["tests"]} == {
            "test_m.T.test_double",
            "test_m.T.test_two",
            "test_m.T.test_half",
        }
        await worker.ask({"do": "prepare", "modules": []})
        answer = await worker.ask(
            trial(names, [candidate(tmp_path, "return n * 2"), candidate(tmp_path, "return 6")])
        )
        assert [r["verdict"] for r in answer["results"]] == ["plausible", "regressed"]
    finally:
        await worker.close()


async def test_shared_mutable_parameters_are_fresh_each_time(tmp_path: Path) -> None:
    tests = "import pytest\nfrom m import double\n\n@pytest.mark.parametrize('xs', [[1]])\ndef test_x(xs):\n    xs.append(double(1))\n    assert xs == [1, 9]\n"
    write(tmp_path, {"m.py": MODULE, "test_m.py": tests})
    worker = Worker(TrustingRunner(tmp_path), launch(tmp_path), "warm", 60.0)
    try:
        name = (await worker.start())["tests"][0]["id"]
        await worker.ask({"do": "prepare", "modules": []})
        bodies = [candidate(tmp_path, body) for body in ("return 8", "return 9")]
        request = trial({"double": name, "two": name}, bodies) | {"control": []}
        answer = await worker.ask(request)
        assert [r["verdict"] for r in answer["results"]] == ["failed", "plausible"]
    finally:
        await worker.close()


@pytest.mark.parametrize("framework", ["pytest", "unittest"])
async def test_a_failing_subtest_fails_its_test(tmp_path: Path, framework: str) -> None:
    tests = "import unittest\nfrom m import double\n\nclass T(unittest.TestCase):\n    def test_x(self):\n        for n in (2, 3):\n            with self.subTest(n=n):\n                self.assertEqual(double(n), 4)\n"
    write(tmp_path, {"m.py": MODULE, "test_m.py": tests})
    worker = Worker(TrustingRunner(tmp_path), launch(tmp_path, framework, ()), "warm", 60.0)
    try:
        name = (await worker.start())["tests"][0]["id"]
        plain = await worker.ask({"do": "plain", "tests": [name], "cpu": 2.0, "wall": 10.0})
        assert plain["results"][0]["outcome"] == "failed: AssertionError"
        await worker.ask({"do": "prepare", "modules": []})
        answer = await worker.ask(
            trial({"double": name, "two": name}, [candidate(tmp_path, "return 4")]) | {"control": []}
        )
        assert answer["results"][0]["verdict"] == "plausible"
    finally:
        await worker.close()


async def test_behaviour_tells_two_patches_apart(project: Path) -> None:
    worker = Worker(TrustingRunner(project), launch(project), "warm", 60.0)
    try:
        await worker.start()
        await worker.ask({"do": "prepare", "modules": []})
        tests = [{"id": name, "cpu": 0.2} for name in PYTEST.values()]
        asked = [
            candidate(project, body) for body in ("return n * 2", "return n + n", "return 6 if n == 3 else 4")
        ]
        answer = await worker.ask(
            {
                "do": "behave",
                "candidates": asked,
                "behave_tests": tests,
                "test_files": [str(project / "test_m.py")],
                "wall": 10.0,
            }
        )
        product, total, special = (r["answers"] for r in answer["results"])
        assert product == total != special
        assert "double(3)\t6" in product
    finally:
        await worker.close()


async def test_a_worker_that_cannot_start_says_why(tmp_path: Path) -> None:
    write(tmp_path, {"m.py": MODULE})
    async with Pool(TrustingRunner(tmp_path), launch(tmp_path, arguments=("--nonsense",)), 1, 30.0) as pool:
        with pytest.raises(WorkerGone, match="before any test was collected"):
            await pool.start()


async def test_an_interpreter_without_pytest_is_no_crash(project: Path) -> None:
    broken = Launch(
        Path(sys.executable),
        "pytest",
        (),
        project,
        project,
        (str(project),),
        {"PYTHONPATH": str(project)},
        (),
        (),
        (),
    )
    write(project, {"pytest.py": "raise ImportError('shadowed')\n"})
    async with Pool(TrustingRunner(project), broken, 1, 30.0) as pool:
        with pytest.raises(WorkerGone):
            await pool.start()


def test_the_worker_imports_nothing_but_the_standard_library() -> None:
    script = (
        "import sys, runpy; runpy.run_path(sys.argv[1]); "
        "print(sorted({m.partition('.')[0] for m in sys.modules} - set(sys.stdlib_module_names) - {'__main__', '_distutils_hack', 'flashagent_worker'}))"
    )
    done = subprocess.run(
        [sys.executable, "-I", "-S", "-c", script, str(WORKER_FILE)],
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout.strip() == "[]"


def test_the_worker_is_written_in_the_oldest_python_that_it_serves() -> None:
    files = sorted(WORKER_FILE.parent.rglob("*.py"))
    assert len(files) > 10
    for file in files:
        ast.parse(file.read_text("utf-8"), str(file), feature_version=(3, 8))
