"""A plain CommandRunner for tests: a real subprocess with the channel, no protection at all.

It keeps the promises of `ports.CommandRunner` that checks rely on: one process group that is gone afterwards, a time
limit, the channel's descriptor. A candidate tree is not mounted: the command runs inside it instead.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import shutil
import signal
import socket
import time
from collections.abc import Mapping
from pathlib import Path

from flashagent.errors import RunnerMissing
from flashagent.ports import CHANNEL_VARIABLE, Channel, Command, CommandResult, OnOutput

PASSED_ON = ("HOME", "LANG", "LC_ALL", "PATH", "TMPDIR", "TZ", "USER")


class PlainRunner:
    """Runs below `root` without a sandbox. `commands` remembers what was asked for, in order."""

    def __init__(self, root: Path, environ: Mapping[str, str] | None = None) -> None:
        self.root = root
        self.commands: list[Command] = []
        self._environ = dict(os.environ if environ is None else environ)

    @property
    def protects(self) -> bool:
        return False

    @property
    def description(self) -> str:
        return "none (tests)"

    async def run(
        self, command: Command, *, on_output: OnOutput | None = None, channel: Channel | None = None
    ) -> CommandResult:
        self.commands.append(command)
        env = self._environment(command)
        if shutil.which(command.argv[0], path=env["PATH"]) is None:
            raise RunnerMissing(f"{command.argv[0]} was not found.")
        ours, theirs = socket.socketpair() if channel else (None, None)
        if theirs is not None:
            env[CHANNEL_VARIABLE] = str(theirs.fileno())
        started = time.monotonic()
        try:
            process = await asyncio.create_subprocess_exec(
                *command.argv,
                cwd=self._folder(command),
                env=env,
                stdin=asyncio.subprocess.PIPE,
                stdout=asyncio.subprocess.PIPE,
                stderr=asyncio.subprocess.STDOUT,
                pass_fds=(theirs.fileno(),) if theirs is not None else (),
                start_new_session=True,
            )
        finally:
            if theirs is not None:
                theirs.close()
        listening = (
            asyncio.create_task(_talk(ours, channel)) if ours is not None and channel is not None else None
        )
        try:
            output, limit = await _finish(process, command, on_output)
            _end_group(process.pid)
            if listening is not None:
                await asyncio.wait_for(listening, 10)
        finally:
            _end_group(process.pid)
            await process.wait()
            if listening is not None and not listening.done():
                listening.cancel()
        code = process.returncode if process.returncode is not None else -signal.SIGKILL
        return CommandResult(128 - code if code < 0 else code, output, time.monotonic() - started, limit)

    def _folder(self, command: Command) -> Path:
        if command.tree is None:
            return command.cwd
        return command.tree / command.cwd.relative_to(self.root)

    def _environment(self, command: Command) -> dict[str, str]:
        env = {name: self._environ[name] for name in PASSED_ON if name in self._environ}
        env.update(command.env)
        env["PATH"] = os.pathsep.join((*command.path, env.get("PATH", os.defpath)))
        return env


async def _talk(ours: socket.socket, channel: Channel) -> None:
    reader, writer = await asyncio.open_connection(sock=ours)
    try:
        await channel(reader, writer)
    finally:
        writer.close()


async def _finish(
    process: asyncio.subprocess.Process, command: Command, on_output: OnOutput | None
) -> tuple[bytes, str]:
    """Feed stdin, read everything, wait; the limit that ended the run, if one did."""
    assert process.stdin is not None and process.stdout is not None
    with contextlib.suppress(BrokenPipeError, ConnectionResetError):
        process.stdin.write(command.stdin)
        await process.stdin.drain()
    process.stdin.close()
    chunks: list[bytes] = []
    limit = ""
    try:
        async with asyncio.timeout(command.timeout_s):
            while chunk := await process.stdout.read(65536):
                chunks.append(chunk)
                if on_output is not None:
                    on_output(chunk)
            await process.wait()
    except TimeoutError:
        limit = "time"
        _end_group(process.pid)
        await process.wait()
    return b"".join(chunks), limit


def _end_group(pid: int) -> None:
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.killpg(pid, signal.SIGKILL)
