"""`flashagent fix` as its users call it: a real process, a real repository, a model server on loopback."""

from __future__ import annotations

import signal
import subprocess
from pathlib import Path
from typing import Any

import pytest
from helpers.e2e_program import command, flashagent, with_model
from helpers.jobs_house import BUG, CART, CHECK, FIX, Shop
from helpers.model_server import Call, Reply, serving
from helpers.workspace_state import fingerprint, git

pytestmark = pytest.mark.needs("bwrap")
EDIT = Reply(calls=[Call("edit", {"edits": [{"path": "shop/cart.py", "old": BUG, "new": FIX}]})])
READ = Reply(calls=[Call("read", {"path": "shop/cart.py"})])
BLOCK = Reply(
    f"shop/cart.py\n<<<<<<< SEARCH\n    return amount - amount * {BUG}\n=======\n    return amount - amount * {FIX}\n>>>>>>> REPLACE\n"
)


@pytest.fixture
def shop(tmp_path: Path) -> Shop:
    return Shop.make(tmp_path)


def test_fix_offline_repairs_and_commits(shop: Shop) -> None:
    ran = flashagent(shop.root, shop.environ, "fix", "--offline", "--commit", "--check", CHECK)
    assert ran.code == 0, ran.err
    assert "Fixed: 2 of 2" in ran.out
    assert git(shop.root, "status", "--porcelain") == ""
    assert len(git(shop.root, "log", "--format=%h").split()) == 2
    check = subprocess.run(CHECK.split(), cwd=shop.root, capture_output=True, check=False)
    assert check.returncode == 0


def test_without_a_model_it_says_so_and_works_offline(shop: Shop) -> None:
    ran = flashagent(shop.root, shop.environ, "fix", "--check", CHECK)
    assert ran.code == 0
    assert "No model is configured" in ran.err


@pytest.mark.parametrize("reply", [EDIT, BLOCK], ids=["tool-call", "text-block"])
def test_fix_with_a_model_over_http(shop: Shop, reply: Reply) -> None:
    with serving([reply]) as server:
        ran = flashagent(
            shop.root, with_model(shop.environ, server.base_url), "fix", "--json", "--check", CHECK
        )
    assert (ran.code, ran.finished["outcome"]) == (0, "fixed"), ran.err
    assert ran.finished["report"]["requests"] == 1
    assert shop.read() == CART.replace(BUG, FIX)
    assert [line["seq"] for line in ran.lines] == list(range(1, len(ran.lines) + 1))
    assert {line["v"] for line in ran.lines} == {1}
    assert len({line["session"] for line in ran.lines}) == 1


@pytest.mark.parametrize(
    "fault", ["429", "500", "504", "reset", "cut", "drop", "empty", "error_in_stream", "html"]
)
def test_a_fault_that_happens_once_is_recovered_from(shop: Shop, fault: Any) -> None:
    with serving([Reply(fault=fault, retry_after="0"), EDIT]) as server:
        ran = flashagent(
            shop.root, with_model(shop.environ, server.base_url), "fix", "--json", "--check", CHECK
        )
    assert (ran.code, ran.finished["outcome"]) == (0, "fixed"), ran.out[-2000:]
    assert any(line["type"] == "ModelRetrying" for line in ran.lines)


def test_broken_tool_json_is_sent_back_once(shop: Shop) -> None:
    with serving([Reply(calls=EDIT.calls, fault="broken_json"), EDIT]) as server:
        ran = flashagent(
            shop.root, with_model(shop.environ, server.base_url), "fix", "--json", "--check", CHECK
        )
    assert (ran.code, ran.finished["outcome"]) == (0, "fixed"), ran.out[-2000:]
    assert "not valid JSON" in str(server.bodies[1]["messages"][-1])


@pytest.mark.parametrize("fault", ["unauthorized", "forbidden", "not_found", "no_credit"])
def test_a_refusal_is_explained_and_the_tree_is_as_it_was(shop: Shop, fault: Any) -> None:
    before = fingerprint(shop.root)
    with serving([Reply(fault=fault, times=0)]) as server:
        ran = flashagent(shop.root, with_model(shop.environ, server.base_url), "fix", "--check", CHECK)
    assert ran.code == 4
    assert fingerprint(shop.root) == before
    assert "sk-test-0123456789abcdef" not in ran.out + ran.err


def test_the_record_holds_every_event_and_no_key(shop: Shop) -> None:
    with serving([READ, EDIT]) as server:
        flashagent(shop.root, with_model(shop.environ, server.base_url), "fix", "--check", CHECK)
    records = list(Path(shop.environ["FLASHAGENT_HOME"]).glob("state/**/sessions/*.jsonl"))
    assert len(records) == 1
    text = records[0].read_text()
    assert '"type":"JobFinished"' in text
    assert "sk-test-0123456789abcdef" not in text


@pytest.mark.parametrize(
    ("arguments", "code", "said"),
    [
        (["fix", "--check", "no-such-program-here"], 2, "no-such-program-here"),
        (["fix", "--max-tokens", "0"], 2, "at least 1"),
        (["fix", "two", "goals"], 2, "goal in quotes"),
        (["fxi"], 2, "Did you mean `fix`?"),
        (["fix", "--max-cost", "1", "--check", CHECK], 2, "price"),
        (["undo"], 2, "undo"),
    ],
)
def test_usage_errors_say_what_to_do_and_change_nothing(
    shop: Shop, arguments: list[str], code: int, said: str
) -> None:
    before = fingerprint(shop.root)
    with serving([EDIT]) as server:
        ran = flashagent(shop.root, with_model(shop.environ, server.base_url), *arguments)
    assert ran.code == code, ran.out + ran.err
    assert said in ran.out + ran.err
    assert fingerprint(shop.root) == before


def test_outside_a_repository_there_is_one_clear_sentence(tmp_path: Path, shop: Shop) -> None:
    ran = flashagent(tmp_path, shop.environ, "fix")
    assert ran.code == 2
    assert "Traceback" not in ran.err and len(ran.err.strip().splitlines()) <= 3


def test_a_failure_log_on_standard_input_is_the_goal(shop: Shop) -> None:
    with serving([EDIT]) as server:
        ran = flashagent(
            shop.root,
            with_model(shop.environ, server.base_url),
            "fix",
            "--check",
            CHECK,
            "-",
            stdin="Boom in total()\n",
        )
    assert ran.code == 0
    assert "Boom in total()" in str(server.bodies[0]["messages"])


def test_undo_and_redo_of_a_fix(shop: Shop) -> None:
    (shop.root / "notes.txt").write_text("mine\n")
    before = fingerprint(shop.root)
    assert flashagent(shop.root, shop.environ, "fix", "--offline", "--check", CHECK).code == 0
    fixed = fingerprint(shop.root)
    assert FIX in flashagent(shop.root, shop.environ, "diff").out
    assert flashagent(shop.root, shop.environ, "undo").code == 0
    assert fingerprint(shop.root) == before
    assert flashagent(shop.root, shop.environ, "redo").code == 0
    assert fingerprint(shop.root) == fixed


def test_in_a_subfolder_of_a_dirty_tree_on_a_detached_head(shop: Shop) -> None:
    (shop.root / "shop" / "__init__.py").write_text("# staged\n")
    git(shop.root, "add", "-A")
    (shop.root / "shop" / "__init__.py").write_text("# staged\n# and not\n")
    git(shop.root, "checkout", "-q", "--detach")
    staged = git(shop.root, "diff", "--cached")
    ran = flashagent(shop.root / "shop", shop.environ, "fix", "--offline", "--check", CHECK)
    assert ran.code == 0, ran.err
    assert git(shop.root, "diff", "--cached") == staged
    assert shop.read("shop/__init__.py") == "# staged\n# and not\n"
    assert FIX in shop.read()


def test_on_an_unborn_branch(tmp_path: Path, shop: Shop) -> None:
    root = tmp_path / "unborn"
    git(shop.root, "init", "-q", str(root))
    for path in ("shop/__init__.py", "shop/cart.py", "tests/__init__.py", "tests/test_cart.py"):
        (root / path).parent.mkdir(parents=True, exist_ok=True)
        (root / path).write_bytes((shop.root / path).read_bytes())
    ran = flashagent(root, shop.environ, "fix", "--offline", "--check", CHECK)
    assert ran.code == 0, ran.err
    assert FIX in (root / "shop/cart.py").read_text()
    assert flashagent(root, shop.environ, "undo").code == 0
    assert BUG in (root / "shop/cart.py").read_text()


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_ends_the_run_in_order(shop: Shop, number: signal.Signals) -> None:
    before = fingerprint(shop.root)
    with serving([Reply(fault="silent", times=0)]) as server:
        process = subprocess.Popen(
            command("fix", "--json", "--check", CHECK),
            cwd=shop.root,
            env=with_model(shop.environ, server.base_url),
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        assert process.stdout is not None
        for line in process.stdout:
            if '"type":"StepStarted"' in line:
                break
        process.send_signal(number)
        rest, _ = process.communicate(timeout=60)
    assert process.returncode == 130
    assert '"outcome":"interrupted"' in rest.splitlines()[-1]
    assert fingerprint(shop.root) == before
