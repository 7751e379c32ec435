from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path

from helpers.tools_tree import FolderTree

from flashagent.compose.texts import load_texts
from flashagent.diagnose.lsp.places import Place, Unanswered
from flashagent.events import Event
from flashagent.models.tokens import estimate
from flashagent.tools.base import Tool, ToolResult, parse_arguments
from flashagent.tools.guarded import Guard
from flashagent.tools.landing import Landing
from flashagent.tools.names import MOST_PLACES, Read, name_tools
from flashagent.tools.registry import Toolbox

FILES = {"a.py": "def thing():\n    return 1\n", "b.py": "from a import thing\n\nthing()\n"}


class Answers:
    """Names whose answers were written down; `asked` is what was asked, in order."""

    def __init__(
        self, places: Sequence[Place] = (), renamed: Mapping[str, str] | Unanswered | None = None
    ) -> None:
        self._places, self._renamed = places, renamed
        self.asked: list[tuple[object, ...]] = []

    async def places(self, question: str, read: Read, path: str, line: int, name: str) -> Sequence[Place]:
        self.asked.append((question, read(path), line, name))
        return self._places

    async def rename(
        self, read: Read, path: str, line: int, name: str, new_name: str
    ) -> Mapping[str, tuple[str, str]] | Unanswered:
        self.asked.append((path, line, name, new_name))
        if isinstance(self._renamed, Unanswered):
            return self._renamed
        return {where: (read(where) or "", text) for where, text in (self._renamed or {}).items()}


async def call(
    root: Path, answers: Answers, tool: str, **arguments: object
) -> tuple[ToolResult, list[Event]]:
    for name, text in FILES.items():
        (root / name).write_text(text)
    events: list[Event] = []
    tree = FolderTree(root)
    landing = Landing(tree, tree.paths, events.append, guard=Guard(secret=("secret.py",)))
    tools: dict[str, Tool] = {one.name: one for one in name_tools(answers, landing)}
    parsed = parse_arguments(tools[tool], json.dumps(arguments))
    assert not isinstance(parsed, str), parsed
    return await tools[tool].run(parsed, lambda text: None), events


async def test_places_come_with_their_lines(tmp_path: Path) -> None:
    answers = Answers([Place("a.py", 1, 5), Place("b.py", 3, 1)])
    result, _ = await call(tmp_path, answers, "references", path="b.py", line=3, name="thing")
    assert result.text == "a.py:1: def thing():\nb.py:3: thing()"
    assert answers.asked == [("references", FILES["b.py"], 3, "thing")]


async def test_many_places_are_counted(tmp_path: Path) -> None:
    answers = Answers([Place("a.py", 1, 1)] * (MOST_PLACES + 5))
    result, _ = await call(tmp_path, answers, "definition", path="a.py", line=1, name="thing")
    assert result.text.count("\n") == MOST_PLACES and result.text.endswith("[5 more]")


async def test_lines_of_secret_files_are_not_shown(tmp_path: Path) -> None:
    (tmp_path / ".env").write_text("KEY=abc\n")
    result, _ = await call(
        tmp_path, Answers([Place(".env", 1, 1)]), "definition", path="a.py", line=1, name="thing"
    )
    assert result.text.strip() == ".env:1:"


async def test_a_rename_lands_as_one_unit(tmp_path: Path) -> None:
    renamed = {name: text.replace("thing", "gadget") for name, text in FILES.items()}
    arguments = {"path": "a.py", "line": 1, "name": "thing", "new_name": "gadget"}
    result, events = await call(tmp_path, Answers(renamed=renamed), "rename", **arguments)
    assert result.text == "Renamed thing to gadget in a.py, b.py."
    assert {name: (tmp_path / name).read_text() for name in FILES} == renamed
    assert [change.path for change in result.changes] == ["a.py", "b.py"]
    assert [type(event).__name__ for event in events] == ["FileChanged", "FileChanged"]


async def test_a_rename_that_breaks_a_file_or_leaves_the_project_changes_nothing(tmp_path: Path) -> None:
    arguments = {"path": "a.py", "line": 1, "name": "thing", "new_name": "x y"}
    for bad in ({"a.py": "def x y():\n    return 1\n"}, {"../out.py": "x\n"}, {".git/config": "x\n"}):
        result, _ = await call(tmp_path, Answers(renamed={**bad, "b.py": "x = 1\n"}), "rename", **arguments)
        assert not result.ok
        assert {name: (tmp_path / name).read_text() for name in FILES} == FILES


async def test_no_answer_is_a_result(tmp_path: Path) -> None:
    arguments = {"path": "a.py", "line": 1, "name": "thing", "new_name": "gadget"}
    result, _ = await call(tmp_path, Answers(renamed=Unanswered("No server.")), "rename", **arguments)
    assert (result.ok, result.text) == (False, "No server.")


def test_what_the_tools_cost_in_each_request(tmp_path: Path) -> None:
    tree = FolderTree(tmp_path)
    tools = name_tools(Answers(), Landing(tree, tree.paths, lambda event: None))
    specs = Toolbox.of(tools, load_texts().tools).specs
    assert [spec.name for spec in specs] == ["definition", "references", "rename"]
    assert sum(estimate(f"{spec.name}{spec.description}{spec.parameters}") for spec in specs) <= 240
