"""A reply and the files it speaks of in, the changed files or the refusals out. Pure: the engine's public door."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import field

from flashagent.dataclass import dataclass
from flashagent.edits.apply import plan
from flashagent.edits.check import CheckSyntax, check_syntax
from flashagent.edits.formats.parse import parse_reply
from flashagent.edits.teach import Read, taught_whole
from flashagent.edits.values import Planned, Refusal, Refused


@dataclass(frozen=True, slots=True)
class ReplyResult:
    """`files` holds the changed paths only, None for a deleted one; it is empty when anything was refused."""

    ok: bool
    files: Mapping[str, str | None] = field(default_factory=dict)
    refusals: tuple[Refusal, ...] = ()

    def to_json(self) -> str:
        """One JSON object with ok, files and refusals."""
        return json.dumps(
            {
                "ok": self.ok,
                "files": dict(self.files),
                "refusals": [_plain(refusal) for refusal in self.refusals],
            },
            ensure_ascii=False,
        )


def _plain(refusal: Refusal) -> dict[str, object]:
    nearest = refusal.nearest
    return {
        "path": refusal.path,
        "edit": refusal.edit,
        "reason": refusal.reason,
        "message": refusal.message,
        "nearest": None
        if nearest is None
        else {"start": nearest.start, "end": nearest.end, "text": nearest.text},
    }


def apply_reply(
    files: Mapping[str, str],
    reply: str,
    format: str = "auto",  # noqa: A002
    shown: Mapping[str, str] | None = None,
    *,
    syntax: CheckSyntax = check_syntax,
) -> ReplyResult:
    """Apply a model's reply to `files` (path to text); `shown` is what the model last saw of them.

    All edits land or none does. A reply without any edit is refused with the reason 'no_edits'. Raises ValueError for
    an unknown format.
    """
    outcome = plan_reply(files.get, tuple(files), reply, format, shown, syntax=syntax)
    match outcome:
        case Refused(refusals=refusals):
            return ReplyResult(False, refusals=refusals)
        case Planned(changes=changes):
            return ReplyResult(True, {change.path: change.after for change in changes})


def plan_reply(
    read: Read,
    paths: Sequence[str],
    reply: str,
    format: str = "auto",  # noqa: A002
    shown: Mapping[str, str] | None = None,
    *,
    syntax: CheckSyntax = check_syntax,
) -> Planned | Refused:
    """The changes that a reply asks for, or why they cannot be made; arguments as in `plan`.

    A refusal of the whole reply (cut off, malformed) shows the lines of the file that it named last. Raises ValueError
    for an unknown format.
    """
    parsed = parse_reply(reply, format)
    if isinstance(parsed, Refusal):
        return Refused((taught_whole(parsed, reply, read, paths),))
    return plan(read, paths, parsed.edits, shown, syntax=syntax)
