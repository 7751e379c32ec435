"""`sandbox run` and `sandbox probe` as a person or a program meets them: real processes."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest
from helpers.sandbox_project import PACKAGE, SYSTEM_PYTHON, git


@pytest.fixture
def root(tmp_path: Path) -> Path:
    root = tmp_path / "home" / "project"
    root.mkdir(parents=True)
    git(root, "init", "-q")
    return root


def sandbox(
    root: Path, *arguments: str, stdin: bytes = b"", **environ: str
) -> subprocess.CompletedProcess[bytes]:
    variables = {"PATH": "/usr/bin:/bin", "HOME": str(root.parent), "PYTHONPATH": PACKAGE, **environ}
    command = [sys.executable, "-m", "flashagent_sandbox", *arguments]
    return subprocess.run(
        command, cwd=root, env=variables, input=stdin, capture_output=True, check=False, timeout=60
    )


@pytest.mark.needs("bwrap")
def test_streams_and_status_are_the_commands_own(root: Path) -> None:
    done = sandbox(
        root,
        "run",
        "--",
        "/bin/sh",
        "-c",
        "cat; printf '\\033[1mraw\\377'; echo error >&2; exit 9",
        stdin=b"in ",
    )
    assert (done.returncode, done.stdout, done.stderr) == (9, b"in \033[1mraw\xff", b"error\n")


@pytest.mark.needs("bwrap")
def test_it_starts_in_the_current_folder_and_the_root_is_the_repository(root: Path) -> None:
    (root / "sub").mkdir()
    variables = {"PATH": "/usr/bin:/bin", "HOME": str(root.parent), "PYTHONPATH": PACKAGE}
    command = [
        sys.executable,
        "-m",
        "flashagent_sandbox",
        "run",
        "--",
        "/bin/sh",
        "-c",
        "pwd; echo x > ../new.txt",
    ]
    done = subprocess.run(command, cwd=root / "sub", env=variables, capture_output=True, check=True)
    assert done.stdout.decode() == f"{root}/sub\n"
    assert (root / "new.txt").exists()


@pytest.mark.needs("bwrap")
@pytest.mark.parametrize(
    ("arguments", "status"),
    [
        (("run", "--", "/bin/sh", "-c", "kill -TERM $$"), 143),
        (("run", "--time", "0.3", "--", "/bin/sleep", "60"), 124),
        (("run", "--", "no-such-program-here"), 127),
        (("run", "--", "./.git"), 127),
        (("run", "--", "./plain.txt"), 126),
        (("run", "--backend", "magic", "--", "true"), 125),
        (("run", "--memory", "lots", "--", "true"), 125),
        (("run", "--time", "-1", "--", "true"), 125),
        (("run",), 125),
        (("run", "--network", "host", "--", "true"), 125),
        (("run", "--network", "allow:", "--", "true"), 125),
        (("run", "--network", "allow:10.0.0.1:x", "--", "true"), 125),
        (("run", "--backend", "landlock", "--network", "allow:a.example", "--", "true"), 125),
        (("run", "--backend", "none", "--network", "allow:a.example", "--", "true"), 125),
        ((), 2),
    ],
)
def test_status(root: Path, arguments: tuple[str, ...], status: int) -> None:
    (root / "plain.txt").write_text("x")
    assert sandbox(root, *arguments).returncode == status


def test_a_home_folder_as_the_root_is_refused_with_a_hint(root: Path) -> None:
    done = sandbox(root, "run", "--", "true", HOME=str(root))
    assert done.returncode == 125
    assert b"home folder" in done.stderr


@pytest.mark.needs("bwrap")
def test_limits_are_said(root: Path) -> None:
    done = sandbox(root, "run", "--memory", "64M", "--", SYSTEM_PYTHON, "-c", "b = bytearray(200 << 20)")
    assert b"MemoryError" in done.stderr
    flood = sandbox(root, "run", "--", "/bin/sh", "-c", "yes")
    assert len(flood.stdout) + len(flood.stderr) <= 10 << 20
    assert flood.stderr == b"flashagent: ended at the output limit.\n"


@pytest.mark.needs("bwrap")
def test_a_file_as_standard_input_cannot_be_opened_for_writing(root: Path, tmp_path: Path) -> None:
    source = tmp_path / "input.txt"
    source.write_text("line\n")
    variables = {"PATH": "/usr/bin:/bin", "HOME": str(root.parent), "PYTHONPATH": PACKAGE}
    command = [
        sys.executable,
        "-m",
        "flashagent_sandbox",
        "run",
        "--",
        "/bin/sh",
        "-c",
        "cat; echo evil > /proc/self/fd/0",
    ]
    with source.open("rb") as file:
        done = subprocess.run(command, cwd=root, env=variables, stdin=file, capture_output=True, check=False)
    assert done.stdout == b"line\n"
    assert source.read_text() == "line\n"


def test_no_sandbox_is_said_loudly(root: Path) -> None:
    done = sandbox(root, "run", "--backend", "none", "--", "/bin/echo", "x")
    assert (done.returncode, done.stdout) == (0, b"x\n")
    assert b"NO SANDBOX" in done.stderr


def test_probe_as_json(root: Path) -> None:
    done = sandbox(root, "probe", "--json")
    report = json.loads(done.stdout)
    assert [backend["name"] for backend in report["backends"]] == ["bwrap", "userns", "landlock"]
    assert done.returncode == (0 if report["chosen"] else 125)


def test_importing_the_package_loads_nothing() -> None:
    code = "import sys, flashagent_sandbox; print([n for n in ('asyncio', 'ctypes', 'subprocess', 'tomllib') if n in sys.modules])"
    done = subprocess.run([sys.executable, "-I", "-S", "-c", f"import sys; sys.path.append({PACKAGE!r}); {code}"],
                          capture_output=True, check=True)  # fmt: skip
    assert done.stdout == b"[]\n"
