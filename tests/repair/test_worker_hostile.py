"""Candidates that end, hang, forge, leak or multiply: each fails alone, and nothing of it stays."""

from __future__ import annotations

import contextlib
from pathlib import Path
from typing import Any

import psutil
import pytest
from helpers.repair_projects import launch
from helpers.repair_sandbox import TrustingRunner, bubblewrap
from helpers.repair_trials import PYTEST, candidate, tiny_project, trial, verdicts

from flashagent.repair.workers import Worker, WorkerGone


@pytest.fixture
def project(tmp_path: Path) -> Path:
    return tiny_project(tmp_path)


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
