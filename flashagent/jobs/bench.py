"""The workbench of one way to a patch: a session in a candidate tree, and the checks that judge what it changes."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import field
from pathlib import Path

from flashagent import untrusted
from flashagent.agent.attempts import Attempts, OnBest, Plan, Start
from flashagent.agent.compaction import Memory
from flashagent.agent.context import Focus, choose_focus
from flashagent.agent.effort import Effort, Situation
from flashagent.agent.facts import features_of, words_of
from flashagent.agent.limits import Budget
from flashagent.agent.witness import RunBare, RunCheck, Watched, Witness
from flashagent.agent.words import PromptWords
from flashagent.dataclass import dataclass
from flashagent.events import CheckFinished, CheckStarted, Emit, FocusChosen
from flashagent.jobs.breakage import TOLD_CHARACTERS
from flashagent.jobs.candidates import Variant
from flashagent.jobs.house import House, Models
from flashagent.jobs.job import FixJob
from flashagent.jobs.observing import Observation
from flashagent.jobs.remembering import recalled
from flashagent.jobs.trees import candidate
from flashagent.jobs.workbench import (
    clean,
    compactor_for,
    guard_for,
    landing_in,
    new_session,
    permit_text,
    toolbox,
)
from flashagent.models.base import ChatModel
from flashagent.tools.outputs import cut_middle
from flashagent.values import CheckReport
from flashagent.verify.detect import Check
from flashagent.verify.feedback import important_frames
from flashagent.verify.flaky import Flaky, none_known
from flashagent.verify.impact import reaching
from flashagent.verify.tamper import is_test_file

DOCS_TOKENS = 4_000  # of all pinned texts, at most; and never more than a share of the window
DOCS_SHARE = 0.2
EARLIER_TOKENS = 1_500  # of the account of a run that is gone on with
HINT_SHARE, GUESS_SHARE = 0.5, 0.4  # of the focus, where no failure points at a place


@dataclass
class Bench:
    """Everything of one session: the tree it works in, what may be changed there, and how the result is judged."""

    job: FixJob
    seen: Observation
    house: House
    models: Models
    budget: Budget
    emit: Emit
    tree: Path
    variant: Variant = field(default_factory=Variant)
    learned: Callable[[], str] = lambda: ""
    start: Start = field(default_factory=Start)
    flaky: Flaky = none_known
    on_best: OnBest = lambda failures, changes: None

    def __post_init__(self) -> None:
        house, seen = self.house, self.seen
        self.guard = guard_for(house, self.job.goal, self.job.paths)
        self.existing = house.repository.files()
        self.landing = landing_in(house, self.tree, self.emit, self.guard, lambda: self.existing)
        self.witness = Witness(
            [self._watched(check, report) for check, report in zip(seen.checks, seen.reports, strict=True)],
            self.flaky,
        )
        self.words = PromptWords(
            house.texts.fix,
            house.texts.do,
            house.texts.feedback,
            self.landing.readable,
            self.clean,
            learned=self.learned,
        )
        self.docs = self._docs()
        earlier = cut_middle(self.clean(self.job.earlier), EARLIER_TOKENS)
        self.earlier = earlier and untrusted.fence(earlier, "earlier run", untrusted.new_nonce())
        self.session = new_session(house, self.models, self.budget, self.emit)
        self.landing.permit_text = permit_text(self.session, self.emit)
        thread = self.session.thread
        thread.compactor = compactor_for(house, self.models, self._memory)
        tools = toolbox(
            house,
            self.landing,
            self.tree,
            seen.map,
            self._check_for_model,
            self.guard,
            thread.outputs,
            self.emit,
        )
        thread.equip(tools)
        self.attempts = Attempts(
            self.session, self.landing, self.witness, self.words, self.emit, self._plan()
        )

    def clean(self, text: str) -> str:
        return clean(self.house, text)

    @property
    def situation(self) -> Situation:
        before = self.seen.before
        failures = before.failures
        touched = {frame.path for failure in failures for frame in important_frames(failure)}
        kind = failures[0].kind if failures else ""
        return Situation(len(failures), kind, max(1, len(touched)), len(self.job.goal.split()))

    def first_prompt(self) -> str:
        focus = self._focus(int(self.house.focus_tokens * self._certainty()), self._quoted())
        for path, text in focus.files:
            self.landing.show(path, text)
        self.emit(FocusChosen(focus.shown, focus.tokens, "shown to the model in full"))
        prompt = self.words.first(self._goal(), self.seen.check_text, self.seen.before, focus.text)
        remembered, _ = recalled(self.house, self._features(), self.emit)
        told = (prompt, self.earlier, remembered, self._broken(), self._tried_before())
        return "\n\n".join(filter(None, told))

    def _broken(self) -> str:
        """The commit that broke the test, as data, when that is known by now."""
        if self.seen.broken is None:
            return ""
        told = self.clean(self.seen.broken.told(TOLD_CHARACTERS))
        return untrusted.mark(told, "history", untrusted.new_nonce())

    def _tried_before(self) -> str:
        """The short account of the attempts that this session was not there for."""
        if not self.start.learned:
            return ""
        account = self.clean("\n".join(f"- {line}" for line in self.start.learned))
        told = untrusted.mark(account, "attempts", untrusted.new_nonce())
        return f"Tried before, without success; nothing of it is in the files now.\n{told}"

    def _features(self) -> frozenset[str]:
        """By what the memory finds earlier work like this."""
        failures = [failure for report in self.seen.reports for failure in report.failures]
        places = {f"place {path}" for path in self.job.paths}
        return features_of(failures) | words_of(self.job.goal) | places

    def _certainty(self) -> float:
        """The share of the focus that is worth showing: words point at a place less surely than a failure's frames or a
        path, and where nothing does the focus is a guess."""
        if (
            self.job.change
            or self.job.paths
            or any(important_frames(failure) for failure in self.seen.before.failures)
        ):
            return 1.0
        return HINT_SHARE if self.job.goal or self.job.log else GUESS_SHARE

    def _goal(self) -> str:
        """What the user said, with the log and the texts that they gave as data beside it."""
        parts = [self.job.goal]
        if self.job.log:
            parts.append(untrusted.fence(self.clean(self.job.log), "failure log", untrusted.new_nonce()))
        return "\n\n".join([part for part in parts if part] + ([self.docs] if self.docs else []))

    def _docs(self) -> str:
        window = self.models.window
        room = min(DOCS_TOKENS, int(window * DOCS_SHARE)) if window else DOCS_TOKENS
        share = room // max(1, len(self.job.docs))
        return "\n\n".join(
            untrusted.fence(cut_middle(self.clean(text), share), f"document {name}", untrusted.new_nonce())
            for name, text in self.job.docs
        )

    def _plan(self) -> Plan:
        return Plan(
            self._model_for,
            self.situation,
            has_architect=self.models.router.architect is not None,
            red=not self.seen.green,
            asking=self.models.asking,
            formats=self.house.texts.formats,
            hint=self.variant.hint,
            temperature=self.variant.temperature,
            start=self.start,
            level=self.job.effort,
            on_best=self.on_best,
        )

    def _memory(self) -> Memory:
        judgement = self.attempts.judgement
        report = self.seen.before if judgement is None else judgement.report
        goal = self.job.goal or "Make the failing check pass."
        return Memory(
            goal=f"{goal}\n\nThe check is `{self.seen.check_text}`.",
            failing="" if report.green else self.words.report(report),
            patch=self.clean(self.landing.diff()),
            focus=lambda tokens: self.clean(self._focus(tokens).text),
            pinned="\n\n".join(filter(None, (self.docs, self.earlier))),
        )

    def _quoted(self) -> set[tuple[str, int]]:
        """The lines of tests that the first failure shows anyway."""
        told_in_full = self.seen.before.failures[:1]
        frames = (frame for failure in told_in_full for frame in important_frames(failure))
        return {(frame.path, frame.line) for frame in frames if is_test_file(frame.path)}

    def _focus(self, tokens: int, quoted: set[tuple[str, int]] = frozenset()) -> Focus:  # type: ignore[assignment]
        """What matters most now: what the user named stays, what is being changed comes first."""
        changed = [change.path for change in self.landing.changes()]
        return choose_focus(
            self.seen.focus, self.landing.readable, tokens, quoted, pinned=self.job.paths, worked_on=changed
        )

    def _watched(self, check: Check, before: CheckReport) -> Watched:
        async def as_it_was(tests: Sequence[str] = ()) -> CheckReport:
            left = max(1.0, self.budget.seconds_left)
            async with candidate(self.house) as fresh:
                return await self.house.verifier.run(
                    check, tests=tests, tree=fresh, timeout_s=left, quiet=True
                )

        def reached() -> Sequence[str]:
            return reaching(before, self.landing.changes(), self.seen.map.tests_of, check.cwd)

        bare = (
            None if check.framework == "generic" else self._bare_runner_of(check)
        )  # nothing is counted there
        return Watched(self._runner_of(check), before, bare, as_it_was, reached)

    def _runner_of(self, check: Check) -> RunCheck:
        async def run(tests: Sequence[str] = ()) -> CheckReport:
            return await self._run(check, tests)

        return run

    def _bare_runner_of(self, check: Check) -> RunBare:
        async def run() -> CheckReport:
            left = max(1.0, self.budget.seconds_left)
            async with candidate(self.house, self.landing.changes()) as fresh:
                return await self.house.verifier.run(check, tree=fresh, timeout_s=left, quiet=True, bare=True)

        return run

    async def _run(self, check: Check, tests: Sequence[str]) -> CheckReport:
        """A run on a tree that holds the patch and nothing else: what earlier runs left behind cannot make it pass, and
        no test can write into what becomes the patch."""
        left = max(1.0, self.budget.seconds_left)
        quiet = not self.variant.alone
        async with candidate(self.house, self.landing.changes(), quick=bool(tests)) as fresh:
            self.witness.running.set()
            report = await self.house.verifier.run(
                check, tests=tests, tree=fresh, timeout_s=left, quiet=quiet
            )
        if quiet:
            self._tell(report)
        return report

    def _tell(self, report: CheckReport) -> None:
        """A run beside others is told as a whole, when it is known whose story is told."""
        self.emit(CheckStarted(report.command))
        self.emit(
            CheckFinished(
                report.passed,
                report.failed,
                report.failures,
                report.seconds,
                report.exit_code,
                report.counted,
            )
        )

    async def _check_for_model(self, test: str | None) -> tuple[bool, str]:
        report = await self._run(self.seen.check, (test,) if test else ())
        return report.green, self.words.report(report)

    def _model_for(self, effort: Effort) -> ChatModel:
        return self.models.router.for_role(effort.role) or self.models.router.flash
