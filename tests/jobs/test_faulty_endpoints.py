"""A whole repair through an endpoint with faults: each at the first request and at a later one, and for ever."""

from __future__ import annotations

import asyncio
import dataclasses
from pathlib import Path
from typing import Any

import pytest
from helpers.agent_events import assert_promises
from helpers.clock import VirtualClock
from helpers.jobs_house import BUG, CART, FIX, Shop
from helpers.model_server import Call, ModelServer, Reply

from flashagent.events import JobFinished
from flashagent.jobs.fix import run_fix
from flashagent.jobs.house import Models
from flashagent.jobs.job import FixJob
from flashagent.models.dialect import Api
from flashagent.models.endpoint import Endpoint
from flashagent.models.openai_compatible import OpenAICompatibleModel
from flashagent.models.retries import RetryPolicy
from flashagent.models.router import FallbackModel, Router

pytestmark = pytest.mark.needs("bwrap")
EDIT = Reply(calls=[Call("edit", {"edits": [{"path": "shop/cart.py", "old": BUG, "new": FIX}]})])
READ = Reply(calls=[Call("read", {"path": "shop/cart.py"})])
PASSING = ["429", "500", "504", "reset", "cut", "drop", "empty", "error_in_stream", "garbage", "html"]
SILENT = ["stall", "silent", "no_headers"]


async def repair(
    tmp_path: Path, script: list[Reply], *, first: str = "m", api: Api = "chat"
) -> tuple[JobFinished, Shop, ModelServer]:
    """One `fix` whose model lives by a clock of its own: retry waits cost nothing, and each silence runs out at once."""
    shop = Shop.make(tmp_path)
    clock = VirtualClock(hold_from=25.0)
    async with ModelServer(script) as server:
        names = dict.fromkeys((first, "m"))
        policy = RetryPolicy(deadline_s=1_000.0)
        models = [
            OpenAICompatibleModel(
                Endpoint(server.base_url, name, api=api), clock, retries=policy, randomly=lambda: 0.5
            )
            for name in names
        ]
        house = dataclasses.replace(shop.house(None), models=Models(Router(FallbackModel(models))))
        task = asyncio.create_task(run_fix(FixJob(), house, shop.events.append))
        while not task.done():
            stalled = asyncio.create_task(server.stalled.wait())
            await asyncio.wait([task, stalled], return_when=asyncio.FIRST_COMPLETED)
            stalled.cancel()
            if server.stalled.is_set():
                clock.advance(121.0)
                await asyncio.sleep(0)
        finished = await task
        await house.close()
    assert_promises(shop.events)
    return finished, shop, server


@pytest.mark.parametrize("fault", PASSING)
async def test_three_times_then_fine_at_the_first_and_at_a_later_request(tmp_path: Path, fault: Any) -> None:
    bad = dataclasses.replace(EDIT, fault=fault, times=3)
    finished, shop, server = await repair(tmp_path, [bad, READ, bad, EDIT])
    assert (finished.outcome, finished.exit_code) == ("fixed", 0)
    assert shop.read() == CART.replace(BUG, FIX)
    assert len(server.requests) == 8


@pytest.mark.parametrize("fault", ["reset", "error_in_stream", "empty"])
async def test_the_same_by_the_responses_api(tmp_path: Path, fault: Any) -> None:
    bad = dataclasses.replace(EDIT, fault=fault, times=3)
    thinking = dataclasses.replace(READ, reasoning="Where is it?")
    finished, shop, server = await repair(tmp_path, [bad, thinking, bad, EDIT], api="responses")
    assert (finished.outcome, len(server.requests)) == ("fixed", 8)
    assert shop.read() == CART.replace(BUG, FIX)
    assert [item["type"] for item in server.bodies[-1]["input"] if "type" in item] == [
        "reasoning",
        "function_call",
        "function_call_output",
    ]


@pytest.mark.parametrize("fault", SILENT)
async def test_silence_is_noticed_at_the_first_and_at_a_later_request(tmp_path: Path, fault: Any) -> None:
    bad = dataclasses.replace(EDIT, fault=fault)
    finished, shop, server = await repair(tmp_path, [bad, READ, bad, EDIT])
    assert (finished.outcome, len(server.requests)) == ("fixed", 4)
    assert shop.read() == CART.replace(BUG, FIX)


@pytest.mark.parametrize("fault", ["500", "reset", "html", "stall"])
@pytest.mark.parametrize("before", [0, 1], ids=["first request", "later request"])
async def test_a_fault_for_ever_ends_as_unreachable_with_the_tree_as_it_was(
    tmp_path: Path, fault: Any, before: int
) -> None:
    finished, shop, _ = await repair(
        tmp_path, [*[READ] * before, dataclasses.replace(EDIT, fault=fault, times=0)]
    )
    assert (finished.outcome, finished.exit_code) == ("unreachable", 4)
    assert finished.report.hint
    assert shop.read() == CART


@pytest.mark.parametrize("fault", ["length", "broken_json"])
async def test_a_broken_call_is_sent_again(tmp_path: Path, fault: Any) -> None:
    finished, shop, server = await repair(tmp_path, [READ, dataclasses.replace(EDIT, fault=fault), EDIT])
    assert (finished.outcome, len(server.requests)) == ("fixed", 3)
    assert shop.read() == CART.replace(BUG, FIX)


async def test_unknown_tools_equal_ids_and_no_usage(tmp_path: Path) -> None:
    odd = Reply(calls=[Call("make_it_so", {}, "c"), Call("read", {"path": "shop/cart.py"}, "c")], usage=False)
    finished, _, server = await repair(tmp_path, [odd, dataclasses.replace(EDIT, usage=False)])
    assert finished.outcome == "fixed"
    assert finished.usage.estimated
    answers = [m for m in server.bodies[1]["messages"] if m["role"] == "tool"]
    assert len({answer["tool_call_id"] for answer in answers}) == 2
    assert "no tool 'make_it_so'" in answers[0]["content"]


async def test_the_next_model_is_asked_where_the_first_is_refused(tmp_path: Path) -> None:
    def script(body: dict[str, Any]) -> Reply:
        return Reply(fault="not_found") if body["model"] == "gone" else EDIT

    finished, _, server = await repair(tmp_path, script, first="gone")  # type: ignore[arg-type]
    assert finished.outcome == "fixed"
    assert [body["model"] for body in server.bodies] == ["gone", "m"]
