"""The one stream of events between the agent and everyone who watches it.

Frozen dataclasses of plain values; each converts to one JSON line, which is both the machine format and the session
file. Standard library only.
"""

from __future__ import annotations

import dataclasses
import json
import types
import typing
from collections.abc import Callable, Mapping
from dataclasses import field
from functools import cache
from typing import Any, Literal, get_args, get_origin, get_type_hints

from flashagent.dataclass import dataclass
from flashagent.messages import ToolCall
from flashagent.values import Contrast, Failure, JobOutcome, PatchOption, RankedSymbol, Usage

FORMAT_VERSION = 1
TurnEnd = Literal["done", "stopped", "limit", "interrupted", "failed"]
ToolOutcome = Literal["ok", "failed", "denied", "interrupted"]
Decision = Literal["once", "session", "project", "deny"]
NoticeLevel = Literal["info", "warning", "error"]


@dataclass(frozen=True, slots=True)
class TurnStarted:
    prompt: str


@dataclass(frozen=True, slots=True)
class TurnFinished:
    end: TurnEnd
    usage: Usage
    message: str = ""
    hint: str = ""


@dataclass(frozen=True, slots=True)
class StepStarted:
    number: int


@dataclass(frozen=True, slots=True)
class ReasoningDelta:
    text: str


@dataclass(frozen=True, slots=True)
class TextDelta:
    text: str


@dataclass(frozen=True, slots=True)
class ModelRetrying:
    """The request is sent again; deltas of this step so far are void."""

    attempt: int
    wait_s: float
    reason: str


@dataclass(frozen=True, slots=True)
class AssistantReplied:
    text: str
    tool_calls: tuple[ToolCall, ...]
    usage: Usage
    model: str
    reasoning: str = ""


@dataclass(frozen=True, slots=True)
class ToolStarted:
    call_id: str
    tool: str
    summary: str
    arguments: str = ""


@dataclass(frozen=True, slots=True)
class ToolOutput:
    call_id: str
    text: str


@dataclass(frozen=True, slots=True)
class ToolFinished:
    """`for_person` is one line; `for_model` is the whole text that went back to the model."""

    call_id: str
    tool: str
    outcome: ToolOutcome
    for_person: str
    seconds: float
    for_model: str = ""


@dataclass(frozen=True, slots=True)
class ApprovalRequested:
    """`argv` is what would be executed in `folder`, word by word; `scope` says what a lasting yes would cover."""

    call_id: str
    action: str
    argv: tuple[str, ...]
    folder: str
    reason: str
    scope: str = ""


@dataclass(frozen=True, slots=True)
class ApprovalResolved:
    call_id: str
    decision: Decision
    reason: str = ""


@dataclass(frozen=True, slots=True)
class FileChanged:
    """Emitted after the bytes are on disk. `diff` is a unified diff."""

    path: str
    kind: Literal["created", "modified", "deleted", "renamed"]
    diff: str


@dataclass(frozen=True, slots=True)
class EditRejected:
    """Nothing of that patch was written. `nearest` shows the current text that comes nearest, with its lines."""

    path: str
    reason: str
    nearest: str = ""


@dataclass(frozen=True, slots=True)
class AttemptStarted:
    """`why` explains the effort."""

    number: int
    effort: str
    model: str
    why: str = ""


@dataclass(frozen=True, slots=True)
class AttemptFinished:
    failures_before: int
    failures_after: int


@dataclass(frozen=True, slots=True)
class CheckStarted:
    command: tuple[str, ...]
    why: str = ""


@dataclass(frozen=True, slots=True)
class CheckOutput:
    text: str


@dataclass(frozen=True, slots=True)
class CheckFinished:
    """`counted` is false for a runner known only by its exit status. `cached` is true where nothing was run: the result of
    this very state was known. `cut` is true where the run did not come to its end, interrupted or not able to run: its
    numbers tell nothing then."""

    passed: int
    failed: int
    failures: tuple[Failure, ...]
    seconds: float
    exit_code: int
    counted: bool
    cached: bool = False
    cut: bool = False


@dataclass(frozen=True, slots=True)
class MapReady:
    files: int
    symbols: int
    seconds: float
    from_cache: bool


@dataclass(frozen=True, slots=True)
class FocusChosen:
    symbols: tuple[RankedSymbol, ...]
    tokens: int
    why: str


@dataclass(frozen=True, slots=True)
class SearchProgress:
    """How far the offline search is. `best` describes the best candidate so far in words, or is empty."""

    tried: int
    candidates: int
    plausible: int
    seconds: float
    best: str = ""


@dataclass(frozen=True, slots=True)
class SearchFinished:
    """The offline search has ended: candidates tried, patches with which the check passes, wall seconds from its begin, CPU
    seconds of its workers (0 when unknown), and the wall seconds of each part of the work."""

    tried: int
    patches: int
    seconds: float
    cpu_s: float = 0.0
    phases: tuple[tuple[str, float], ...] = ()


@dataclass(frozen=True, slots=True)
class ChoiceRequested:
    """The job waits until the user takes one of these patches, best first, or none. `contrasts` are calls on which they
    differ."""

    call_id: str
    options: tuple[PatchOption, ...]
    contrasts: tuple[Contrast, ...] = ()


@dataclass(frozen=True, slots=True)
class ChoiceResolved:
    """`chosen` counts from 1; 0 stands for none of them."""

    call_id: str
    chosen: int


@dataclass(frozen=True, slots=True)
class ContextCompacted:
    """The history was written anew; the next request does not extend the one before. `told` is the message that now
    stands for what was left out, `kept` counts the last messages that stand after it as they were."""

    tokens_before: int
    tokens_after: int
    told: str = ""
    kept: int = 0


@dataclass(frozen=True, slots=True)
class BudgetSpent:
    """`cost` is in US dollars, None when the model's price is unknown; `share` is the most used limit, 0 to 1."""

    tokens: int
    cost: float | None
    share: float
    estimated: bool = False


@dataclass(frozen=True, slots=True)
class Notice:
    """Never needed to follow the story."""

    level: NoticeLevel
    text: str
    hint: str = ""


@dataclass(frozen=True, slots=True)
class JobReport:
    """What a finished job can account for; lists of tests hold their ids. `options` are patches that were found and not
    applied, best first, `contrasts` calls on which they differ, `kept` the file that holds them; `suspicious` are places to
    look at, as 'path:line: source'."""

    check: str = ""
    counted: bool = False
    failing_before: tuple[str, ...] = ()
    fixed: tuple[str, ...] = ()
    still_failing: tuple[str, ...] = ()
    newly_failing: tuple[str, ...] = ()
    disappeared: tuple[str, ...] = ()
    confidence: str = ""
    reasons: tuple[str, ...] = ()
    how: str = ""
    files: tuple[str, ...] = ()
    attempts: int = 0
    requests: int = 0
    cost: float | None = None
    seconds: float = 0.0
    message: str = ""
    hint: str = ""
    dry_run: bool = False
    goal: str = ""
    options: tuple[PatchOption, ...] = ()
    contrasts: tuple[Contrast, ...] = ()
    kept: str = ""
    suspicious: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class JobFinished:
    """Last of a job. `patch` is the unified diff of what was kept (or, when not fixed, the path of the best patch);
    `commit` is a commit id or ''."""

    outcome: JobOutcome
    exit_code: int
    commit: str
    patch: str
    usage: Usage
    report: JobReport = field(default_factory=JobReport)


Event = (
    TurnStarted | TurnFinished | StepStarted | ReasoningDelta | TextDelta | ModelRetrying | AssistantReplied
    | ToolStarted | ToolOutput | ToolFinished | ApprovalRequested | ApprovalResolved | FileChanged | EditRejected
    | AttemptStarted | AttemptFinished | CheckStarted | CheckOutput | CheckFinished | MapReady | FocusChosen
    | SearchProgress | SearchFinished | ChoiceRequested | ChoiceResolved | ContextCompacted | BudgetSpent | Notice
    | JobFinished
)  # fmt: skip
Emit = Callable[[Event], None]

EVENT_TYPES: Mapping[str, type[Event]] = types.MappingProxyType(
    {cls.__name__: cls for cls in get_args(Event)}
)


def to_plain(event: Event) -> dict[str, Any]:
    """The event as JSON-ready values, its type under 'type'."""
    return {"type": type(event).__name__, **dataclasses.asdict(event)}


def to_line(event: Event, *, seq: int, time: str, session: str) -> str:
    """One JSON line of the machine format, without the newline. `time` is ISO 8601 UTC."""
    envelope = {"v": FORMAT_VERSION, "seq": seq, "time": time, "session": session}
    return json.dumps({**envelope, **to_plain(event)}, ensure_ascii=False, separators=(",", ":"))


def from_plain(data: Mapping[str, Any]) -> Event:
    """The event that `to_plain` wrote.

    Raises ValueError for an unknown type or missing fields; unknown extra fields are passed over, so that an older
    reader understands a newer file.
    """
    cls = EVENT_TYPES.get(str(data.get("type")))
    if cls is None:
        raise ValueError(f"unknown event type {data.get('type')!r}")
    try:
        return typing.cast(Event, _build(cls, data))
    except (TypeError, KeyError) as error:
        raise ValueError(f"bad {cls.__name__}: {error}") from error


def with_texts(event: Event, change: Callable[[str], str]) -> Event:
    """The event with every text in it changed, nested ones too; its type and numbers stay."""
    plain = _changed(to_plain(event), change)
    return from_plain({**plain, "type": type(event).__name__})


def _changed(value: Any, change: Callable[[str], str]) -> Any:
    if isinstance(value, str):
        return change(value)
    if isinstance(value, dict):
        return {key: _changed(item, change) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_changed(item, change) for item in value]
    return value


@cache
def _hints(cls: type[Any]) -> Mapping[str, Any]:
    """What the fields of a class are. Working it out costs more than all the rest of reading an event back."""
    return get_type_hints(cls)


def _build(hint: Any, value: Any) -> Any:
    if dataclasses.is_dataclass(hint):
        hints = _hints(hint)  # type: ignore[arg-type]  # a class is hashable, whatever mypy thinks of its metaclass
        known = {
            f.name: _build(hints[f.name], value[f.name]) for f in dataclasses.fields(hint) if f.name in value
        }
        return hint(**known)  # type: ignore[operator]
    if get_origin(hint) is tuple:
        args = get_args(hint)
        if len(args) == 2 and args[1] is Ellipsis:
            return tuple(_build(args[0], item) for item in value)
        return tuple(_build(arg, item) for arg, item in zip(args, value, strict=True))
    return value
