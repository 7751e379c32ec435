"""What a caller of `sandbox run` may rely on: how fast it ends, what it leaves behind, and what a stuck reader changes."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import uuid
from pathlib import Path

import pytest
from flashagent_sandbox.cgroup import new_group
from helpers.sandbox_project import PACKAGE, SYSTEM_PYTHON, git, gone, snapshot
from helpers.sandbox_scripts import STUBBORN

BACKENDS = [
    pytest.param("bwrap", marks=pytest.mark.needs("bwrap")),
    pytest.param("userns", marks=pytest.mark.needs("userns")),
]


def can_group() -> bool:
    group = new_group(8)
    if group is not None:
        group.close()
    return group is not None


@pytest.fixture
def root(tmp_path: Path) -> Path:
    root = tmp_path / "home" / "project"
    root.mkdir(parents=True)
    git(root, "init", "-q")
    return root


def start(root: Path, *arguments: str, **options: object) -> subprocess.Popen[bytes]:
    environ = {"PATH": "/usr/bin:/bin", "HOME": str(root.parent), "PYTHONPATH": PACKAGE}
    command = [sys.executable, "-m", "flashagent_sandbox", *arguments]
    streams = {"stdin": subprocess.DEVNULL, "stdout": subprocess.PIPE, "stderr": subprocess.PIPE, **options}
    return subprocess.Popen(command, cwd=root, env=environ, **streams)  # type: ignore[call-overload, no-any-return]


@pytest.mark.parametrize("backend", BACKENDS)
@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGKILL, signal.SIGHUP, signal.SIGINT])
async def test_a_signal_ends_everything(root: Path, backend: str, number: signal.Signals) -> None:
    marker = uuid.uuid4().hex
    child = start(root, "run", "--backend", backend, "--", SYSTEM_PYTHON, "-c", STUBBORN, "wait", marker)
    assert child.stdout is not None
    assert child.stdout.readline() == b"ready\n"
    child.send_signal(number)
    assert child.wait(60) == (-9 if number == signal.SIGKILL else 128 + number)
    await gone(marker)


@pytest.mark.needs("bwrap")
async def test_a_signal_is_heard_although_nobody_reads_the_output(root: Path) -> None:
    marker = uuid.uuid4().hex
    child = start(root, "run", "--", "/bin/sh", "-c", f"yes {marker}")
    assert child.stdout is not None
    assert child.stdout.readline() == f"{marker}\n".encode()  # and no more: the pipe fills up
    child.send_signal(signal.SIGTERM)
    assert child.wait(60) == 143
    await gone(marker)


@pytest.mark.needs("bwrap")
def test_all_output_arrives_although_its_reader_is_slow(root: Path) -> None:
    child = start(root, "run", "--", "/bin/sh", "-c", "head -c 3000000 /dev/zero; echo end >&2; exit 3")
    assert child.stderr is not None and child.stdout is not None
    assert child.stderr.readline() == b"end\n"
    assert (len(child.stdout.read()), child.wait(60)) == (3_000_000, 3)


@pytest.mark.needs("bwrap")
def test_it_ends_with_the_command_although_a_descendant_holds_the_output(root: Path) -> None:
    child = start(root, "run", "--", "/bin/sh", "-c", "sleep 600 & echo done")
    assert child.communicate(timeout=300) == (b"done\n", b"")


@pytest.mark.parametrize("backend", BACKENDS)
def test_home_is_an_empty_folder_of_the_commands_own_and_nothing_is_left(root: Path, backend: str) -> None:
    (root.parent / ".bashrc").write_text("# mine\n")
    before = snapshot(root.parent)
    script = 'ls -A "$HOME"; mkdir -p ~/.config/x && echo data > ~/.config/x/y && cat ~/.config/x/y; pwd; echo "$HOME"'
    child = start(root, "run", "--backend", backend, "--", "/bin/sh", "-c", script)
    said, errors = child.communicate(timeout=60)
    assert (said.decode(), errors) == (f"project\ndata\n{root}\n{root.parent}\n", b"")
    assert snapshot(root.parent) == before
    assert {path.name for path in root.parent.iterdir()} == {".bashrc", "project"}


@pytest.mark.parametrize("backend", BACKENDS)
def test_the_promised_room_is_there(root: Path, backend: str) -> None:
    code = """
import threading
block, stop = bytearray(900 << 20), threading.Event()
threads = [threading.Thread(target=stop.wait) for _ in range(64)]
[thread.start() for thread in threads]
stop.set()
print(len(block) >> 20, len(threads))
"""
    child = start(root, "run", "--backend", backend, "--", SYSTEM_PYTHON, "-c", code)
    assert child.communicate(timeout=60)[0] == b"900 64\n"


@pytest.mark.parametrize("backend", BACKENDS)
@pytest.mark.skipif(
    os.geteuid() == 0 and not can_group(), reason="nothing but watching counts the processes of this user"
)
def test_a_fork_bomb_is_held_by_the_kernel_and_ends_with_its_time(root: Path, backend: str) -> None:
    bomb = "import os\nwhile True:\n  try: os.fork()\n  except OSError: pass"
    child = start(root, "run", "--backend", backend, "--time", "1", "--", SYSTEM_PYTHON, "-c", bomb)
    assert child.wait(120) == 124


@pytest.mark.parametrize("backend", BACKENDS)
def test_explain_says_what_run_would_do(root: Path, backend: str) -> None:
    (root / ".env").write_text("SECRET=1")
    before = snapshot(root)
    arguments = (
        "explain",
        "--backend",
        backend,
        "--memory",
        "1G",
        "--network",
        "allow:b.example:8443,*.a.example",
    )
    child = start(root, *arguments, "--json", "--", "sh", "-c", "rm -rf .")
    told = json.loads(child.communicate(timeout=60)[0])
    assert child.returncode == 0
    assert {name: told[name] for name in ("argv", "backend", "cwd", "profile", "writable", "network", "hosts")} == {
        "argv": ["sh", "-c", "rm -rf ."], "backend": backend, "cwd": str(root), "profile": "default",
        "writable": [str(root)], "network": "allow", "hosts": ["b.example:8443", "*.a.example"],
    }  # fmt: skip
    assert Path(told["program"]).name == "sh"
    assert told["limits"]["memory_bytes"] == 1 << 30
    assert set(told["protected"]) == {str(root / ".git"), str(root / ".env")}
    assert str(root / ".env") in told["read_denied"]
    assert str(root.parent) in told["masked"]
    assert "PATH" in told["environment"] and "PYTHONPATH" in told["environment"]
    words = start(root, *arguments, "--", "sh", "-c", "rm -rf .").communicate(timeout=60)[0].decode()
    assert "through a proxy, to b.example:8443, '*.a.example'; nothing else" in words
    assert "1024 MiB memory" in words
    assert snapshot(root) == before
    assert os.listdir(root.parent) == ["project"]


def test_alone_it_shows_its_help(root: Path) -> None:
    child = start(root)
    said = child.communicate(timeout=60)[1].decode()
    assert child.returncode == 2
    assert all(word in said for word in ("run", "explain", "probe", "audit"))
