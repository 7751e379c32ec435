"""Plain values that several rooms and every front end share: usage, failures, reports, diagnostics, symbols.

Standard library only, all frozen. Paths are POSIX strings relative to the repository root unless said otherwise;
lines are 1-based.
"""

from __future__ import annotations

from dataclasses import field
from typing import Literal

from flashagent.dataclass import dataclass

FailureKind = Literal[
    "assertion", "error", "import", "syntax", "compile", "crash", "timeout", "memory", "output", "exit"
]
TestOutcome = Literal["passed", "failed", "error", "skipped", "xfailed", "xpassed"]
Confidence = Literal["certain", "likely", "possible", "weak"]
CONFIDENCES: tuple[Confidence, ...] = ("certain", "likely", "possible", "weak")
JobOutcome = Literal[
    "fixed", "already_green", "changed_unverified", "not_fixed", "usage", "limit", "unreachable", "refused",
    "internal", "interrupted",
]  # fmt: skip


@dataclass(frozen=True, slots=True)
class Usage:
    """Tokens of one or more model replies. `prompt_tokens` includes `cached_tokens`; `completion_tokens` includes
    `reasoning_tokens`. `estimated` is true when any part of it was not reported by the endpoint."""

    prompt_tokens: int = 0
    cached_tokens: int = 0
    completion_tokens: int = 0
    reasoning_tokens: int = 0
    estimated: bool = False

    @property
    def total_tokens(self) -> int:
        return self.prompt_tokens + self.completion_tokens

    def __add__(self, other: Usage) -> Usage:
        return Usage(
            self.prompt_tokens + other.prompt_tokens,
            self.cached_tokens + other.cached_tokens,
            self.completion_tokens + other.completion_tokens,
            self.reasoning_tokens + other.reasoning_tokens,
            self.estimated or other.estimated,
        )


@dataclass(frozen=True, slots=True)
class Frame:
    """One stack frame. `path` is relative to the root when `in_project`, else absolute as the runner printed it."""

    path: str
    line: int
    function: str = ""
    source: str = ""
    in_project: bool = True


@dataclass(frozen=True, slots=True)
class Failure:
    """One parsed problem of a check. `test_id` is the runner's own id ('' when the check failed as a whole);
    `frames` runs from the outermost to the innermost; `rerun` is the argv that runs this test alone."""

    test_id: str
    kind: FailureKind
    message: str
    exception: str = ""
    frames: tuple[Frame, ...] = ()
    expected: str = ""
    actual: str = ""
    rerun: tuple[str, ...] = ()
    details: str = ""


@dataclass(frozen=True, slots=True)
class TestResult:
    """What one test did. `seconds` is wall time as the runner measured it."""

    __test__ = False  # not a test class, whatever its name suggests to pytest

    test_id: str
    outcome: TestOutcome
    seconds: float = 0.0


@dataclass(frozen=True, slots=True)
class CheckReport:
    """The whole result of one check run.

    `counted` is true when our own reporter told the results test by test and said that the session ended in order.
    Otherwise `results` are what the runner's text says (empty when it names no tests): they can speak against a run, and
    only `exit_code` speaks for it. `limit` names the sandbox limit that ended the run, if one did.
    """

    command: tuple[str, ...]
    exit_code: int
    seconds: float
    results: tuple[TestResult, ...] = ()
    failures: tuple[Failure, ...] = ()
    counted: bool = False
    limit: str = ""
    output: str = ""

    @property
    def passed(self) -> int:
        return sum(1 for result in self.results if result.outcome in ("passed", "xfailed", "xpassed"))

    @property
    def failed(self) -> int:
        return sum(1 for result in self.results if result.outcome in ("failed", "error"))

    @property
    def green(self) -> bool:
        """Nothing failed in this run alone. Whether a *fix* is green is decided by `verify.verdict.judge`."""
        return self.exit_code == 0 and not self.failures and not self.limit


@dataclass(frozen=True, slots=True)
class Diagnostic:
    """One message of a linter, compiler or language server. `code` is the tool's own ('F821')."""

    path: str
    line: int
    column: int
    code: str
    message: str
    severity: Literal["error", "warning", "information"] = "error"
    source: str = ""


@dataclass(frozen=True, slots=True)
class Symbol:
    """One definition. `qualified` is 'Class.method'; lines are inclusive."""

    path: str
    name: str
    qualified: str
    kind: str
    start_line: int
    end_line: int
    signature: str = ""
    doc: str = ""


@dataclass(frozen=True, slots=True)
class RankedSymbol:
    """A symbol chosen for the focus, with its score (higher is better) and the reasons in words."""

    symbol: Symbol
    score: float
    why: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class RankedFile:
    """A file chosen for the focus, with its score (higher is better) and the reasons in words."""

    path: str
    score: float
    why: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class FocusQuery:
    """What is known about where to look: the goal's text, failures, and files changed of late or named by the user."""

    text: str = ""
    failures: tuple[Failure, ...] = ()
    changed: tuple[str, ...] = ()
    paths: tuple[str, ...] = ()
    covered: tuple[tuple[str, int], ...] = field(default=())


@dataclass(frozen=True, slots=True)
class FileChange:
    """One file of a patch: `before` None = created, `after` None = deleted. Texts keep the file's own line ends."""

    path: str
    before: str | None
    after: str | None


@dataclass(frozen=True, slots=True)
class PatchOption:
    """A patch that a person may take or leave: what it does in words, how far to trust it and why, and its unified diff.
    `green` says that every check was seen to pass with it."""

    how: str
    confidence: str
    reasons: tuple[str, ...]
    diff: str
    green: bool = True


@dataclass(frozen=True, slots=True)
class Contrast:
    """A call on which patches differ: what the program as it is gives ('' when unknown), and what it gives with each."""

    call: str
    now: str
    answers: tuple[str, ...]
