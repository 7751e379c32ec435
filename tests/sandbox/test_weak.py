"""Landlock holds what it says it holds; without a sandbox only the limits hold; the probe tells the difference."""

from __future__ import annotations

import asyncio
import os
import uuid
from collections.abc import Callable
from pathlib import Path

import pytest
from flashagent_sandbox.backends import choose_backend
from flashagent_sandbox.backends.bwrap import Bubblewrap
from flashagent_sandbox.policy import Limits, NoSandbox, StartFailed
from flashagent_sandbox.probe import CANARIES, probe
from helpers.sandbox_project import Project, alive
from helpers.sandbox_scripts import STUBBORN

Make = Callable[[str], Project]


async def test_landlock_keeps_files_secrets_and_git(weak_project: Make) -> None:
    project = weak_project("landlock")
    (project.root / "sub" / ".git").mkdir()
    (project.root / "free").mkdir()
    script = f"""
        for place in {project.outside}/x ~/x .git/config .git/hooks/x sub/.git/x /tmp/x /dev/shm/x; do
            (echo x >> $place) 2>/dev/null && echo "wrote $place"; done
        cat {project.home}/.ssh/id_ed25519
        echo free > free/new.txt && echo more >> main.py && echo done
        rm -rf .git sub/.git
    """
    completed = await project.shell(script)
    lines = [
        line
        for line in completed.output.decode().splitlines()
        if line.startswith(("wrote", "SECRET", "done"))
    ]
    assert lines[-1] == "done"
    assert all("/flashagent-" in line for line in lines[:-1]), lines  # its own private home
    assert (project.root / ".git" / "HEAD").exists()
    assert (project.root / "sub" / ".git").exists()
    assert (project.root / "main.py").read_text() == "print(1)\nmore\n"


async def test_landlock_has_no_network_and_cannot_signal(weak_project: Make) -> None:
    project = weak_project("landlock")
    code = """
import os, socket
for family in (socket.AF_INET, socket.AF_INET6, socket.AF_UNIX):
    try:
        socket.socket(family)
        print("socket")
    except OSError as error:
        print(error.errno)
socket.socketpair()[0].close()
try:
    os.kill(os.getppid(), 0)
    print("signal")
except PermissionError:
    print("no signal")
"""
    completed = await project.python(code)
    assert completed.output.decode().split("\n") == ["97", "97", "97", "no signal", ""]


async def test_landlock_refuses_what_it_cannot_do(weak_project: Make, tmp_path: Path) -> None:
    project = weak_project("landlock")
    with pytest.raises(StartFailed, match="another tree"):
        await project.shell("true", tree=tmp_path)
    before = sorted(os.listdir(project.root / "sub"))
    await project.shell("echo x > sub/new", read_only=True)
    assert sorted(os.listdir(project.root / "sub")) == before


@pytest.mark.parametrize("name", ["landlock", "none"])
async def test_nothing_stays_alive_without_namespaces_either(weak_project: Make, name: str) -> None:
    project = weak_project(name)
    marker = uuid.uuid4().hex
    left = await project.python(STUBBORN, "leave", marker)
    assert (left.exit_code, left.output) == (0, b"ready\n")
    assert alive(marker) == []
    late = await project.python(STUBBORN, "wait", marker, limits=Limits(wall_s=0.5))
    assert late.limit == "time"
    assert alive(marker) == []
    ready = asyncio.Event()
    task = asyncio.create_task(project.python(STUBBORN, "wait", marker, on_output=lambda _: ready.set()))
    await asyncio.wait_for(ready.wait(), 20)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert alive(marker) == []


@pytest.mark.parametrize("name", ["landlock", "none"])
async def test_processes_are_limited_without_namespaces_too(weak_project: Make, name: str) -> None:
    project = weak_project(name)
    code = """
import os, time
count = 0
try:
    while count < 120:
        if os.fork() == 0:
            time.sleep(60)
            os._exit(0)
        count += 1
except OSError:
    print("refused", flush=True)
time.sleep(20)
"""
    completed = await project.python(code, limits=Limits(wall_s=1.5, processes=40))
    if completed.limit == "processes":  # by watching, where no control group can be made
        return
    assert (completed.limit, completed.output) == ("time", b"refused\n")
    assert completed.notes == ("It came to the limit of 40 processes and threads; more are refused.",)


async def test_without_a_sandbox_the_environment_is_still_filtered_and_codes_come_back(
    weak_project: Make,
) -> None:
    project = weak_project("none")
    project.environ = {"API_KEY": "SECRET"}
    completed = await project.shell("echo ${API_KEY:-none}; echo $HOME; kill -TERM $$")
    assert (completed.exit_code, completed.output.decode()) == (143, f"none\n{project.home}\n")
    with pytest.raises(StartFailed):
        await project.shell("true", read_only=True)


def test_no_sandbox_is_never_chosen_only_named() -> None:
    assert choose_backend("none").protects is False
    try:
        assert choose_backend().protects
    except NoSandbox as error:
        assert "bwrap:" in error.message
    with pytest.raises(NoSandbox, match="no sandbox back-end"):
        choose_backend("magic")


def test_a_missing_program_is_named(tmp_path: Path) -> None:
    assert Bubblewrap(programs=(tmp_path / "bwrap",)).missing() == "bubblewrap is not installed."
    broken = tmp_path / "bwrap"
    broken.write_text("#!/bin/sh\necho no permission >&2; exit 1\n")
    broken.chmod(0o755)
    assert Bubblewrap(programs=(broken,)).missing() == "bubblewrap cannot make namespaces (no permission)."


async def test_the_probe_reports_what_commands_really_reached(tmp_path: Path) -> None:
    report = await probe(environ={"PATH": "/usr/bin:/bin", "HOME": str(tmp_path)})
    for backend in report.backends:
        if backend.works and backend.name != "landlock":
            assert backend.held == tuple(CANARIES)
        assert bool(backend.missing) != backend.works
    if report.chosen:
        assert f"Commands run in: {report.chosen}" in report.text()


async def test_the_probe_sees_that_nothing_protects(tmp_path: Path) -> None:
    report = await probe(environ={"PATH": "/usr/bin:/bin", "HOME": str(tmp_path)}, names=("none",))
    assert set(report.backends[0].failed) >= {"write_outside", "read_home", "git", "network", "processes"}
