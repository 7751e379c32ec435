"""A runner for commands that look at trees which are kept as differences: a folder is made for as long as one looks."""

from __future__ import annotations

import asyncio
import contextlib
import os
from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path

from flashagent.ports import Channel, Command, CommandResult, CommandRunner, OnOutput
from flashagent.workspace.differing import DifferingTree, DifferingTrees


class LookingRunner:
    """`runner`, with `trees` shown to the commands that ask for one of them. At most as many folders are made as there
    are processors, however many agents look."""

    def __init__(self, runner: CommandRunner, trees: DifferingTrees) -> None:
        self._runner = runner
        self._trees = trees
        self._folders = asyncio.Semaphore(max(4, os.cpu_count() or 1))

    @property
    def protects(self) -> bool:
        return self._runner.protects

    @property
    def description(self) -> str:
        return self._runner.description

    async def run(
        self, command: Command, *, on_output: OnOutput | None = None, channel: Channel | None = None
    ) -> CommandResult:
        tree = self._trees.find(command.tree)
        if tree is None:
            return await self._runner.run(command, on_output=on_output, channel=channel)
        if not command.read_only:
            raise ValueError(f"{command.argv[0]} would write to a tree that commands only look at")
        async with self._folders, self._shown(tree, command) as folder:
            return await self._runner.run(replace(command, tree=folder), on_output=on_output, channel=channel)

    @contextlib.asynccontextmanager
    async def _shown(self, tree: DifferingTree, command: Command) -> AsyncIterator[Path]:
        """Made and taken back off the event loop; taken back also when the making was cancelled."""
        stack = contextlib.ExitStack()
        shown = self._trees.shown(tree, command.keep)
        making = asyncio.ensure_future(asyncio.to_thread(stack.enter_context, shown))
        try:
            yield await asyncio.shield(making)
        finally:
            await asyncio.wait([making])
            await asyncio.shield(asyncio.to_thread(stack.close))
