from __future__ import annotations

import asyncio
import errno
import itertools
from dataclasses import fields, replace
from pathlib import Path

import pytest
from helpers.agent_events import assert_promises
from helpers.jobs_house import BUG, CART, FIX, TESTS, Shop, edit
from helpers.workspace_state import fingerprint, git, state_of

from flashagent.agent.limits import Limits
from flashagent.errors import ModelUnreachable
from flashagent.events import AttemptStarted, CheckFinished, EditRejected, Event, FileChanged, Notice
from flashagent.jobs.fix import run_fix
from flashagent.jobs.job import FixJob
from flashagent.models.scripted import ScriptedReply, call
from flashagent.verify.detect import Check

pytestmark = pytest.mark.needs("bwrap")
FAILING = ("tests.test_cart.CartTest.test_discount", "tests.test_cart.CartTest.test_half_price")
TWO = FixJob(limits=Limits(attempts=2))


@pytest.fixture
def shop(tmp_path: Path) -> Shop:
    return Shop.make(tmp_path)


async def test_one_request_one_edit_fixed(shop: Shop) -> None:
    finished = await shop.run([edit()])
    assert_promises(shop.events)
    assert (finished.outcome, finished.exit_code) == ("fixed", 0)
    assert finished.report.fixed == FAILING
    assert finished.report.requests == 1
    assert shop.read() == CART.replace(BUG, FIX)
    assert [event.path for event in shop.events if isinstance(event, FileChanged)] == ["shop/cart.py"]
    assert git(shop.root, "status", "--porcelain").split() == ["M", "shop/cart.py"]


async def test_the_first_request_shows_the_failure_and_the_faulty_function(shop: Shop) -> None:
    await shop.run([edit()])
    assert "return amount - amount * discount / 10" in shop.prompts[0]
    assert "test_discount" in shop.prompts[0]
    assert "0.0 != 180" in shop.prompts[0]


async def test_a_text_block_repairs_too(shop: Shop) -> None:
    block = f"shop/cart.py\n<<<<<<< SEARCH\n    return amount - amount * {BUG}\n=======\n    return amount - amount * {FIX}\n>>>>>>> REPLACE\n"
    finished = await shop.run([block], tools=False)
    assert_promises(shop.events)
    assert finished.outcome == "fixed"
    assert shop.model is not None and shop.model.requests[0].tools == ()


async def test_saying_done_over_a_red_test_is_told_and_ends_as_not_fixed(shop: Shop) -> None:
    before = fingerprint(shop.root)
    finished = await shop.run(["All tests pass now, done."] * 2)
    assert_promises(shop.events)
    assert (finished.outcome, finished.exit_code) == ("not_fixed", 1)
    assert finished.report.still_failing == FAILING
    assert "nothing was changed" in shop.prompts[1]
    assert fingerprint(shop.root) == before


@pytest.mark.parametrize(
    "cheat",
    [
        edit("import unittest\n", "import os\nos._exit(0)\n", "tests/test_cart.py"),
        edit('"""A cart."""\n', '"""A cart."""\nimport os\nos._exit(0)\n'),
        edit(
            '"""A cart."""\n', '"""A cart."""\nprint("Ran 4 tests in 0.001s\\n\\nOK")\nraise SystemExit(0)\n'
        ),
        edit(
            "    def test_discount",
            "    @unittest.skip('later')\n    def test_discount",
            "tests/test_cart.py",
        ),
        edit(
            TESTS[TESTS.index("    def test_discount") : TESTS.index("    def test_count")],
            "",
            "tests/test_cart.py",
        ),
        edit("test_discount", "no_test_discount", "tests/test_cart.py"),
        ScriptedReply(
            tool_calls=(call("edit", {"edits": [{"path": "tests/test_cart.py", "delete": True}]}),)
        ),
        edit("total([100, 100], discount=10), 180", "1, 1", "tests/test_cart.py"),
    ],
    ids=[
        "exit-in-test",
        "exit-in-module",
        "fake-summary",
        "skip",
        "cut-tests",
        "rename-test",
        "delete-file",
        "loosen",
    ],
)
async def test_no_cheat_is_called_a_fix(shop: Shop, cheat: ScriptedReply) -> None:
    before = fingerprint(shop.root)
    finished = await shop.run([cheat, "Done.", "Done."])
    assert_promises(shop.events)
    assert (finished.outcome, finished.exit_code) == ("not_fixed", 1)
    assert fingerprint(shop.root) == before


async def test_a_fix_that_also_weakens_a_test_is_judged_with_the_original_test(shop: Shop) -> None:
    both = ScriptedReply(
        tool_calls=(
            call(
                "edit",
                {
                    "edits": [
                        {"path": "shop/cart.py", "old": BUG, "new": FIX},
                        {
                            "path": "tests/test_cart.py",
                            "old": "self.assertEqual(count([1, 2]), 2)",
                            "new": "pass",
                        },
                    ]
                },
            ),
        )
    )
    finished = await shop.run([both])
    assert_promises(shop.events)
    assert finished.outcome == "fixed"
    assert finished.report.files == ("shop/cart.py",)
    assert shop.read("tests/test_cart.py") == TESTS
    assert any(isinstance(event, Notice) and "changes tests" in event.text for event in shop.events)


async def test_a_wrong_edit_is_fed_back_with_the_new_values(shop: Shop) -> None:
    finished = await shop.run([edit(BUG, "discount / 1000"), edit("discount / 1000", FIX)])
    assert_promises(shop.events)
    assert finished.outcome == "fixed"
    assert "198.0 != 180" in shop.prompts[1]


async def test_a_refused_edit_shows_the_current_lines(shop: Shop) -> None:
    finished = await shop.run([edit("discount / 11", FIX), edit()])
    assert finished.outcome == "fixed"
    assert any(isinstance(event, EditRejected) for event in shop.events)
    assert "return amount - amount * discount / 10" in shop.prompts[1]


async def test_an_undefined_name_is_told_before_the_tests_run(shop: Shop) -> None:
    await shop.run([edit(BUG, "discont / 100"), edit("discont / 100", FIX)])
    assert "F821" in shop.prompts[1] and "discont" in shop.prompts[1]


async def test_the_failing_tests_run_alone_before_the_whole_check(shop: Shop) -> None:
    await shop.run([edit()])
    counts = [event.passed + event.failed for event in shop.events if isinstance(event, CheckFinished)]
    assert counts == [4, 2, 4]


async def test_effort_rises_and_is_told(shop: Shop) -> None:
    job = FixJob(limits=Limits(attempts=3))
    await shop.run(["Done."] * 3, job)
    levels = [event.effort for event in shop.events if isinstance(event, AttemptStarted)]
    assert levels == ["low", "medium", "high"]


async def test_commit_holds_only_the_fix(shop: Shop) -> None:
    (shop.root / "notes.txt").write_text("mine\n")
    (shop.root / "shop" / "__init__.py").write_text("# staged\n")
    git(shop.root, "add", "shop/__init__.py")
    finished = await shop.run([edit()], FixJob(commit=True))
    assert finished.outcome == "fixed"
    assert git(shop.root, "show", "--name-only", "--format=", finished.commit).split() == ["shop/cart.py"]
    assert git(shop.root, "status", "--porcelain").splitlines() == ["M  shop/__init__.py", "?? notes.txt"]


async def test_a_dry_run_writes_nothing_and_shows_the_patch(shop: Shop) -> None:
    before = fingerprint(shop.root)
    finished = await shop.run([edit()], FixJob(dry_run=True))
    assert finished.outcome == "fixed"
    assert f"+    return amount - amount * {FIX}" in finished.patch
    assert fingerprint(shop.root) == before


async def test_a_change_where_nothing_is_red(shop: Shop) -> None:
    (shop.root / "shop" / "cart.py").write_text(CART.replace(BUG, FIX))
    job = FixJob(goal="Rename count's parameter to items", change=True)
    change = ScriptedReply(
        tool_calls=(
            call(
                "edit",
                {
                    "edits": [
                        {
                            "path": "shop/cart.py",
                            "old": "def count(prices):\n    return len(prices)",
                            "new": "def count(items):\n    return len(items)",
                        }
                    ]
                },
            ),
        )
    )
    finished = await shop.run([change, "Renamed."], job)
    assert_promises(shop.events)
    assert (finished.outcome, finished.exit_code) == ("changed_unverified", 0)
    assert "def count(items)" in shop.read()


async def test_a_change_that_breaks_the_check_is_not_kept(shop: Shop) -> None:
    (shop.root / "shop" / "cart.py").write_text(CART.replace(BUG, FIX))
    before = fingerprint(shop.root)
    job = FixJob(goal="Return 0", change=True, limits=Limits(attempts=1))
    finished = await shop.run([edit("return len(prices)", "return 0"), "Done."], job)
    assert finished.outcome == "not_fixed"
    assert finished.report.newly_failing == ("tests.test_cart.CartTest.test_count",)
    assert fingerprint(shop.root) == before


async def test_green_and_nothing_asked_is_already_green(shop: Shop) -> None:
    (shop.root / "shop" / "cart.py").write_text(CART.replace(BUG, FIX))
    finished = await shop.run([])
    assert (finished.outcome, finished.exit_code) == ("already_green", 0)
    assert shop.model is not None and shop.model.requests == []


async def test_a_file_saved_by_the_user_meanwhile_wins(shop: Shop) -> None:
    mine = CART.replace(BUG, "discount / 7")

    def save_and_answer(request: object) -> ScriptedReply:
        (shop.root / "shop" / "cart.py").write_text(mine)
        return edit()

    finished = await shop.run([save_and_answer])
    assert_promises(shop.events)
    assert (finished.outcome, finished.exit_code) == ("not_fixed", 1)
    assert shop.read() == mine
    assert "shop/cart.py" in finished.report.message


async def test_a_file_saved_elsewhere_meanwhile_is_merged(shop: Shop) -> None:
    mine = CART.replace("A cart.", "My cart.")

    def save_and_answer(request: object) -> ScriptedReply:
        (shop.root / "shop" / "cart.py").write_text(mine)
        return edit()

    finished = await shop.run([save_and_answer])
    assert_promises(shop.events)
    assert finished.exit_code == 0
    assert shop.read() == mine.replace(BUG, FIX)
    notices = [event.text for event in shop.events if isinstance(event, Notice)]
    assert any("saved while the job was running" in text for text in notices)


async def test_an_unreachable_model_leaves_the_tree_alone(shop: Shop) -> None:
    before = fingerprint(shop.root)
    finished = await shop.run([ModelUnreachable("No answer from there.")])
    assert_promises(shop.events)
    assert (finished.outcome, finished.exit_code) == ("unreachable", 4)
    assert fingerprint(shop.root) == before


async def test_the_token_limit_ends_the_job_and_keeps_the_best_patch(shop: Shop) -> None:
    before = fingerprint(shop.root)
    job = FixJob(limits=Limits(tokens=3_500))
    wrong = [
        edit(BUG, "discount / 1000"),
        *([ScriptedReply(tool_calls=(call("read", {"path": "shop/cart.py"}),))] * 20),
    ]
    finished = await shop.run(wrong, job)
    assert_promises(shop.events)
    assert (finished.outcome, finished.exit_code) == ("limit", 3)
    assert finished.usage.total_tokens <= 3_500
    assert Path(finished.report.kept).is_file()
    assert fingerprint(shop.root) == before


async def test_cancelling_ends_as_interrupted_with_the_tree_as_it_was(shop: Shop) -> None:
    before = state_of(shop.root)
    house = shop.house([ScriptedReply("never", after=asyncio.Event())])
    task = asyncio.create_task(run_fix(TWO, house, shop.events.append))
    while shop.model is None or not shop.model.requests:
        await asyncio.sleep(0.01)
    task.cancel()
    finished = await task
    assert_promises(shop.events)
    assert (finished.outcome, finished.exit_code) == ("interrupted", 130)
    assert state_of(shop.root) == before


async def test_what_was_judged_before_a_run_was_cut_off_is_kept(shop: Shop) -> None:
    before = state_of(shop.root)
    house = shop.house([edit(BUG, "discount / 1000"), ScriptedReply("never", after=asyncio.Event())])
    task = asyncio.create_task(run_fix(TWO, house, shop.events.append))
    while shop.model is None or len(shop.model.requests) < 2:
        await asyncio.sleep(0.01)
    task.cancel()
    finished = await task
    assert finished.outcome == "interrupted" and state_of(shop.root) == before
    assert "amount * discount / 1000" in finished.patch
    assert Path(finished.report.kept).read_text() == finished.patch


async def test_only_the_limit_of_the_run_is_called_so(shop: Shop) -> None:
    def late() -> tuple[Check, ...]:
        raise TimeoutError("something else took too long")

    with pytest.raises(TimeoutError, match="something else"):
        await run_fix(TWO, replace(shop.house([]), checks=late), shop.events.append)
    reached = await run_fix(FixJob(limits=Limits(seconds=0.01)), shop.house([]), shop.events.append)
    assert (reached.outcome, reached.report.message) == ("limit", "The time limit of 0.01 s is reached.")


async def test_who_stops_it_once_the_files_are_written_is_told_that_they_are(shop: Shop) -> None:
    def stopping(event: Event) -> None:
        shop.events.append(event)
        if isinstance(event, FileChanged):
            task.cancel()  # what is left of the run is cleared away

    task = asyncio.create_task(run_fix(TWO, shop.house([edit()]), stopping))
    finished = await task
    assert (finished.outcome, finished.report.message) == ("fixed", "")
    assert finished.patch and shop.read() == CART.replace(BUG, FIX)


@pytest.mark.parametrize("part", ["commit", "commit_message"])
async def test_a_commit_that_the_machine_refuses_leaves_the_fix_and_says_so(shop: Shop, part: str) -> None:
    def full(*_: object, **__: object) -> str:
        raise OSError(errno.ENOSPC, "No space left on device")

    house = shop.house([edit()])
    house = type("House", (type(house),), {part: full})(*(getattr(house, f.name) for f in fields(house)))
    finished = await run_fix(FixJob(commit=True), house, shop.events.append)
    assert (finished.outcome, finished.commit) == ("fixed", "")
    assert shop.read() == CART.replace(BUG, FIX)
    said = [event.text for event in shop.events if isinstance(event, Notice)]
    assert "The change is in your files but not committed: No space left on device." in said


async def test_each_request_extends_the_one_before(shop: Shop) -> None:
    await shop.run([edit(BUG, "discount / 1000"), "Done.", edit("discount / 1000", FIX)])
    assert shop.model is not None
    requests = shop.model.requests
    for earlier, later in itertools.pairwise(requests):
        assert later.messages[: len(earlier.messages)] == earlier.messages
        assert later.tools == earlier.tools
