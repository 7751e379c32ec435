"""A batch that is killed at random moments, wherever it stands, and gone on with."""

from __future__ import annotations

import contextlib
import random
import signal
import sqlite3
import subprocess
import time
from pathlib import Path
from typing import Any

import pytest
from helpers import batch_project
from helpers.batch_project import CHECK, asked_about, renaming
from helpers.e2e_program import command, flashagent, with_model
from helpers.model_server import Reply, serving
from helpers.workspace_state import git

pytestmark = [pytest.mark.needs("bwrap"), pytest.mark.slow]

MOMENTS, MODULES = 20, 6
RENAME = (
    "--jobs",
    "3",
    "--instruction",
    "Rename old to plus in <<{{path}}>>",
    "--glob",
    "pkg/m*.py",
    "--check",
    CHECK,
)


def finished_items(environ: dict[str, str]) -> set[str] | None:
    """The items that nobody may pay for again; None when no batch is written down yet."""
    found = list(Path(environ["FLASHAGENT_HOME"]).glob("state/**/batch.sqlite"))
    if not found:
        return None
    with contextlib.closing(sqlite3.connect(found[0])) as store:
        try:
            rows = store.execute("SELECT title FROM items WHERE state != 'waiting'").fetchall()
        except sqlite3.OperationalError:
            return None
        return (
            {title for (title,) in rows}
            if store.execute("SELECT count(*) FROM items").fetchone()[0]
            else None
        )


def killed_after(seconds: float, folder: Path) -> tuple[str, bool]:
    """The tree of the branch at the end, and whether the kill came before the batch was done by itself."""
    folder.mkdir()
    root, environ = batch_project.make(folder, modules=MODULES)
    asked: list[str] = []

    def answer(body: dict[str, Any]) -> Reply:
        asked.append(asked_about(body))
        return renaming(body)

    with serving(answer) as server:
        here = with_model(environ, server.base_url)
        running = subprocess.Popen(
            command("batch", "run", *RENAME),
            cwd=root,
            env=here,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        try:
            running.wait(seconds)
        except subprocess.TimeoutExpired:
            running.send_signal(signal.SIGKILL)
        killed = running.wait() == -signal.SIGKILL
        paid, before = finished_items(environ), len(asked)
        if killed and paid is None:
            ran = flashagent(root, here, "batch", "run", *RENAME)
        elif killed:
            ran = flashagent(root, here, "batch", "resume")
            assert not paid & set(asked[before:])
        assert not killed or ran.code == 0, ran.out + ran.err
    (branch,) = git(root, "for-each-ref", "--format=%(refname)", "refs/heads/flashagent").split()
    assert git(root, "for-each-ref", "refs/flashagent") == ""
    return git(root, "rev-parse", f"{branch}^{{tree}}").strip(), killed


def test_at_twenty_random_moments_the_end_is_the_same_and_nothing_is_paid_twice(tmp_path: Path) -> None:
    began = time.monotonic()
    whole, _ = killed_after(600.0, tmp_path / "whole")
    took = time.monotonic() - began
    chance = random.Random(20)
    found = [killed_after(chance.uniform(0.0, took), tmp_path / str(number)) for number in range(MOMENTS)]
    assert {tree for tree, _ in found} == {whole}
    assert sum(killed for _, killed in found) > MOMENTS // 2
