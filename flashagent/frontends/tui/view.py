"""What the transcript is: events in, blocks out. Pure, and testable without a terminal."""

from __future__ import annotations

from dataclasses import replace
from typing import Literal, assert_never

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
from flashagent.frontends.tui.asked_edits import edit_lines
from flashagent.frontends.tui.blocks import (
    Block,
    Mark,
    View,
    add,
    capped,
    changed,
    close,
    ended,
    folded,
    hand_over,
    tail,
)

TAIL_LINES = 4
DIFF_LINES = 400
TOLD_LINES = 2_000
NEAREST_LINES = 12
ANSWERS = "y once · s this session · p this project · n no · or type why not, and Enter"


def reduce(view: View, event: Event) -> View:
    """The view after the event."""
    if not isinstance(event, SearchProgress | SearchFinished):
        view = close(view, lambda block: block.key == _SEARCH)
    return hand_over(_step(view, event))


_SEARCH, _CHECK, _SPEECH = "search", "check", "speech"


def _step(view: View, event: Event) -> View:
    match event:
        case ReasoningDelta() | TextDelta() | AssistantReplied() | ModelRetrying() | StepStarted():
            return _speak(view, event)
        case ToolStarted() | ToolOutput() | ToolFinished() | ApprovalRequested() | ApprovalResolved():
            return _act(view, event)
        case ChoiceRequested() | ChoiceResolved():
            return _choice(view, event)
        case CheckStarted() | CheckOutput() | CheckFinished() | SearchProgress() | SearchFinished():
            return _check(view, event)
        case TurnStarted(prompt=prompt):
            asked = () if view.told else (Block("user", text=folded(prompt), done=True),)
            return add(replace(view, doing="starting"), *asked)
        case TurnFinished():
            return _turn_finished(view, event)
        case JobFinished():
            return _job_finished(view, event)
        case BudgetSpent(tokens=tokens, cost=cost, share=share, estimated=estimated):
            return replace(view, tokens=tokens, cost=cost, share=share, estimated=estimated)
        case MapReady() | FileChanged(diff=""):
            return view
        case (
            FileChanged() | EditRejected() | AttemptStarted() | AttemptFinished() | FocusChosen() | ContextCompacted()
            | Notice()
        ):  # fmt: skip
            return add(view, _told(event))
        case _:
            assert_never(event)


def _speak(
    view: View, event: ReasoningDelta | TextDelta | AssistantReplied | ModelRetrying | StepStarted
) -> View:
    match event:
        case StepStarted():
            return replace(view, doing="asking the model")
        case ReasoningDelta(text=text):
            return replace(_say(view, "thought", text), doing="the model is thinking")
        case TextDelta(text=text):
            return replace(_say(view, "text", text), doing="the model is writing")
        case AssistantReplied(text=text, reasoning=reasoning):
            whole = [Block(kind, text=said, done=True) for kind, said in _said(reasoning, text)]
            at = next((i for i, block in enumerate(view.open) if block.key == _SPEECH), len(view.open))
            rest = [block for block in view.open[at:] if block.key != _SPEECH]
            return replace(view, open=(*view.open[:at], *whole, *rest), doing="")
        case ModelRetrying(attempt=attempt, wait_s=wait, reason=reason):
            note = f"asking again ({attempt}) after {words.seconds(wait)}: {words.one_line(reason)}"
            return replace(
                add(_unsaid(view), Block("note", note, mark="warning", done=True)), doing="asking again"
            )


def _said(reasoning: str, text: str) -> list[tuple[Literal["thought", "text"], str]]:
    pairs: list[tuple[Literal["thought", "text"], str]] = [("thought", reasoning), ("text", text)]
    return [pair for pair in pairs if pair[1].strip()]


def _say(view: View, kind: Literal["thought", "text"], text: str) -> View:
    """More of what the model says; what was said by others meanwhile stays below it."""
    end = max((i for i, block in enumerate(view.open, 1) if block.key == _SPEECH), default=len(view.open))
    last = view.open[end - 1] if end else None
    if last is not None and last.kind == kind and last.key == _SPEECH:
        return replace(
            view, open=(*view.open[: end - 1], replace(last, text=last.text + text), *view.open[end:])
        )
    spoken = Block(kind, text=text, key=_SPEECH)
    return replace(view, open=(*view.open[:end], spoken, *view.open[end:]))


def _unsaid(view: View) -> View:
    """Without the deltas of this step: they are void, or about to be repeated as a whole."""
    return replace(view, open=tuple(block for block in view.open if block.key != _SPEECH))


def _act(
    view: View, event: ToolStarted | ToolOutput | ToolFinished | ApprovalRequested | ApprovalResolved
) -> View:
    match event:
        case ToolStarted(call_id=call_id, tool=tool, summary=summary, arguments=arguments):
            title = _named(tool, summary)
            block = Block("tool", title, mark="running", key=f"tool {call_id}", more=arguments)
            return add(replace(view, doing=title), block)
        case ToolOutput(call_id=call_id, text=text):
            return changed(
                view,
                f"tool {call_id}",
                lambda block: replace(block, text=tail(block.text + text, TAIL_LINES)),
            )
        case ToolFinished(
            call_id=call_id, tool=tool, outcome=outcome, for_person=said, seconds=took, for_model=told
        ):
            title = f"{_named(tool, said)} · {words.seconds(took)}"
            mark: Mark = "good" if outcome == "ok" else "bad"
            extra = "" if outcome == "ok" or said.endswith(outcome) else f" · {outcome}"
            key = f"tool {call_id}"
            finished = Block(
                "tool", title + extra, mark=mark, key=key, done=True, more=capped(told, TOLD_LINES)
            )
            return replace(changed(view, finished.key, lambda _: finished), doing="")
        case ApprovalRequested(call_id=call_id, action=action, argv=argv):
            asked = "May this run?" if argv else "May this be changed?"
            title = f"{asked}  {words.one_line(action, words.MAX_SENTENCE)}"
            would = () if argv else edit_lines(_arguments(view, call_id))
            text = "\n".join([*words.approval(event), *would, ANSWERS])
            block = Block("question", title, text, "warning", f"question {call_id}")
            return add(replace(view, question=event, doing="waiting for your answer"), block)
        case ApprovalResolved(call_id=call_id, decision=decision, reason=reason):
            answer = f"answered: {decision}" + (f", {words.one_line(reason)}" if reason else "")
            mark = "bad" if decision == "deny" else "good"
            other = view.question if view.question and view.question.call_id != call_id else None
            return replace(
                changed(
                    view,
                    f"question {call_id}",
                    lambda block: replace(block, text=answer, mark=mark, done=True),
                ),
                question=other,
                doing="",
            )


def _choice(view: View, event: ChoiceRequested | ChoiceResolved) -> View:
    key = f"question {event.call_id}"
    match event:
        case ChoiceRequested(options=options, contrasts=contrasts):
            lines = offers.option_lines(options, contrasts)
            if len(options) == 1:
                lines += [f"- {words.one_line(reason, 300)}" for reason in options[0].reasons]
            text = "\n".join([*lines, offers.question(len(options), "")])
            whole = "\n".join(words.clean(option.diff) for option in options)
            block = Block("question", offers.introduction(options), text, "warning", key, more=whole)
            asking = replace(view, question=event, options=len(options), doing="waiting for your answer")
            return add(asking, block)
        case ChoiceResolved(chosen=chosen):
            said = f"you chose patch {chosen}" if chosen else "you chose none"
            mark: Mark = "good" if chosen else ""
            view = changed(view, key, lambda block: replace(block, text=said, mark=mark, done=True))
            return replace(view, question=None, options=0, doing="")


def _check(
    view: View, event: CheckStarted | CheckOutput | CheckFinished | SearchProgress | SearchFinished
) -> View:
    match event:
        case SearchFinished():
            title = f"search: {words.search_finished(event)}"
            block = Block("check", title, mark="good" if event.patches else "", key=_SEARCH, done=True)
            if any(one.key == _SEARCH for one in view.open):
                return replace(changed(view, _SEARCH, lambda _: block), doing="")
            return add(replace(view, doing=""), block)
        case CheckStarted():
            title = f"check: {words.check_started(event)}"
            return add(replace(view, doing=title), Block("check", title, mark="running", key=_CHECK))
        case CheckOutput(text=text):
            return changed(
                view, _CHECK, lambda block: replace(block, text=tail(block.text + text, TAIL_LINES))
            )
        case CheckFinished():
            mark: Mark = words.check_mark(event)
            result, lines = words.check_finished(event), "\n".join(words.failures(event.failures))
            return replace(
                changed(
                    view,
                    _CHECK,
                    lambda block: replace(
                        block, title=f"{block.title} · {result}", text=lines, mark=mark, done=True
                    ),
                ),
                doing="",
            )
        case SearchProgress():
            said = f"{words.search_progress(event)}, {words.seconds(event.seconds)}"
            view = replace(view, doing="searching without a model")
            if any(block.key == _SEARCH for block in view.open):
                return changed(view, _SEARCH, lambda block: replace(block, title=f"search: {said}"))
            return add(view, Block("check", f"search: {said}", mark="running", key=_SEARCH))


def _turn_finished(view: View, event: TurnFinished) -> View:
    view = ended(view)
    if event.end in ("done", "stopped"):
        return view
    title = words.one_line(event.message, words.MAX_SENTENCE) or f"The turn ended: {event.end}."
    return add(
        view, Block("note", title, event.hint, "warning" if event.end == "interrupted" else "bad", done=True)
    )


def _job_finished(view: View, event: JobFinished) -> View:
    mark: Mark = "good" if event.exit_code == 0 else "bad"
    return add(
        ended(view), Block("result", words.verdict(event), "\n".join(words.account(event)), mark, done=True)
    )


def _told(
    event: FileChanged
    | EditRejected
    | AttemptStarted
    | AttemptFinished
    | FocusChosen
    | ContextCompacted
    | Notice,
) -> Block:
    match event:
        case FileChanged(path=path, kind=kind, diff=diff):
            title = f"{kind} {words.one_line(path)}  {words.diff_size(diff)}"
            return Block("diff", title, capped(diff, DIFF_LINES), "good", done=True)
        case EditRejected(path=path, reason=reason, nearest=nearest):
            where = words.one_line(path) or "the reply"
            return Block(
                "note",
                f"edit refused in {where}: {words.one_line(reason)}",
                capped(nearest, NEAREST_LINES),
                "warning",
                done=True,
            )
        case AttemptStarted(number=number, effort=effort, model=model):
            said = f"attempt {number} with {words.one_line(model)}, effort {words.one_line(effort)}"
            return Block("note", said, done=True)
        case AttemptFinished():
            return Block("note", words.attempt_finished(event), done=True)
        case FocusChosen():
            return Block("focus", "looking at", "\n".join(words.focus_lines(event)), done=True)
        case ContextCompacted(tokens_before=before, tokens_after=after):
            return Block(
                "note", f"the conversation was shortened from {before:,} to {after:,} tokens", done=True
            )
        case Notice(level=level, text=text, hint=hint):
            mark: Mark = "" if level == "info" else "warning" if level == "warning" else "bad"
            return Block("note", words.one_line(text, words.MAX_SENTENCE), hint, mark, done=True)


def _arguments(view: View, call_id: str) -> str:
    """What the model gave to the call that is being asked about."""
    return next((block.more for block in view.open if block.key == f"tool {call_id}"), "")


def _named(tool: str, said: str) -> str:
    said = words.one_line(said)
    name = words.one_line(tool)
    return said if said.startswith(name) else f"{name}: {said}" if said else name
