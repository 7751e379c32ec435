"""A tiny project with a fault, and candidates for it as a worker is asked."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from helpers.verify_projects import write

from flashagent.repair.workers import Worker

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


PYTEST = {name: f"test_m.py::test_{name}" for name in ("double", "two", "half")}


async def verdicts(worker: Worker, root: Path, *bodies: str) -> list[str]:
    answer = await worker.ask(trial(PYTEST, [candidate(root, body) for body in bodies]))
    return [result.get("verdict") or f"died: {result['died']}" for result in answer["results"]]


def tiny_project(root: Path) -> Path:
    """A module whose `double` adds two, with tests that notice."""
    return write(root, {"m.py": MODULE, "test_m.py": TESTS})
