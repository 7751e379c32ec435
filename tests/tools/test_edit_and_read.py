from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path

import pytest
from helpers.tools_tree import FolderTree

from flashagent.edits.values import Refused, Replace
from flashagent.events import EditRejected, Event, FileChanged
from flashagent.repomap.render import skeleton
from flashagent.syntax.parse import definitions
from flashagent.tools.base import ToolResult, parse_arguments, spec_of
from flashagent.tools.edit import EditTool
from flashagent.tools.landing import Landed, Landing, land_text
from flashagent.tools.read import ReadTool, neighbours, symbol_finder
from flashagent.values import Diagnostic, FileChange

SOURCE = "class Cart:\n    def total(self):\n        return 1\n\n\ndef total():\n    return 2\n"


@pytest.fixture
def tree(tmp_path: Path) -> FolderTree:
    (tmp_path / "shop").mkdir()
    (tmp_path / "shop" / "cart.py").write_text(SOURCE)
    (tmp_path / "long.py").write_text("\n".join(f"def f{n}():\n    return {n}\n" for n in range(200)))
    return FolderTree(tmp_path)


@pytest.fixture
def seen() -> list[Event]:
    return []


@pytest.fixture
def landing(tree: FolderTree, seen: list[Event]) -> Landing:
    return Landing(tree, tree.paths, seen.append)


async def edit(landing: Landing, *edits: dict[str, object]) -> ToolResult:
    tool = EditTool(landing)
    arguments = parse_arguments(tool, json.dumps({"edits": edits}))
    assert not isinstance(arguments, str), arguments
    return await tool.run(arguments, lambda text: None)


async def read(landing: Landing, tree: FolderTree, **arguments: object) -> ToolResult:
    tool = ReadTool(landing, skeleton, symbol_finder(definitions), neighbours(tree.paths))
    parsed = parse_arguments(tool, json.dumps(arguments))
    assert not isinstance(parsed, str), parsed
    return await tool.run(parsed, lambda text: None)


async def test_an_edit_lands_and_is_told(landing: Landing, tree: FolderTree, seen: list[Event]) -> None:
    result = await edit(landing, {"path": "shop/cart.py", "old": "return 1", "new": "return 3"})
    assert (result.ok, result.text) == (True, "Written: shop/cart.py.")
    assert tree.read("shop/cart.py") == SOURCE.replace("return 1", "return 3")
    assert [(type(e), e.path, e.kind) for e in seen if isinstance(e, FileChanged)] == [
        (FileChanged, "shop/cart.py", "modified")
    ]
    assert landing.changes() == (FileChange("shop/cart.py", SOURCE, SOURCE.replace("return 1", "return 3")),)


async def test_one_bad_edit_of_a_call_stops_all_of_it(
    landing: Landing, tree: FolderTree, seen: list[Event]
) -> None:
    result = await edit(
        landing,
        {"path": "shop/cart.py", "old": "return 1", "new": "return 3"},
        {"path": "shop/cart.py", "old": "return 9", "new": "return 4"},
    )
    assert not result.ok
    assert "Nothing was written" in result.text
    assert tree.read("shop/cart.py") == SOURCE
    assert [type(event) for event in seen] == [EditRejected]
    assert landing.refused == 1


async def test_files_are_created_renamed_and_deleted(landing: Landing, tree: FolderTree) -> None:
    await edit(landing, {"path": "shop/new.py", "old": "", "new": "x = 1\n"})
    await edit(landing, {"path": "shop/new.py", "rename_to": "shop/newer.py"})
    await edit(landing, {"path": "long.py", "delete": True})
    assert tree.paths() == ["shop/cart.py", "shop/newer.py"]
    assert {c.path: c.after for c in landing.changes()} == {"long.py": None, "shop/newer.py": "x = 1\n"}


async def test_what_is_edited_back_is_no_change(landing: Landing) -> None:
    await edit(landing, {"path": "shop/cart.py", "old": "return 1", "new": "return 3"})
    await edit(landing, {"path": "shop/cart.py", "old": "return 3", "new": "return 1"})
    assert landing.changes() == ()
    assert landing.diff() == ""


async def test_a_file_that_the_user_saved_meanwhile_is_not_overwritten(
    tree: FolderTree, seen: list[Event]
) -> None:
    class Saving(FolderTree):
        def apply(self, changes: Sequence[FileChange]) -> None:
            (self.root / "shop" / "cart.py").write_text("mine\n")
            super().apply(changes)

    landing = Landing(Saving(tree.root), tree.paths, seen.append)
    outcome = await landing.land([Replace("shop/cart.py", "return 1", "return 3")])
    assert isinstance(outcome, Refused)
    assert "changed meanwhile" in outcome.refusals[0].message
    assert tree.read("shop/cart.py") == "mine\n"


async def test_the_linter_looks_once_at_the_sum_of_what_was_written(tree: FolderTree) -> None:
    asked: list[Sequence[FileChange]] = []
    problem = Diagnostic("shop/cart.py", 3, 9, "F821", "Undefined name `totl`")

    async def lint(changes: Sequence[FileChange]) -> Sequence[Diagnostic]:
        asked.append(changes)
        return [problem]

    before = tree.read("shop/cart.py")
    landing = Landing(tree, tree.paths, lambda event: None, lint)
    await edit(landing, {"path": "shop/cart.py", "old": "return 1", "new": "return totl"})
    await edit(landing, {"path": "shop/cart.py", "old": "return 2", "new": "return 3"})
    assert (await landing.problems(), await landing.problems()) == ((problem,), ())
    assert asked == [(FileChange("shop/cart.py", before, tree.read("shop/cart.py")),)]
    assert isinstance(await landing.land([Replace("shop/cart.py", "return totl", "return 1")]), Landed)


async def test_a_reply_that_was_cut_off_is_answered_with_the_current_lines(
    landing: Landing, tree: FolderTree, seen: list[Event]
) -> None:
    before = tree.read("shop/cart.py")
    reply = "shop/cart.py\n<<<<<<< SEARCH\n    return 1\n=======\n    ret"
    landed, told = await land_text(reply, landing, seen.append)
    assert not landed and tree.read("shop/cart.py") == before
    assert "The reply (shop/cart.py): Block 1 has no closing" in told
    assert "Current lines" in told and "    return 1" in told
    assert [type(event) for event in seen] == [EditRejected]


async def test_put_back_restores_the_file_on_disk(landing: Landing, tree: FolderTree) -> None:
    await edit(landing, {"path": "shop/cart.py", "old": "return 1", "new": "return 3"})
    landing.put_back(landing.changes())
    assert tree.read("shop/cart.py") == SOURCE


async def test_read_shows_a_symbol_a_range_and_a_whole_file(landing: Landing, tree: FolderTree) -> None:
    assert (await read(landing, tree, path="shop/cart.py::Cart.total")).text.endswith(
        "lines 2-3 of 8:\n    def total(self):\n        return 1"
    )
    assert (await read(landing, tree, path="shop/cart.py", start=6, end=6)).text.endswith(":\ndef total():")
    assert SOURCE in (await read(landing, tree, path="shop/cart.py")).text
    assert landing.shown["shop/cart.py"] == SOURCE


async def test_read_gives_the_outline_of_a_long_file(landing: Landing, tree: FolderTree) -> None:
    text = (await read(landing, tree, path="long.py")).text
    assert "def f0()" in text and "return 0" not in text


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ({"path": "shop/carts.py"}, "does not exist. Near: shop/cart.py"),
        ({"path": "shop/cart.py::Cart.sum"}, "defines no Cart.sum"),
        ({"path": "shop/cart.py", "start": 90}, "has only 8 lines"),
        ({"path": "/etc/passwd"}, "outside of the repository"),
    ],
)
async def test_read_says_what_is_wrong(landing: Landing, tree: FolderTree, arguments, said: str) -> None:
    result = await read(landing, tree, **arguments)
    assert not result.ok
    assert said in result.text


def test_the_schema_is_lean() -> None:
    spec = spec_of(EditTool(Landing(FolderTree(Path()), list, lambda event: None)), "Edit.")
    schema = json.loads(spec.parameters)
    assert "$defs" not in spec.parameters and "title" not in spec.parameters
    assert schema["required"] == ["edits"]
    assert set(schema["properties"]["edits"]["items"]["properties"]) == {
        "path", "old", "new", "all", "near_line", "delete", "rename_to"
    }  # fmt: skip
