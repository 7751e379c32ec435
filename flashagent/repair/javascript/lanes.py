"""Runs jobs for a search in the sandbox: a few at a time in one candidate tree, several such trees side by side.

A candidate is hostile: it is run nowhere else, what a tree became is thrown away with it, and what a candidate spoiled serves no other.
"""

from __future__ import annotations

import asyncio
import json
import secrets
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


@dataclass(frozen=True, slots=True)
class Job:
    """Commands to run with some files changed; they stop at the first that fails unless `all_`. `text` says when what they
    print is wanted; `seen` = what watched functions write is wanted."""

    place: int
    commands: tuple[tuple[str, ...], ...]
    files: tuple[tuple[str, str], ...] = ()
    coverage: bool = False
    text: Literal["", "green", "all"] = ""
    all_: bool = False
    seen: bool = False


@dataclass(frozen=True, slots=True)
class Told:
    """What came of a job: the exit status of each command (none when it was lost with its tree), its seconds, the texts when
    asked for, the lines that ran, how many tests were `good` by what was printed, and what watched functions wrote."""

    place: int
    statuses: tuple[int, ...] = ()
    seconds: float = 0.0
    texts: tuple[str, ...] = ()
    lines: Mapping[str, frozenset[int]] = field(default_factory=dict)
    good: int = 0
    seen: str = ""

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

    async def each(
        self, batches: Sequence[Sequence[Job]], on_told: Callable[[Told], None], go_on: Callable[[Job], bool]
    ) -> None:
        """Give out the batches in their order to whichever lane is free, as long as `go_on` says so of a batch's first job."""
        waiting = iter(batches)

        async def lane() -> None:
            for batch in waiting:
                if not go_on(batch[0]):
                    return
                for told in await self._batch(batch):
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

    async def _batch(self, batch: Sequence[Job]) -> list[Told]:
        """All jobs of a batch; what a candidate spoiled or ended early goes on in a fresh tree."""
        found: list[Told] = []
        while len(found) < len(batch):
            rest = batch[len(found) :]
            told = await self._in_one_tree(rest)
            # The driver stops behind a job that changed the tree, or inside one that ended it: that one failed.
            found += told if told else [Told(rest[0].place)]
        return found

    async def _in_one_tree(self, batch: Sequence[Job]) -> list[Told]:
        mark = secrets.token_hex(8)
        wall_s = 5.0 + 5.0 * self.cpu_s
        up = "/".join([".."] * len(PurePosixPath(self._check.cwd).parts)) or "."
        asked = {
            "mark": mark, "up": up, "cpu": self.cpu_s, "wall": int(wall_s * 1000),
            "jobs": [
                {"place": j.place, "commands": j.commands, "files": j.files, "coverage": j.coverage, "text": j.text, "all": j.all_, "seen": j.seen}
                for j in batch
            ],
        }  # fmt: skip
        driver = resources.files("flashagent.repair.javascript").joinpath("driver.cjs").read_text("utf-8")
        commands = sum(len(job.commands) for job in batch)
        async with candidate_tree(self._trees, ()) as tree:
            command = Command(
                argv=("node", "-e", driver),
                cwd=self._project.root / self._check.cwd,
                env={**QUIET, **self._environment.variables, **dict(self._check.env)},
                path=self._environment.path,
                timeout_s=10.0 + wall_s * commands,
                stdin=json.dumps(asked).encode(),
                tree=tree,
                keep=self._environment.keep,
                binds=self._environment.binds,
                output_bytes=OUTPUT_BYTES,
            )
            result = await self._runner.run(command)
        return self._read(result.output.decode("utf-8", "replace"), mark, batch)

    def _read(self, output: str, mark: str, batch: Sequence[Job]) -> list[Told]:
        """What the driver told of the jobs that it came to, in their order."""
        found: dict[int, Told] = {}
        for line in output.splitlines():
            if not line.startswith(mark):
                continue
            try:
                told = _told(json.loads(line.removeprefix(mark)))
            except (ValueError, KeyError, TypeError, AttributeError):
                continue  # a candidate wrote over it: that job has no result
            found[told.place] = told
        came_to = max((n for n, job in enumerate(batch) if job.place in found), default=-1)
        return [found.get(job.place, Told(job.place)) for job in batch[: came_to + 1]]


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
    )
