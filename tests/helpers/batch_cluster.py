"""A Dask scheduler and its workers as processes on loopback."""

from __future__ import annotations

import contextlib
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from helpers.e2e_program import command

_SCHEDULER = """
import asyncio, sys
from distributed import Scheduler
async def serve():
    async with Scheduler(host="127.0.0.1", port=int(sys.argv[1]), dashboard=False) as scheduler:
        print("ready", flush=True)
        await scheduler.finished()
asyncio.run(serve())
"""


def free_port() -> int:
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        return int(found.getsockname()[1])


@dataclass
class Cluster:
    """`environ` is that of the workers; each gets a home of its own under `folder`."""

    folder: Path
    environ: Mapping[str, str]
    port: int = field(default_factory=free_port)
    workers: list[subprocess.Popen[bytes]] = field(default_factory=list)
    scheduler: subprocess.Popen[bytes] | None = None

    @property
    def address(self) -> str:
        return f"tcp://127.0.0.1:{self.port}"

    def start_scheduler(self) -> None:
        self.scheduler = subprocess.Popen(
            [sys.executable, "-c", _SCHEDULER, str(self.port)],
            env=dict(self.environ),
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
        )
        assert self.scheduler.stdout is not None
        assert self.scheduler.stdout.readline() == b"ready\n"

    def start_worker(self, threads: int = 2) -> None:
        home = self.folder / f"worker-{len(self.workers)}"
        home.mkdir(parents=True)
        self.workers.append(
            subprocess.Popen(
                command("batch", "worker", self.address, "--threads", str(threads)),
                cwd=home,
                env={**self.environ, "FLASHAGENT_HOME": str(home / "fa")},
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,
            )
        )

    def restart_scheduler(self) -> None:
        assert self.scheduler is not None
        _kill(self.scheduler)
        self.start_scheduler()


@contextlib.contextmanager
def running(folder: Path, environ: Mapping[str, str], workers: int, threads: int = 2) -> Iterator[Cluster]:
    cluster = Cluster(folder, environ)
    try:
        cluster.start_scheduler()
        for _ in range(workers):
            cluster.start_worker(threads)
        yield cluster
    finally:
        for process in (*cluster.workers, cluster.scheduler):
            if process is not None:
                _kill(process)


def _kill(process: subprocess.Popen[bytes]) -> None:
    with contextlib.suppress(ProcessLookupError):
        process.send_signal(signal.SIGKILL)
    process.wait()
    if process.stdout is not None:
        process.stdout.close()
