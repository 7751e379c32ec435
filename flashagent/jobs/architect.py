"""Ask the stronger model for a plan before a hard goal, and for a review before a risky patch is kept."""

from __future__ import annotations

import re
from collections.abc import Sequence

from flashagent.agent.limits import Budget
from flashagent.agent.requests import heard_by_nobody, send, tell_budget
from flashagent.errors import FlashagentError
from flashagent.events import Emit, Notice
from flashagent.jobs.house import House, Models
from flashagent.jobs.workbench import clean, new_session
from flashagent.messages import UserMessage
from flashagent.models.base import ModelRequest
from flashagent.tools.outputs import cut_middle
from flashagent.untrusted import mark, new_nonce

PLAN_TOKENS, REVIEW_TOKENS = 1_200, 600
PATCH_TOKENS = 12_000
_REJECTED = re.compile(r"[\W_]*REJECT(?:ED)?(?![^\W_])[\W_]*(.*)", re.IGNORECASE | re.DOTALL)


class Architect:
    """The stronger model of a job; every question of it is paid from the job's budget. It advises: an answer that does not
    come stops nothing."""

    def __init__(self, house: House, models: Models, budget: Budget, emit: Emit) -> None:
        self._house = house
        self._models = models
        self._budget = budget
        self._emit = emit

    @property
    def is_there(self) -> bool:
        return self._models.router.architect is not None

    async def plan(self, task: str) -> str:
        """Steps for the task, '' when there is no architect or no answer."""
        return await self._ask(self._house.texts.plan.fill(task=task), PLAN_TOKENS)

    async def objection(self, goal: str, patch: str, risks: Sequence[str]) -> str:
        """Why the patch should not be kept; '' when it may be, or nobody is there to say."""
        prompt = self._house.texts.review.fill(
            risks="; ".join(risks),
            goal=goal or "make the failing check pass",
            patch=mark(cut_middle(clean(self._house, patch), PATCH_TOKENS), "patch", new_nonce()),
        )
        said = _REJECTED.match(await self._ask(prompt, REVIEW_TOKENS))
        if said is None:
            return ""
        return " ".join(said[1].split()) or "no reason was given"

    async def _ask(self, prompt: str, cap: int) -> str:
        model = self._models.router.architect
        if model is None:
            return ""
        thread = new_session(self._house, self._models, self._budget, self._emit).thread
        thread.model = model
        try:
            reply = await send(thread, ModelRequest((UserMessage(prompt),)), cap, heard_by_nobody)
        except FlashagentError as error:
            self._emit(Notice("warning", f"The architect gave no answer: {error.message}", error.hint))
            return ""
        tell_budget(thread, self._emit)
        return clean(self._house, reply.text).strip()
