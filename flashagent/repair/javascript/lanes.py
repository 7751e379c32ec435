"""Runs jobs for a search in the sandbox: a few at a time in one candidate tree, several such trees side by side.

A candidate is hostile: it is run nowhere else, what a tree became is thrown away with it, and what a candidate spoiled serves no other.
"""

from __future__ import annotations

import asyncio
import json
import math
import secrets
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import field
from importlib import resources
from pathlib import PurePosixPath
from typing import Any, Literal

from flashagent.dataclass import dataclass
from flashagent.ports import Command, CommandRunner
from flashagent.repair.project import Project
from flashagent.verify.commands import Check
from flashagent.verify.environment import ProjectEnvironment
from flashagent.verify.launch import QUIET
from flashagent.workspace.worktrees import Trees, candidate_tree

OUTPUT_BYTES = 8_000_000
FIRST_CPU_S = 4.0  # until the tests' own time is known
START_CPU_S = 15.0  # for a runner that is kept warm, with its first look at the tests
LONGEST_S = 24 * 3600.0


@dataclass(frozen=True, slots=True)
class Job:
    """Commands to run with some files changed; they stop at the first that fails unless `all_`. `text` says when what they
    print is wanted; `seen` = what watched functions write is wanted; `warm` = a runner that is kept warm may do it instead."""

    place: int
    commands: tuple[tuple[str, ...], ...]
    files: tuple[tuple[str, str], ...] = ()
    coverage: bool = False
    text: Literal["", "green", "all"] = ""
    all_: bool = False
    seen: bool = False
    warm: bool = False


@dataclass(frozen=True, slots=True)
class Warm:
    """A test runner that is started once for many jobs: 'jest' or 'vitest' with the check's options, the test files from the
    check's folder, how vitest shields tests from each other (its `pool`), and the CPU seconds that one job may take."""

    name: str
    tests: tuple[str, ...]
    options: tuple[str, ...] = ()
    variables: tuple[str, ...] = ()
    mode: str = ""
    cpu_s: float = 0.0


@dataclass(frozen=True, slots=True)
class Told:
    """What came of a job: the exit status of each command (none when it was lost with its tree), its seconds, the texts when
    asked for, the lines that ran, how many tests were `good` by what was printed, and what watched functions wrote. A `warm`
    runner's text is a JSON list of test names with their outcomes."""

    place: int
    statuses: tuple[int, ...] = ()
    seconds: float = 0.0
    texts: tuple[str, ...] = ()
    lines: Mapping[str, frozenset[int]] = field(default_factory=dict)
    good: int = 0
    seen: str = ""
    warm: bool = False

    @property
    def passed(self) -> bool:
        return bool(self.statuses) and not any(self.statuses)


class Lanes:
    """As many trees at once as there are lanes. `limit` are CPU seconds for one command."""

    def __init__(
        self,
        project: Project,
        check: Check,
        environment: ProjectEnvironment,
        runner: CommandRunner,
        trees: Trees,
        count: int,
    ) -> None:
        self._project = project
        self._check = check
        self._environment = environment
        self._runner = runner
        self._trees = trees
        self.count = count
        self.cpu_s = FIRST_CPU_S
        self.warm: Warm | None = None

    async def each(
        self,
        batches: Sequence[Sequence[Job]],
        on_told: Callable[[Told], None],
        go_on: Callable[[Job], bool],
        deadline: float = math.inf,
    ) -> None:
        """Give out the batches in their order to whichever lane is free, as long as `go_on` says so of a batch's first job. Jobs
        that are not begun by `deadline` (of the monotonic clock) are told nothing of."""
        waiting = iter(batches)

        async def lane() -> None:
            for batch in waiting:
                if not go_on(batch[0]):
                    return
                for told in await self._batch(batch, deadline):
                    on_told(told)

        try:
            async with asyncio.TaskGroup() as group:
                for _ in range(max(1, min(self.count, len(batches)))):
                    group.create_task(lane())
        except ExceptionGroup as several:
            raise several.exceptions[0] from None  # each lane meets the same trouble

    async def all(self, jobs: Sequence[Job], size: int = 4) -> list[Told]:
        """Every job, in the order of its place."""
        found: dict[int, Told] = {}
        size = max(1, min(size, -(-len(jobs) // self.count)))
        batches = [jobs[at : at + size] for at in range(0, len(jobs), size)]
        await self.each(batches, lambda told: found.__setitem__(told.place, told), lambda job: True)
        return [found.get(job.place, Told(job.place)) for job in jobs]

    async def _batch(self, batch: Sequence[Job], deadline: float) -> list[Told]:
        """The jobs of a batch, as far as the time goes; what a candidate spoiled or ended early goes on in a fresh tree."""
        found: list[Told] = []
        while len(found) < len(batch) and time.monotonic() < deadline:
            rest = batch[len(found) :]
            told, stopped = await self._in_one_tree(rest, deadline)
            if stopped:
                return [*found, *told]
            # The driver stops behind a job that changed the tree, or inside one that ended it: that one failed.
            found += told if told else [Told(rest[0].place)]
        return found

    async def _in_one_tree(self, batch: Sequence[Job], deadline: float) -> tuple[list[Told], bool]:
        """What came of the first jobs, and whether the time was over before the others."""
        mark = secrets.token_hex(8)
        wall_s = 5.0 + 5.0 * self.cpu_s
        up = "/".join([".."] * len(PurePosixPath(self._check.cwd).parts)) or "."
        asked = {
            "mark": mark, "up": up, "cpu": self.cpu_s, "wall": int(wall_s * 1000), "host": self._host(batch),
            "stop": int(1000 * min(max(0.0, deadline - time.monotonic()), LONGEST_S)),
            "jobs": [
                {"place": j.place, "commands": j.commands, "files": j.files, "coverage": j.coverage, "text": j.text, "all": j.all_, "seen": j.seen,
                 "warm": j.warm}
                for j in batch
            ],
        }  # fmt: skip
        driver = _script("driver.cjs")
        commands = sum(len(job.commands) for job in batch)
        async with candidate_tree(self._trees, ()) as tree:
            command = Command(
                argv=("node", "-e", driver),
                cwd=self._project.root / self._check.cwd,
                env={**QUIET, **self._environment.variables, **dict(self._check.env)},
                path=self._environment.path,
                timeout_s=30.0 + wall_s * commands,
                stdin=json.dumps(asked).encode(),
                tree=tree,
                keep=self._environment.keep,
                binds=self._environment.binds,
                output_bytes=OUTPUT_BYTES,
            )
            result = await self._runner.run(command)
        return self._read(result.output.decode("utf-8", "replace"), mark, batch)

    def _host(self, batch: Sequence[Job]) -> Mapping[str, object] | None:
        """What the driver keeps warm for these jobs."""
        warm = self.warm
        if warm is None or not any(job.warm for job in batch):
            return None
        return {
            "name": warm.name, "mode": warm.mode, "options": warm.options, "variables": warm.variables, "tests": warm.tests,
            "cpu": warm.cpu_s or self.cpu_s, "startCpu": START_CPU_S + 2 * self.cpu_s, "script": _script("host.cjs"),
        }  # fmt: skip

    def _read(self, output: str, mark: str, batch: Sequence[Job]) -> tuple[list[Told], bool]:
        """What the driver told of the jobs that it came to, in their order, and whether it stopped for the time."""
        found: dict[int, Told] = {}
        stopped = False
        for line in output.splitlines():
            if not line.startswith(mark):
                continue
            try:
                raw = json.loads(line.removeprefix(mark))
                if stopped := raw == {"stopped": True}:
                    continue
                told = _told(raw)
            except (ValueError, KeyError, TypeError, AttributeError):
                continue  # a candidate wrote over it: that job has no result
            found[told.place] = told
        came_to = max((n for n, job in enumerate(batch) if job.place in found), default=-1)
        return [found.get(job.place, Told(job.place)) for job in batch[: came_to + 1]], stopped


def _script(name: str) -> str:
    return resources.files("flashagent.repair.javascript").joinpath(name).read_text("utf-8")


def _told(raw: Mapping[str, Any]) -> Told:
    results = raw["results"]
    return Told(
        int(raw["place"]),
        tuple(int(one["status"]) for one in results),
        sum(float(one["seconds"]) for one in results),
        tuple(str(one["text"]) for one in results),
        {str(path): frozenset(int(n) for n in lines) for path, lines in raw["lines"].items()},
        sum(int(one["good"]) for one in results),
        str(raw["seen"]),
        bool(raw.get("hosted", False)),
    )
