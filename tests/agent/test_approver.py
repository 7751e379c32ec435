"""What a question does: it shows the exact command, remembers a lasting yes, and lets a no stand."""

from __future__ import annotations

import asyncio

import pytest

from flashagent.agent.approvals import Action, Command, Grants
from flashagent.agent.approver import Approver, Forgetful, Questions
from flashagent.errors import UsageError
from flashagent.events import ApprovalRequested, ApprovalResolved, Decision, Event

LEAVE = Action(
    "run", "pip list", ("/bin/sh", "-c", "pip list"), "/p", outside=True, reason="no network inside"
)
COMMAND = Command(LEAVE.argv, "/p", outside=True)


class Kept(Forgetful):
    """A memory that shows what it was told to keep."""

    def __init__(self) -> None:
        super().__init__()
        self.kept: list[Command] = []

    def keep(self, command: Command) -> None:
        self.kept.append(command)


def answering(*answers: tuple[Decision, str]):
    left = list(answers)

    async def ask(call_id: str) -> tuple[Decision, str]:
        return left.pop(0)

    return ask


async def test_a_question_shows_argv_folder_reason_and_scope() -> None:
    seen: list[Event] = []
    approver = Approver(ask=answering(("once", "")))
    assert await approver.permit("c", LEAVE, seen.append) == ""
    assert seen == [
        ApprovalRequested(
            "c",
            "pip list",
            ("/bin/sh", "-c", "pip list"),
            "/p",
            "It would run outside the sandbox. The model's reason: no network inside",
            "A lasting yes covers exactly this command in this folder, nothing else.",
        ),
        ApprovalResolved("c", "once"),
    ]


@pytest.mark.parametrize(
    ("decision", "kept", "granted"),
    [("once", [], False), ("session", [], True), ("project", [COMMAND], True)],
)
async def test_a_yes_reaches_as_far_as_it_says(
    decision: Decision, kept: list[Command], granted: bool
) -> None:
    memory = Kept()
    approver = Approver(ask=answering((decision, "")), memory=memory)
    await approver.permit("c", LEAVE, lambda event: None)
    assert memory.kept == kept
    assert (COMMAND in approver.grants.allowed) is granted
    assert memory.recent() == (COMMAND,)


async def test_a_no_goes_to_the_model_with_its_reason_and_is_not_asked_again() -> None:
    seen: list[Event] = []
    approver = Approver(ask=answering(("deny", "use the vendored copy")))
    assert await approver.permit("c", LEAVE, seen.append) == "The user said no. use the vendored copy"
    again = await approver.permit("d", LEAVE, seen.append)
    assert again == "You denied this command before. use the vendored copy"
    assert [type(event).__name__ for event in seen] == ["ApprovalRequested", "ApprovalResolved"]


async def test_the_project_memory_counts_like_a_yes() -> None:
    class Remembers(Forgetful):
        def grants(self) -> Grants:
            return Grants().allowing(COMMAND)

    assert await Approver(memory=Remembers()).permit("c", LEAVE, lambda event: None) == ""


async def test_without_anyone_to_ask_it_is_a_denial_that_says_why() -> None:
    why = await Approver().permit("c", LEAVE, lambda event: None)
    assert "nobody is there" in why and "no network inside" in why


async def test_questions_are_answered_by_their_id_once() -> None:
    questions = Questions()
    asked = asyncio.create_task(questions.ask("c"))
    await asyncio.sleep(0)
    questions.answer("c", "once")
    assert await asked == ("once", "")
    with pytest.raises(UsageError, match="No question is open"):
        questions.answer("c", "once")
