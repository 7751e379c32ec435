"""How commands end: exit codes, limits, cancellation, and that nothing of them stays alive."""

from __future__ import annotations

import asyncio
import os
import signal
import subprocess
import sys
import time
import uuid
from dataclasses import replace
from pathlib import Path

import pytest
from flashagent_sandbox.policy import CommandNotFound, Limits, SandboxError
from helpers.sandbox_project import SYSTEM_PYTHON, Project, alive, gone
from helpers.sandbox_scripts import STUBBORN

MIB = 1 << 20


async def _gone(marker: str) -> bool:
    for _ in range(200):
        if not alive(marker):
            return True
        await asyncio.sleep(0.01)
    return False


async def test_exit_codes_are_the_commands_own(project: Project) -> None:
    assert (await project.shell("exit 7")).exit_code == 7
    assert (await project.shell("kill -TERM $$")).exit_code == 128 + signal.SIGTERM
    assert (await project.shell("kill -SEGV $$")).exit_code == 128 + signal.SIGSEGV


async def test_a_missing_program_is_told_before_anything_starts(project: Project) -> None:
    with pytest.raises(CommandNotFound) as missing:
        await project.run("no-such-program-here")
    assert missing.value.exit_code == 127
    (project.root / "plain.txt").write_text("x")
    with pytest.raises(CommandNotFound) as forbidden:
        await project.run("./plain.txt")
    assert forbidden.value.exit_code == 126


async def test_output_streams_while_the_command_runs(project: Project) -> None:
    first = asyncio.Event()
    task = asyncio.create_task(
        project.shell("echo one; read x; echo two", on_output=lambda _: first.set(), stdin_fd=_held_pipe()[0])
    )
    await asyncio.wait_for(first.wait(), 20)
    assert not task.done()
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task


def _held_pipe() -> tuple[int, int]:
    return os.pipe()


async def test_it_returns_when_the_command_ends_although_a_daemon_holds_the_output(project: Project) -> None:
    marker = uuid.uuid4().hex
    completed = await project.python(STUBBORN, "leave", marker)
    assert (completed.exit_code, completed.output) == (0, b"ready\n")
    assert alive(marker) == []


async def test_time_ends_everything(project: Project) -> None:
    marker = uuid.uuid4().hex
    completed = await project.python(STUBBORN, "wait", marker, limits=Limits(wall_s=0.5))
    assert (completed.limit, completed.exit_code) == ("time", 137)
    assert alive(marker) == []


async def test_cancelling_ends_everything_before_it_goes_on(project: Project) -> None:
    marker = uuid.uuid4().hex
    ready = asyncio.Event()
    task = asyncio.create_task(project.python(STUBBORN, "wait", marker, on_output=lambda _: ready.set()))
    await asyncio.wait_for(ready.wait(), 20)
    assert alive(marker)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert alive(marker) == []


async def test_what_a_listener_raises_ends_everything_and_is_told(project: Project) -> None:
    marker = uuid.uuid4().hex

    def listen(data: bytes) -> None:
        raise BrokenPipeError("nobody reads on")

    with pytest.raises(BrokenPipeError, match="nobody reads on"):
        await project.python(STUBBORN, "wait", marker, on_output=listen)
    assert alive(marker) == []


async def test_cancelling_at_any_moment_of_the_start_leaves_nothing(project: Project) -> None:
    marker = uuid.uuid4().hex
    loop = asyncio.get_running_loop()
    for step in range(40):
        task = asyncio.create_task(project.python(STUBBORN, "wait", marker))
        loop.call_later(step * 0.002, task.cancel)
        with pytest.raises(asyncio.CancelledError):
            await task
        await gone(marker)


async def test_a_tree_that_vanishes_ends_the_command_with_an_error(project: Project, tmp_path: Path) -> None:
    tree = tmp_path / "candidate"
    tree.mkdir()
    task = asyncio.create_task(
        project.shell("echo up; exec sleep 60", tree=tree, on_output=lambda _: tree.rmdir())
    )
    with pytest.raises(SandboxError, match="could not be watched"):
        await task


async def test_a_created_hook_does_not_outlive_a_cancelled_command(project: Project) -> None:
    ready = asyncio.Event()
    task = asyncio.create_task(
        project.shell("mkdir .vscode; echo done; sleep 60", on_output=lambda _: ready.set())
    )
    await asyncio.wait_for(ready.wait(), 20)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert not (project.root / ".vscode").exists()


@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGTERM])
async def test_everything_ends_with_the_process_that_started_it(project: Project, number: int) -> None:
    marker = uuid.uuid4().hex
    command = [
        sys.executable, "-m", "flashagent_sandbox", "run", "--backend", project.backend.name, "--",
        SYSTEM_PYTHON, "-c", STUBBORN, "wait", marker,
    ]  # fmt: skip
    environ = {**os.environ, "HOME": str(project.home), "PYTHONPATH": _package_folder()}
    # The pipe is read in a thread; asyncio's own child would be reaped by its watcher.
    with subprocess.Popen(command, cwd=project.root, stdout=subprocess.PIPE, env=environ) as wrapper:  # noqa: ASYNC220
        assert wrapper.stdout is not None
        assert await asyncio.to_thread(wrapper.stdout.readline) == b"ready\n"
        wrapper.send_signal(number)
        await asyncio.to_thread(wrapper.wait)
    assert wrapper.returncode == (-9 if number == signal.SIGKILL else 128 + signal.SIGTERM)
    assert await _gone(marker)


def _package_folder() -> str:
    import flashagent_sandbox

    return str(Path(str(flashagent_sandbox.__file__)).parent.parent)


async def test_many_timeouts_leave_no_survivor(project: Project) -> None:
    marker = uuid.uuid4().hex
    runs = [project.python(STUBBORN, "wait", marker, limits=Limits(wall_s=0.3)) for _ in range(12)]
    ended = await asyncio.gather(*runs)
    assert {completed.limit for completed in ended} == {"time"}
    assert alive(marker) == []


async def test_memory_of_one_process_and_of_many(project: Project) -> None:
    limits = Limits(wall_s=30, memory_bytes=256 * MIB)
    one = await project.python("b = bytearray(400 << 20)", limits=limits)
    assert one.exit_code == 1
    assert b"MemoryError" in one.output
    code = """
import os, sys, time
for _ in range(4):
    if os.fork() == 0:
        block = bytearray(b"x") * (100 << 20)
        time.sleep(60)
time.sleep(60)
"""
    many = await project.python(code, limits=limits)
    assert (many.limit, many.exit_code) == ("memory", 137)


async def test_pages_shared_after_a_fork_count_once(project: Project) -> None:
    code = """
import os
block = bytearray(b"x") * (100 << 20)
children = []
read_end, write_end = os.pipe()
for _ in range(5):
    pid = os.fork()
    if pid == 0:
        os.close(write_end)
        os.read(read_end, 1)
        os._exit(0)
    children.append(pid)
import time
time.sleep(0.3)
os.close(write_end)
print([os.waitpid(pid, 0)[1] for pid in children])
"""
    completed = await project.python(code, limits=Limits(wall_s=30, memory_bytes=256 * MIB))
    assert (completed.limit, completed.output) == ("", b"[0, 0, 0, 0, 0]\n")


async def test_private_folders_count_as_memory(project: Project) -> None:
    code = """
import os, time
for folder in ("/tmp", "/var/tmp", "/dev/shm", os.path.expanduser("~")):
    with open(folder + "/fill", "wb") as file:
        file.write(bytes(40 << 20))
time.sleep(60)
"""
    completed = await project.python(code, limits=Limits(wall_s=30, tmpfs_bytes=64 * MIB))
    assert completed.limit == "memory"
    full = await project.python(
        "open('/tmp/fill', 'wb').write(bytes(80 << 20))", limits=Limits(tmpfs_bytes=64 * MIB)
    )
    assert b"No space left" in full.output


async def test_empty_files_in_a_private_folder_are_not_free(project: Project) -> None:
    code = """
import os, time
os.mkdir("/tmp/many")
for number in range(200_000):
    os.close(os.open(f"/tmp/many/{number}", os.O_CREAT | os.O_WRONLY))
time.sleep(60)
"""
    completed = await project.python(code, limits=Limits(wall_s=30, tmpfs_bytes=32 * MIB))
    assert completed.limit == "memory"


@pytest.mark.slow
async def test_a_thousand_timeouts_leave_no_survivor(project: Project) -> None:
    marker = uuid.uuid4().hex
    for _ in range(125):
        runs = [project.python(STUBBORN, "wait", marker, limits=Limits(wall_s=0.4)) for _ in range(8)]
        assert {completed.limit for completed in await asyncio.gather(*runs)} == {"time"}
        assert alive(marker) == []


async def test_processes_are_limited_whatever_else_the_user_runs(project: Project) -> None:
    code = """
import os, time
count = 0
try:
    while count < 200:
        if os.fork() == 0:
            time.sleep(60)
            os._exit(0)
        count += 1
except OSError:
    time.sleep(1)  # long enough for the watch to look
print(count)
"""
    completed = await project.python(code, limits=Limits(wall_s=30, processes=40))
    if completed.limit:  # root without control groups is not counted by the kernel: the watch ended it
        assert completed.limit == "processes"
    else:
        assert int(completed.output) < 40
        assert completed.notes == ("It came to the limit of 40 processes and threads; more are refused.",)
    fine = await project.python(
        "import threading\nstop = threading.Event()\nall = [threading.Thread(target=stop.wait) for _ in range(64)]\n"
        "[t.start() for t in all]\nstop.set()\n[t.join() for t in all]\nb = bytearray(900 << 20)\nprint(len(all))"
    )
    assert (fine.output, fine.notes) == (b"64\n", ())


async def test_file_size_and_growth(project: Project) -> None:
    limits = Limits(wall_s=30, file_bytes=8 * MIB, growth_bytes=48 * MIB)
    one = await project.shell("head -c 20000000 /dev/zero > big", limits=limits)
    assert one.exit_code != 0
    assert (project.root / "big").stat().st_size == 8 * MIB
    (project.root / "big").unlink()
    code = """
import os, time
for number in range(40):
    with open(f"fill{number}", "wb") as file:
        os.posix_fallocate(file.fileno(), 0, 4 << 20)
    time.sleep(0.15)
"""
    many = await project.python(code, limits=limits)
    assert many.limit == "disk"
    grown = sum(path.stat().st_size for path in project.root.glob("fill*"))
    assert grown <= 48 * MIB


async def test_growth_counts_in_further_writable_folders_too(project: Project) -> None:
    cache = project.outside / "cache"
    cache.mkdir()
    code = """
import os, sys, time
for number in range(40):
    with open(f"{sys.argv[1]}/fill{number}", "wb") as file:
        os.posix_fallocate(file.fileno(), 0, 4 << 20)
    time.sleep(0.15)
"""
    limits = Limits(wall_s=30, growth_bytes=48 * MIB)
    done = await project.python(code, str(cache), limits=limits, policy=project.policy(writable=(cache,)))
    assert done.limit == "disk"
    assert 0 < sum(path.stat().st_size for path in cache.iterdir()) <= 48 * MIB


async def test_deleted_files_that_stay_open_count_as_growth(project: Project) -> None:
    code = """
import os, time
held = []
for number in range(40):
    file = open("gone", "wb")
    os.unlink("gone")
    os.posix_fallocate(file.fileno(), 0, 4 << 20)
    held.append(file)
    time.sleep(0.05)
"""
    completed = await project.python(code, limits=Limits(wall_s=30, growth_bytes=48 * MIB))
    assert completed.limit == "disk"


async def test_output_over_the_cap_is_cut_in_the_middle_and_ends_the_command(project: Project) -> None:
    received = bytearray()
    code = "import sys\nsys.stdout.write('start')\nwhile True: sys.stdout.write('x' * 999 + '\\n')"
    completed = await project.python(
        code, limits=Limits(wall_s=30, output_bytes=100_000), on_output=received.extend
    )
    assert (completed.limit, completed.truncated, len(completed.output), len(received)) == (
        "output",
        True,
        100_000,
        100_000,
    )
    assert completed.output.startswith(b"startxxx")


async def test_processor_time(project: Project) -> None:
    completed = await project.python("while True: pass", limits=Limits(wall_s=30, cpu_s=1))
    assert (completed.limit, completed.exit_code) == ("time", 128 + signal.SIGXCPU)


async def test_several_commands_at_once_do_not_disturb_each_other(project: Project) -> None:
    started = time.monotonic()
    results = await asyncio.gather(
        *(project.shell(f"sleep 0.2; echo {number}; exit {number}") for number in range(8))
    )
    assert [(r.exit_code, r.output, r.limit) for r in results] == [
        (n, f"{n}\n".encode(), "") for n in range(8)
    ]
    assert all(r.seconds <= time.monotonic() - started for r in results)


async def test_descriptors_and_threads_are_given_back(project: Project) -> None:
    import threading

    await project.shell("true")
    before = len(os.listdir("/proc/self/fd"))
    for _ in range(5):
        await project.shell("echo x", stdin=b"unread")
        await project.shell("sleep 60", limits=replace(project.limits, wall_s=0.05))
    assert len(os.listdir("/proc/self/fd")) == before
    assert not [thread for thread in threading.enumerate() if thread.name == "sandbox-limits"]
