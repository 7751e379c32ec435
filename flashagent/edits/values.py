"""The words of the edit engine: what a reply asks for, what a plan is, and what a refusal says.

Values only. Edit numbers count from 1 in the order of the reply; 0 stands for the reply as a whole.
"""

from __future__ import annotations

from dataclasses import field
from typing import Literal

from flashagent.dataclass import dataclass
from flashagent.values import FileChange

Format = Literal["edit", "sr", "apply_patch", "udiff", "whole", "symbol", "anchors"]
FORMATS: tuple[Format, ...] = ("edit", "sr", "apply_patch", "udiff", "whole", "symbol", "anchors")

Reason = Literal[
    "no_edits", "cut_off", "malformed", "no_path", "unknown_path", "ambiguous_path", "forbidden_path",
    "path_collision", "exists", "not_found", "stale", "already_applied", "ambiguous", "indentation", "elision",
    "no_change", "empty_search", "overlap", "conflict", "guard", "unknown_symbol", "syntax", "unreadable",
]  # fmt: skip

OpKind = Literal["=", "-", "+"]
Op = tuple[OpKind, str]


@dataclass(frozen=True, slots=True)
class Replace:
    """Put `new` in the place of `old`, which must occur once, unless `all` or a right `near_line` says otherwise.

    With `whole_lines` the text stands for complete lines (SEARCH/REPLACE); without it, it may begin and end inside
    a line.
    """

    path: str
    old: str
    new: str
    all: bool = False
    near_line: int | None = None
    whole_lines: bool = False


@dataclass(frozen=True, slots=True)
class Hunk:
    """One hunk of a patch: kept, deleted and inserted lines in order.

    `line` is the old line number that the header claims (1-based), `anchors` are the `@@` headings from the outermost
    to the innermost. `at_end` says that the hunk ends with the file; `final_newline` that the hunk sets (True) or
    drops (False) the file's last line end; `prose` how many lines at the end may be the reply's words, not the file's;
    `bare` is the reading of `ops` in which the kept lines came without their leading blank.
    """

    path: str
    ops: tuple[Op, ...]
    line: int | None = None
    anchors: tuple[str, ...] = ()
    at_end: bool = False
    final_newline: bool | None = None
    prose: int = 0
    bare: tuple[Op, ...] = field(default=(), compare=False, repr=False)


@dataclass(frozen=True, slots=True)
class Create:
    """Make a new file; refused where one exists that is not empty."""

    path: str
    text: str


@dataclass(frozen=True, slots=True)
class Whole:
    """The complete new text of a file that may or may not exist yet."""

    path: str
    text: str


@dataclass(frozen=True, slots=True)
class Delete:
    """Remove a file. Where the reply quotes its text, that must be the text which is there."""

    path: str
    text: str | None = None


@dataclass(frozen=True, slots=True)
class Rename:
    """Move a file; other edits of the reply name it by its old path and travel with it."""

    path: str
    to: str


@dataclass(frozen=True, slots=True)
class ReplaceSymbol:
    """Put `body` in the place of one whole definition, named as `Class.method`."""

    path: str
    symbol: str
    body: str


@dataclass(frozen=True, slots=True)
class ReplaceRange:
    """Put `new` in the place of the lines from `first` to `last`, both included; `lines` guards their number."""

    path: str
    first: str
    last: str
    new: str
    lines: int | None = None


Edit = Replace | Hunk | Create | Whole | Delete | Rename | ReplaceSymbol | ReplaceRange


@dataclass(frozen=True, slots=True)
class Region:
    """Lines of a file as they are now: `start` and `end` are 1-based and inclusive."""

    start: int
    end: int
    text: str


@dataclass(frozen=True, slots=True)
class Refusal:
    """Why an edit was not made. The message is written for a model: what happened, then what to send instead."""

    path: str | None
    edit: int
    reason: Reason
    message: str
    nearest: Region | None = None


@dataclass(frozen=True, slots=True)
class Parsed:
    """The edits that a reply asks for. No edits at all is not an error here: the reply was only talk."""

    edits: tuple[Edit, ...]
    format: Format | None = None


@dataclass(frozen=True, slots=True)
class Planned:
    """All changes of a reply, each against the text as it was read. Paths are unique."""

    changes: tuple[FileChange, ...]


@dataclass(frozen=True, slots=True)
class Refused:
    """Nothing may be written. At least one refusal."""

    refusals: tuple[Refusal, ...] = field(default=())


class EditProblem(Exception):
    """Raised inside the engine where an edit cannot be carried out; `plan` and the parsers turn it into a Refusal."""

    def __init__(self, reason: Reason, message: str, nearest: Region | None = None) -> None:
        super().__init__(message)
        self.reason: Reason = reason
        self.message = message
        self.nearest = nearest
