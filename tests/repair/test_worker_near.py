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
