"""The calls near those of the tests, on which patches are compared."""

from __future__ import annotations

from pathlib import Path

from helpers.repair_projects import launch
from helpers.repair_sandbox import TrustingRunner
from helpers.verify_projects import write

from flashagent.repair.workers import Worker

WALK = """
    def reached(graph, start):
        while graph:
            start += start
    """
TESTS = """
    from m import reached

    def test_far():
        assert reached({"a": ["b", "c"], "b": ["c"], "c": []}, "a") == ["a", "b", "c"]
    """
BODY = """def reached(graph, start):
    seen = [start]
    for node in seen:
        seen += [other for other in graph.get(node, ()) if other not in seen]
    return {}
"""


async def test_a_test_that_loops_still_gives_its_calls_and_graphs_are_drawn_anew(tmp_path: Path) -> None:
    write(tmp_path, {"m.py": WALK, "test_m.py": TESTS})
    worker = Worker(TrustingRunner(tmp_path), launch(tmp_path), "warm", 60.0)
    try:
        await worker.start()
        await worker.ask({"do": "prepare", "modules": []})
        asked = [
            {
                "parts": [{
                    "path": str(tmp_path / "m.py"), "line": 1, "name": "reached",
                    "code": BODY.format(result), "offset": 0,
                }],
                "cover": "u",
            }
            for result in ("sorted(seen)", "list(dict.fromkeys(seen))", "sorted({start, *sum(graph.values(), [])})")
        ]  # fmt: skip
        answer = await worker.ask(
            {
                "do": "behave",
                "candidates": asked,
                "behave_tests": [{"id": "test_m.py::test_far", "cpu": 0.1, "brief": True}],
                "test_files": [str(tmp_path / "test_m.py")],
                "wall": 20.0,
            }
        )
        ordered, as_met, everything = (r["answers"] for r in answer["results"])
        call = "reached({'a': ['b', 'c'], 'b': ['c'], 'c': []}, 'a')\t['a', 'b', 'c']"
        assert all(call in answers for answers in (ordered, as_met, everything))
        assert ordered != as_met != everything != ordered
    finally:
        await worker.close()


HOLDER = """
    class Store:
        pass

    class Table:
        def __init__(self, name):
            self.store = Store()
            self.store.name = name
            self.rows = [Store()]

        def size(self):
            return len(self.rows)
    """
HELD = """
    from t import Table

    def test_size():
        assert Table("x").size() == 2
    """


async def test_objects_are_shown_without_addresses_and_with_what_they_hold(tmp_path: Path) -> None:
    write(tmp_path, {"t.py": HOLDER, "test_t.py": HELD})
    worker = Worker(TrustingRunner(tmp_path), launch(tmp_path), "warm", 60.0)
    try:
        await worker.start()
        await worker.ask({"do": "prepare", "modules": []})
        tests = [{"id": "test_t.py::test_size", "cpu": 0.1}]
        files = [str(tmp_path / "test_t.py")]
        request = {
            "do": "behave",
            "candidates": [{}],
            "behave_tests": tests,
            "test_files": files,
            "wall": 20.0,
        }
        answer = await worker.ask(request)
        shown = answer["results"][0]["answers"]
        assert "size(Table[('rows', [<t.Store object>]), ('store', Store[('name', 'x')])])\t1" in shown
    finally:
        await worker.close()
