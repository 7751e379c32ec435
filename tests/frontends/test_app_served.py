"""Findings of language servers for the terminal app."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from helpers.jobs_house import BUG, CART, Shop

from flashagent.compose.place import Wishes
from flashagent.frontends.app_served import WAIT_S, beside, served
from flashagent.frontends.tui.controller import Found
from flashagent.values import Diagnostic, FileChange


class Answering:
    """A server that complains of each changed file."""

    def __init__(self) -> None:
        self.asked: list[tuple[list[FileChange], float]] = []

    async def caused(self, changes: Sequence[FileChange], *, wait_s: float = 0.0) -> tuple[Diagnostic, ...]:
        self.asked.append((list(changes), wait_s))
        return tuple(
            Diagnostic(one.path, 7, 1, "reportX", "no\nsuch \x1b[2Jthing", "error", "toy") for one in changes
        )


async def test_the_changed_files_are_asked_about(tmp_path: Path) -> None:
    shop, servers = Shop.make(tmp_path), Answering()
    place = shop.place(Wishes({}))
    assert await served(place, servers) == [] and servers.asked == []
    (shop.root / "shop" / "cart.py").write_text(CART.replace(BUG, "discount / 20"))
    (shop.root / ".env").write_text("KEY=1\n")
    (found,) = await served(place, servers)
    place.repository.close()
    assert (found.path, found.line, found.kind) == ("shop/cart.py", 7, "error")
    assert found.message == "reportX no such \\x1b[2Jthing"
    assert found.request.startswith("Look at shop/cart.py, line 7: no such")
    ((changes, waited),) = servers.asked
    assert ([one.path for one in changes], changes[0].before, waited) == (["shop/cart.py"], CART, WAIT_S)


def test_a_place_of_which_several_speak_is_told_once_and_errors_come_first() -> None:
    def one(line: int, kind: str, message: str) -> Found:
        return Found("a.py", line, kind, message, "r")

    known = [one(1, "error", "E9"), one(3, "complexity", "long")]
    more = [one(1, "error", "same"), one(2, "error", "new")]
    assert beside(known, more) == [known[0], more[1], known[1]]
    assert beside([], more) == more
