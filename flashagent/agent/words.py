"""Put goals and results into the words of the prompts: the smallest true description of what is still wrong. Pure."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace

from flashagent.agent.witness import Judgement
from flashagent.prompts import Prompt
from flashagent.untrusted import mark, new_nonce
from flashagent.values import CheckReport, Diagnostic, Failure
from flashagent.verify.feedback import describe_all, progress
from flashagent.verify.verdict import of_the_run

ReadSource = Callable[[str], str | None]
MOST_NAMED = 12  # kinds of failure named by a line each beside the one told in full
MOST_PROBLEMS = 8  # of a linter


class PromptWords:
    """`fix`, `do` and `feedback` are the prompts of those names; `clean` masks secrets and control sequences;
    `nonce` gives a fresh mark for each piece of foreign text; `learned` what a search beside the model found out since
    it was last asked, '' for nothing."""

    def __init__(
        self,
        fix: Prompt,
        do: Prompt,
        feedback: Prompt,
        read_source: ReadSource,
        clean: Callable[[str], str],
        nonce: Callable[[], str] = new_nonce,
        learned: Callable[[], str] = lambda: "",
    ) -> None:
        self._learned = learned
        self._nonce = nonce
        self._fix = fix
        self._do = do
        self._feedback = feedback
        self._read = read_source
        self._clean = clean

    def first(self, goal: str, check: str, before: CheckReport, focus: str) -> str:
        """The prompt of the first attempt."""
        goal = self._clean(goal)  # pasted from elsewhere, it may hold what nobody can see
        focus = self._clean(focus) or "Nothing stood out; search for the place."
        if before.green:
            return self._do.fill(goal=goal, check=check, focus=focus)
        return self._fix.fill(
            goal=goal or "Make the failing check pass.",
            check=check,
            summary=summary(before),
            failures=self._beyond_summary(before),
            focus=focus,
        )

    def after_edit(self, judgement: Judgement | None, problems: Sequence[Diagnostic] = ()) -> str:
        if judgement is not None and judgement.green:
            return "The checks pass now."
        parts = [linted(problems)]
        if judgement is not None:
            failures = self._failures(judgement.report.failures) or self._tail(judgement.report)
            parts.append(f"{self._still_wrong(judgement)}\n{failures}")
            parts.append(self._searched())
        return "\n\n".join(filter(None, parts))

    def feedback(self, judgement: Judgement | None, landed_anything: bool, refusal: str) -> str:
        if judgement is None:
            state = "nothing was changed." if not landed_anything else "the change was not checked."
            return self._feedback.fill(
                summary=state, failures=refusal or "Your reply held no edit.", advice="Make the change now."
            )
        advice = refusal or "Look for another cause before you edit again."
        return self._feedback.fill(
            summary=self._still_wrong(judgement),
            failures=self._failures(judgement.report.failures) or self._tail(judgement.report),
            advice="\n\n".join(filter(None, (self._searched(), advice))),
        )

    def report(self, report: CheckReport) -> str:
        """The result of a run that the model asked for."""
        if report.green:
            return "It passes."
        return f"{summary(report)}\n{self._beyond_summary(report)}"

    def _still_wrong(self, judgement: Judgement) -> str:
        """What became of each test, and what else is wrong with the run; where no test is named, why it is not green."""
        verdict = judgement.verdict
        named = (
            verdict.still_failing or verdict.newly_failing or verdict.disappeared or verdict.turned_skipped
        )
        reasons = of_the_run(judgement.before, judgement.report) if named else verdict.reasons
        told = "; ".join(dict.fromkeys(reasons))
        return self._clean("\n".join(filter(None, (told, progress(judgement.before, judgement.report)))))

    def _beyond_summary(self, report: CheckReport) -> str:
        """What is wrong, beside the summary: that tells the exit status already."""
        if says_only_its_status(report):
            return "It printed nothing."
        return self._failures(report.failures) or self._tail(report)

    def _failures(self, failures: Sequence[Failure]) -> str:
        """One failure in full, the others as a line for each kind."""
        told = describe_all(failures, self._read, lines=MOST_NAMED)
        return self._data(told, "failures") if told else ""

    def _searched(self) -> str:
        found = self._learned()
        return self._data(found, "search") if found else ""

    def _tail(self, report: CheckReport) -> str:
        lines = report.output.strip().splitlines()[-12:]
        said = f"It ended with exit status {report.exit_code} and no output."
        return self._data("\n".join(lines), "output") if lines else said

    def _data(self, text: str, label: str) -> str:
        """What tests and commands wrote, so marked that it cannot speak as the harness."""
        return mark(self._clean(text), label, self._nonce())


def linted(problems: Sequence[Diagnostic]) -> str:
    """What a linter says that an edit caused, '' for nothing."""
    lines = [f"{p.path}:{p.line}: {p.code} {p.message}" for p in problems[:MOST_PROBLEMS]]
    return "\n".join(["The linter now says:", *lines]) if lines else ""


def says_only_its_status(report: CheckReport) -> bool:
    """Whether the summary of the report is all that there is to tell."""
    bare = Failure("", "exit", f"Exit status {report.exit_code}.")
    told = [replace(one, rerun=()) for one in report.failures]
    return told in ([], [bare]) and not (report.counted or report.limit or report.output.strip())


def summary(report: CheckReport) -> str:
    """The result of a check in one sentence."""
    if report.limit:
        return f"It was cut off by the {report.limit} limit."
    if not report.counted:
        return f"It ends with exit status {report.exit_code}."
    return f"{report.failed} of {len(report.results)} tests fail."
