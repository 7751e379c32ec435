"""The errors that people see: each says what happened and what to do next, and knows its exit code.

Standard library only. A failed tool is a result, not an error; these end a command.
"""

from __future__ import annotations

from enum import IntEnum


class ExitCode(IntEnum):
    """One exit code per outcome, the same in every front end."""

    OK = 0
    NOT_FIXED = 1
    USAGE = 2
    LIMIT = 3
    UNREACHABLE = 4
    REFUSED = 5
    INTERNAL = 70
    INTERRUPTED = 130


class FlashagentError(Exception):
    """Base of all expected errors. `message` says what happened, `hint` what to try."""

    exit_code: ExitCode = ExitCode.INTERNAL

    def __init__(self, message: str, *, hint: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint

    def __str__(self) -> str:
        return f"{self.message} {self.hint}".strip()


class UsageError(FlashagentError):
    """Bad arguments or settings, no check found, a runner that is not there."""

    exit_code = ExitCode.USAGE


class SettingsError(UsageError):
    """A setting is wrong; the message names file, key and line."""


class NotARepository(UsageError):
    """The folder is not inside a git work tree."""


class RunnerMissing(UsageError):
    """The program that a check needs is not installed; the message names the interpreter or PATH used."""


class WorkspaceError(UsageError):
    """A file or the repository is in a state in which the request cannot be carried out; nothing was changed."""


class SavedMeanwhile(WorkspaceError):
    """Somebody saved or removed a file in a way that the planned change cannot go with; theirs was left alone."""

    exit_code = ExitCode.NOT_FIXED


class LimitReached(FlashagentError):
    """A budget was reached. `limit` names it: tokens, cost, requests, attempts or time."""

    exit_code = ExitCode.LIMIT

    def __init__(self, message: str, *, limit: str, hint: str = "") -> None:
        super().__init__(message, hint=hint)
        self.limit = limit


class ModelError(FlashagentError):
    """The model endpoint did not give a usable reply. `status` is the HTTP status of the last answer, 0 for none."""

    exit_code = ExitCode.UNREACHABLE
    status: int = 0


class ModelUnreachable(ModelError):
    """No answer after all retries."""


class ModelRefused(ModelError):
    """The endpoint refused the request: key, model name or parameters. Not retried."""


class ToolsRefused(ModelRefused):
    """The endpoint, or the model behind it, takes no tools."""


class ContextTooLong(ModelError):
    """The endpoint said that the request does not fit its context window. `window` is that window in tokens, None when
    it did not say."""

    def __init__(self, message: str, *, hint: str = "", window: int | None = None) -> None:
        super().__init__(message, hint=hint)
        self.window = window


class NoSuchFile(WorkspaceError):
    """There is no file of that path (it may be a folder)."""


class SandboxUnavailable(FlashagentError):
    """No sandbox on this machine and no explicit word of the user to go without."""

    exit_code = ExitCode.REFUSED


class Interrupted(FlashagentError):
    """The user stopped the run."""

    exit_code = ExitCode.INTERRUPTED


class NotWritten(Exception):
    """The output of a command took no more, so its job was stopped. `cause` is what the output said, `exit_code` what the
    job came to nevertheless."""

    def __init__(self, cause: OSError, exit_code: int) -> None:
        super().__init__(str(cause))
        self.cause = cause
        self.exit_code = exit_code


class InternalError(FlashagentError):
    """A bug of ours that ended a turn; `__cause__` is what was raised."""

    def __init__(self, cause: BaseException) -> None:
        super().__init__(
            f"flashagent itself failed: {type(cause).__name__}: {cause}", hint="Please report it."
        )
        self.__cause__ = cause
