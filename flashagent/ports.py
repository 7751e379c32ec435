"""The protocols that rooms ask for; `compose.py` fits the real things in. Standard library only."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import field
from pathlib import Path
from typing import Protocol

from flashagent.dataclass import dataclass
from flashagent.values import FocusQuery, RankedFile, RankedSymbol, Symbol

OnOutput = Callable[[bytes], None]
Channel = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]
CHANNEL_VARIABLE = "FLASHAGENT_CHANNEL"


@dataclass(frozen=True, slots=True)
class Command:
    """One command to run in the sandbox.

    `argv` is executed as it is, never by a shell. `cwd` lies inside the runner's root. `env` is added to the filtered
    environment; `path` goes before the runner's PATH. `tree` is a folder that is mounted at the root's real path in
    place of it (a candidate tree); `keep` names folders relative to the root that then still come, read-only, from the
    original (virtual environment, node_modules).
    `read_only` also protects the work tree. `binds` are extra host paths visible read-only (tool chains). A limit of
    None means the policy's own. `writable` are folders outside of the root that the command may write to.
    """

    argv: tuple[str, ...]
    cwd: Path
    env: Mapping[str, str] = field(default_factory=dict)
    path: tuple[str, ...] = ()
    timeout_s: float | None = None
    stdin: bytes = b""
    tree: Path | None = None
    keep: tuple[str, ...] = ()
    read_only: bool = False
    binds: tuple[Path, ...] = ()
    memory_bytes: int | None = None
    output_bytes: int | None = None
    writable: tuple[Path, ...] = ()


@dataclass(frozen=True, slots=True)
class CommandResult:
    """How a command ended. `exit_code` is 128+N for signal N. `limit` is '', 'time', 'memory', 'output', 'processes'
    or 'disk'. `output` is stdout and stderr as they came, head and tail kept when over the cap (`truncated`).
    `notes` are sentences for a person: what was taken out of the work tree, which connections were refused."""

    exit_code: int
    output: bytes
    seconds: float
    limit: str = ""
    truncated: bool = False
    notes: tuple[str, ...] = ()


class CommandRunner(Protocol):
    """Runs commands in the sandbox. `protects` is false only when the user asked for no sandbox."""

    @property
    def protects(self) -> bool: ...

    @property
    def description(self) -> str:
        """The tier in a few words, for the status line: 'bubblewrap', 'user namespaces', 'none (--no-sandbox)'."""
        ...

    async def run(
        self, command: Command, *, on_output: OnOutput | None = None, channel: Channel | None = None
    ) -> CommandResult:
        """Run it to its end; cancelling ends the whole process tree before CancelledError goes on.

        With `channel`, a socket pair is made: the child finds its end's descriptor number in the environment variable
        FLASHAGENT_CHANNEL, and `channel(reader, writer)` is awaited on our end while the command runs.
        Raises SandboxUnavailable when the command may not run, RunnerMissing when argv[0] is not found.
        """
        ...


class MapQuery(Protocol):
    """What the map can be asked; all answers are for the tree as it was when the map was last refreshed."""

    def rank(self, query: FocusQuery, *, limit: int = 20) -> Sequence[RankedSymbol]: ...

    def rank_files(self, query: FocusQuery, *, limit: int = 20) -> Sequence[RankedFile]: ...

    def symbols(self, path: str) -> Sequence[Symbol]: ...

    def symbol_at(self, path: str, line: int) -> Symbol | None:
        """The innermost definition around the line."""
        ...

    def definitions(self, name: str) -> Sequence[Symbol]:
        """By plain or qualified name."""
        ...

    def references(self, name: str) -> Sequence[tuple[str, int]]:
        """Path and line of each use of the plain name."""
        ...

    def tests_of(self, changes: Mapping[str, Sequence[tuple[int, int]]]) -> Sequence[tuple[str, str]]:
        """Path and qualified name of the tests that reach the changed lines, nearest first; the name is '' for a whole
        file."""
        ...

    def imports(self, path: str) -> Sequence[str]:
        """The files that a file imports."""
        ...


class Clock(Protocol):
    def monotonic(self) -> float:
        """Seconds, never going back."""
        ...

    def now(self) -> str:
        """ISO 8601 in UTC with milliseconds."""
        ...

    async def sleep(self, seconds: float) -> None: ...
