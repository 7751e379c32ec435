"""What is taken out of a work tree after a command is kept, and what a person saved meanwhile is left alone."""

from __future__ import annotations

import asyncio
import os
import shlex
import signal
import stat
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

import flashagent_sandbox
import pytest
from flashagent_sandbox.notes import shown
from flashagent_sandbox.policy import Completed
from flashagent_sandbox.protect import Findings, Guard
from flashagent_sandbox.quarantine import Quarantine, copy_entry, remove_entry
from helpers.sandbox_project import Project, git, snapshot

NAMES = (".git", "AGENTS.md", ".vscode")


async def _meanwhile(project: Project, script: str, act: Callable[[], None]) -> Completed:
    """Run `script` after `act` was done by another process than the command's."""
    ready = asyncio.Event()
    read_end, write_end = os.pipe()
    task = asyncio.create_task(
        project.shell(f"echo up; read x; {script}", on_output=lambda _: ready.set(), stdin_fd=read_end)
    )
    try:
        await asyncio.wait_for(ready.wait(), 20)
        await asyncio.to_thread(act)
        os.write(write_end, b"go\n")
        return await task
    finally:
        os.close(read_end)
        os.close(write_end)


def _save(path: Path, text: str) -> None:
    """As editors do: a new file, renamed over the old one."""
    new = path.with_name("saved~")
    new.write_text(text)
    new.replace(path)


def _found(project: Project) -> Path:
    (folder,) = (project.home / ".cache" / "flashagent" / "quarantine").iterdir()
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    assert (folder / "origin").read_text() == f"{project.root}\n"
    return folder / "tree"


async def test_a_file_that_a_person_saves_during_a_command_stays(project: Project) -> None:
    (project.root / "AGENTS.md").write_text("old\n")
    completed = await _meanwhile(project, "true", lambda: _save(project.root / "AGENTS.md", "new\n"))
    assert (project.root / "AGENTS.md").read_text() == "new\n"
    assert completed.removed == ()
    assert completed.notes == (
        "AGENTS.md was replaced while the command ran, not by it; it was left. Look at it.",
    )


async def test_a_clone_made_during_a_command_is_kept_in_quarantine_and_comes_back(project: Project) -> None:
    clone = project.root / "vendor" / "lib"
    completed = await _meanwhile(
        project, "true", lambda: git(project.root, "clone", "-q", ".", str(clone)) and None
    )
    assert completed.removed == ("vendor/lib/.git",)
    place = _found(project) / "vendor" / "lib" / ".git"
    (note,) = completed.notes
    assert note == (
        f"Moved vendor/lib/.git to {place}: commands may not create it. If it is yours, such as from a clone made "
        f"meanwhile, bring it back: mv {place} {clone}/.git"
    )
    command = shlex.split(note.rpartition("bring it back: ")[2])
    await asyncio.to_thread(subprocess.run, command, check=True)
    assert git(clone, "status", "--porcelain") == ""
    assert git(clone, "log", "--format=%s") == "first\n"


async def test_what_a_command_made_is_kept_byte_for_byte(project: Project) -> None:
    completed = await project.shell(
        "mkdir -p a/.vscode; echo x > a/.vscode/t; echo y > CLAUDE.md; chmod 0 a/.vscode"
    )
    assert completed.removed == ("CLAUDE.md", "a/.vscode")
    assert {path: content for path, (_, content) in snapshot(_found(project)).items()} == {
        "a/.vscode/t": b"x\n",
        "CLAUDE.md": b"y\n",
    }


async def test_a_replacement_under_a_renamed_parent_is_the_commands(project: Project) -> None:
    (project.root / "sub" / "AGENTS.md").write_text("theirs\n")
    completed = await project.shell(
        "mkdir node_modules; mv sub node_modules/; mkdir sub; echo evil > sub/AGENTS.md"
    )
    assert completed.removed == ("sub/AGENTS.md",)
    assert not (project.root / "sub" / "AGENTS.md").exists()
    assert (project.root / "node_modules" / "sub" / "AGENTS.md").read_text() == "theirs\n"


async def test_another_tree_is_a_copy_so_nothing_of_it_is_kept(project: Project, tmp_path: Path) -> None:
    (tmp_path / "tree").mkdir()
    completed = await project.shell("echo x > AGENTS.md", tree=tmp_path / "tree")
    assert completed.notes == ("Removed AGENTS.md: commands may not create it.",)
    assert not (tmp_path / "tree" / "AGENTS.md").exists()
    assert not (project.home / ".cache").exists()


async def test_a_cancelled_command_says_where_its_names_lie(project: Project) -> None:
    ready = asyncio.Event()
    task = asyncio.create_task(
        project.shell("echo x > AGENTS.md; echo up; exec sleep 60", on_output=lambda _: ready.set())
    )
    await asyncio.wait_for(ready.wait(), 20)
    task.cancel()
    with pytest.raises(asyncio.CancelledError) as ended:
        await task
    place = _found(project) / "AGENTS.md"
    assert place.read_text() == "x\n"
    assert ended.value.__notes__[0].startswith(f"Moved AGENTS.md to {place}:")


@pytest.mark.needs("bwrap")
@pytest.mark.parametrize("ending", ["exit 0", "kill"])
def test_the_command_line_says_it_on_standard_error(tmp_path: Path, ending: str) -> None:
    root = tmp_path / "project"
    root.mkdir()
    package = str(Path(str(flashagent_sandbox.__file__)).parent.parent)
    environ = {"PATH": "/usr/bin:/bin", "HOME": str(tmp_path), "PYTHONPATH": package}
    last = "exec sleep 60" if ending == "kill" else ending
    script = ["/bin/sh", "-c", f"echo x > AGENTS.md; echo up; {last}"]
    process = subprocess.Popen(
        [sys.executable, "-m", "flashagent_sandbox", "run", "--", *script],
        cwd=root, env=environ, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
    )  # fmt: skip
    assert process.stdout is not None
    assert process.stdout.readline() == b"up\n"
    if ending == "kill":
        process.send_signal(signal.SIGTERM)
    _, said = process.communicate(timeout=60)
    assert process.returncode == (143 if ending == "kill" else 0)
    assert said.startswith(b"flashagent: Moved AGENTS.md to " + bytes(tmp_path))


# ---- the guard and the quarantine alone


def _checked(root: Path, quarantine: Path, act: Callable[[], object]) -> Findings:
    guard = Guard(root, NAMES, ())
    before = guard.scan()
    act()
    return guard.check(before, Quarantine(quarantine, root))


def test_the_number_of_a_replaced_file_excuses_nobody(tmp_path: Path) -> None:
    root = tmp_path / "root"
    (root / "sub").mkdir(parents=True)
    (root / "AGENTS.md").write_text("old\n")

    def act() -> None:
        os.rename(root / "AGENTS.md", root / "sub" / "AGENTS.md")  # the very number that was freed, so to say
        (root / "AGENTS.md").write_text("new\n")

    findings = _checked(root, tmp_path / "q", act)
    assert findings.replaced == ("AGENTS.md",)
    assert findings.paths == ("sub/AGENTS.md",)


def test_what_the_quarantine_cannot_take_stays_under_another_name(tmp_path: Path) -> None:
    root = tmp_path / "root"
    root.mkdir()
    (tmp_path / "file").write_text("no folder")
    findings = _checked(root, tmp_path / "file" / "q", lambda: (root / "AGENTS.md").write_text("kept\n"))
    ((path, place),) = findings.taken
    assert (path, Path(place).parent, Path(place).read_text()) == ("AGENTS.md", root, "kept\n")
    assert [entry.path for entry in Guard(root, NAMES, ()).scan().protected] == []


def test_a_copy_keeps_links_modes_holes_and_shared_files(tmp_path: Path) -> None:
    _odd_folder(tmp_path / ".vscode")
    parent = os.open(tmp_path, os.O_RDONLY)
    copy_entry(parent, ".vscode", str(tmp_path / "copy"), {})
    _compare(tmp_path / "copy")
    remove_entry(parent, ".vscode")
    os.close(parent)
    assert not (tmp_path / ".vscode").exists()


@pytest.fixture
def other_disk(tmp_path: Path) -> Iterator[Path]:
    """A folder on another file system than `tmp_path`."""
    with tempfile.TemporaryDirectory(dir="/dev/shm") as folder:
        if os.stat(folder).st_dev == tmp_path.stat().st_dev:
            pytest.skip("/dev/shm is no file system of its own")
        yield Path(folder)


def test_it_moves_across_file_systems(tmp_path: Path, other_disk: Path) -> None:
    findings = _checked(tmp_path, other_disk / "q", lambda: _odd_folder(tmp_path / ".vscode"))
    ((path, place),) = findings.taken
    assert path == ".vscode"
    assert not (tmp_path / ".vscode").exists()
    assert Path(place).is_relative_to(other_disk / "q")
    _compare(Path(place))


def _odd_folder(folder: Path) -> None:
    (folder / "closed").mkdir(parents=True)
    (folder / "closed" / "run").write_text("#!/bin/sh\n")
    (folder / "closed" / "run").chmod(0o755)
    os.link(folder / "closed" / "run", folder / "same")
    (folder / "link").symlink_to("/etc/passwd")
    os.mkfifo(folder / "pipe")
    with (folder / "holes").open("wb") as file:
        file.seek(1 << 26)
        file.write(b"end")
    (folder / "closed").chmod(0)


def _compare(copy: Path) -> None:
    assert sorted(path.name for path in copy.iterdir()) == ["closed", "holes", "link", "pipe", "same"]
    assert (copy / "closed" / "run").read_text() == "#!/bin/sh\n"
    assert stat.S_IMODE((copy / "same").stat().st_mode) == 0o755
    assert (copy / "same").samefile(copy / "closed" / "run")
    assert os.readlink(copy / "link") == "/etc/passwd"
    assert stat.S_ISFIFO((copy / "pipe").stat().st_mode)
    assert (copy / "holes").read_bytes() == b"\0" * (1 << 26) + b"end"
    assert (copy / "holes").stat().st_blocks * 512 < 1 << 20


@pytest.mark.parametrize("name", ["plain", "with space", "it's", "\x1b[31m\n'\\", "\udcff"])
def test_shown_paths_are_harmless_and_come_back_from_a_shell(name: str) -> None:
    assert shown(name).isprintable()
    done = subprocess.run(["bash", "-c", f"printf %s {shown(name)}"], capture_output=True, check=True)
    assert done.stdout == os.fsencode(name)
    assert shlex.split(shown("with space")) == ["with space"]
