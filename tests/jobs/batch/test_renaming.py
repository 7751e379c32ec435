"""Renames on top of what other items changed."""

from __future__ import annotations

from collections.abc import Sequence
from types import SimpleNamespace
from typing import Any

import pytest

from flashagent.errors import WorkspaceError
from flashagent.jobs.batch.renaming import renamed
from flashagent.jobs.batch.spec import Item, Target
from flashagent.values import FileChange

BASE = {
    "app.py": "def shown(x):\n    return x\n",
    "user.py": "import app\n\napp.shown(1)\napp.shown(2)\n",
    "other.py": "shown = 1\n",
}
ITEM = Item("0001", "app.py", (Target("app.py", "shown", 1),))


class Known:
    """A map of the base: `other.py` has a name of its own."""

    def definitions(self, name: str) -> Sequence[Any]:
        return [SimpleNamespace(path="app.py", start_line=1)] if name == "shown" else []

    def references(self, name: str) -> Sequence[tuple[str, int]]:
        return [("user.py", 3), ("user.py", 4)]


async def made(*below: FileChange) -> dict[str, tuple[str | None, str | None]]:
    house: Any = SimpleNamespace(servers=None, read=BASE.get)
    known: Any = Known()
    changes = await renamed(ITEM, "shown", "seen", house, known, below)
    return {change.path: (change.before, change.after) for change in changes}


APP = (BASE["app.py"], "def seen(x):\n    return x\n")
USER = (BASE["user.py"], "import app\n\napp.seen(1)\napp.seen(2)\n")


@pytest.mark.parametrize(
    ("here", "renamed_here"),
    [
        ("import app\n\napp.shown(1)  # one\napp.shown(2)\n", "import app\n\napp.seen(1)  # one\napp.seen(2)\n"),
        ("'shown'\nimport app\n\napp.shown(2)\n", "'seen'\nimport app\n\napp.seen(2)\n"),
        ("import app\n\nprint(app.shown(1),\n      app.shown(2))\n", "import app\n\nprint(app.seen(1),\n      app.seen(2))\n"),
        ("import app\n", None),
    ],
)  # fmt: skip
async def test_what_others_wrote_in_a_file_that_uses_the_name_is_renamed_too(
    here: str, renamed_here: str | None
) -> None:
    found = await made(FileChange("user.py", BASE["user.py"], here))
    assert found == {"app.py": APP, **({"user.py": (here, renamed_here)} if renamed_here else {})}


async def test_a_file_that_does_not_use_it_stays_as_others_left_it() -> None:
    assert await made() == {"app.py": APP, "user.py": USER}
    other = FileChange("other.py", BASE["other.py"], "shown = 2\n")
    assert await made(other) == {"app.py": APP, "user.py": USER}


async def test_a_file_that_is_gone_is_left_out_and_one_that_moved_is_followed() -> None:
    gone = FileChange("user.py", BASE["user.py"], None)
    assert await made(gone) == {"app.py": APP}
    assert await made(gone, FileChange("moved.py", None, BASE["user.py"])) == {
        "app.py": APP,
        "moved.py": USER,
    }


TWO = "print(cart.total(), bill.total())\n"
ONE_RENAMED = "print(cart.total(), bill.amount())\n"


class Server:
    """A language server that tells the two meanings of a name in `use.py` apart."""

    def warm_up(self, paths: Sequence[str]) -> None: ...

    async def ready_for(self, path: str, seconds: float) -> bool:
        return True

    async def rename(self, *asked: object, wait_s: float) -> dict[str, tuple[str, str]]:
        return {"use.py": (TWO, ONE_RENAMED)}


async def by_server(here: str) -> str | None:
    house: Any = SimpleNamespace(
        servers=Server(), read={"use.py": TWO}.get, repository=SimpleNamespace(files=lambda: ["use.py"])
    )
    known: Any = Known()
    (change,) = await renamed(ITEM, "total", "amount", house, known, [FileChange("use.py", TWO, here)])
    assert (change.path, change.before) == ("use.py", here)
    return change.after


@pytest.mark.parametrize(
    ("here", "after"),
    [
        ("print(cart.amount(), bill.total())\n", "print(cart.amount(), bill.amount())\n"),
        ("log(cart.total(), bill.total(), 1)\n", "log(cart.total(), bill.amount(), 1)\n"),
        ("# new\n" + TWO, "# new\n" + ONE_RENAMED),
    ],
)
async def test_two_meanings_in_a_line_that_another_item_changed_stay_apart(here: str, after: str) -> None:
    assert await by_server(here) == after


async def test_a_new_mention_of_a_name_with_two_meanings_is_refused() -> None:
    with pytest.raises(WorkspaceError, match="several meanings"):
        await by_server(TWO + "print(cart.total())\n")
