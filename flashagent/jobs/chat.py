"""A conversation with a model about one repository: its edits land in a candidate tree during a turn and reach the user's
tree together when the turn ends in order. An interrupted turn leaves the tree as it was."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import replace

from flashagent.agent.calls import Carried
from flashagent.agent.compaction import Memory
from flashagent.agent.context import choose_focus
from flashagent.agent.facts import words_of
from flashagent.agent.limits import Budget, Limits
from flashagent.agent.requests import lighten, shorten
from flashagent.agent.session import Session
from flashagent.agent.thread import Ruling
from flashagent.agent.words import linted
from flashagent.errors import UsageError
from flashagent.events import Emit, FocusChosen, MapReady, Notice
from flashagent.jobs.house import House, Models
from flashagent.jobs.remembering import recalled
from flashagent.jobs.saves import merged_files, tell
from flashagent.jobs.trees import candidate
from flashagent.jobs.waiting import uninterrupted
from flashagent.jobs.workbench import (
    RunCheckForModel,
    clean,
    compactor_for,
    guard_for,
    landing_in,
    new_session,
    permit_text,
    toolbox,
)
from flashagent.ports import MapQuery
from flashagent.prompts import Prompt
from flashagent.tools.landing import Landing, land_text
from flashagent.tools.tree import announce
from flashagent.values import CheckReport, FileChange, FocusQuery, Usage
from flashagent.verify.detect import Check

FOCUS_SYMBOLS = 12
DROPPED = "Your turn before this one did not end in order: none of its edits are in the files."


class Chat:
    """One session. `turn` runs one prompt; `interrupt` and `steer` reach the turn that is running. `pins` are files that
    the model is shown whole at the next turn, and again whenever their text has changed since."""

    def __init__(self, house: House, models: Models, prompt: Prompt, limits: Limits, emit: Emit) -> None:
        self._house = house
        self._prompt = prompt
        self._emit = emit
        self._map: MapQuery | None = None
        self._checks: Sequence[Check] | None = None
        self.limits = limits
        self._before = Usage()
        self._cost_before: float | None = 0.0
        self.session: Session = new_session(house, models, Budget(limits, house.clock, house.price), emit)
        self._now: tuple[str, Landing | None] = "", None
        self.session.thread.compactor = compactor_for(house, models, self._memory, by_model=True)
        self.session.thread.sum_up = house.texts.sum_up
        self.pins: tuple[str, ...] = ()
        self._pinned: dict[str, str] = {}  # the texts of pins as the model has last seen them
        self._told: set[str] = set()  # the facts that it was told
        self._asked = models.asking.format

    @property
    def usage(self) -> Usage:
        """What all turns together have used."""
        return self._before + self.session.thread.budget.usage

    @property
    def cost(self) -> float | None:
        """What all turns together have cost, None when a price is unknown."""
        now = self.session.thread.budget.cost
        return None if now is None or self._cost_before is None else self._cost_before + now

    def _renew_budget(self) -> None:
        """The limits hold for each turn anew, but the money for all of them together."""
        self._before, self._cost_before = self.usage, self.cost
        limits = self.limits
        if limits.cost is not None:
            limits = replace(limits, cost=max(0.0, limits.cost - (self._cost_before or 0.0)))
        self.session.thread.budget = Budget(limits, self._house.clock, self._house.price)

    def use(self, house: House, models: Models) -> None:
        """Ask these models from the next turn on; the conversation goes on."""
        self._house = house
        thread = self.session.thread
        asked, self._asked = self._asked, models.asking.format
        if self._asked != asked:
            # The system text stays as it is: what another model needs to hear goes on at the end.
            thread.steering.append(f"From now on: {house.texts.formats[self._asked]}")
        thread.model, thread.temperature = models.router.flash, models.temperature
        thread.reply_cap = models.reply_cap
        thread.compactor = compactor_for(house, models, self._memory, by_model=True)
        if models.tools:
            thread.text_only, thread.text_tools = False, None
        elif not thread.text_only:
            thread.take_tools_away()

    async def turn(self, prompt: str) -> None:
        """One turn and, when it changed files, the checks; all of it as events."""
        self._renew_budget()
        repo_map = await self._open_map()
        async with candidate(self._house) as tree:
            guard = guard_for(self._house, prompt)
            landing = landing_in(self._house, tree, self._emit, guard)
            landing.permit_text = permit_text(self.session, self._emit)
            check = self._checker(landing)
            thread = self.session.thread
            thread.equip(
                toolbox(self._house, landing, tree, repo_map, check, guard, thread.outputs, self._emit)
            )
            self._now = prompt, landing

            async def linted_step(carried: Carried) -> Ruling:
                return Ruling(tell=linted(await landing.problems()))

            await lighten(thread, self._emit)
            ended = False
            try:
                asked = await self._with_focus(prompt, repo_map, landing)
                ended = (await self.session.turn(asked, linted_step)).end in ("done", "stopped")
            finally:
                if not ended:
                    self._tell_dropped(landing.changes())
            if not ended:
                return
            _, refusal = await land_text(self.session.last_text, landing, self._emit)
            if refusal:
                self._emit(Notice("warning", "The edits in the reply were refused.", refusal))
            changes = landing.changes()
        if changes:
            await self._keep(changes, prompt)

    def _tell_dropped(self, changes: Sequence[FileChange]) -> None:
        """Both the person and the model have been told that these edits were written."""
        if changes:
            paths = ", ".join(change.path for change in changes)
            self._emit(
                Notice(
                    "warning", f"The turn did not end in order: its edits of {paths} are not in your files."
                )
            )
            self.session.thread.steering.append(DROPPED)

    def _memory(self) -> Memory:
        """What a compaction keeps of the turn that is running; the model sums up the turns before it."""
        prompt, landing = self._now
        self._pinned, self._told = {}, set()  # what is summed up is no longer in view
        return Memory(prompt, patch=clean(self._house, landing.diff()) if landing else "")

    async def compact(self) -> bool:
        """Shorten the conversation now; ContextCompacted tells of it. False when there is nothing to leave out."""
        self._renew_budget()
        return await shorten(self.session.thread, self._emit)

    def interrupt(self) -> None:
        self.session.interrupt()

    def steer(self, text: str) -> None:
        self.session.steer(text)

    async def _open_map(self) -> MapQuery:
        repo_map, stats = await asyncio.to_thread(self._house.open_map)
        self._emit(MapReady(stats.files, stats.symbols, stats.seconds, stats.from_cache))
        return repo_map

    async def _with_focus(self, prompt: str, repo_map: MapQuery, landing: Landing) -> str:
        query = FocusQuery(text=prompt, changed=tuple(self._house.repository.recently_changed(20)))
        ranked = await asyncio.to_thread(repo_map.rank, query, limit=FOCUS_SYMBOLS)
        focus = choose_focus(ranked, landing.readable, self._house.focus_tokens)
        for path, text in focus.files:
            landing.show(path, text)
        self._emit(FocusChosen(focus.shown, focus.tokens, "ranked for this prompt"))
        parts = [*self._fresh_pins(landing), focus.text, self._recalled(prompt)]
        shown = "\n\n".join(filter(None, parts))
        return self._prompt.fill(prompt=prompt, focus=clean(self._house, shown)) if shown else prompt

    def _recalled(self, prompt: str) -> str:
        """What is remembered and was not told in this conversation before; told anew after a compaction."""
        text, facts = recalled(self._house, words_of(prompt), self._emit, self._told)
        self._told |= {fact.id for fact in facts}
        return text

    def _fresh_pins(self, landing: Landing) -> list[str]:
        """The pinned files whose present text the model has not seen yet, each whole."""
        blocks = []
        for path in self.pins:
            text = landing.readable(path)
            if text is None or self._pinned.get(path) == text:
                continue
            self._pinned[path] = text
            landing.show(path, text)
            blocks.append(f"{path} (pinned by the user)\n```\n{text.rstrip()}\n```")
        return blocks

    async def _keep(self, changes: tuple[FileChange, ...], prompt: str) -> None:
        def write() -> tuple[FileChange, ...]:
            self._house.checkpoint(f"before: {prompt[:60]}")
            return self._house.workspace.apply_merging(changes)

        written = await uninterrupted(write)
        if saved := merged_files(changes, written):
            tell(saved, self._emit)
        for change in written:
            announce(change, self._emit)
        await self._verify()

    async def _verify(self) -> None:
        """The harness's word after a change; its events say passed or failed."""
        for check in self._found_checks():
            async with candidate(self._house) as tree:
                report = await self._house.verifier.run(check, tree=tree)
            if not report.green:
                self._emit(Notice("warning", "The check fails.", "/fix works until it passes."))
                return

    def _found_checks(self) -> Sequence[Check]:
        if self._checks is None:
            try:
                self._checks = self._house.checks()
            except UsageError as error:
                self._emit(Notice("info", error.message, error.hint))
                self._checks = ()
        return self._checks

    def _checker(self, landing: Landing) -> RunCheckForModel:
        """The check as the model may ask for it: on a tree that holds what it has changed so far."""

        async def check(test: str | None) -> tuple[bool, str]:
            checks = self._found_checks()
            if not checks:
                return False, "No check is known for this repository."
            async with candidate(self._house, landing.changes()) as tree:
                report: CheckReport = await self._house.verifier.run(
                    checks[0], tests=(test,) if test else (), tree=tree
                )
            return report.green, clean(
                self._house, report.output[-2_000:]
            ) or f"exit status {report.exit_code}"

        return check
