"""The terminal app as people have it: the real program in a real terminal, a real repository, a model on loopback."""

from __future__ import annotations

import os
import signal
import subprocess
from pathlib import Path

import pexpect
import pytest
from helpers.e2e_program import command, with_model
from helpers.jobs_house import BUG, CART, CHECK, FIX, Shop
from helpers.model_server import Call, Reply, serving
from helpers.tui_tmux import Tmux, in_tmux

pytestmark = [pytest.mark.needs("bwrap"), pytest.mark.needs("tmux")]
READY = r"^›  Ask for something"
REPAIR = Reply("I see.", calls=[Call("edit", {"edits": [{"path": "shop/cart.py", "old": BUG, "new": FIX}]})])
WHY = Reply("Percent are hundredths.")
FIXED = CART.replace(BUG, FIX)


@pytest.fixture
def shop(tmp_path: Path) -> Shop:
    return Shop.make(tmp_path)


def app(shop: Shop, *options: str) -> list[str]:
    return command("--check", CHECK, *options)


def git_status(shop: Shop) -> str:
    done = subprocess.run(
        ["git", "status", "--porcelain"],
        cwd=shop.root,
        env=shop.environ,
        capture_output=True,
        text=True,
        check=True,
    )
    return done.stdout


def leave(tmux: Tmux) -> None:
    tmux.say("/quit")
    tmux.until("the exit code is 0")


def test_a_whole_fix_with_approval_steering_interrupt_undo_and_resume(shop: Shop) -> None:
    slow = Reply("Once more, slowly. " * 200, pace=400)
    with serving([REPAIR, WHY, slow, Reply("Yes, I remember.")]) as server:
        environ = with_model(shop.environ, server.base_url)
        with in_tmux(app(shop, "--mode", "ask"), shop.root, environ, 100, 40) as tmux:
            tmux.until(READY)
            tmux.say("The discount is ten times too large.")
            asked = tmux.until(r"May this be changed\?  shop/cart.py")
            assert f"    -     return amount - amount * {BUG}" in asked or f"- {BUG}" in asked
            assert shop.read() == CART
            tmux.until(r"^›  y · s · p · n")
            tmux.answer("y", "answered: once")
            tmux.until(r"modified shop/cart.py")
            tmux.until(r"· 4 passed")
            assert shop.read() == FIXED

            tmux.until(READY)
            tmux.say("Explain it.")
            tmux.until("Once more, slowly")
            tmux.say("and briefly")
            tmux.until("said to the work that runs")
            tmux.press("Escape")
            tmux.until(r"The turn ended: interrupted")
            assert shop.read() == FIXED and git_status(shop) == " M shop/cart.py\n"

            tmux.until(READY)
            tmux.say("/undo")
            tmux.until("Undo this")
            tmux.answer("y", "Undone.")
            assert shop.read() == CART and git_status(shop) == ""
            tmux.until(READY)
            leave(tmux)

        with in_tmux(app(shop, "--resume"), shop.root, environ, 100, 60) as tmux:
            screen = tmux.until(r"goes on; your files are as they are now")
            for seen in (
                "› The discount is ten times too large.",
                "Percent are hundredths.",
                "› Explain it.",
            ):
                assert seen in screen
            tmux.until(READY)
            tmux.say("Do you remember?")
            tmux.until(r"^  Yes, I remember\.$")
            leave(tmux)
        said = [
            message["content"]
            for message in server.requests[-1].body["messages"]
            if message["role"] == "user"
        ]
        assert any("ten times too large" in text for text in said) and "Do you remember?" in said[-1]


def test_kill_9_loses_nothing_that_a_step_had_finished(shop: Shop) -> None:
    hanging = Reply("Now I think. " * 50, pace=100)
    with serving([REPAIR, hanging, Reply("As I said.")]) as server:
        environ = with_model(shop.environ, server.base_url)
        with in_tmux(app(shop), shop.root, environ, 100, 40) as tmux:
            tmux.until(READY)
            tmux.say("The discount is ten times too large.")
            tmux.until("Now I think")
            os.kill(tmux.process(), signal.SIGKILL)
            tmux.until("the exit code is")
        assert shop.read() == CART, "what a turn does lands when it ends"
        with in_tmux(app(shop), shop.root, environ, 100, 40) as tmux:
            screen = tmux.until("The last session broke off")
            tmux.until(READY)
            tmux.say(
                next(line for line in screen.splitlines() if "/resume" in line)
                .strip()
                .removesuffix(" goes on with it.")
            )
            screen = tmux.until("goes on; your files are as they are now")
            for seen in ("› The discount is ten times too large.", "I see.", "✓ edited shop/cart.py"):
                assert seen in screen
            assert "Now I think" not in screen
            tmux.until(READY)
            leave(tmux)


def test_a_hunk_is_taken_back_and_the_session_forked(shop: Shop) -> None:
    with serving([REPAIR, WHY, Reply("I will not do it again."), Reply("From here on.")]) as server:
        environ = with_model(shop.environ, server.base_url)
        with in_tmux(app(shop), shop.root, environ, 120, 40) as tmux:
            tmux.until(READY)
            tmux.say("The discount is ten times too large.")
            tmux.until(r"· 4 passed")
            tmux.until(READY)
            tmux.press("F3")
            tmux.until(r"┃ @ ")
            tmux.press("x")
            tmux.until(r"^›  Why\?")
            tmux.say("a tenth is right")
            tmux.until("I will not do it again")
            assert shop.read() == CART
            assert "a tenth is right" in server.requests[-1].body["messages"][-1]["content"]
            tmux.until(READY)
            tmux.say("/fork 1")
            screen = tmux.until("forked after turn 1 as session")
            assert "I will not do it again" not in screen
            tmux.until(READY)
            leave(tmux)


def test_a_start_without_anything_in_pexpect(shop: Shop) -> None:
    """No model is configured: the questions of a first start can be left, and the offline search works."""
    child = pexpect.spawn(
        command()[0],
        app(shop)[1:],
        cwd=str(shop.root),
        env={**shop.environ, "TERM": "xterm-256color"},
        dimensions=(40, 120),
        encoding="utf-8",
        timeout=60,
    )
    child.expect_exact("flashagent …")
    child.send("/fix")  # typed before the app is there
    child.expect_exact("No model is configured.")
    child.send("\r")
    child.expect_exact("Offline, then.")
    child.expect_exact("cost: no tokens")
    child.send("\x04")
    child.expect(pexpect.EOF)
    child.close()
    assert child.exitstatus == 0 and shop.read() in (CART, FIXED)


def test_wrong_arguments_and_folders_are_said_on_the_ordinary_screen(shop: Shop, tmp_path: Path) -> None:
    for options, said, code in (
        (["--mode", "bogus"], "invalid choice: 'bogus'", 2),
        (["--resume", "nope"], "There is no session nope.", 2),
    ):
        child = pexpect.spawn(
            command()[0],
            app(shop, *options)[1:],
            cwd=str(shop.root),
            env={**shop.environ, "TERM": "xterm"},
            encoding="utf-8",
            timeout=60,
        )
        child.expect(pexpect.EOF)
        child.close()
        text = child.before or ""
        assert text.index("\x1b[?1049h") < text.rindex("\x1b[?1049l") < text.index(said)
        assert child.exitstatus == code


@pytest.mark.parametrize(("answer", "told"), [("y", "is trusted, until it changes"), ("n", "is not used")])
def test_trust_is_asked_for_on_the_ordinary_screen_and_then_the_app_opens(
    shop: Shop, answer: str, told: str
) -> None:
    (shop.root / "flashagent.yaml").write_text("commit: true\n")
    child = pexpect.spawn(
        command()[0],
        app(shop, "--offline")[1:],
        cwd=str(shop.root),
        env={**shop.environ, "TERM": "xterm"},
        encoding="utf-8",
        timeout=60,
    )
    child.expect_exact("Trust this content? [y/N] ")
    assert "\x1b[?1049l" in child.before
    child.sendline(answer)
    child.expect_exact(told)
    child.expect_exact("Ask for something")
    child.send("\x04")
    child.expect(pexpect.EOF)
    child.close()
    assert child.exitstatus == 0
