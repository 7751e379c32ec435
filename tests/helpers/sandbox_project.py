"""A real project, a home with secrets, and one line to run Python or a shell in the sandbox around them."""

from __future__ import annotations

import asyncio
import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import flashagent_sandbox
from flashagent_sandbox.backends.base import Backend
from flashagent_sandbox.policy import Completed, Limits, Policy, Request
from flashagent_sandbox.profiles import load_profile
from flashagent_sandbox.supervisor import run

PYTHON = sys.executable
PACKAGE = str(Path(str(flashagent_sandbox.__file__)).parent.parent)
# The command line binds nothing, so what it runs must lie where every sandbox shows it, wherever the checkout is.
SYSTEM_PYTHON = shutil.which("python3", path="/usr/bin:/bin:/usr/local/bin") or PYTHON
TOOLS = (Path(sys.prefix), Path(sys.base_prefix), Path(sys.executable))


@dataclass
class Project:
    """`root` is a repository in `home`; `outside` is a folder beside the home."""

    root: Path
    home: Path
    outside: Path
    backend: Backend
    limits: Limits = field(default_factory=lambda: Limits(wall_s=30.0))
    profile: str = "default"
    environ: Mapping[str, str] = field(default_factory=dict)

    def policy(self, **changes: Any) -> Policy:
        environ = {"PATH": "/usr/local/bin:/usr/bin:/bin", "HOME": str(self.home), **self.environ}
        policy = load_profile(self.profile, root=self.root, environ=environ, limits=self.limits)
        return replace(policy, **changes)

    async def python(self, code: str, *arguments: str, **fields: Any) -> Completed:
        return await self.run(PYTHON, "-B", "-c", code, *arguments, **fields)

    async def shell(self, script: str, **fields: Any) -> Completed:
        return await self.run("/bin/sh", "-c", script, **fields)

    async def run(
        self,
        *argv: str,
        on_output: Callable[[bytes], None] | None = None,
        policy: Policy | None = None,
        **fields: Any,
    ) -> Completed:
        binds = (*TOOLS, *fields.pop("binds", ()))
        request = Request(argv, fields.pop("cwd", self.root), binds=binds, **fields)
        return await run(request, policy or self.policy(), self.backend, on_output=on_output)


def make_project(folder: Path, backend: Backend, **fields: Any) -> Project:
    home, outside = folder / "home", folder / "outside"
    root = home / "src" / "project"
    root.mkdir(parents=True)
    outside.mkdir()
    (outside / "canary.txt").write_text("canary\n")
    (home / ".ssh").mkdir()
    (home / ".ssh" / "id_ed25519").write_text("SECRET-ssh\n")
    (home / ".bashrc").write_text("# rc\n")
    (root / "main.py").write_text("print(1)\n")
    (root / "sub").mkdir()
    (root / "sub" / "inner.txt").write_text("inner\n")
    git(root, "init", "-q", "-b", "main")
    git(root, "add", "-A")
    git(root, "commit", "-qm", "first")
    return Project(root, home, outside, backend, **fields)


def git(folder: Path, *arguments: str) -> str:
    done = subprocess.run(["git", *arguments], cwd=folder, check=True, capture_output=True, text=True)
    return done.stdout


def snapshot(folder: Path) -> dict[str, tuple[int, bytes]]:
    """Every file below, with mode and bytes."""
    found = {}
    for parent, _, names in os.walk(folder):
        for name in names:
            path = Path(parent) / name
            content = os.readlink(path).encode() if path.is_symlink() else path.read_bytes()
            found[str(path.relative_to(folder))] = (path.lstat().st_mode, content)
    return found


def alive(marker: str) -> list[int]:
    """Processes of this machine with the marker on their command line."""
    found = []
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit() and int(entry.name) != os.getpid():
            try:
                if marker.encode() in (entry / "cmdline").read_bytes():
                    found.append(int(entry.name))
            except OSError:
                continue
    return found


async def gone(marker: str) -> None:
    """Returns when no such process is left; the kernel takes a moment to clear away what it has killed."""
    async with asyncio.timeout(10):
        while alive(marker):
            await asyncio.sleep(0.01)
