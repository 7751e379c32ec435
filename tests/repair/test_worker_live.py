"""Live functions and values exchanged: each candidate is judged by itself, whatever the project's code looks like."""

from __future__ import annotations

import contextlib
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
from helpers.repair_projects import launch
from helpers.repair_sandbox import TrustingRunner
from helpers.repair_trials import tiny_project, verdicts
from helpers.verify_projects import write

from flashagent.repair import livedata
from flashagent.repair.pool import Pool
from flashagent.repair.source import Edit, Source
from flashagent.repair.workers import Worker, WorkerGone


@contextlib.asynccontextmanager
async def prepared(root: Path) -> AsyncIterator[Worker]:
    worker = Worker(TrustingRunner(root), launch(root), "warm", 60.0)
    try:
        await worker.start()
        await worker.ask({"do": "prepare", "modules": []})
        yield worker
    finally:
        await worker.close()


def asked(parts: list[dict[str, Any]], failing: str, *passing: str, **more: Any) -> dict[str, Any]:
    """To try each part as a candidate of its own."""
    return {
        "do": "try", "candidates": [{"parts": [part], "cover": "u"} for part in parts], "batch": 10, "wall": 6.0,
        "failing": [{"id": f"test_m.py::{failing}", "cpu": 1.0}],
        "cover": {"u": [{"id": f"test_m.py::{test}", "cpu": 1.0} for test in passing]}, "control": [], **more,
    }  # fmt: skip


def part(root: Path, file: str, line: int, name: str, code: str) -> dict[str, Any]:
    return {"path": str(root / file), "line": line, "name": name, "offset": line - 1, "code": code}


def replaced(root: Path, file: str, unit: str, old: str, new: str) -> dict[str, Any]:
    """A function of the file with one piece of its text replaced."""
    source = Source(file, (root / file).read_text())
    function = next(u for u in source.units.values() if u.name == unit)
    at = source.text.index(old)
    code, offset = source.unit_text(function, [Edit(at, at + len(old), new)])
    return {**part(root, file, function.first_line, unit, code), "offset": offset}


def told(answer: dict[str, Any]) -> list[str]:
    return [result.get("verdict") or f"died: {result['died']}" for result in answer["results"]]


async def test_a_candidate_that_forks_is_answered_once(tmp_path: Path) -> None:
    """Else the answer of its copy would be taken for that of the next candidate."""
    root = tiny_project(tmp_path)
    async with prepared(root) as worker:
        forks = "import os; os.fork(); return n * 2"
        assert await verdicts(worker, root, forks, "return 0", "return 1", "return n + n") == [
            "plausible", "failed", "failed", "plausible",
        ]  # fmt: skip


async def test_a_module_of_the_project_may_be_named_like_one_that_the_worker_uses(tmp_path: Path) -> None:
    root = tiny_project(tmp_path)
    write(root, {"resource.py": "OWN = 4\n", "ctypes.py": "OWN = 4\n"})
    test = "\ndef test_own():\n    import resource\n    assert resource.OWN == 4\n"
    (root / "test_m.py").write_text((root / "test_m.py").read_text() + test)
    async with prepared(root) as worker:
        assert await verdicts(worker, root, "return n * 2") == ["plausible"]
        request = {"do": "plain", "tests": ["test_m.py::test_own"], "cpu": 2.0, "wall": 10.0}
        assert (await worker.ask(request))["results"][0]["outcome"] == "passed"


async def test_a_late_module_that_ends_the_program_does_not_end_the_worker(tmp_path: Path) -> None:
    root = tiny_project(tmp_path)
    write(root, {"program.py": "raise SystemExit(1)\n"})
    worker = Worker(TrustingRunner(root), launch(root), "warm", 60.0)
    try:
        await worker.start()
        await worker.ask({"do": "prepare", "modules": ["program"]})
        assert await verdicts(worker, root, "return n * 2") == ["plausible"]
    finally:
        await worker.close()


CACHED = "from functools import lru_cache\n\n\n@lru_cache(maxsize=None)\ndef f(n):\n    return n + 2\n"


async def test_results_that_a_candidate_left_in_a_cache_are_no_leak(tmp_path: Path) -> None:
    tests = "from m import f\n\ndef test_three():\n    assert f(3) == 6\n\ndef test_two():\n    assert f(2) == 4\n"
    root = write(tmp_path, {"m.py": CACHED, "test_m.py": tests})
    bodies = ["n * 2", "n * 2 + (n == 2)"]
    parts = [
        part(root, "m.py", 4, "f", f"@lru_cache(maxsize=None)\ndef f(n):\n    return {b}\n") for b in bodies
    ]
    control = [{"id": "test_m.py::test_two", "cpu": 1.0, "outcome": "passed"}]
    async with prepared(root) as worker:
        answer = await worker.ask(asked(parts, "test_three", "test_two", control=control))
        assert (told(answer), answer["clean"]) == (["plausible", "regressed"], True)


async def test_a_live_closure_is_not_given_the_variables_of_another(tmp_path: Path) -> None:
    """As many free variables are not the same ones: `step` would be read from the place of `other`."""
    code = """
        def decorate(f):
            step, other = 1, 10

            def inner(n):
                return f(n) + other

            return inner


        @decorate
        def g(n):
            return n
        """
    tests = "from m import g\n\ndef test_g():\n    assert g(3) == 4\n"
    root = write(tmp_path, {"m.py": code, "test_m.py": tests})
    changes = [("f(n) + other", "f(n) + step"), ("+ other", "- other + 11")]
    parts = [replaced(root, "m.py", "decorate", old, new) for old, new in changes]
    async with prepared(root) as worker:
        assert told(await worker.ask(asked(parts, "test_g"))) == ["unreachable", "plausible"]


async def test_equal_functions_of_two_files_are_two(tmp_path: Path) -> None:
    code = "def f(n):\n    return n + 2\n"
    tests = "import one\nimport two\n\ndef test_two():\n    assert two.f(3) == 6\n\ndef test_one():\n    assert one.f(3) == 5\n"
    root = write(tmp_path, {"one.py": code, "two.py": code, "test_m.py": tests})
    parts = [part(root, file, 1, "f", "def f(n):\n    return n * 2\n") for file in ("one.py", "two.py")]
    async with prepared(root) as worker:
        assert told(await worker.ask(asked(parts, "test_two", "test_one"))) == ["failed", "plausible"]


NOTED = """
    from __future__ import annotations
    from typing import TYPE_CHECKING

    if TYPE_CHECKING:
        from pathlib import Path

    LIMIT: Path = 2


    def f(p: Path = 3) -> Path:
        return p


    class C:
        SIZE = 4

        def g(self, n=SIZE):
            return n
    """


@pytest.mark.parametrize(
    ("old", "new", "wanted"),
    [("2", "7", "m.LIMIT"), ("3", "7", "m.f()"), ("=SIZE", "=SIZE + 3", "m.C().g()")],
)
async def test_values_beside_annotations_and_in_classes_reach_the_live_module(
    tmp_path: Path, old: str, new: str, wanted: str
) -> None:
    root = write(
        tmp_path, {"m.py": NOTED, "test_m.py": f"import m\n\ndef test_it():\n    assert {wanted} == 7\n"}
    )
    source = Source("m.py", (root / "m.py").read_text())
    at = source.text.index(old)
    changed = livedata.part(source, str(root / "m.py"), [Edit(at, at + len(old), new)])
    async with prepared(root) as worker:
        assert told(await worker.ask(asked([changed], "test_it"))) == ["plausible"]


async def test_containers_that_refuse_to_be_added_to_are_compared_all_the_same(tmp_path: Path) -> None:
    code = "class Row(list):\n    def __add__(self, other):\n        raise ValueError('no')\n\n\ndef f(row):\n    return len(row) + 1\n"
    tests = "from m import Row, f\n\ndef test_f():\n    assert f(Row([1])) == 3\n"
    root = write(tmp_path, {"m.py": code, "test_m.py": tests})
    changed = part(root, "m.py", 6, "f", "def f(row):\n    return len(row) + 2\n")
    request = {
        "do": "behave", "candidates": [{"parts": [changed], "cover": "u"}], "wall": 10.0,
        "behave_tests": [{"id": "test_m.py::test_f", "cpu": 1.0}], "test_files": [str(root / "test_m.py")],
    }  # fmt: skip
    async with prepared(root) as worker:
        assert (await worker.ask(request))["results"][0]["answers"][0] == "f([1])\t3"


FORGING = """
    import os, socket

    for number in os.listdir("/proc/self/fd"):
        link = "/proc/self/fd/" + number
        if os.path.lexists(link) and int(number) > 2 and "socket" in os.readlink(link):
            socket.socket(fileno=os.dup(int(number))).sendall(bytes.fromhex("{sent}"))

    def test_it():
        pass
    """


def message(body: bytes) -> bytes:
    return len(body).to_bytes(4, "big") + body


def forging(root: Path, sent: bytes) -> Path:
    """A test file that writes to the engine as soon as it is loaded."""
    return write(root, {"test_m.py": FORGING.format(sent=sent.hex())})


@pytest.mark.skipif(not Path("/proc/self/fd").is_dir(), reason="finds the socket in /proc")
@pytest.mark.parametrize(
    "sent",
    [
        b"\xff" * 9,
        message(b"[" * 200_000),
        message(b"[]"),
        message(b'{"cpu_s": [1, 2]}'),
        message(b"\xff\xfe"),
    ],
    ids=["endless", "deep", "list", "shape", "bytes"],
)
async def test_code_that_writes_to_the_engine_ends_its_worker_only(tmp_path: Path, sent: bytes) -> None:
    root = forging(tmp_path, sent)
    async with Pool(TrustingRunner(root), launch(root), 1, 30.0) as pool:
        with pytest.raises(WorkerGone):
            await pool.start()


@pytest.mark.skipif(not Path("/proc/self/fd").is_dir(), reason="finds the socket in /proc")
@pytest.mark.parametrize("results", [b"[]", b"[1]", b"{}", b"null"])
async def test_answers_that_are_not_one_for_each_question_end_the_worker(
    tmp_path: Path, results: bytes
) -> None:
    root = forging(tmp_path, message(b'{"tests": []}') + message(b'{"results": ' + results + b"}"))
    worker = Worker(TrustingRunner(root), launch(root), "warm", 30.0)
    try:
        await worker.start()
        with pytest.raises(WorkerGone):
            await worker.ask({"do": "plain", "tests": ["test_m.py::test_it"], "cpu": 1.0, "wall": 5.0})
    finally:
        await worker.close()
