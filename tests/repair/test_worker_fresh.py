"""Candidates outside of functions: imported anew, or given to live modules and taken back."""

from __future__ import annotations

from pathlib import Path

import pytest
from helpers.repair_projects import launch
from helpers.repair_sandbox import TrustingRunner
from helpers.repair_trials import PYTEST, tiny_project, trial
from helpers.verify_projects import write

from flashagent.repair import livedata
from flashagent.repair.source import Edit, Source
from flashagent.repair.workers import Worker


@pytest.fixture
def project(tmp_path: Path) -> Path:
    return tiny_project(tmp_path)


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
