"""A real repository with a real bug, and the real house of it, with a scripted model where the test wants one."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from helpers.workspace_state import git_environment, make_repository

from flashagent.agent.limits import Limits
from flashagent.compose.house import open_house
from flashagent.compose.place import Place, Wishes, open_place
from flashagent.events import Event, JobFinished
from flashagent.jobs.fix import run_fix
from flashagent.jobs.house import House, Models
from flashagent.jobs.job import FixJob
from flashagent.models.router import Router
from flashagent.models.scripted import Answer, ScriptedModel, ScriptedReply, call

CART = '''"""A cart."""


def total(prices, discount=0):
    """The sum of the prices less the discount in percent."""
    amount = sum(prices)
    return amount - amount * discount / 10


def count(prices):
    return len(prices)
'''
TESTS = """import unittest

from shop.cart import count, total


class CartTest(unittest.TestCase):
    def test_total(self):
        self.assertEqual(total([1, 2, 3]), 6)

    def test_discount(self):
        self.assertEqual(total([100, 100], discount=10), 180)

    def test_half_price(self):
        self.assertEqual(total([10], discount=50), 5)

    def test_count(self):
        self.assertEqual(count([1, 2]), 2)
"""
FILES = {"shop/__init__.py": "", "shop/cart.py": CART, "tests/__init__.py": "", "tests/test_cart.py": TESTS}
BUG, FIX = "discount / 10", "discount / 100"
CHECK = "python3 -m unittest"


def edit(old: str = BUG, new: str = FIX, path: str = "shop/cart.py", **more: object) -> ScriptedReply:
    return ScriptedReply(
        tool_calls=(call("edit", {"edits": [{"path": path, "old": old, "new": new, **more}]}),)
    )


@dataclass
class Shop:
    """The repository with its surroundings; `run` does one job in it."""

    root: Path
    environ: dict[str, str]
    events: list[Event] = field(default_factory=list)
    model: ScriptedModel | None = None

    @classmethod
    def make(cls, tmp_path: Path, files: dict[str, str] | None = None) -> Shop:
        root = tmp_path / "repo"
        make_repository(root, files or FILES)
        environ = {**git_environment(tmp_path / "home"), "FLASHAGENT_HOME": str(tmp_path / "fa")}
        return cls(root, environ)

    def place(self, wishes: Wishes) -> Place:
        return open_place(self.root, self.environ, wishes)

    def house(self, answers: Sequence[Answer] | None, *, tools: bool = True, check: str = CHECK) -> House:
        wishes = Wishes({}, (check,))
        house = open_house(self.place(wishes), wishes, self.events.append, "s1")
        if answers is None:
            return house
        self.model = ScriptedModel(answers)
        return dataclasses.replace(house, models=Models(Router(self.model), tools=tools))

    async def run(
        self, answers: Sequence[Answer] | None, job: FixJob | None = None, **how: object
    ) -> JobFinished:
        job = job or FixJob(limits=Limits(attempts=2))
        return await run_fix(job, self.house(answers, **how), self.events.append)  # type: ignore[arg-type]

    def read(self, path: str = "shop/cart.py") -> str:
        return (self.root / path).read_text()

    @property
    def prompts(self) -> list[str]:
        """The last message of each request that the model got."""
        assert self.model is not None
        return [request.messages[-1].text for request in self.model.requests]
