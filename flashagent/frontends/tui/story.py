"""What the side panel tells: the focus last chosen, the diff of each file, the checks, the plan. Events in, values out. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import field, replace

from flashagent.dataclass import dataclass
from flashagent.frontends import words
from flashagent.frontends.tui.controller import Found
from flashagent.frontends.tui.diffing import Hunk, hunks_of

TYPE_CHECKING = False
if TYPE_CHECKING:
    from flashagent.events import CheckFinished, CheckStarted, Event, FocusChosen
    from flashagent.values import Failure

MOST_CHECKS = 20


@dataclass(frozen=True, slots=True)
class FileDiff:
    """What one file has become. `accepted` are the numbers of the hunks that the user has said yes to."""

    path: str
    kind: str
    diff: str
    hunks: tuple[Hunk, ...]
    accepted: frozenset[int] = frozenset()


@dataclass(frozen=True, slots=True)
class CheckRun:
    """One run of a check; `finished` is None while it runs."""

    started: CheckStarted
    finished: CheckFinished | None = None

    @property
    def failures(self) -> Sequence[Failure]:
        return self.finished.failures if self.finished else ()


@dataclass(frozen=True, slots=True)
class Story:
    """`checks` come newest first, `files` the last changed one first, `findings` the most important first; `watched` says why
    there are none."""

    focus: FocusChosen | None = None
    files: tuple[FileDiff, ...] = ()
    checks: tuple[CheckRun, ...] = ()
    plan: str = ""
    findings: tuple[Found, ...] = ()
    watched: str = ""
    excerpts: Mapping[tuple[str, int], str] = field(default_factory=dict)

    def file(self, path: str) -> FileDiff | None:
        return next((one for one in self.files if one.path == path), None)


def told(story: Story, event: Event) -> Story:
    """The story after the event; the very same one where the event adds nothing."""
    from flashagent.events import CheckFinished, CheckStarted, FileChanged, FocusChosen

    match event:
        case FocusChosen():
            return replace(story, focus=event)
        case FileChanged(path=path, kind=kind, diff=diff):
            others = tuple(one for one in story.files if one.path != path)
            hunks = hunks_of(diff)
            mine = (FileDiff(path, kind, diff, hunks),) if diff else ()
            return replace(story, files=(*mine, *others))
        case CheckStarted():
            return replace(story, checks=(CheckRun(event), *story.checks[: MOST_CHECKS - 1]))
        case CheckFinished() if story.checks:
            first, *rest = story.checks
            return replace(story, checks=(CheckRun(first.started, event), *rest))
        case _:
            return story


def accepted(story: Story, path: str, number: int) -> Story:
    """The user has looked at this hunk and keeps it; a second time takes the yes back."""
    files = tuple(
        replace(one, accepted=one.accepted ^ {number}) if one.path == path else one for one in story.files
    )
    return replace(story, files=files)


def excerpted(story: Story, place: tuple[str, int], text: str) -> Story:
    """The lines around a place, once they were read."""
    return replace(story, excerpts={**story.excerpts, place: text})


def watched(story: Story, findings: tuple[Found, ...], why_none: str = "") -> Story:
    """These findings now; the very same story when they are those that it has."""
    if (story.findings, story.watched) == (findings, why_none):
        return story
    return replace(story, findings=findings, watched=why_none)


def place_of(failure: Failure) -> tuple[str, int] | None:
    """Where in the project a failure happened: its innermost frame there."""
    frame = next((one for one in reversed(failure.frames) if one.in_project), None)
    return (frame.path, frame.line) if frame else None


def found(story: Story) -> str:
    """How many findings there are, for the status line; '' for none."""
    return words.count(len(story.findings), "finding") if story.findings else ""


def totals(story: Story) -> str:
    """How the last check went, for the status line; '' when none has ended."""
    last = next((one.finished for one in story.checks if one.finished), None)
    return words.check_finished(last).partition(" in ")[0] if last and last.counted else ""
