"""The engine's side of a worker process: start it in the sandbox, ask it, end it.

The worker itself is `worker/start.py` with the package beside it, which import nothing of flashagent; their folder alone is
bound into the sandbox.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import struct
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from flashagent.dataclass import dataclass
from flashagent.ports import Command, CommandResult, CommandRunner

WORKER_FILE = Path(__file__).parent / "worker" / "start.py"
# The project's code runs in the worker: what comes from there may be anything.
MOST_BYTES = 1 << 28
BROKEN = (OSError, EOFError, ValueError, TypeError, RecursionError)


class WorkerGone(Exception):
    """The worker process ended or broke the protocol; `output` holds what it printed, as far as known."""

    def __init__(self, message: str, output: str = "") -> None:
        super().__init__(message)
        self.output = output


@dataclass(frozen=True, slots=True)
class Launch:
    """How the tests of a check are run by a worker: the interpreter, the runner's own arguments, the import path."""

    python: Path
    framework: str
    arguments: tuple[str, ...]
    root: Path
    cwd: Path
    sys_path: tuple[str, ...]
    env: Mapping[str, str]
    path: tuple[str, ...]
    keep: tuple[str, ...]
    binds: tuple[Path, ...]
    seed: int = 0
    tree: Path | None = None

    def setup(self, mode: str) -> dict[str, Any]:
        """The first message to the worker."""
        return {
            "mode": mode,
            "framework": self.framework,
            "arguments": list(self.arguments),
            "root": str(self.root),
            "sys_path": list(self.sys_path),
            "seed": self.seed,
        }

    def command(self, timeout_s: float) -> Command:
        """The worker as a command. The work tree is read-only to it unless it has a tree of its own."""
        env = {**self.env, "PYTHONHASHSEED": str(self.seed), "PYTHONDONTWRITEBYTECODE": "1"}
        return Command(
            argv=(str(self.python), str(WORKER_FILE)),
            cwd=self.cwd,
            env=env,
            path=self.path,
            timeout_s=timeout_s,
            tree=self.tree,
            keep=self.keep,
            read_only=self.tree is None,
            binds=(*self.binds, WORKER_FILE.parent),
        )


def _check_results(message: Mapping[str, Any], answer: Mapping[str, Any]) -> None:
    """Raises ValueError unless there is one result, an object, for each test or candidate of the request."""
    asked = message.get("tests", message.get("candidates"))
    if asked is None:
        return
    results = answer.get("results")
    if not isinstance(results, list) or len(results) != len(asked):
        raise ValueError("the worker's answer has not one result for each question")
    if not all(isinstance(result, dict) for result in results):
        raise ValueError("a result of the worker is not an object")


class Worker:
    """One worker process. `ask` may be called by one task at a time; always `close` it."""

    def __init__(self, runner: CommandRunner, launch: Launch, mode: str, timeout_s: float) -> None:
        self._runner = runner
        self._command = launch.command(timeout_s)
        self._setup = launch.setup(mode)
        self._task: asyncio.Task[CommandResult] | None = None
        self._streams: asyncio.Future[tuple[asyncio.StreamReader, asyncio.StreamWriter]] | None = None
        self._closing = asyncio.Event()
        self.cpu_s = 0.0  # as the last answer told it

    async def start(self) -> dict[str, Any]:
        """Begin, and return the worker's first message. Raises WorkerGone, and what the runner raises."""
        self._streams = asyncio.get_running_loop().create_future()
        self._task = asyncio.create_task(self._runner.run(self._command, channel=self._hold))
        waiting: list[asyncio.Future[Any]] = [self._task, self._streams]
        await asyncio.wait(waiting, return_when=asyncio.FIRST_COMPLETED)
        if not self._streams.done():
            raise self._ended()
        return await self.ask(self._setup)

    async def _hold(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        assert self._streams is not None
        if not self._streams.done():
            self._streams.set_result((reader, writer))
        await self._closing.wait()

    async def ask(self, message: dict[str, Any]) -> dict[str, Any]:
        """Send one request and wait for its answer. Raises WorkerGone."""
        assert self._streams is not None and self._task is not None
        answer = asyncio.create_task(self._exchange(message))
        try:
            await asyncio.wait([answer, self._task], return_when=asyncio.FIRST_COMPLETED)
            if answer.done():
                return answer.result()
        except BROKEN as error:
            self._closing.set()
            await asyncio.wait([self._task], timeout=2.0)
            raise self._ended() from error
        finally:
            answer.cancel()
            with contextlib.suppress(asyncio.CancelledError, *BROKEN):
                await answer
        self._closing.set()
        raise self._ended()

    async def _exchange(self, message: dict[str, Any]) -> dict[str, Any]:
        assert self._streams is not None
        reader, writer = self._streams.result()
        body = json.dumps(message).encode()
        writer.write(struct.pack(">I", len(body)) + body)
        await writer.drain()
        size = struct.unpack(">I", await reader.readexactly(4))[0]
        if size > MOST_BYTES:
            raise ValueError("the worker's answer is longer than any")
        answer = json.loads(await reader.readexactly(size))
        if not isinstance(answer, dict):
            raise ValueError("the worker's answer is not an object")
        self.cpu_s = float(answer.get("cpu_s", self.cpu_s))
        if answer.get("error"):
            raise WorkerGone(str(answer["error"]))
        _check_results(message, answer)
        return answer

    def _ended(self) -> WorkerGone:
        assert self._task is not None
        if not self._task.done() or self._task.cancelled():
            return WorkerGone("The worker stopped answering.")
        error = self._task.exception()
        if error is not None:
            raise error
        result = self._task.result()
        text = result.output.decode(errors="replace").strip()
        return WorkerGone(f"The worker ended with status {result.exit_code}.", text[-1500:])

    async def close(self) -> None:
        """End the process and wait until it is gone."""
        self._closing.set()
        if self._task is not None:
            self._task.cancel()
            await asyncio.wait([self._task])
            if not self._task.cancelled():
                self._task.exception()  # retrieved: the run is over, whatever it said
