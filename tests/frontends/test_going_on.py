"""Forking, compacting and going on, as users call them: real processes, a model server on loopback."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
from helpers.e2e_program import flashagent, with_model
from helpers.jobs_house import BUG, CART, CHECK, FIX, Shop
from helpers.model_server import Call, Reply, serving

pytestmark = pytest.mark.needs("bwrap")


@pytest.fixture
def shop(tmp_path: Path) -> Shop:
    return Shop.make(tmp_path)


def edit_to(new: str) -> Reply:
    return Reply(calls=[Call("edit", {"edits": [{"path": "shop/cart.py", "old": BUG, "new": new}]})])


def asked(shop: Shop, question: str, *more: str, answer: str = "An answer.") -> list[dict[str, object]]:
    """The messages that the server saw."""
    with serving([Reply(answer)]) as server:
        ran = flashagent(shop.root, with_model(shop.environ, server.base_url), "ask", question, *more)
    assert ran.code == 0, ran.err
    (body,) = server.bodies
    messages: list[dict[str, object]] = body["messages"]
    return messages


def sessions(shop: Shop, *argv: str, code: int = 0) -> str:
    ran = flashagent(shop.root, shop.environ, "sessions", *argv)
    assert ran.code == code, ran.err
    return ran.out if not code else ran.err


def test_a_fork_goes_its_own_way(shop: Shop) -> None:
    asked(shop, "First?", answer="One.")
    asked(shop, "Second?", "--resume", answer="Two.")
    fork = sessions(shop, "fork", "--turn", "1").strip()
    said = [message["content"] for message in asked(shop, "Third?", "--resume", fork)]
    assert (len(said), said[2]) == (4, "One.")
    assert sessions(shop, "list").split()[0] == fork
    assert "There is no turn 9" in sessions(shop, "fork", "--turn", "9", code=2)


def test_a_compacted_session_is_gone_on_with(shop: Shop) -> None:
    asked(shop, "What is the first thing?", answer=f"It is {'word ' * 3_000}")
    before = asked(shop, "How large is it?", "--resume")
    assert "tokens are" in sessions(shop, "compact")
    after = asked(shop, "And now?", "--resume")
    assert len(str(after)) < len(str(before)) / 3
    assert "What is the first thing?" in str(after[1]["content"])
    assert str(after[-1]["content"]).startswith("And now?")
    assert after[0] == before[0]


def test_what_is_short_already_is_left_alone(shop: Shop) -> None:
    asked(shop, "First?")
    assert "is short already" in sessions(shop, "compact", code=2)


def test_a_job_that_did_not_get_there_is_gone_on_with(shop: Shop) -> None:
    wrong = "discount / 50"
    argv = ("fix", "Discounts are wrong.", "--check", CHECK, "--max-attempts", "1", "--quiet")
    with serving([edit_to(wrong), Reply("I give up.")]) as server:
        assert flashagent(shop.root, with_model(shop.environ, server.base_url), *argv).code == 1
    assert shop.read() == CART
    with serving([edit_to(FIX)]) as server:
        ran = flashagent(
            shop.root, with_model(shop.environ, server.base_url), "fix", "--resume", "--check", CHECK
        )
    assert (ran.code, shop.read()) == (0, CART.replace(BUG, FIX)), ran.err
    prompt = str(server.bodies[0]["messages"][-1]["content"])
    assert prompt.startswith("Discounts are wrong.")
    assert f"+    return amount - amount * {wrong}" in prompt and "NOT in the files" in prompt
    again = flashagent(shop.root, shop.environ, "fix", "--resume")
    assert again.code == 2 and "there is nothing left to do" in again.out


def test_two_processes_in_one_repository_harm_nothing(shop: Shop) -> None:
    """Both try the same repair at once; whichever comes second finds its file changed, and says so."""
    other = CART.replace("len(prices)", "len(list(prices))")
    second = Reply(
        calls=[
            Call(
                "edit",
                {
                    "edits": [
                        {"path": "shop/cart.py", "old": BUG, "new": FIX},
                        {"path": "shop/cart.py", "old": "len(prices)", "new": "len(list(prices))"},
                    ]
                },
            )
        ]
    )
    with serving([edit_to(FIX)]) as one, serving([second]) as two:
        running = [
            subprocess.Popen(
                [sys.executable, "-m", "flashagent", "fix", "--check", CHECK],
                cwd=shop.root,
                env=with_model(shop.environ, server.base_url),
                stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT,
                text=True,
            )
            for server in (one, two)
        ]
        told = [process.communicate()[0] for process in running]
    codes = sorted(process.returncode for process in running)
    assert codes in ([0, 0], [0, 1]), told
    assert shop.read() in (CART.replace(BUG, FIX), other.replace(BUG, FIX)), told
    assert len(sessions(shop, "list").splitlines()) == 2
    for row in sessions(shop, "list").splitlines():
        assert "intact" in flashagent(shop.root, shop.environ, "sessions", "audit", row.split()[0]).err
