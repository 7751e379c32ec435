"""Diagnostics, places and renames from a scripted server that also does everything wrong that a server can do."""

from __future__ import annotations

import asyncio
import os
import signal
from collections.abc import Mapping
from pathlib import Path

import pytest
from helpers.diagnose_toy import Toy, toy

from flashagent.diagnose.lsp.places import Place, Unanswered
from flashagent.diagnose.lsp.server import MOST_STARTS

FILES = {"a.toy": "let thing = 1\nuse thing\n", "b.toy": "use thing, other\n"}


@pytest.mark.parametrize("options", [(), ("--push",)])
async def test_only_what_a_change_caused_is_told(tmp_path: Path, options: tuple[str, ...]) -> None:
    async with toy(tmp_path, {}, *options) as project:
        before = "old_bad\nfine\n"
        assert await project.problems(before, "\n\nold_bad\nfine\n") == []
        assert await project.problems(before, "old_bad\n\U0001f40d new_bad\n") == [
            "2:3 bad word in \U0001f40d new_bad"
        ]
        assert await project.problems(None, "created_bad\n") == ["1:1 bad word in created_bad"]
        assert await project.problems("old_bad\n", None) == []
        assert len(project.starts) == 1


async def test_a_server_that_is_not_warm_is_not_waited_for(tmp_path: Path) -> None:
    async with toy(tmp_path) as project:
        assert await project.problems("", "x_bad", wait_s=0.0) == []
        await project.warm()
        assert await project.problems("", "x_bad") == ["1:1 bad word in x_bad"]


async def test_a_slow_answer_is_left_and_the_next_one_is_right(tmp_path: Path) -> None:
    async with toy(tmp_path) as project:
        await project.warm()
        project.mark("slow")
        assert await project.problems("", "x_bad", wait_s=0.05) == []
        (project.marks / "slow").unlink()
        assert await project.problems("x_bad", "y_bad") == ["1:1 bad word in y_bad"]
        assert len(project.starts) == 1


@pytest.mark.parametrize("wrong", ["die", "garbage", "huge"])
async def test_a_server_that_breaks_in_mid_request_is_replaced(tmp_path: Path, wrong: str) -> None:
    async with toy(tmp_path) as project:
        await project.warm()
        project.mark(wrong)
        assert await project.problems("was_bad", "was_bad\nx_bad") == ["2:1 bad word in x_bad"]
        first, second = project.starts
        assert is_gone(first)
        assert not is_gone(second)


async def test_a_server_that_dies_before_it_told_anything_by_itself_is_replaced(tmp_path: Path) -> None:
    async with toy(tmp_path, {}, "--push") as project:
        await project.warm()
        project.mark("mute")
        asking = asyncio.create_task(project.problems("", "x_bad"))
        while not (project.marks / "muted").exists():
            await asyncio.sleep(0.01)
        (project.marks / "mute").unlink()
        os.kill(project.starts[0], signal.SIGKILL)
        assert await asking == ["1:1 bad word in x_bad"]
        assert len(project.starts) == 2


async def test_a_server_that_hangs_is_replaced(tmp_path: Path) -> None:
    async with toy(tmp_path) as project:
        await project.warm()
        project.mark("hang")
        for _ in range(3):
            assert await project.problems("", "x_bad", wait_s=0.05) == []
        (project.marks / "hang").unlink()
        assert await project.problems("", "x_bad") == ["1:1 bad word in x_bad"]
        assert len(project.starts) == 2


async def test_a_server_that_never_begins_is_given_up(tmp_path: Path) -> None:
    async with toy(tmp_path) as project:
        project.mark("refuse")
        assert await project.problems("", "x_bad") == []
        assert len(project.starts) == MOST_STARTS
        assert project.servers.servers[0].hopeless
        assert project.servers.servers[0].trouble == "no"
        assert await project.problems("", "x_bad") == []
        assert len(project.starts) == MOST_STARTS


async def test_nothing_is_left_running(tmp_path: Path) -> None:
    async with toy(tmp_path) as project:
        await project.warm()
    (process,) = project.starts
    assert is_gone(process)


async def test_places_of_a_name(tmp_path: Path) -> None:
    async with toy(tmp_path, FILES) as project:
        await project.warm()
        found = await project.servers.places("references", project.text, "a.toy", 1, "thing")
        assert found == [Place("a.toy", 1, 5), Place("a.toy", 2, 5), Place("b.toy", 1, 5)]
        found = await project.servers.places("definition", project.text, "b.toy", 1, "thing")
        assert found == [Place("a.toy", 1, 5)]
        assert await project.servers.places("definition", project.text, "b.toy", 1, "no") == Unanswered(
            "no does not stand on line 1 of b.toy."
        )


async def test_files_that_were_changed_and_not_written_count(tmp_path: Path) -> None:
    async with toy(tmp_path, FILES) as project:
        await project.warm()
        texts = {**FILES, "a.toy": "nothing\nlet thing = 1\n", "c.toy": "use thing\n"}
        await project.problems(None, texts["a.toy"])
        found = await project.servers.places("references", texts.get, "c.toy", 1, "thing")
        assert found == [Place("a.toy", 2, 5), Place("b.toy", 1, 5), Place("c.toy", 1, 5)]


async def test_a_rename_comes_back_as_texts(tmp_path: Path) -> None:
    async with toy(tmp_path, FILES) as project:
        await project.warm()
        assert await project.servers.rename(project.text, "b.toy", 1, "thing", "gadget") == {
            "a.toy": (FILES["a.toy"], "let gadget = 1\nuse gadget\n"),
            "b.toy": (FILES["b.toy"], "use gadget, other\n"),
        }
        assert {name: project.text(name) for name in FILES} == FILES


async def test_nothing_outside_of_the_root_is_believed(tmp_path: Path) -> None:
    async with toy(tmp_path, FILES) as project:
        await project.warm()
        project.mark("outside")
        found = await project.servers.places("references", project.text, "b.toy", 1, "other")
        assert found == [Place("b.toy", 1, 12)]
        said = await project.servers.rename(project.text, "b.toy", 1, "other", "x")
        assert isinstance(said, Unanswered) and "/etc/passwd lies outside" in said.why


async def test_a_file_that_changed_on_disk_alone_is_not_renamed(tmp_path: Path) -> None:
    async with toy(tmp_path, FILES) as project:
        await project.warm()
        texts: Mapping[str, str] = {**FILES, "b.toy": "// other text\nuse thing\n"}
        said = await project.servers.rename(texts.get, "a.toy", 1, "thing", "gadget")
        assert said == Unanswered("The server's rename is not usable: b.toy is not what the server saw.")


async def test_without_a_warm_server_there_is_no_answer(tmp_path: Path) -> None:
    async with toy(tmp_path, FILES) as project:
        said = await project.servers.rename(project.text, "a.toy", 1, "thing", "x")
        assert said == Unanswered("No language server stands ready for a.toy.")
        said = await project.servers.rename(project.text, "a.py", 1, "thing", "x")
        assert said == Unanswered("No language server stands ready for a.py.")


async def test_only_servers_of_the_files_are_started(tmp_path: Path) -> None:
    async with toy(tmp_path, FILES) as project:
        project.servers.warm_up(["x.py", "README"])
        await asyncio.sleep(0)
        assert not project.servers.warm and project.starts == []
        project.servers.warm_up(["x.py", "y.toy"])
        await project.warm()
        assert project.servers.warm


async def test_what_changed_on_the_disk_is_told_and_seen_again(tmp_path: Path) -> None:
    async with toy(tmp_path, FILES) as project:
        project.servers.warm_up(list(FILES))
        await project.warm()
        await project.problems(FILES["a.toy"], "let planned = 1\n")
        (project.root / "b.toy").write_text("use thing, other and more\n")
        (project.root / "c.toy").write_text("")
        project.servers.warm_up([*FILES, "c.toy"])
        found = await project.servers.places("definition", project.text, "b.toy", 1, "thing")
        assert found == [Place("a.toy", 1, 5)]
        told = sorted((project.marks / "changed").read_text().split())
        assert told == ["b.toy:2", "c.toy:1"]


def is_gone(process: int) -> bool:
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return True
    return False


async def test_two_questions_at_once(tmp_path: Path) -> None:
    async with toy(tmp_path, FILES) as project:
        await project.warm()
        both = await asyncio.gather(problem_of(project, "x_bad"), problem_of(project, "x_bad"))
        assert both == [["1:1 bad word in x_bad"]] * 2


async def problem_of(project: Toy, text: str) -> list[str]:
    return await project.problems("", text)
