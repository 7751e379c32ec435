"""Tests and candidates that loop, wait, end their worker or only take long."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from helpers.repair_projects import launch
from helpers.repair_sandbox import TrustingRunner
from helpers.verify_projects import write

from flashagent.repair.pool import Pool
from flashagent.repair.workers import Worker, WorkerGone

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
