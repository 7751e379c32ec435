from __future__ import annotations

import json
from pathlib import Path

from helpers.tools_tree import FolderTree

from flashagent.events import ApprovalRequested, ApprovalResolved, Decision, Event
from flashagent.repomap.render import skeleton
from flashagent.syntax.parse import definitions
from flashagent.tools.ask_user import AskUserTool
from flashagent.tools.base import Tool, ToolResult, parse_arguments
from flashagent.tools.docs import MOST_TOKENS, DocsTool
from flashagent.tools.landing import Landing
from flashagent.tools.outputs import Outputs
from flashagent.tools.read import ReadTool, neighbours, symbol_finder


async def use(tool: Tool, **arguments: object) -> ToolResult:
    parsed = parse_arguments(tool, json.dumps(arguments))
    assert not isinstance(parsed, str), parsed
    return await tool.run(parsed, lambda text: None)


async def test_docs_answers_from_what_is_installed_and_never_at_length() -> None:
    async def look_up(name: str) -> tuple[bool, str]:
        return name == "json.dumps", "def dumps(obj)\n" + "word " * 5_000

    found = await use(DocsTool(look_up), name="json.dumps")
    assert (found.ok, found.for_person) == (True, "def dumps(obj)")
    assert len(found.text) < 5 * MOST_TOKENS
    assert not (await use(DocsTool(look_up), name="json.dump_all")).ok


async def test_a_question_goes_to_the_person_and_their_words_to_the_model() -> None:
    seen: list[Event] = []

    async def ask(call_id: str) -> tuple[Decision, str]:
        return ("once", "but keep the name") if call_id == "question-1" else ("deny", "")

    tool = AskUserTool(ask, seen.append)
    assert (await use(tool, question="May I split it?")).text == "The user says yes. but keep the name"
    assert (await use(tool, question="And delete it?")).text == "The user says no."
    assert seen[:2] == [
        ApprovalRequested("question-1", "May I split it?", (), "", "The model asks you."),
        ApprovalResolved("question-1", "once", "but keep the name"),
    ]


async def test_the_rest_of_a_long_output_is_read_by_range(tmp_path: Path) -> None:
    outputs = Outputs(tmp_path / "kept")
    shown = outputs.fit("\n".join(f"line {n}" for n in range(1, 5_001)), 200)
    assert "5000 lines in all; `read` output:1" in shown
    tree = FolderTree(tmp_path)
    landing = Landing(tree, tree.paths, lambda event: None)
    tool = ReadTool(landing, skeleton, symbol_finder(definitions), neighbours(tree.paths), outputs=outputs)
    part = await use(tool, path="output:1", start=2_500, end=2_501)
    assert part.text == "output:1 lines 2500-2501 of 5000:\nline 2500\nline 2501"
    assert (await use(tool, path="output:1")).text.endswith("line 100")
    assert not (await use(tool, path="output:2")).ok
    assert not (await use(tool, path="output:1", start=9_999)).ok
