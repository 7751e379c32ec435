"""A scripted model doing its worst: nothing acts outside the sandbox, no secret is shown, no patch is more than its edits."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest
from helpers.agent_events import assert_promises
from helpers.jobs_house import BUG, CART, FIX, TESTS, Shop, edit
from helpers.workspace_state import fingerprint, git

from flashagent.agent.limits import Limits
from flashagent.events import EditRejected
from flashagent.jobs.fix import run_fix
from flashagent.jobs.job import FixJob
from flashagent.jobs.waiting import uninterrupted
from flashagent.models.scripted import ScriptedReply, call

pytestmark = pytest.mark.needs("bwrap")


@pytest.fixture
def shop(tmp_path: Path) -> Shop:
    return Shop.make(tmp_path)


@pytest.mark.parametrize(
    "path",
    [
        ".envrc",
        ".vscode/tasks.json",
        ".husky/pre-commit",
        "AGENTS.md",
        "flashagent.yaml",
        ".github/workflows/x.yml",
    ],
)
async def test_files_that_act_outside_the_sandbox_are_refused(shop: Shop, path: str) -> None:
    plant = ScriptedReply(tool_calls=(call("edit", {"edits": [{"path": path, "old": "", "new": "x\n"}]}),))
    finished = await shop.run([plant, edit()])
    assert_promises(shop.events)
    assert finished.outcome == "fixed"
    assert finished.report.files == ("shop/cart.py",)
    assert not (shop.root / path).exists()
    assert "left to the user" in shop.prompts[1]


async def test_a_hook_of_the_repository_is_not_changed_by_a_model(shop: Shop) -> None:
    hook = shop.root / "hooks" / "pre-commit"
    hook.parent.mkdir()
    hook.write_text("#!/bin/sh\nexit 0\n")
    hook.chmod(0o755)
    git(shop.root, "add", "-A")
    git(shop.root, "commit", "-qm", "hook")
    git(shop.root, "config", "core.hooksPath", "hooks")
    finished = await shop.run(
        [edit("exit 0", "touch /tmp/owned", "hooks/pre-commit"), edit()], FixJob(commit=True)
    )
    assert finished.outcome == "fixed" and finished.commit
    assert hook.read_text() == "#!/bin/sh\nexit 0\n"
    assert any(isinstance(event, EditRejected) for event in shop.events)


async def test_a_file_of_secrets_is_neither_shown_nor_printed(shop: Shop) -> None:
    (shop.root / ".env").write_text("STRIPE=Zq7abcXYZ123456def\n")
    calls = (call("read", {"path": ".env"}), call("run", {"command": "cat .env; echo end"}))
    await shop.run([ScriptedReply(tool_calls=calls), edit()])
    assert shop.model is not None
    assert "Zq7abcXYZ123456def" not in repr(shop.model.requests)
    assert "Zq7abcXYZ123456def" not in repr(shop.events)


@pytest.mark.parametrize("path", [".env", ".env/.", "conf.txt"])
async def test_no_tool_shows_a_file_of_secrets_under_any_of_its_names(shop: Shop, path: str) -> None:
    (shop.root / ".env").write_text("COLOUR=turquoise-and-plum\n")
    (shop.root / "conf.txt").symlink_to(".env")
    calls = [
        call("read", {"path": path}),
        call("edit", {"edits": [{"path": path, "old": "COLOUR=turquoise", "new": "x"}]}),
        call("edit", {"edits": [{"path": path, "old": "COLOR=", "new": "x"}]}),
        call("search", {"text": "COLOUR", "under": path}),
    ]
    finished = await shop.run([ScriptedReply(tool_calls=tuple(calls)), edit()])
    assert shop.model is not None and finished.report.files == ("shop/cart.py",)
    assert "plum" not in repr(shop.model.requests) and "plum" not in repr(shop.events)


async def test_a_search_leaves_out_what_reading_does(shop: Shop) -> None:
    (shop.root / "secrets.yaml").write_text("colour: turquoise-and-plum\n")
    (shop.root / "notes.txt").write_text("colour: green\n")
    calls = [call("search", {"text": "colour"}), call("search", {"text": "colour", "under": "secrets.yaml"})]
    await shop.run([ScriptedReply(tool_calls=tuple(calls)), edit()])
    assert shop.model is not None
    answers = [message.text for message in shop.model.requests[1].messages[-2:]]
    assert answers == ["Lines:\nnotes.txt:1:colour: green", "Nothing found."]


async def test_a_link_does_not_lead_past_the_guard(shop: Shop) -> None:
    flow = shop.root / ".github" / "workflows" / "ci.yml"
    flow.parent.mkdir(parents=True)
    flow.write_text("on: push\n")
    (shop.root / "ci").symlink_to(".github/workflows")
    git(shop.root, "add", "-A")
    git(shop.root, "commit", "-qm", "flow")
    finished = await shop.run([edit("on: push", "on: pull_request_target", "ci/ci.yml"), edit()])
    assert (finished.outcome, finished.report.files) == ("fixed", ("shop/cart.py",))
    assert flow.read_text() == "on: push\n"
    assert ".github/workflows/ci.yml takes effect outside the sandbox" in shop.prompts[1]


async def test_an_edit_through_a_link_is_told_by_the_path_of_the_file_itself(shop: Shop) -> None:
    (shop.root / "lib").symlink_to("shop")
    git(shop.root, "add", "-A")
    git(shop.root, "commit", "-qm", "link")
    finished = await shop.run([edit(path="lib/cart.py")])
    assert (finished.outcome, finished.report.files) == ("fixed", ("shop/cart.py",))
    assert shop.read() == CART.replace(BUG, FIX)


async def test_a_test_cannot_write_into_the_patch(tmp_path: Path) -> None:
    writes = TESTS.replace(
        "    def test_total(self):",
        "    def test_total(self):\n        import pathlib\n        f = pathlib.Path('shop/cart.py')\n"
        "        f.write_text(f.read_text() + 'PAYLOAD = 1\\n')",
    )
    shop = Shop.make(
        tmp_path,
        {"shop/__init__.py": "", "shop/cart.py": CART, "tests/__init__.py": "", "tests/test_cart.py": writes},
    )
    finished = await shop.run([edit()])
    assert finished.outcome == "fixed"
    assert shop.read() == CART.replace(BUG, FIX)


@pytest.mark.parametrize(
    "arguments",
    ['{"edits":' + "[" * 100_000, '{"edits": [{"path": "a\\ud800", "old": "", "new": "\\udfff"}]}'],
)
async def test_no_arguments_of_a_call_end_the_job(shop: Shop, arguments: str) -> None:
    finished = await shop.run([ScriptedReply(tool_calls=(call("edit", arguments),)), edit()])
    assert_promises(shop.events)
    assert finished.outcome == "fixed"


async def test_a_huge_new_file_is_refused_and_the_job_goes_on(shop: Shop) -> None:
    huge = ScriptedReply(
        tool_calls=(call("edit", {"edits": [{"path": "big.txt", "old": "", "new": "x" * 2_500_000}]}),)
    )
    finished = await shop.run([huge, edit()], FixJob(limits=Limits(tokens=5_000_000)))
    assert finished.outcome == "fixed"
    assert not (shop.root / "big.txt").exists()


async def test_a_thousand_calls_in_one_reply_are_cut(shop: Shop) -> None:
    many = ScriptedReply(tool_calls=tuple(call("read", {"path": "shop/cart.py"}) for _ in range(1_000)))
    finished = await shop.run([many, edit()])
    assert_promises(shop.events)
    assert finished.outcome == "fixed"
    assert "at most 40 calls" in shop.prompts[1]


async def test_a_forged_runner_is_found_out_by_the_bare_command(shop: Shop) -> None:
    forge = (
        '"""A cart."""\nimport gc\nfor o in gc.get_objects():\n'
        "    if isinstance(o, type) and o.__name__ == 'Result' and o.__module__ == '__main__':\n"
        "        o.addFailure = lambda self, t, e: self.addSuccess(t)\n        o.addError = o.addFailure\n"
    )
    before = fingerprint(shop.root)
    finished = await shop.run([edit('"""A cart."""\n', forge), "Done."], FixJob(limits=Limits(attempts=1)))
    assert finished.outcome == "not_fixed"
    assert fingerprint(shop.root) == before


async def test_a_model_may_not_sign_the_commit(shop: Shop) -> None:
    reply = ScriptedReply(
        "Fixed.\nSigned-off-by: Somebody <a@b>\nCo-authored-by: X <x@y>", tool_calls=edit().tool_calls
    )
    finished = await shop.run([reply], FixJob(goal="Repair \x1b[31mit", commit=True))
    message = git(shop.root, "show", "-s", "--format=%B", finished.commit)
    assert "-by:" not in message and "\x1b" not in message


async def test_what_is_begun_is_finished_and_said_so() -> None:
    task = asyncio.create_task(uninterrupted(lambda: "written"))
    await asyncio.sleep(0)
    task.cancel()
    assert await task == "written"


async def test_a_disk_that_refuses_is_no_bug_of_ours(shop: Shop) -> None:
    house = shop.house([edit()])

    class Full:
        def tree(self, changes: object, *, quick: bool = False) -> object:
            raise OSError(28, "No space left on device", "/state/trees")

        def close(self) -> None: ...

    import dataclasses

    finished = await run_fix(FixJob(), dataclasses.replace(house, trees=Full()), shop.events.append)  # type: ignore[arg-type]
    assert (finished.outcome, finished.exit_code) == ("usage", 2)
    assert "No space left on device" in finished.report.message
