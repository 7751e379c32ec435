"""Random sessions against an honest endpoint: whatever the replies, the limits hold, parallel requests included."""

from __future__ import annotations

import asyncio
import random

import pytest
from helpers.agent_session import EchoTool, session_of
from helpers.clock import FrozenClock

from flashagent.agent.limits import Budget, Limits
from flashagent.agent.thread import Thread
from flashagent.errors import LimitReached, ModelUnreachable
from flashagent.events import Emit
from flashagent.messages import AssistantMessage, ToolCall
from flashagent.models.base import ModelRequest
from flashagent.models.tokens import estimate_request
from flashagent.models.waste import another_try_fits, tell_waste
from flashagent.values import Usage

IN, OUT, CACHED = 1.0, 4.0, 0.1


def price(model: str, usage: Usage) -> float:
    fresh = usage.prompt_tokens - usage.cached_tokens
    return (fresh * IN + usage.cached_tokens * CACHED + usage.completion_tokens * OUT) / 1e6


class HonestModel:
    """Counts tokens in its own way, never writes beyond the cap, and bills what failed tries used. `billed` is its ledger."""

    name = "honest"

    def __init__(self, chance: random.Random) -> None:
        self.chance = chance
        self.factor = chance.uniform(0.6, 1.2)
        self.billed: list[Usage] = []

    async def warm(self) -> None: ...

    async def aclose(self) -> None: ...

    async def reply(self, request: ModelRequest, emit: Emit) -> AssistantMessage:
        chance, wasted = self.chance, Usage()
        assert request.max_output_tokens is not None
        while chance.random() < 0.15:
            for _ in range(chance.randrange(3)):
                await asyncio.sleep(0)
            wasted += self._bill(request, chance.randrange(request.max_output_tokens + 1))
            if not another_try_fits(request, wasted):
                error = ModelUnreachable("Cut off.")
                tell_waste(error, wasted)
                raise error
        for _ in range(chance.randrange(4)):
            await asyncio.sleep(0)
        wanted = chance.choice([20, 200, 2_000, 50_000])
        length = min(wanted, request.max_output_tokens)
        usage = self._bill(request, length)
        text = "x " * (length // 4)
        calls = (ToolCall(f"c{len(self.billed)}", "echo", '{"text": "go on"}'),)
        return AssistantMessage(text, calls, usage=usage, wasted=wasted, model="honest")

    def _bill(self, request: ModelRequest, written: int) -> Usage:
        prompt = round(estimate_request(request) * self.factor * self.chance.uniform(0.95, 1.05))
        usage = Usage(prompt, self.chance.randrange(prompt + 1), written)
        self.billed.append(usage)
        return usage


async def worker(model: HonestModel, budget: Budget, prompt: str) -> str:
    session, _, _ = session_of([], [EchoTool()])
    thread: Thread = session.thread
    thread.model, thread.budget = model, budget
    for _ in range(12):
        finished = await session.turn(prompt)
        if finished.end != "done":
            return str(getattr(session.error, "limit", finished.end))
    return "done"


async def one_session(seed: int) -> tuple[HonestModel, Budget, list[str]]:
    chance = random.Random(seed)
    model = HonestModel(chance)
    cost = chance.choice([None, 0.002, 0.01, 0.05])
    limits = Limits(tokens=chance.choice([2_500, 9_000, 40_000]), cost=cost, requests=60)
    budget = Budget(limits, FrozenClock(), lambda name, usage: price(name, usage))
    prompts = ["Look at it. " * chance.randrange(1, 40) for _ in range(chance.randrange(1, 5))]
    ends = await asyncio.gather(*(worker(model, budget, prompt) for prompt in prompts))
    return model, budget, ends


async def test_no_limit_is_exceeded_in_500_random_sessions() -> None:
    reached = set()
    for seed in range(500):
        model, budget, ends = await one_session(seed)
        total = sum((usage for usage in model.billed), Usage())
        assert total.total_tokens <= budget.limits.tokens, seed
        assert budget.usage.total_tokens == total.total_tokens, seed
        if budget.limits.cost is not None:
            assert sum(price("honest", usage) for usage in model.billed) <= budget.limits.cost, seed
        assert budget.overrun == ""
        assert budget.requests <= 60
        reached.update(ends)
    assert {"tokens", "cost"} <= reached


async def test_the_limit_is_nearly_used_before_a_run_ends() -> None:
    _, budget, _ = await one_session(3)
    with pytest.raises(LimitReached):
        budget.reserve("honest", 100_000, 1_000)
    assert budget.share > 0.5
