"""`flashagent ask` and `flashagent sessions` as their users call them: real processes, a model server on loopback."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from helpers.e2e_program import flashagent, with_model
from helpers.jobs_house import Shop
from helpers.model_server import Call, Reply, serving
from helpers.workspace_state import fingerprint, git

SECRET = "sk-test-0123456789abcdef"


@pytest.fixture
def shop(tmp_path: Path) -> Shop:
    return Shop.make(tmp_path)


def test_show_context_works_offline_and_says_why(shop: Shop) -> None:
    ran = flashagent(shop.root, shop.environ, "ask", "how is the total of a cart computed?", "--show-context")
    assert ran.code == 0, ran.err
    head, *rows = ran.out.partition("\n\n")[0].splitlines()
    assert head.startswith("4 files, ")
    assert any(row.startswith("  full  shop/cart.py:4 total  (") for row in rows)
    assert "return amount - amount * discount / 10" in ran.out
    assert not list(Path(shop.environ["FLASHAGENT_HOME"]).rglob("sessions/*.jsonl"))


@pytest.mark.needs("bwrap")
def test_the_answer_is_on_stdout_and_nothing_changes(shop: Shop) -> None:
    before = fingerprint(shop.root)
    read = Reply(calls=[Call("read", {"path": "shop/cart.py"}), Call("search", {"text": "discount"})])
    with serving([read, Reply("By `total` in shop/cart.py:4\x1b[2J.")]) as server:
        ran = flashagent(
            shop.root, with_model(shop.environ, server.base_url), "ask", "where is the total computed?"
        )
    assert (ran.code, ran.out) == (0, "By `total` in shop/cart.py:4\\x1b[2J.\n"), ran.err
    first, second = server.bodies
    assert [tool["function"]["name"] for tool in first["tools"]][:2] == ["read", "search"]
    assert not {"edit", "run", "check"} & {tool["function"]["name"] for tool in first["tools"]}
    assert "You cannot change anything" in first["messages"][0]["content"]
    assert "amount * discount / 10" in first["messages"][1]["content"]
    assert second["messages"][: len(first["messages"])] == first["messages"]
    assert {m["role"] for m in second["messages"][-2:]} == {"tool"}
    assert fingerprint(shop.root) == before
    assert git(shop.root, "status", "--porcelain") == ""


@pytest.mark.needs("bwrap")
def test_edits_in_an_answer_are_only_text(shop: Shop) -> None:
    block = "shop/cart.py\n<<<<<<< SEARCH\n    return len(prices)\n=======\n    return 0\n>>>>>>> REPLACE\n"
    call = Reply(calls=[Call("edit", {"edits": [{"path": "shop/cart.py", "old": "/ 10", "new": "/ 2"}]})])
    before = fingerprint(shop.root)
    with serving([call, Reply(block)]) as server:
        ran = flashagent(shop.root, with_model(shop.environ, server.base_url), "ask", "change it")
    assert (ran.code, ran.out) == (0, block)
    assert fingerprint(shop.root) == before


@pytest.mark.needs("bwrap")
def test_without_a_model_it_says_what_works(shop: Shop) -> None:
    ran = flashagent(shop.root, shop.environ, "ask", "why?")
    assert ran.code == 2
    assert "--show-context works without one" in ran.err


@pytest.mark.needs("bwrap")
def test_a_refused_request_ends_with_its_exit_code(shop: Shop) -> None:
    with serving([Reply(fault="unauthorized")]) as server:
        ran = flashagent(shop.root, with_model(shop.environ, server.base_url), "ask", "why?")
    assert (ran.code, ran.out) == (4, "")
    assert "The key is missing or wrong" in ran.err


@pytest.mark.needs("bwrap")
def test_a_session_is_gone_on_with(shop: Shop) -> None:
    read = Reply(calls=[Call("read", {"path": "shop/cart.py"})])
    with serving([read, Reply("In shop/cart.py."), Reply("By percent."), Reply("Yes.")]) as server:
        environ = with_model(shop.environ, server.base_url)
        for arguments in (["where?"], ["and how?", "--resume"], ["sure?", "--resume"]):
            ran = flashagent(shop.root, environ, "ask", *arguments)
            assert ran.code == 0, ran.err
    one, two, three, four = server.bodies
    assert (
        three["messages"][: len(two["messages"])] == two["messages"]
    )  # the cache of the endpoint still hits
    assert three["messages"][len(two["messages"])]["content"] == "In shop/cart.py."
    assert four["messages"][: len(three["messages"])] == three["messages"]
    (record,) = Path(shop.environ["FLASHAGENT_HOME"]).rglob("sessions/*.jsonl")
    seqs = [json.loads(line)["seq"] for line in record.read_text().splitlines()]
    assert seqs == list(range(1, len(seqs) + 1))
    assert flashagent(shop.root, shop.environ, "sessions", "audit").code == 0


@pytest.mark.needs("bwrap")
def test_a_model_without_tools_reads_by_lines_of_text(shop: Shop) -> None:
    with serving(
        [Reply(fault="no_tools"), Reply("READ shop/cart.py"), Reply("There."), Reply("Yes.")]
    ) as server:
        environ = with_model(shop.environ, server.base_url)
        assert flashagent(shop.root, environ, "ask", "where?").out == "There.\n"
        environ |= {"FLASHAGENT_MODEL": "scripted"}
        assert flashagent(shop.root, environ, "config", "set", "model_settings.tools", "false").code == 0
        assert flashagent(shop.root, environ, "ask", "sure?", "--resume").out == "Yes.\n"
    assert "tools" not in server.bodies[-1]
    said = [message["role"] for message in server.bodies[-1]["messages"]]
    assert said == ["system", "user", "assistant", "user", "assistant", "user"]
    assert "def total(prices" in server.bodies[-1]["messages"][3]["content"]


@pytest.mark.needs("bwrap")
def test_there_must_be_something_to_go_on_with(shop: Shop) -> None:
    ran = flashagent(shop.root, shop.environ, "ask", "and?", "--resume", "2026")
    assert ran.code == 2
    assert "There is no session 2026." in ran.err


@pytest.mark.needs("bwrap")
def test_sessions_are_listed_shown_searched_and_exported(shop: Shop, tmp_path: Path) -> None:
    said = f"It is ```in``` the cart, and the key is {SECRET}.\x1b]0;title\x07"
    with serving([Reply(calls=[Call("read", {"path": "shop/cart.py"})]), Reply(said)]) as server:
        environ = with_model(shop.environ, server.base_url)
        assert flashagent(shop.root, environ, "ask", "where is the discount?").code == 0
    (record,) = Path(environ["FLASHAGENT_HOME"]).rglob("sessions/*.jsonl")
    with record.open("a") as file:
        file.write('{"type": "Notice", "torn')
    listed = flashagent(shop.root, environ, "sessions", "list")
    assert record.stem in listed.out
    assert "1 turn, 2 requests" in listed.out
    assert "where is the discount?" in listed.out
    (summary,) = json.loads(flashagent(shop.root, environ, "sessions", "list", "--json").out)
    assert (summary["id"], summary["end"], summary["requests"]) == (record.stem, "done", 2)

    shown = flashagent(shop.root, environ, "sessions", "show", record.stem[:15])
    assert "Tool read: " in shown.out
    assert "It is ```in``` the cart" in shown.out
    assert SECRET not in shown.out
    assert "\x1b" not in shown.out
    told = json.loads(flashagent(shop.root, environ, "sessions", "show", "--json").out)
    assert told["events"][-1]["type"] == "TurnFinished"

    found = flashagent(shop.root, environ, "sessions", "search", "IN``` THE CART")
    assert found.code == 0
    assert [line.split()[2] for line in found.out.splitlines()] == ["AssistantReplied"]
    assert flashagent(shop.root, environ, "sessions", "search", "nothing like it").code == 1

    target = tmp_path / "session.md"
    assert flashagent(shop.root, environ, "sessions", "export", "-o", str(target)).code == 0
    text = target.read_text(encoding="utf-8")
    assert text.startswith(f"# Session {record.stem}\n")
    assert "## Reply of scripted" in text
    assert "def total(prices, discount=0):" in text
    again = flashagent(shop.root, environ, "sessions", "export", "--json", "-o", str(target))
    assert (again.code, target.read_text(encoding="utf-8")) == (2, text)
