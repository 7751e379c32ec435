"""The sandbox as a CommandRunner: the one place where the sandbox package and our ports meet."""

from __future__ import annotations

import asyncio
import contextlib
import socket
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path

from flashagent_sandbox import (
    CommandNotFound,
    Policy,
    Request,
    SandboxError,
    choose_backend,
    load_profile,
    run,
)
from flashagent_sandbox.backends.base import Backend

from flashagent.errors import RunnerMissing, SandboxUnavailable
from flashagent.ports import CHANNEL_VARIABLE, Channel, Command, CommandResult, OnOutput

UNPROTECTED = "none"
_NO_TREES = "it cannot run checks on a copy of the project in the project's place."
_ANOTHER_SANDBOX = (
    "Install bubblewrap or allow unprivileged user namespaces; --no-sandbox goes without. "
    "Single commands can still be protected: `flashagent sandbox run -- CMD`."
)
CHANNEL_GRACE_S = 10.0  # how long our end may still read what the command wrote before it ended


def open_runner(
    root: Path,
    environ: Mapping[str, str],
    *,
    profile: str = "default",
    backend: str = "",
    sandboxed: bool = True,
    secret_files: Sequence[str] = (),
    env_files: bool = False,
) -> SandboxRunner:
    """The best back-end that works here, or the one that the settings name; none only when `sandboxed` is false.
    `secret_files` are further name patterns that read as empty; `env_files` lets commands read `.env` files.

    Raises SandboxUnavailable, saying what is missing; also when the one that works cannot run checks on a candidate
    tree, since every job would then fail late.
    """
    with _our_errors():
        policy = load_profile(profile, root=root, environ=environ)
        policy = replace(policy, read_deny=_denied(policy.read_deny, secret_files, env_files=env_files))
        name = (backend or policy.backend or None) if sandboxed else UNPROTECTED
        chosen = choose_backend(name)
    if chosen.protects and not chosen.shows_trees:
        raise SandboxUnavailable(
            " ".join((f"The only sandbox here is {chosen.description}: {_NO_TREES}", *chosen.warnings)),
            hint=_ANOTHER_SANDBOX,
        )
    return SandboxRunner(policy, chosen)


def is_offline(root: Path, profile: str) -> bool:
    """Whether commands of the profile reach no network at all."""
    with _our_errors():
        return load_profile(profile, root=root).network == "off"


def _denied(names: Sequence[str], more: Sequence[str], *, env_files: bool) -> tuple[str, ...]:
    """What reads as empty inside. A pattern of a path counts by its last part: the sandbox knows names."""
    kept = (name for name in names if not (env_files and name.lstrip("!").startswith(".env")))
    return (*kept, *(pattern.rstrip("/").rpartition("/")[2] for pattern in more))


class SandboxRunner:
    """Runs every command under one policy and one back-end; several at once are fine."""

    def __init__(self, policy: Policy, backend: Backend) -> None:
        self._policy = policy
        self._backend = backend

    @property
    def protects(self) -> bool:
        return self._backend.name != UNPROTECTED

    @property
    def description(self) -> str:
        return self._backend.name if self.protects else "no sandbox"

    @property
    def warnings(self) -> tuple[str, ...]:
        """Why each better back-end does not work here; empty when the best one is in use."""
        return self._backend.warnings

    def lasting(self, seconds: float) -> SandboxRunner:
        """The same runner for commands that live on for so long: processor time is not what ends them."""
        limits = replace(self._policy.limits, wall_s=seconds, cpu_s=2 * seconds)
        return SandboxRunner(replace(self._policy, limits=limits), self._backend)

    async def run(
        self, command: Command, *, on_output: OnOutput | None = None, channel: Channel | None = None
    ) -> CommandResult:
        if channel is None:
            return await self._run(self._request(command), self._policy_for(command), on_output)
        ours, theirs = socket.socketpair()
        with contextlib.closing(ours), contextlib.closing(theirs):
            request = self._request(command)
            number = theirs.fileno()
            request = replace(
                request,
                env={**request.env, CHANNEL_VARIABLE: str(number)},
                pass_fds=(*request.pass_fds, number),
            )
            talking = asyncio.create_task(_talk(ours, channel))
            try:
                result = await self._run(request, self._policy_for(command), on_output)
                theirs.close()  # the last copy of that end: our reader now comes to the end of what was written
                # `wait_for` of Python 3.11 forgets that it was cancelled when what it waits for ends at that moment.
                with contextlib.suppress(TimeoutError):  # what did not come by then does not count
                    async with asyncio.timeout(CHANNEL_GRACE_S):
                        await talking
            finally:
                await _cancelled(talking)
            return result

    async def _run(self, request: Request, policy: Policy, on_output: OnOutput | None) -> CommandResult:
        with _our_errors():
            done = await run(request, policy, self._backend, on_output=on_output)
        return CommandResult(
            done.exit_code, done.output, done.seconds, done.limit, done.truncated, done.notes
        )

    def _policy_for(self, command: Command) -> Policy:
        if not command.writable:
            return self._policy
        return replace(self._policy, writable=(*self._policy.writable, *command.writable))

    def _request(self, command: Command) -> Request:
        limits = self._policy.limits
        return Request(
            argv=command.argv,
            cwd=command.cwd,
            env=dict(command.env),
            path=command.path,
            tree=command.tree,
            keep=command.keep,
            read_only=command.read_only,
            stdin=command.stdin or None,
            binds=command.binds,
            limits=replace(
                limits,
                wall_s=limits.wall_s if command.timeout_s is None else command.timeout_s,
                memory_bytes=command.memory_bytes or limits.memory_bytes,
                output_bytes=command.output_bytes or limits.output_bytes,
            ),
        )


async def _talk(ours: socket.socket, channel: Channel) -> None:
    reader, writer = await asyncio.open_connection(sock=ours)
    try:
        await channel(reader, writer)
    finally:
        writer.close()


async def _cancelled(task: asyncio.Task[None]) -> None:
    """The task is over when this returns; what it raised itself is raised here, unless it was cut off."""
    if not task.done():
        task.cancel()
        await asyncio.wait({task})
    if not task.cancelled() and (error := task.exception()) is not None:
        raise error


@contextlib.contextmanager
def _our_errors() -> Iterator[None]:
    try:
        yield
    except CommandNotFound as error:
        raise RunnerMissing(error.message, hint=error.hint) from error
    except SandboxError as error:
        hint = error.hint or "`flashagent sandbox probe` says what is missing; --no-sandbox goes without."
        raise SandboxUnavailable(error.message, hint=hint) from error
