"""For people: a short live account of a job. What came out of it goes to stdout, all talk to stderr.

On a terminal the last line of the talk is a progress line that is rewritten; in a pipe every line is plain text.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from textwrap import wrap
from typing import TextIO, assert_never

from flashagent.events import (
    ApprovalRequested,
    ApprovalResolved,
    AssistantReplied,
    AttemptFinished,
    AttemptStarted,
    BudgetSpent,
    CheckFinished,
    CheckOutput,
    CheckStarted,
    ChoiceRequested,
    ChoiceResolved,
    ContextCompacted,
    EditRejected,
    Event,
    FileChanged,
    FocusChosen,
    JobFinished,
    MapReady,
    ModelRetrying,
    Notice,
    ReasoningDelta,
    SearchFinished,
    SearchProgress,
    StepStarted,
    TextDelta,
    ToolFinished,
    ToolOutput,
    ToolStarted,
    TurnFinished,
    TurnStarted,
)
from flashagent.frontends import offers, words
from flashagent.ports import Clock
from flashagent.values import Contrast, PatchOption

QUIET, NORMAL, VERBOSE = -1, 0, 1
_REDRAW_S = 0.1
_LONGEST_LINE = 4_000  # characters of one printed line that are waited for
_GREEN, _RED, _BOLD, _DIM, _RESET = "\x1b[32m", "\x1b[31m", "\x1b[1m", "\x1b[2m", "\x1b[0m"
_MARKS = {"good": _GREEN, "bad": _RED, "warning": _DIM}
_CLEAR_LINE = "\r\x1b[K"


class _Code(str):
    """A line whose spaces and ends say something."""

    __slots__ = ()


class TextAccount:
    """A sink that tells the story of a job line by line.

    `out` gets the diff and the result, `talk` all else. `progress`: `talk` is a terminal and its last line may be
    rewritten; `colour` allows styles on both; `folds`: both are terminals, and long lines are folded between words.
    With `tells` only events of these types become lines of the talk. Verbosity QUIET leaves only the result's first line, VERBOSE adds what the
    model and the commands said.
    """

    def __init__(
        self,
        out: TextIO,
        talk: TextIO,
        clock: Clock,
        *,
        progress: bool = False,
        colour: bool = False,
        verbosity: int = NORMAL,
        width: int = 80,
        folds: bool = False,
        tells: tuple[type[Event], ...] | None = None,
    ) -> None:
        self._out = out
        self._talk = talk
        self._clock = clock
        self._progress = progress and verbosity > QUIET
        self._colour = colour
        self._verbosity = verbosity
        self._width = width
        self._folds = folds
        self._tells = tells
        self._offered = False  # the patches to choose from stand on the screen
        self._line = ""  # the progress line that is on the screen now
        self._drawn_at = float("-inf")
        self._doing = ""
        self._since = clock.monotonic()
        self._unfinished = ""  # the start of a line whose end a command has not printed yet

    def __call__(self, event: Event) -> None:
        if isinstance(event, JobFinished):
            self._finish(event)
            return
        lines = list(self._lines(event)) if self._tells is None or isinstance(event, self._tells) else ()
        if lines and self._verbosity > QUIET:
            self._clear()
            self._talk.writelines(f"{self._folded(line)}\n" for line in lines)
            self._talk.flush()
        doing = _doing(event)
        if doing is not None:
            self._do(doing)
        self.tick()

    def tick(self) -> None:
        """Show the progress line afresh if it is time to; call it now and then while no event comes."""
        if not self._progress or not self._doing:
            return
        now = self._clock.monotonic()
        if self._line and now - self._drawn_at < _REDRAW_S:
            return
        text = f"{self._doing} · {words.seconds(now - self._since)}"[: self._width - 1]
        if text != self._line:
            self._talk.write(_CLEAR_LINE + self._style(_DIM, text))
            self._talk.flush()
            self._line, self._drawn_at = text, now

    def close(self) -> None:
        """Leave no progress line behind. A job's end does this by itself."""
        self._do("")
        self._clear()
        self._talk.flush()

    def _do(self, doing: str) -> None:
        if doing.partition(":")[0] != self._doing.partition(":")[0]:
            self._since = self._clock.monotonic()
        self._doing = doing

    def _clear(self) -> None:
        if self._line:
            self._talk.write(_CLEAR_LINE)
            self._line = ""

    def _finish(self, event: JobFinished) -> None:
        self.close()
        good = event.exit_code == 0
        if good:
            self._diff(event.patch)
        verdict = self._style(_BOLD + (_GREEN if good else _RED), words.verdict(event))
        self._out.write(self._folded(verdict) + "\n")
        if not good and self._verbosity > QUIET:
            self._not_applied(event)
        if self._verbosity > QUIET:
            self._out.writelines(f"{self._folded(f'  {line}')}\n" for line in words.account(event))
        elif not good and event.report.hint:
            self._out.write(f"  {words.one_line(event.report.hint, words.MAX_SENTENCE)}\n")
        self._out.flush()

    def _not_applied(self, event: JobFinished) -> None:
        """The patches that are not in the files, unless a person has just seen them and chosen none."""
        if event.patch and not self._offered:
            self._out.write("The best patch, not applied:\n")
            self._diff(event.patch)
        options = event.report.options
        if len(options) > 1 and not self._offered:
            self._out.write(f"{offers.introduction(options)}\n")
            self._out.writelines(
                f"{self._folded(line)}\n" for line in self._option_lines(options, event.report.contrasts)
            )

    def _folded(self, line: str) -> str:
        """The line, or on a terminal its parts, those after the first further in."""
        if (
            not self._folds
            or isinstance(line, _Code)
            or len(line) < self._width
            or max(map(len, line.split())) > self._width - 8
        ):
            return line  # what is too long for a row of its own is left to the terminal, in one piece
        inner = " " * (len(line) - len(line.lstrip(" ")) + 2)
        parts = wrap(
            line, max(20, self._width - 1), subsequent_indent=inner, break_long_words=False,
            break_on_hyphens=False, replace_whitespace=False, expand_tabs=False,
        )  # fmt: skip
        return "\n".join(parts)

    def _diff(self, patch: str) -> None:
        if self._verbosity > QUIET:
            self._out.writelines(f"{self._diff_line(line)}\n" for line in words.clean(patch).splitlines())

    def _lines(self, event: Event) -> Iterable[str]:
        """The lines that the event adds to the talk."""
        if isinstance(event, ToolFinished | CheckFinished) and self._unfinished:
            yield from self._whole_lines("\n")
        match event:
            case Notice():
                yield from self._notice(event)
            case CheckStarted():
                yield self._style(_BOLD, f"Check: {words.check_started(event)}")
            case CheckFinished():
                yield "  " + self._style(_MARKS[words.check_mark(event)], words.check_finished(event))
                yield from (f"    {line}" for line in words.failures(event.failures))
            case FocusChosen():
                yield self._style(_BOLD, "Looking at:")
                yield from (f"  {line}" for line in words.focus_lines(event))
            case AttemptStarted(number=number, effort=effort, model=model):
                yield (
                    self._style(_BOLD, f"Attempt {number}")
                    + f" with {words.one_line(model)}, effort {words.one_line(effort)}"
                )
            case AttemptFinished():
                yield f"  {words.attempt_finished(event)}"
            case ToolFinished(tool=tool, outcome=outcome, for_person=said, seconds=took):
                mark = "" if outcome == "ok" else f"{outcome}: "
                yield f"  {words.one_line(tool)}: {mark}{words.one_line(said)}  ({words.seconds(took)})"
            case FileChanged(path=path, kind=kind, diff=diff):
                yield f"  {kind} {words.one_line(path)}  {words.diff_size(diff)}"
            case EditRejected(path=path, reason=reason):
                yield f"  edit refused in {words.one_line(path) or 'the reply'}: {words.one_line(reason)}"
            case ModelRetrying(attempt=attempt, wait_s=wait, reason=reason):
                yield f"  asking again ({attempt}) after {words.seconds(wait)}: {words.one_line(reason)}"
            case ApprovalRequested(action=action):
                yield f"  needs your approval: {words.one_line(action)}"
                yield from (f"    {line}" for line in words.approval(event))
            case ApprovalResolved(decision=decision):
                yield f"  answered: {decision}"
            case SearchFinished():
                yield f"  {words.search_finished(event)}"
            case ChoiceRequested(options=options, contrasts=contrasts):
                self._offered = True
                yield self._style(_BOLD, offers.introduction(options))
                yield from self._option_lines(options, contrasts)
                if len(options) == 1:
                    yield from (f"    - {words.one_line(reason, 300)}" for reason in options[0].reasons)
            case ChoiceResolved(chosen=chosen):
                yield f"  you chose {f'patch {chosen}' if chosen else 'none'}"
            case ContextCompacted(tokens_before=before, tokens_after=after):
                yield f"  the conversation was shortened from {before:,} to {after:,} tokens"
            case TurnFinished(end=end, message=message, hint=hint) if end not in ("done", "stopped"):
                yield from self._notice(Notice("error", message or f"The turn ended: {end}.", hint))
            case _:
                if self._verbosity >= VERBOSE:
                    yield from self._verbose(event)

    def _whole_lines(self, text: str) -> Iterable[str]:
        """What a command printed, by whole lines: runners print a dot at a time."""
        *lines, self._unfinished = (self._unfinished + text).split("\n")
        if len(self._unfinished) > _LONGEST_LINE:
            lines.append(self._unfinished)
            self._unfinished = ""
        for line in lines:
            yield from (f"    {part}" for part in words.clean(line).splitlines())

    def _verbose(self, event: Event) -> Iterable[str]:
        """What only the curious want."""
        match event:
            case AssistantReplied(text=text, reasoning=reasoning):
                yield from (f"  ∴ {line}" for line in words.clean(reasoning).splitlines())
                yield from (f"  {line}" for line in words.clean(text).splitlines())
            case ToolStarted(tool=tool, summary=summary):
                yield f"  {words.one_line(tool)}: {words.one_line(summary)}"
            case ToolOutput(text=text) | CheckOutput(text=text):
                yield from self._whole_lines(text)
            case MapReady(files=files, symbols=symbols, seconds=took, from_cache=cached):
                source = ", from cache" if cached else ""
                yield f"Map: {words.count(files, 'file')}, {words.count(symbols, 'symbol')}{source}, {words.seconds(took)}"
            case BudgetSpent(tokens=tokens, cost=cost, share=share):
                yield f"  spent: {tokens:,} tokens {words.money(cost)} ({share:.0%} of the limit)"
            case _:
                return

    def _notice(self, event: Notice) -> Iterable[str]:
        mark = "" if event.level == "info" else f"{event.level}: "
        yield f"{mark}{words.one_line(event.text, words.MAX_SENTENCE)}"
        if event.hint:
            yield f"  {words.one_line(event.hint, words.MAX_SENTENCE)}"

    def _diff_line(self, line: str) -> str:
        if line.startswith("+") and not line.startswith("+++"):
            return self._style(_GREEN, line)
        if line.startswith("-") and not line.startswith("---"):
            return self._style(_RED, line)
        return line

    def _option_lines(self, options: Sequence[PatchOption], contrasts: Sequence[Contrast]) -> Iterable[str]:
        for line in offers.option_lines(options, contrasts):
            colour = {"+": _GREEN, "-": _RED}.get(line.lstrip(" ")[:1], "")
            shown = f"  {self._style(colour, line) if colour else line}"
            yield _Code(shown) if colour else shown

    def _style(self, codes: str, text: str) -> str:
        return f"{codes}{text}{_RESET}" if self._colour else text


def _doing(event: Event) -> str | None:
    """What goes on from this event on, for the progress line: '' nothing, None as before."""
    match event:
        case CheckStarted(command=argv):
            return f"running {words.command(argv)}"
        case StepStarted(number=number):
            return f"asking the model, step {number}"
        case ReasoningDelta():
            return "the model is thinking"
        case TextDelta():
            return "the model is writing"
        case ToolStarted(tool=tool, summary=summary):
            return f"{words.one_line(tool)}: {words.one_line(summary, 60)}"
        case SearchProgress():
            return f"searching: {words.search_progress(event)}"
        case ModelRetrying(wait_s=wait):
            return f"waiting {words.seconds(wait)} before asking again"
        case ApprovalRequested():
            return "waiting for your answer"
        case (
            CheckFinished() | ToolFinished() | AssistantReplied() | TurnFinished() | JobFinished() | SearchFinished()
            | ChoiceRequested() | ChoiceResolved()
        ):  # fmt: skip
            return ""
        case (
            TurnStarted() | ToolOutput() | CheckOutput() | ApprovalResolved() | FileChanged() | EditRejected()
            | AttemptStarted() | AttemptFinished() | MapReady() | FocusChosen() | ContextCompacted() | BudgetSpent()
            | Notice()
        ):  # fmt: skip
            return None
        case _:
            assert_never(event)
