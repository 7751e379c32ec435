"""What events say to a person, in short plain lines that every screen shares. Pure.

Every text that comes from elsewhere is made safe here: no control sequence survives, and one line stays one line.
"""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterable, Sequence

from flashagent.untrusted import sanitize

TYPE_CHECKING = False  # the app shows its first screen before it knows an event
if TYPE_CHECKING:
    from typing import Literal

    from flashagent.events import (
        ApprovalRequested,
        AttemptFinished,
        CheckFinished,
        CheckStarted,
        FocusChosen,
        JobFinished,
        SearchFinished,
        SearchProgress,
    )
    from flashagent.values import Failure, JobOutcome, Usage

MAX_FAILURES = 5
MAX_TESTS = 10
MAX_FOCUS = 5
MAX_MESSAGE_LINES = 4
MAX_SENTENCE = 2_000  # our own sentences hold paths that a person copies, so they are cut only when absurd
_STYLE = re.compile(r"\x1b\[[0-9;:]*m")
_EMOJI_JOINER = re.compile("(?<=[\u2190-\u2bff\U0001f000-\U0001faff\ufe0f])\u200d")
_VERDICTS: dict[JobOutcome, str] = {
    "fixed": "Fixed",
    "already_green": "Already green",
    "changed_unverified": "Changed, but no test witnesses it",
    "not_fixed": "Not fixed",
    "usage": "Not started",
    "limit": "Stopped at a limit",
    "unreachable": "The model could not be reached",
    "refused": "Refused",
    "internal": "flashagent itself failed",
    "interrupted": "Interrupted",
}


def clean(text: str) -> str:
    """Foreign text without control sequences and without colours of its own; newlines and tabs stay. Joined emoji stand one
    by one: terminals do not agree on how wide they are together."""
    shown = _STYLE.sub("", sanitize(text))
    return shown if shown.isascii() else _EMOJI_JOINER.sub("", shown)


def one_line(text: str, width: int = 200) -> str:
    """Foreign text as one short line."""
    line = " ".join(clean(text).split())
    return line if len(line) <= width else line[: width - 1] + "…"


def seconds(value: float) -> str:
    """'0.4 s', '12 s', '3 min 05 s'."""
    if value < 10:
        return f"{value:.1f} s"
    if value < 60:
        return f"{value:.0f} s"
    return f"{int(value) // 60} min {int(value) % 60:02d} s"


def count(number: int, noun: str, several: str = "") -> str:
    """'1 test', '3 tests'; `several` is the plural where it is no mere s."""
    return f"{number:,} {noun if number == 1 else several or f'{noun}s'}"


def money(cost: float | None) -> str:
    """'' when the price is unknown: an unknown price is not zero."""
    if cost is None:
        return ""
    return f"${cost:.2f}" if cost >= 0.1 else f"${cost:.4f}"


def spent(usage: Usage, cost: float | None) -> str:
    """Tokens and cost in a few words; 'no tokens' when no model was asked."""
    if not usage.total_tokens:
        return "no tokens"
    tokens = f"{'about ' if usage.estimated else ''}{count(usage.total_tokens, 'token')}"
    return f"{tokens}, {money(cost) or 'price unknown'}"


def command(argv: Sequence[str]) -> str:
    return one_line(shlex.join(argv))


def approval(event: ApprovalRequested) -> list[str]:
    """What a person has to know before a yes: the very words that would be executed, where, why, and how far a lasting
    yes would reach."""
    argv = [f"command: {one_line(shlex.join(event.argv), MAX_SENTENCE)}"] if event.argv else []
    folder = [f"folder: {one_line(event.folder, MAX_SENTENCE)}"] if event.folder else []
    return [*argv, *folder, *(one_line(text, MAX_SENTENCE) for text in (event.reason, event.scope) if text)]


def check_started(event: CheckStarted) -> str:
    return command(event.command) + (f"  ({one_line(event.why)})" if event.why else "")


def check_finished(event: CheckFinished) -> str:
    """'1 failed, 12 passed in 0.4 s', or the exit code where tests are not counted."""
    if event.cut:
        return f"stopped after {seconds(event.seconds)}, before its end"
    if event.counted:
        parts = [f"{event.failed} failed"] if event.failed else []
        parts.append(f"{event.passed} passed")
        if not event.failed and event.exit_code:
            parts.append(f"but exit {event.exit_code}")
        when = "(cached: this state was run before)" if event.cached else f"in {seconds(event.seconds)}"
        return f"{', '.join(parts)} {when}"
    return f"exit {event.exit_code}, tests not counted, in {seconds(event.seconds)}"


def check_mark(event: CheckFinished) -> Literal["good", "bad", "warning"]:
    """How it went, in one word; a run that was cut proves neither."""
    if event.cut:
        return "warning"
    return "good" if event.exit_code == 0 and not event.failed and not event.failures else "bad"


def failure_lines(failure: Failure) -> list[str]:
    """The test, what it said, and where in the project: at most a few lines, the first one naming it."""
    lines = [one_line(failure.test_id) or f"{failure.kind} of the whole check"]
    said = f"{failure.exception}: {failure.message}" if failure.exception else failure.message
    message = [line for line in clean(said).splitlines() if line.strip()]
    lines += [f"  {one_line(line)}" for line in message[:MAX_MESSAGE_LINES]]
    where = next((frame for frame in reversed(failure.frames) if frame.in_project), None)
    if where is not None:
        inside = f" in {one_line(where.function)}" if where.function else ""
        lines.append(f"  {one_line(where.path)}:{where.line}{inside}")
        if where.source.strip():
            lines.append(f"    {one_line(where.source)}")
    return lines


def failures(found: Sequence[Failure]) -> list[str]:
    lines = [line for failure in found[:MAX_FAILURES] for line in failure_lines(failure)]
    return lines + _more(len(found) - MAX_FAILURES)


def focus_lines(event: FocusChosen) -> list[str]:
    """Where it looks, best first, and why."""
    shown = event.symbols[:MAX_FOCUS]
    lines = []
    for one in shown:
        where = f"{one_line(one.symbol.path)}:{one.symbol.start_line} {one_line(one.symbol.qualified)}"
        # That a place ranks high goes without saying, and which words it shares helps nobody to judge it.
        told = [why for why in one.why if why != "its file ranks high" and "words of the query" not in why][
            :2
        ]
        lines.append(where + (f": {one_line(', '.join(told))}" if told else ""))
    return lines + _more(len(event.symbols) - len(shown))


def search_finished(event: SearchFinished) -> str:
    """'384 candidates tried in 6.1 s: 2 patches make the check pass'"""
    found = "none makes the check pass"
    if event.patches:
        found = f"{count(event.patches, 'patch', 'patches')} {'makes' if event.patches == 1 else 'make'} the check pass"
    return f"{count(event.tried, 'candidate')} tried in {seconds(event.seconds)}: {found}"


def search_progress(event: SearchProgress) -> str:
    # Pairs and later rounds are not in the first count.
    of = f" of {event.candidates:,}" if event.candidates >= max(event.tried, 1) else ""
    found = f", {event.plausible} plausible" if event.plausible else ""
    best = f", best: {one_line(event.best, 60)}" if event.best else ""
    return f"{event.tried:,}{of} candidates tried{found}{best}"


def attempt_finished(event: AttemptFinished) -> str:
    return f"{count(event.failures_before, 'failure')} before, {event.failures_after} after"


def diff_size(diff: str) -> str:
    """'+3 -1'."""
    lines = diff.splitlines()
    added = sum(line.startswith("+") and not line.startswith("+++") for line in lines)
    removed = sum(line.startswith("-") and not line.startswith("---") for line in lines)
    return f"+{added} -{removed}"


def verdict(event: JobFinished) -> str:
    """The outcome in one sentence; only what the checks have shown is claimed."""
    report = event.report
    head = _VERDICTS[event.outcome]
    if event.outcome == "fixed":
        head, now = ("Would fix (dry run, nothing written)", "would pass") if report.dry_run else (head, "")
        if not report.counted:
            return f"{head}: the check exits with 0 with the patch; its tests are not counted."
        fixed, before = len(report.fixed), max(len(report.failing_before), len(report.fixed))
        now = now or f"now {'passes' if fixed == 1 else 'pass'}"
        return f"{head}: {fixed} of {count(before, 'failing test')} {now}."
    if event.outcome == "not_fixed" and report.still_failing:
        left = len(report.still_failing)
        tail = f"{count(left, 'test')} still {'fails' if left == 1 else 'fail'}."
        return f"{head}: {tail} {one_line(report.message, MAX_SENTENCE)}".strip()
    message = one_line(report.message, MAX_SENTENCE)
    return f"{head}: {message}" if message else f"{head}."


def account(event: JobFinished) -> list[str]:
    """The whole account after the verdict: tests, confidence, commit, cost. Each line says one thing."""
    report = event.report
    lines = [*_tests("fixed", report.fixed), *_tests("still failing", report.still_failing)]
    lines += [
        *_tests("newly failing", report.newly_failing),
        *_tests("disappeared or skipped", report.disappeared),
    ]
    if report.how:
        lines.append(f"how: {one_line(report.how)}")
    if report.confidence:
        lines.append(f"confidence: {one_line(report.confidence)}")
        lines += [f"  - {one_line(reason, 300)}" for reason in report.reasons]
    if report.suspicious:
        lines += ["look at:", *(f"  {one_line(place)}" for place in report.suspicious)]
    if event.commit:
        lines.append(f"commit: {one_line(event.commit)[:12]}")
    if report.kept:
        lines.append(f"kept in: {one_line(report.kept, MAX_SENTENCE)}")
        lines.append(f"to apply: {_later(len(report.options))}")
    lines.append(f"cost: {_cost(event)}")
    if report.hint:
        lines.append(f"hint: {one_line(report.hint, MAX_SENTENCE)}")
    return lines


def _later(options: int) -> str:
    """How a patch that was kept is applied when the job is over."""
    return f"flashagent apply --last{f' N  (N: 1 to {options})' if options > 1 else ''}"


def _cost(event: JobFinished) -> str:
    report = event.report
    parts = [spent(event.usage, report.cost)]
    if report.requests:
        parts.append(count(report.requests, "request"))
    if report.attempts:
        parts.append(count(report.attempts, "attempt"))
    return ", ".join([*parts, seconds(report.seconds)])


def _tests(label: str, tests: Sequence[str]) -> Iterable[str]:
    if tests:
        yield f"{label}:"
        yield from (f"  {one_line(test)}" for test in tests[:MAX_TESTS])
        yield from _more(len(tests) - MAX_TESTS)


def _more(number: int) -> list[str]:
    return [f"  and {number} more"] if number > 0 else []
