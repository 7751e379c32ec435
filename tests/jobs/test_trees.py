from __future__ import annotations

import asyncio
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from types import SimpleNamespace
from typing import Any

from flashagent.jobs.trees import candidate
from flashagent.values import FileChange


class Counted:
    """Trees that are nowhere; how many there are at once."""

    def __init__(self) -> None:
        self.made = self.there = self.most = 0

    @contextmanager
    def tree(self, changes: Sequence[FileChange], *, quick: bool = False) -> Iterator[Path]:
        self.made += 1
        self.there += 1
        self.most = max(self.most, self.there)
        yield Path("nowhere")
        self.there -= 1


async def test_no_tree_is_made_before_there_is_a_place_for_it() -> None:
    trees, inside, over = Counted(), list[int](), asyncio.Event()
    house: Any = SimpleNamespace(trees=trees, places=asyncio.Semaphore(2))

    async def use(number: int) -> None:
        async with candidate(house):
            inside.append(number)
            await over.wait()

    async with asyncio.TaskGroup() as group:
        tasks = [group.create_task(use(number)) for number in range(5)]
        while len(inside) < 2:
            await asyncio.sleep(0)
        assert trees.made == 2
        tasks[-1].cancel()  # who waits and goes takes no place along
        over.set()
    assert (inside, trees.made, trees.most, trees.there) == ([0, 1, 2, 3], 4, 2, 0)
