"""The words of the sandbox: what may be done (Policy, Limits), what is asked (Request), how it ended (Completed).

Plain frozen values and the errors of this package; nothing here touches the machine.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from types import MappingProxyType
from typing import Literal

Network = Literal["off", "allow", "host"]
LimitName = Literal["", "time", "memory", "output", "processes", "disk"]

MIB = 1 << 20
GIB = 1 << 30


class SandboxError(Exception):
    """Base of all expected errors of this package. `message` says what happened, `hint` what to try."""

    def __init__(self, message: str, *, hint: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint

    def __str__(self) -> str:
        return f"{self.message} {self.hint}".strip()


class PolicyError(SandboxError):
    """The policy or the request contradicts itself or would give too much away; nothing was started."""


class NoSandbox(SandboxError):
    """No back-end works on this machine, or the one asked for does not."""


class StartFailed(SandboxError):
    """The sandbox could not be set up; the command was not started."""


class CommandNotFound(SandboxError):
    """argv[0] is no program that the command's PATH reaches. `exit_code` is what `env` would have returned."""

    def __init__(self, message: str, *, exit_code: int = 127, hint: str = "") -> None:
        super().__init__(message, hint=hint)
        self.exit_code = exit_code


@dataclass(frozen=True, slots=True)
class Limits:
    """What a command may use. All are for the whole process tree, except cpu_s and file_bytes (per process or file)
    and tmpfs_bytes (per private folder; together they hold at most twice that)."""

    wall_s: float = 600.0
    cpu_s: float = 1200.0
    memory_bytes: int = 2 * GIB
    processes: int = 256
    file_bytes: int = 1 * GIB
    growth_bytes: int = 1536 * MIB
    tmpfs_bytes: int = 512 * MIB
    output_bytes: int = 10 * MIB


@dataclass(frozen=True, slots=True)
class Policy:
    """What commands may see and do; the same for all commands of a session.

    `root` is the work tree, writable unless the request says otherwise; `writable` are further writable folders.
    `protected` are file-name patterns that stay read-only at any depth of the root. `hidden` are folders replaced by
    empty ones; `home` is replaced by an empty writable one; `visible_top` (when not empty) hides every other top-level
    folder. `tool_chains` (relative to `home` or absolute) and the folders that the user's `tool_variables` name come back
    read-only; `secrets` never do (relative to `home`, or to the folder that a variable of `environ` names:
    `$NAME/file`). `read_deny` are absolute paths, or patterns for the names of files in the root (`!name` excepts one),
    that read as empty. `binds` are host paths that are visible read-only. `environ` is the environment of the user,
    of which commands see what `env_allow` (name patterns) lets through; `env_set` is added. `backend` is the one that
    the profile insists on. `quarantine` is the folder to which protected names go that appeared during a command; None
    is `.cache/flashagent/quarantine` in `home`. With `network` "allow", the hosts of `network_allow` (`HOST`, `HOST:PORT`,
    `*.HOST`, and `registries` for those of the user's own package managers) are reached through a proxy, and no other.
    """

    root: Path
    home: Path
    name: str = "default"
    writable: tuple[Path, ...] = ()
    protected: tuple[str, ...] = ()
    read_deny: tuple[str, ...] = ()
    hidden: tuple[str, ...] = ()
    visible_top: tuple[str, ...] = ()
    tool_variables: tuple[str, ...] = ()
    tool_chains: tuple[str, ...] = ()
    secrets: tuple[str, ...] = ()
    env_allow: tuple[str, ...] = ()
    env_set: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}))
    environ: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}))
    binds: tuple[Path, ...] = ()
    network: Network = "off"
    network_allow: tuple[str, ...] = ()
    limits: Limits = field(default_factory=Limits)
    backend: str = ""
    quarantine: Path | None = None


@dataclass(frozen=True, slots=True)
class Request:
    """One command. `argv` is executed as it is, never by a shell.

    `cwd` lies inside the policy's root. `env` is added to the filtered environment, `path` goes before its PATH.
    `tree` is mounted at the root's real path in place of it; `keep` names folders relative to the root that then still
    come, read-only, from the original. `read_only` protects the work tree too. `stdin` are bytes to feed, None means
    empty; `stdin_fd` is a pipe to hand over instead. `binds` are host paths visible read-only; `pass_fds` reach the
    command with their numbers. `limits`, when given, replaces the policy's.
    """

    argv: tuple[str, ...]
    cwd: Path
    env: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}))
    path: tuple[str, ...] = ()
    tree: Path | None = None
    keep: tuple[str, ...] = ()
    read_only: bool = False
    stdin: bytes | None = None
    stdin_fd: int | None = None
    binds: tuple[Path, ...] = ()
    pass_fds: tuple[int, ...] = ()
    limits: Limits | None = None


@dataclass(frozen=True, slots=True)
class Completed:
    """How a command ended. `exit_code` is 128+N for signal N. `limit` names the limit that ended it, or is ''.

    `output` is stdout and stderr as they came (stdout alone when stderr was asked for apart), head and tail kept when
    over the cap (`truncated`). `removed` are protected names that appeared during the command and were taken away
    again, or links that were put back; from the work tree they were moved, from another `tree` (a copy that nobody works
    in) deleted. `notes` says in words what a person should know: where each one lies, and how to bring it back.
    """

    exit_code: int
    output: bytes
    seconds: float
    limit: LimitName = ""
    truncated: bool = False
    removed: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()
