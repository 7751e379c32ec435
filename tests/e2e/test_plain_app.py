"""`flashagent --plain` as a person with a screen reader has it: a real terminal that only gets lines, and a real pipe."""

from __future__ import annotations

import os
import re
import signal
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pexpect
import pytest
from helpers.e2e_program import command, flashagent, with_model
from helpers.jobs_house import BUG, CART, CHECK, FIX, Shop
from helpers.model_server import Call, Reply, serving

pytestmark = pytest.mark.needs("bwrap")
REPAIR = Reply("I see.", calls=[Call("edit", {"edits": [{"path": "shop/cart.py", "old": BUG, "new": FIX}]})])
FIXED = CART.replace(BUG, FIX)
# Nothing but text, line ends, and the ^C that the terminal itself shows.
CONTROLS = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]")


@pytest.fixture
def shop(tmp_path: Path) -> Shop:
    return Shop.make(tmp_path)


@contextmanager
def plain(shop: Shop, environ: dict[str, str], *options: str, term: str = "xterm") -> Iterator[Any]:
    heard: list[str] = []
    child = pexpect.spawn(
        sys.executable, command("--check", CHECK, *options)[1:], cwd=str(shop.root), env={**environ, "TERM": term},
        encoding="utf-8", timeout=60, dimensions=(24, 80),
    )  # fmt: skip
    child.logfile_read = type("Heard", (), {"write": lambda self, text: heard.append(text), "flush": lambda self: None})()  # fmt: skip
    try:
        yield child
    finally:
        child.close(force=True)
    assert not CONTROLS.findall("".join(heard))


def leave(child: Any) -> None:
    child.sendline("/quit")
    child.expect_exact("Goodbye.")
    child.expect(pexpect.EOF)
    child.wait()
    assert child.exitstatus == 0


def test_a_whole_fix_with_approval_interrupt_and_undo(shop: Shop) -> None:
    slow = Reply("Slowly. " * 400, pace=200)
    with (
        serving([REPAIR, Reply("Percent are hundredths."), slow, Reply("Yes.")]) as server,
        plain(shop, with_model(shop.environ, server.base_url), "--plain", "--mode", "ask") as child,
    ):
        child.expect_exact("model scripted.")
        child.expect_exact("\n> ")
        child.sendline("The discount is ten times too large.")
        child.expect(r"Question: May this be changed\?  shop/cart.py")
        child.expect_exact("Answer yes (this once), session, project, or no and why.")
        assert shop.read() == CART
        child.sendline("yes")
        child.expect_exact("Answer: once")
        child.expect_exact("Model: Percent are hundredths.")
        child.expect_exact("modified shop/cart.py")
        child.expect("Passed: check: python3 -m unittest.*? 4 passed")
        child.expect_exact("\n> ")
        assert shop.read() == FIXED

        child.sendline("Explain it.")
        child.expect_exact("(asking the model)")
        child.sendline("and briefly")
        child.expect_exact("Said to the work that runs.")
        child.sendintr()
        child.expect("The turn ended: interrupted")
        child.expect_exact("\n> ")

        child.sendline("/undo")
        child.expect_exact("Undo this? Answer yes or no.")
        child.sendline("no")
        child.expect_exact("/undo was not done.")
        assert shop.read() == FIXED
        child.sendline("/undo")
        child.expect_exact("Undo this? Answer yes or no.")
        child.sendline("yes")
        child.expect_exact("Undone.")
        assert shop.read() == CART
        leave(child)


def test_an_answer_that_is_no_word_of_consent_is_a_no_with_its_reason(shop: Shop) -> None:
    with (
        serving([REPAIR, Reply("As you like.")]) as server,
        plain(shop, with_model(shop.environ, server.base_url), "--plain", "--mode", "ask") as child,
    ):
        child.sendline("Change it.")
        child.expect("Question: May this be changed")
        child.sendline("yes but rename it first")
        child.expect_exact("Answer: deny, yes but rename it first")
        child.expect("Model: As you like.")
        assert shop.read() == CART
        assert b"yes but rename it first" in server.requests[-1].raw
        leave(child)


def test_one_of_several_patches_is_chosen_in_words(tmp_path: Path) -> None:
    loans = "def is_overdue(due, today):\n    return today >= due\n"
    tests = (
        "import unittest\nfrom loans import is_overdue\n\nclass Loans(unittest.TestCase):\n"
        "    def test_on_the_day(self):\n        self.assertFalse(is_overdue(15, 15))\n"
    )
    shop = Shop.make(tmp_path, {"loans.py": loans, "test_loans.py": tests})
    with plain(shop, shop.environ, "--plain", "--offline") as child:
        child.expect_exact("\n> ")
        child.sendline("/fix")
        child.expect(r"Question: These \d patches make the check pass")
        child.expect_exact("n none")
        child.sendline("perhaps")
        child.expect_exact("Apply which one? 1 to")
        assert shop.read("loans.py") == loans
        child.sendline("1")
        child.expect_exact("Answer: you chose patch 1")
        child.expect_exact("Result: Fixed: 1 of 1 failing test now passes.")
        assert shop.read("loans.py") != loans
        child.sendline("/apply")
        child.expect_exact("/apply NUMBER applies one of")
        child.sendline("/apply 1")
        child.expect_exact("Apply this? Answer yes or no.")
        child.sendline("yes")
        child.expect_exact("Your files hold this patch already.")
        child.sendline("/apply 99")
        child.expect_exact("There is no patch 99.")
        leave(child)


def test_a_dumb_terminal_gets_lines_without_asking_and_ctrl_c_twice_leaves(shop: Shop) -> None:
    with plain(shop, shop.environ, term="dumb") as child:
        child.expect_exact("No model is configured. /setup names one")
        child.expect_exact("\n> ")
        child.sendline("/help")
        child.expect_exact("/later LINE waits for its end.")
        child.sendline("!echo one")
        child.expect(r"Command: echo one .*?\r\n  one")
        child.sendline("/nothing")
        child.expect_exact("Warning: There is no /nothing.")
        child.sendintr()
        child.expect_exact("Nothing runs.")
        child.sendintr()
        child.expect(pexpect.EOF)
        child.wait()
        assert child.exitstatus == 0


def test_the_key_is_not_shown_while_it_is_typed(shop: Shop) -> None:
    with plain(shop, shop.environ, "--plain") as child:
        child.expect_exact("\n> ")
        child.sendline("/setup")
        child.expect_exact("(an empty line skips): ")
        child.sendline("http://127.0.0.1:9/v1")
        child.expect_exact("Its key, - for none (an empty line skips): ")
        child.waitnoecho()
        child.sendline("sk-typed-0123456789")
        child.expect("The model's name")
        assert "sk-typed" not in child.before
        child.sendline("")
        child.expect_exact("Nothing was changed.")
        leave(child)


def test_a_piped_script_is_carried_out_line_by_line(shop: Shop) -> None:
    script = "/fix\n/diff\n/undo\nyes\n/export talk.md\n"
    ran = flashagent(shop.root, shop.environ, "--plain", "--check", CHECK, stdin=script)
    assert ran.code == 0, ran.err
    at = [ran.out.index(said) for said in ("Result: Fixed: 2 of 2", "Undo this?", "Undone.", "Goodbye.")]  # fmt: skip
    assert at == sorted(at) and ran.out.count(f"+    return amount - amount * {FIX}") == 2
    assert shop.read() == CART and "Fixed: 2 of 2" in (shop.root / "talk.md").read_text()


def test_a_hang_up_ends_it(shop: Shop) -> None:
    with plain(shop, shop.environ, "--plain") as child:
        child.expect_exact("\n> ")
        os.kill(child.pid, signal.SIGHUP)
        child.expect(pexpect.EOF)
        child.wait()
        assert child.exitstatus == 130


def test_a_session_goes_on_with_its_transcript(shop: Shop) -> None:
    with serving([Reply("First answer."), Reply("Second answer.")]) as server:
        environ = with_model(shop.environ, server.base_url)
        first = flashagent(shop.root, environ, "--plain", stdin="What is it?\n")
        assert (first.code, first.out.count("Model: First answer.")) == (0, 1), first.err
        again = flashagent(shop.root, environ, "--plain", "--resume", stdin="And now?")
        assert again.code == 0, again.err
        told = [
            again.out.index(text)
            for text in ("You: What is it?", "Model: First answer.", "goes on", "Model: Second answer.")
        ]
        assert told == sorted(told)
        assert b"First answer." in server.requests[1].raw
