"""The worker on tiny real projects: its protocol, and candidates that end, hang, forge, leak or are no Python."""

from __future__ import annotations

import contextlib
import subprocess
import sys
from pathlib import Path
from typing import Any

import psutil
import pytest
from helpers.repair_projects import launch
from helpers.repair_sandbox import TrustingRunner, bubblewrap
from helpers.verify_projects import write

from flashagent.repair import livedata
from flashagent.repair.pool import Pool
from flashagent.repair.source import Edit, Source
from flashagent.repair.workers import WORKER_FILE, Launch, Worker, WorkerGone

MODULE = """
    SEEN = []


    def double(n):
        return n + 2


    def half(n):
        return n // 2
    """
TESTS = """
    from m import double, half

    def test_double():
        assert double(3) == 6

    def test_two():
        assert double(2) == 4

    def test_half():
        assert half(4) == 2
    """
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


def candidate(root: Path, body: str) -> dict[str, Any]:
    code = f"def double(n):\n    {body}\n"
    part = {"path": str(root / "m.py"), "line": 4, "name": "double", "code": code, "offset": 3}
    return {"parts": [part], "cover": "u"}


def trial(
    tests: dict[str, str], candidates: list[dict[str, Any]], batch: int = 10, **more: Any
) -> dict[str, Any]:
    return {
        "do": "try", "candidates": candidates, "batch": batch, "wall": 6.0,
        "failing": [{"id": tests["double"], "cpu": 0.4}],
        "cover": {"u": [{"id": tests["two"], "cpu": 0.4}]},
        "control": [{"id": tests["double"], "cpu": 0.4, "outcome": "failed: AssertionError"}], **more,
    }  # fmt: skip


@pytest.fixture
def project(tmp_path: Path) -> Path:
    return write(tmp_path, {"m.py": MODULE, "test_m.py": TESTS})


PYTEST = {name: f"test_m.py::test_{name}" for name in ("double", "two", "half")}


async def verdicts(worker: Worker, root: Path, *bodies: str) -> list[str]:
    answer = await worker.ask(trial(PYTEST, [candidate(root, body) for body in bodies]))
    return [result.get("verdict") or f"died: {result['died']}" for result in answer["results"]]


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


async def hostile(runner: Any, project: Path) -> list[str]:
    forge = (
        "import os, json, struct; b = json.dumps({'word': '', 'answer': {'verdict': 'plausible'}}).encode(); "
    )
    forge += "[os.write(d, struct.pack('>I', len(b)) + b) for d in range(3, 40) if os.path.exists(f'/proc/self/fd/{d}') "
    forge += "and 'pipe' in os.readlink(f'/proc/self/fd/{d}')]; return 0"
    worker = Worker(runner, launch(project), "warm", 60.0)
    try:
        await worker.start()
        await worker.ask({"do": "prepare", "modules": []})
        return await verdicts(
            worker, project,
            "return n * 2",
            "import os; os._exit(0)",
            "raise SystemExit(0)",
            "while True: pass",
            "import time; time.sleep(60)",
            "raise KeyboardInterrupt",
            forge,
            "import os, signal; os.kill(os.getpid(), signal.SIGKILL)",
            "return double(n)",
            "return n + n",
        )  # fmt: skip
    finally:
        await worker.close()


EXPECTED = [
    "plausible", "died: the process ended", "failed", "failed", "died: no answer in time", "failed",
    "died: a forged answer", "died: the process ended", "failed", "plausible",
]  # fmt: skip


async def test_hostile_candidates_fail_alone(project: Path) -> None:
    assert await hostile(TrustingRunner(project), project) == EXPECTED


@pytest.mark.needs("bwrap")
async def test_hostile_candidates_fail_alone_in_bubblewrap(project: Path) -> None:
    assert await hostile(bubblewrap(project), project) == EXPECTED


@pytest.mark.needs("bwrap")
async def test_a_candidate_cannot_write_into_the_tree(project: Path) -> None:
    worker = Worker(bubblewrap(project), launch(project), "warm", 60.0)
    try:
        await worker.start()
        await worker.ask({"do": "prepare", "modules": []})
        body = f"open({str(project / 'stolen')!r}, 'w').close(); return 6"
        assert await verdicts(worker, project, body) == ["failed"]
    finally:
        await worker.close()
    assert not (project / "stolen").exists()


DAEMON = """import os
    for _ in range(3):
        if os.fork() == 0:
            os.setsid()
            if os.fork() == 0:
                with open({path!r}, 'a') as told:
                    told.write(f'{{os.getpid()}}\\n')
            import time
            time.sleep(600)
    return n * 2"""


async def test_processes_in_sessions_of_their_own_end_with_the_batch(project: Path, tmp_path: Path) -> None:
    told = tmp_path / "pids"
    worker = Worker(TrustingRunner(project), launch(project), "warm", 60.0)
    try:
        await worker.start()
        await worker.ask({"do": "prepare", "modules": []})
        await verdicts(worker, project, DAEMON.format(path=str(told)))
        assert await verdicts(worker, project, "return n * 2") == ["plausible"]
        assert [pid for pid in told.read_text().split() if psutil.pid_exists(int(pid))] == []
    finally:
        await worker.close()


MANY = """import os, time
    try:
        for _ in range(400):
            if os.fork() == 0:
                os.setsid()
                time.sleep(600)
    except OSError:
        return n * 2
    return 0"""


@pytest.mark.needs("bwrap")
async def test_the_sandbox_holds_a_candidate_that_multiplies(project: Path) -> None:
    worker = Worker(bubblewrap(project), launch(project), "warm", 60.0)
    try:
        await worker.start()
        await worker.ask({"do": "prepare", "modules": []})
        patient = {"failing": [{"id": PYTEST["double"], "cpu": 10.0}], "cover": {"u": []}, "wall": 20.0}
        with contextlib.suppress(WorkerGone):  # the sandbox may end as a whole
            answer = await worker.ask(trial(PYTEST, [candidate(project, MANY)], **patient))
            assert answer["results"][0]["verdict"] == "plausible", "the limit refused a process"
            assert await verdicts(worker, project, "return n * 2") == ["plausible"], "all of them are gone"
        started = psutil.Process().children(recursive=True)
    finally:
        await worker.close()
    assert psutil.wait_procs(started, timeout=10)[1] == []


async def test_leaking_state_is_noticed(project: Path) -> None:
    leak = "import m; m.double.__globals__.setdefault('KEPT', 1); import test_m; test_m.double = lambda n: 6; return 6"
    worker = Worker(TrustingRunner(project), launch(project), "warm", 60.0)
    try:
        await worker.start()
        await worker.ask({"do": "prepare", "modules": []})
        answer = await worker.ask(trial(PYTEST, [candidate(project, leak), candidate(project, "return 0")]))
        assert answer["clean"] is False
        clean = await worker.ask(trial(PYTEST, [candidate(project, "return 0")]))
        assert clean["clean"] is True
    finally:
        await worker.close()


async def test_cold_candidates_are_imported_anew(project: Path) -> None:
    worker = Worker(TrustingRunner(project), launch(project), "cold", 60.0)
    text = (project / "m.py").read_text()
    texts = [text.replace("n + 2", "n * 2"), text.replace("n + 2", "n * 3"), "raise SystemExit\n", "def ("]
    asked = [{"path": str(project / "m.py"), "text": t, "cover": "u"} for t in texts]
    more = {
        "arguments": ["-q", *PYTEST.values(), "--rootdir", str(project)],
        "import_cpu": 10.0,
        "control": [],
    }
    try:
        await worker.start()
        answer = await worker.ask(trial(PYTEST, asked, batch=1, **more) | {"wall": 20.0})
        assert [r.get("verdict") for r in answer["results"]] == ["plausible", "failed", "failed", "failed"]
    finally:
        await worker.close()


LOOPS = """
    import m

    def test_short():
        assert m.times(3) == 6

    def test_long():
        assert m.times(50) == 100
    """
TIMES = (
    "def times(n):\n    total = 0\n    while n > 0:\n        n -= 1\n        total += 2\n    return total\n"
)


async def test_endless_loops_are_cut_by_count_and_the_process_goes_on(tmp_path: Path) -> None:
    root = write(tmp_path, {"m.py": TIMES, "test_m.py": LOOPS})
    part = {"path": str(root / "m.py"), "line": 1, "name": "times", "offset": 0}

    def changed(old: str, new: str) -> dict[str, Any]:
        return {"parts": [{**part, "code": TIMES.replace(old, new)}], "cover": "u"}

    tests = ["test_m.py::test_short", "test_m.py::test_long"]
    worker = Worker(TrustingRunner(root), launch(root), "warm", 60.0)
    try:
        await worker.start()
        await worker.ask({"do": "prepare", "modules": []})
        units = [{**part, "code": TIMES, "unit": 7}]
        request = {"do": "count", "units": units, "tests": tests, "cpu": 5.0, "wall": 30.0}
        counted = await worker.ask(request)
        assert [r["rounds"] for r in counted["results"]] == [[[7, 4]], [[7, 51]]]  # one for the call itself
        candidates = [changed("n -= 1", "n += 0"), changed("total += 2", "total += 3"), changed("2", "2 ")]
        asked = {
            "do": "try", "candidates": candidates, "batch": 10, "wall": 30.0, "cover": {"u": []}, "control": [],
            "failing": [{"id": test, "cpu": 60.0} for test in tests], "rounds": {"u": 60},
        }  # fmt: skip
        answer = await worker.ask(asked)
        assert [(r["verdict"], r.get("cut", False), r.get("last", False)) for r in answer["results"]] == [
            ("failed", True, False), ("failed", False, False), ("plausible", False, False),
        ]  # fmt: skip
        assert worker.cpu_s > 0.0
    finally:
        await worker.close()


@pytest.mark.parametrize("held", ["rows", "Held.rows", "HELD.kept", "TABLE['rows']", "make.__defaults__[0]"])
async def test_a_cut_loop_that_filled_what_lasts_ends_the_process(tmp_path: Path, held: str) -> None:
    """Else the next candidate, which is right, would be judged by a list that the first one left full."""
    tests = """
        from m import doubled

        rows = [1, 2]
        TABLE = {"rows": [1, 2]}

        class Held:
            rows = [1, 2]

            def __init__(self):
                self.kept = [1, 2]

        HELD = Held()

        def make(rows=[1, 2]):
            return rows

        def test_doubled():
            assert doubled(%s) == [1, 1, 2, 2]
        """
    code = "def doubled(items):\n    found = items\n    for item in items:\n        found.append(item)\n    return found\n"
    root = write(tmp_path, {"m.py": code, "test_m.py": tests % held})
    part = {"path": str(root / "m.py"), "line": 1, "name": "doubled", "offset": 0}
    right = code.replace("found = items", "found = []").replace("append(item)", "extend((item, item))")
    worker = Worker(TrustingRunner(root), launch(root), "warm", 60.0)
    try:
        await worker.start()
        await worker.ask({"do": "prepare", "modules": []})
        asked = {
            "do": "try", "candidates": [{"parts": [{**part, "code": text}], "cover": "u"} for text in (code, right)],
            "batch": 10, "wall": 30.0, "cover": {"u": []}, "control": [],
            "failing": [{"id": "test_m.py::test_doubled", "cpu": 60.0}], "rounds": {"u": 60},
        }  # fmt: skip
        answer = await worker.ask(asked)
        assert [(r["verdict"], r.get("cut", False), r.get("last", False)) for r in answer["results"]] == [
            ("failed", True, True), ("plausible", False, False),
        ]  # fmt: skip
    finally:
        await worker.close()


async def test_a_test_that_takes_its_worker_with_it_is_told_from_the_others(tmp_path: Path) -> None:
    tests = "import os\n\n\ndef test_one():\n    pass\n\n\ndef test_end():\n    os.kill(os.getppid(), 9)\n\n\ndef test_two():\n    pass\n"
    root = write(tmp_path, {"test_m.py": tests})
    names = [f"test_m.py::test_{name}" for name in ("one", "end", "two")]
    async with Pool(TrustingRunner(root), launch(root), 1, 60.0) as pool:
        await pool.start()
        found = await pool.spread(names, {"do": "plain", "cpu": 5.0, "wall": 30.0})
        assert [found[name].get("outcome") or found[name]["died"] for name in names] == [
            "passed", "the worker ended", "passed",
        ]  # fmt: skip


async def test_workers_that_end_again_and_again_end_the_round(tmp_path: Path) -> None:
    tests = "import os, pytest\n\n\n@pytest.mark.parametrize('n', range(20))\ndef test_end(n):\n    os.kill(os.getppid(), 9)\n"
    root = write(tmp_path, {"test_m.py": tests})
    async with Pool(TrustingRunner(root), launch(root), 2, 60.0) as pool:
        await pool.start()
        with pytest.raises(WorkerGone):
            await pool.spread(
                [f"test_m.py::test_end[{n}]" for n in range(20)], {"do": "plain", "cpu": 5.0, "wall": 30.0}
            )


async def test_the_lines_of_a_test_that_waits_without_end_are_known(tmp_path: Path) -> None:
    code = "import threading\n\n\ndef twice():\n    lock = threading.Lock()\n    lock.acquire()\n    lock.acquire()\n    return 2\n"
    tests = "from m import twice\n\n\ndef test_twice():\n    assert twice() == 2\n"
    root = write(tmp_path, {"m.py": code, "test_m.py": tests})
    worker = Worker(TrustingRunner(root), launch(root), "warm", 60.0)
    try:
        await worker.start()
        asked = {"do": "trace", "tests": ["test_m.py::test_twice"], "cpu": 5.0, "wall": 4.0}
        result = (await worker.ask(asked))["results"][0]
        assert result["outcome"] == "failed: OutOfTime"
        assert result["lines"][str(root / "m.py")] == [5, 6, 7]
        assert result["stack"][0] == [str(root / "m.py"), 7]
    finally:
        await worker.close()


async def test_a_long_candidate_is_not_a_stalled_one(tmp_path: Path) -> None:
    tests = "import time, pytest\nimport m\n\n@pytest.mark.parametrize('n', range(6))\ndef test_it(n):\n    time.sleep(0.6)\n    assert m.one() == 1\n"
    root = write(tmp_path, {"m.py": "def one():\n    return 2\n", "test_m.py": tests})
    part = {
        "path": str(root / "m.py"),
        "line": 1,
        "name": "one",
        "offset": 0,
        "code": "def one():\n    return 1\n",
    }
    worker = Worker(TrustingRunner(root), launch(root), "warm", 60.0)
    try:
        names = [test["id"] for test in (await worker.start())["tests"]]
        await worker.ask({"do": "prepare", "modules": []})
        asked = {
            "do": "try", "candidates": [{"parts": [part], "cover": "u"}], "batch": 1, "wall": 3.0, "cover": {},
            "control": [], "failing": [{"id": name, "cpu": 5.0} for name in names],
        }  # fmt: skip
        assert (await worker.ask(asked))["results"][0]["verdict"] == "plausible"
    finally:
        await worker.close()


async def test_a_cold_candidate_does_not_wait_for_the_end_of_the_session(project: Path) -> None:
    write(project, {"conftest.py": "import time\n\ndef pytest_sessionfinish():\n    time.sleep(600)\n"})
    worker = Worker(TrustingRunner(project), launch(project), "cold", 60.0)
    text = (project / "m.py").read_text().replace("n + 2", "n * 2")
    more = {
        "arguments": ["-q", *PYTEST.values(), "--rootdir", str(project)],
        "import_cpu": 10.0,
        "control": [],
    }
    try:
        await worker.start()
        asked = trial(PYTEST, [{"path": str(project / "m.py"), "text": text, "cover": "u"}], batch=1, **more)
        answer = await worker.ask(asked | {"wall": 30.0})
        assert [r.get("verdict") for r in answer["results"]] == ["plausible"]
    finally:
        await worker.close()


DATA = """
    TABLE = {1: "one", 2: "too"}
    LIMIT = 2

    class Shape:
        sides = 3

        def name(self, mark="?"):
            return TABLE.get(self.sides, mark)
    """
DATA_TESTS = """
    from m import LIMIT, TABLE, Shape

    def test_row():
        assert TABLE[2] == "two"

    def test_limit():
        assert LIMIT == 3

    def test_sides():
        assert Shape.sides == 4

    def test_mark():
        assert Shape().name() == "!"
    """


async def test_values_outside_of_functions_are_given_to_live_modules_and_taken_back(tmp_path: Path) -> None:
    root = write(tmp_path, {"m.py": DATA, "test_m.py": DATA_TESTS})
    source = Source("m.py", (root / "m.py").read_text())
    changes = {
        "row": ('"too"', '"two"'),
        "limit": ("LIMIT = 2", "LIMIT = 3"),
        "sides": ("sides = 3", "sides = 4"),
        "mark": ('"?"', '"!"'),
    }
    parts = {}
    for name, (old, new) in changes.items():
        at = source.text.index(old)
        edit = Edit(at, at + len(old), new)
        parts[name] = livedata.part(source, str(root / "m.py"), [edit])
    ids = {name: f"test_m.py::test_{name}" for name in changes}
    worker = Worker(TrustingRunner(root), launch(root), "warm", 60.0)
    try:
        await worker.start()
        await worker.ask({"do": "prepare", "modules": []})
        for name in changes:
            tried = [{"parts": [parts[other]], "cover": "u"} for other in changes]
            more = {
                "cover": {},
                "failing": [{"id": ids[name], "cpu": 0.5}],
                "control": [{"id": ids[name], "cpu": 0.5, "outcome": "failed: AssertionError"}],
            }
            answer = await worker.ask(trial({"double": ids[name], "two": ""}, tried, **more))
            # `from m import LIMIT` in the test is another holder of the old number, and follows it.
            passed = [
                other
                for other, result in zip(changes, answer["results"], strict=True)
                if result["verdict"] == "plausible"
            ]
            assert (passed, answer["clean"]) == ([name], True)
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
