"""The watcher behind the terminal app: the real program, a real repository, real saves."""

from __future__ import annotations

import asyncio
import re
import subprocess
from collections.abc import Sequence
from pathlib import Path

import pexpect
import psutil
import pytest
from helpers.e2e_program import command, with_model
from helpers.jobs_house import CART, CHECK, Shop
from helpers.model_server import Reply, serving
from helpers.tui_tmux import Tmux, in_tmux
from helpers.workspace_state import fingerprint

from flashagent.compose.place import Wishes
from flashagent.errors import WorkspaceError
from flashagent.frontends.app_controller import AppController
from flashagent.frontends.app_watching import PROGRAM
from flashagent.frontends.tui.controller import Found

pytestmark = pytest.mark.needs("bwrap")
READY = r"^›  Ask for something"
EVIL = CART.replace("amount = sum(prices)", "amount = eval('sum(prices)')")


@pytest.fixture
def shop(tmp_path: Path) -> Shop:
    return Shop.make(tmp_path)


def looks_of(process: int) -> list[psutil.Process]:
    """Those that the app has started and that still run."""
    return [one for one in psutil.Process(process).children() if "--attached" in one.cmdline()]


def with_finding(tmux: Tmux, shop: Shop) -> None:
    """A save that is told about in the status line."""
    tmux.until(READY)
    (shop.root / "shop/cart.py").write_text(EVIL)
    tmux.until(r"· 1 finding\b")


@pytest.mark.needs("tmux")
def test_a_save_is_counted_looked_at_and_repaired_by_a_key(shop: Shop) -> None:
    with serving([Reply("I shall.")]) as server:
        environ = with_model(shop.environ, server.base_url)
        with in_tmux(command("--check", CHECK), shop.root, environ, 80, 24) as tmux:
            with_finding(tmux, shop)
            before = fingerprint(shop.root)
            assert looks_of(tmux.process()) == [] and not server.requests
            tmux.press("F3")
            tmux.until("a keep")
            tmux.press("Left", "Left")
            tmux.until(r"▸ shop/cart\.py:6 security")
            tmux.press("Enter")
            tmux.until(r"amount = eva")
            assert not server.requests
            tmux.press("f")
            tmux.until(r"I shall\.")
            assert b"Look at shop/cart.py, line 6: " in server.requests[0].raw
            assert fingerprint(shop.root) == before
            (shop.root / "shop/cart.py").write_text(CART)
            tmux.until(r"Nothing was found in")
            assert "finding " not in tmux.screen()
            tmux.until(READY)
            tmux.say("/quit")
            tmux.until("the exit code is 0")


def test_a_look_ends_when_the_app_behind_it_has_gone(shop: Shop) -> None:
    """The app holds the other end of its stdin; here that is closed at once."""
    look = subprocess.Popen(
        [*PROGRAM], cwd=shop.root, env=shop.environ, stdin=subprocess.PIPE, stdout=subprocess.PIPE
    )
    (shop.root / "shop/cart.py").write_text(EVIL)
    out, _ = look.communicate(timeout=60)
    assert (look.returncode, out) == (0, b"")


def test_nothing_is_written_while_nothing_changes(shop: Shop) -> None:
    (shop.root / "shop/cart.py").write_text(EVIL)
    child = pexpect.spawn(
        command()[0], command("--offline")[1:], cwd=str(shop.root), env={**shop.environ, "TERM": "xterm"},
        dimensions=(24, 80), encoding="utf-8", timeout=60,
    )  # fmt: skip
    child.expect_exact("1 finding")
    with pytest.raises(pexpect.TIMEOUT):  # whatever still belongs to that frame
        while True:
            child.read_nonblocking(65536, timeout=0.5)
    with pytest.raises(pexpect.TIMEOUT):
        child.read_nonblocking(1, timeout=2)
    child.send("\x04")
    child.expect(pexpect.EOF)


async def test_every_save_is_told_and_files_of_its_own_are_no_saves(shop: Shop) -> None:
    """Here flashagent keeps its cache inside of the repository."""
    home = Path(shop.environ.pop("FLASHAGENT_HOME"))
    shop.environ |= {
        "XDG_CACHE_HOME": str(shop.root / ".kept"),
        "XDG_STATE_HOME": str(home),
        "XDG_CONFIG_HOME": str(home),
    }
    told: asyncio.Queue[Sequence[Found]] = asyncio.Queue()
    wishes = Wishes({}, (CHECK,))
    it = AppController(shop.place(wishes), wishes)
    watching = asyncio.create_task(it.watch(told.put_nowait))
    try:
        async with asyncio.timeout(60):
            assert await told.get() == []
            (shop.root / "shop/cart.py").write_text(EVIL)
            (one,) = await told.get()
            assert (one.path, one.line, one.kind, one.message[:5]) == ("shop/cart.py", 6, "security", "S307 ")
            assert one.request.startswith("Look at shop/cart.py, line 6: ")
            (shop.root / "shop/cart.py").write_text(EVIL + "\n\ndef double(price):\n    return twice\n")
            assert [(one.kind, one.line) for one in await told.get()] == [("error", 15), ("security", 6)]
            assert told.empty()
    finally:
        watching.cancel()
        await asyncio.wait({watching})
        await it.close()


async def test_a_watcher_that_ends_by_itself_says_why(shop: Shop) -> None:
    wishes = Wishes({}, (CHECK,))
    it = AppController(shop.place(wishes), wishes)
    try:
        (shop.root / "flashagent.yaml").write_text("nonsense: [\n")
        with pytest.raises(WorkspaceError, match="no longer looked at: .*flashagent.yaml"):
            await it.watch(lambda found: None)
    finally:
        await it.close()


def test_it_is_switched_off_by_a_setting(shop: Shop) -> None:
    (Path(shop.environ["FLASHAGENT_HOME"]) / "config").mkdir(parents=True)
    settings = Path(shop.environ["FLASHAGENT_HOME"]) / "config/config.yaml"
    settings.write_text("app:\n  watch: false\n")
    child = pexpect.spawn(
        command()[0], command("--offline")[1:], cwd=str(shop.root), env={**shop.environ, "TERM": "xterm"},
        dimensions=(24, 200), encoding="utf-8", timeout=60,
    )  # fmt: skip
    child.expect_exact("Ask for something")
    child.send("\x1bOR")  # F3
    child.expect_exact("a keep")
    child.send("\x1b[D\x1b[D")  # left, left
    child.expect(re.escape("app.watch is false"))
    assert psutil.Process(child.pid).children() == []
    child.send("\x1b\x04")
    child.expect(pexpect.EOF)
