"""Language servers for one repository: which there are, and how one is started in the strict sandbox."""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from flashagent.compose.runner import SandboxRunner
from flashagent.diagnose.lsp.discover import Discovery, FoundServer, discover
from flashagent.ports import Channel, Command, CommandRunner
from flashagent.settings import Settings
from flashagent.verify import interpreters
from flashagent.verify.environment import ProjectEnvironment

if TYPE_CHECKING:
    from flashagent.diagnose.lsp.servers import LanguageServers

LIFE_S = 12 * 3600.0
MEMORY_BYTES = 3 * 1024**3
_LOG_BYTES = 64 * 1024 * 1024
_SYSTEM_PYTHON = Path("/usr/bin/python3")


def own_prefix() -> Path | None:
    """flashagent's own environment, whose programs must never run a project's checks; None outside of one."""
    return Path(sys.prefix) if sys.prefix != sys.base_prefix else None


def servers_of(
    root: Path,
    environment: ProjectEnvironment,
    settings: Settings,
    own: Path | None,
    *,
    trust_project: bool = False,
) -> Discovery:
    """The servers that may be started for the repository; none when they are switched off. Never those of flashagent's
    own environment `own`, which knows nothing of the project."""
    if not settings.language_servers:
        return Discovery(())
    path = [entry for entry in environment.path if own is None or Path(entry).parent != own]
    return discover(root, path, trusted=trust_project or _is_trusted(settings))


def _is_trusted(settings: Settings) -> bool:
    """Whether the user trusted a settings file of the project; one without such a file was never looked at."""
    from_project = any(origin.kind == "project file" for origin in settings.origins.values())
    return settings.project_trusted and from_project


def language_servers(
    found: Discovery,
    root: Path,
    environment: ProjectEnvironment,
    sandbox: SandboxRunner,
    environ: Mapping[str, str],
) -> LanguageServers | None:
    """None where there is no server, or nothing that would protect the user from it: servers run code of the project."""
    from flashagent.diagnose.lsp.servers import LanguageServers

    if not found.usable or not sandbox.protects:
        return None
    runner = sandbox.lasting(LIFE_S)
    home = Path(environ.get("HOME") or "/nonexistent")
    python = str(environment.python or "")
    start = ServerStarter(runner, root, environment, home)
    return LanguageServers(found, root, start, python)


class ServerStarter:
    """Starts servers; see `diagnose.lsp.server.Start`."""

    def __init__(
        self, runner: CommandRunner, root: Path, environment: ProjectEnvironment, home: Path
    ) -> None:
        self._runner, self._root, self._environment, self._home = runner, root, environment, home

    async def __call__(self, found: FoundServer, channel: Channel) -> object:
        return await self._runner.run(self._command(found), channel=channel)

    def _command(self, found: FoundServer) -> Command:
        from flashagent.diagnose.lsp.server import BRIDGE

        environment = self._environment
        python, shown = bridge_python()
        bridge = (str(python), "-I", "-S", "-c", BRIDGE.read_text(encoding="utf-8"))
        return Command(
            argv=(*bridge, str(found.program), *found.kind.arguments),
            cwd=self._root,
            env={**environment.variables, **found.kind.env},
            path=(str(found.program.parent), *environment.path),
            timeout_s=LIFE_S,
            read_only=True,
            binds=(*environment.binds, *shown, *self._binds(found.program)),
            memory_bytes=MEMORY_BYTES,
            output_bytes=_LOG_BYTES,
        )

    def _binds(self, program: Path) -> tuple[Path, ...]:
        """What a program outside of the project needs of its own: its environment, or the packages beside it."""
        packages = next(
            (one for one in reversed(program.resolve().parents) if one.name == "node_modules"), None
        )
        own = (*interpreters.binds(program, self._home), *((packages,) if packages else ()))
        shown = (self._root, *own, *self._environment.binds)  # what lies in one of them comes with it
        return tuple(
            one for one in own if not any(one != base and one.is_relative_to(base) for base in shown)
        )


def bridge_python() -> tuple[Path, tuple[Path, ...]]:
    """A Python that is there inside, and what must be shown for it."""
    if os.access(_SYSTEM_PYTHON, os.X_OK):
        return _SYSTEM_PYTHON, ()
    base = Path(getattr(sys, "_base_executable", "") or sys.executable)
    return base, (base, Path(sys.base_prefix))
