"""Batches on a Dask cluster: a real scheduler and real worker processes on loopback."""

from __future__ import annotations

import json
import threading
import time
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from helpers import batch_cluster, batch_project
from helpers.batch_project import CHECK, asked_about, module, renaming
from helpers.e2e_program import Ran, flashagent, with_model
from helpers.model_server import Reply, serving
from helpers.workspace_state import git

pytest.importorskip("distributed", reason="needs the package distributed")
pytestmark = pytest.mark.needs("bwrap")

RENAME = ("--instruction", "Rename old to plus in <<{{path}}>>", "--glob", "pkg/m*.py", "--check", CHECK)


def branch_tree(root: Path) -> str:
    (branch,) = git(root, "for-each-ref", "--format=%(refname)", "refs/heads/flashagent").split()
    return git(root, "rev-parse", f"{branch}^{{tree}}").strip()


def run(root: Path, environ: dict[str, str], cluster: batch_cluster.Cluster, *more: str) -> Ran:
    engine = ("--engine", "dask", "--scheduler", cluster.address, "--patience", "60")
    return flashagent(root, environ, "batch", "run", "--json", *engine, *RENAME, *more)


def local_tree(folder: Path, modules: int) -> str:
    root, environ = batch_project.make(folder, modules=modules)
    with serving(renaming) as server:
        assert flashagent(root, with_model(environ, server.base_url), "batch", "run", *RENAME).code == 0
    return branch_tree(root)


def test_a_cluster_makes_the_same_branch_and_the_key_stays_with_its_workers(tmp_path: Path) -> None:
    root, environ = batch_project.make(tmp_path, modules=6)
    with serving(renaming) as server:
        theirs = with_model(environ, server.base_url)
        with batch_cluster.running(tmp_path / "cluster", theirs, workers=2) as cluster:
            ran = run(root, environ, cluster)  # the driver itself has no model
    assert ran.code == 0, ran.out + ran.err
    last = ran.lines[-1]
    assert (last["outcome"], last["merged"]) == ("done", 6)
    used = last["usage"]["prompt_tokens"] + last["usage"]["completion_tokens"]
    assert used == sum(
        line["usage"]["prompt_tokens"] + line["usage"]["completion_tokens"]
        for line in ran.lines
        if line["type"] == "ItemFinished"
    )
    assert used > 0
    assert branch_tree(root) == local_tree(tmp_path / "local", 6)
    records = sorted(Path(environ["FLASHAGENT_HOME"]).glob("state/**/items/*.jsonl"))
    assert [path.name for path in records] == [f"000{number}-1.jsonl" for number in range(1, 7)]
    kinds = [json.loads(line)["type"] for line in records[0].read_text().splitlines()]
    assert "AssistantReplied" in kinds
    assert git(root, "for-each-ref", "refs/flashagent") == ""


def test_a_lost_worker_and_a_new_scheduler_cost_no_item(tmp_path: Path) -> None:
    root, environ = batch_project.make(tmp_path, modules=6)
    asked: list[str] = []
    lock = threading.Lock()
    clusters: list[batch_cluster.Cluster] = []
    started = threading.Event()

    def answer(body: dict[str, Any]) -> Reply:
        with lock:
            asked.append(asked_about(body))
            if len(asked) == 2:
                started.wait()
                clusters[0].workers[0].kill()
            if len(asked) == 6:
                clusters[0].restart_scheduler()
        return renaming(body)

    with serving(answer) as server:
        theirs = with_model(environ, server.base_url)
        with batch_cluster.running(tmp_path / "cluster", theirs, workers=2) as cluster:
            clusters.append(cluster)
            started.set()
            ran = run(root, environ, cluster, "--jobs", "3")
    assert ran.code == 0, ran.out + ran.err
    assert (ran.lines[-1]["outcome"], ran.lines[-1]["merged"]) == ("done", 6)
    assert git(root, "show", f"{ran.lines[-1]['branch']}:pkg/m6.py") == module(6).replace("old", "plus")


def test_workers_without_a_model_are_named_as_the_reason(tmp_path: Path) -> None:
    root, environ = batch_project.make(tmp_path, modules=2)
    with batch_cluster.running(tmp_path / "cluster", environ, workers=1) as cluster:
        ran = run(root, environ, cluster)
    assert ran.code == 1
    failed = [line["message"] for line in ran.lines if line["type"] == "ItemFinished"]
    assert len(failed) >= 2 and all("No model is configured on this worker" in message for message in failed)


def test_what_one_worker_cannot_do_is_done_by_another(tmp_path: Path) -> None:
    root, environ = batch_project.make(tmp_path, modules=3)
    without = batch_cluster.running(tmp_path / "cluster", environ, workers=1)
    with serving(renaming) as server, without as cluster:
        cluster.environ = with_model(environ, server.base_url)
        cluster.start_worker()
        ran = run(root, environ, cluster, "--jobs", "3")
    assert ran.code == 0, ran.out + ran.err
    assert ran.lines[-1]["merged"] == 3


def test_a_scheduler_that_is_not_there_is_said_so_before_anything_runs(tmp_path: Path) -> None:
    root, environ = batch_project.make(tmp_path, modules=2)
    engine = (
        "--engine",
        "dask",
        "--scheduler",
        f"tcp://127.0.0.1:{batch_cluster.free_port()}",
        "--patience",
        "0.1",
    )
    ran = flashagent(root, environ, "batch", "run", *engine, *RENAME)
    assert ran.code == 2 and "No Dask scheduler with a worker answers" in ran.err
    apart = flashagent(root, environ, "batch", "run", "--engine", "dask", *RENAME)
    assert apart.code == 2 and "go together" in apart.err


def test_what_one_worker_is_told_about_limits_holds_up_the_others(tmp_path: Path) -> None:
    held_s, reset_s, around_s = 4.0, 8.0, 2.0
    root, environ = batch_project.make(tmp_path, modules=4)
    arrived: list[tuple[float, str]] = []
    told_at: list[float] = []
    limits = (
        ("x-ratelimit-limit-requests", "1"),
        ("x-ratelimit-remaining-requests", "0"),
        ("x-ratelimit-reset-requests", f"{reset_s}s"),
    )

    def answer(body: dict[str, Any]) -> Reply:
        """Slow to the first worker; the second one hears that nobody may ask for a while."""
        now, item = time.monotonic(), asked_about(body)
        begun = {one for _, one in arrived}
        arrived.append((now, item))
        if not begun:
            return replace(renaming(body), pace=200 / held_s)
        if not told_at and item not in begun:
            told_at.append(now)
            return replace(renaming(body), headers=limits)
        return renaming(body)

    with serving(answer) as server:
        theirs = with_model(environ, server.base_url)
        with batch_cluster.running(tmp_path / "cluster", theirs, workers=2, threads=1) as cluster:
            ran = run(root, environ, cluster, "--jobs", "2")
    assert ran.code == 0, ran.out + ran.err
    assert ran.lines[-1]["merged"] == 4
    waited = [moment - told_at[0] for moment, _ in arrived]
    assert [one for one in waited if around_s < one < 0.9 * reset_s] == []
    assert max(waited) >= 0.9 * reset_s
