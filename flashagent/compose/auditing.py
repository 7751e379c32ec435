"""The audit of one session: every command, approval and written file, one line each, in a chain of hashes.

It lies in the user's state folder, apart from the record of the conversation, and holds no secret.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from itertools import islice
from pathlib import Path
from typing import Any

from flashagent_sandbox import audit
from flashagent_sandbox.policy import SandboxError

from flashagent.compose.wrapped import Wrapped
from flashagent.dataclass import dataclass
from flashagent.errors import WorkspaceError
from flashagent.events import (
    ApprovalRequested,
    ApprovalResolved,
    ChoiceResolved,
    Event,
    FileChanged,
    JobFinished,
    TurnFinished,
)
from flashagent.ports import Channel, Command, CommandResult, CommandRunner, OnOutput

FOLDER = "audit"


class SessionAudit:
    """A sink of events (already masked), and the witness of the runners that it watches. A disk that refuses ends the
    audit, not the work: `on_trouble` is told once."""

    def __init__(
        self, path: Path, mask: Callable[[str], str], on_trouble: Callable[[str], None] = lambda why: None
    ) -> None:
        self.path = path
        self.on_trouble = on_trouble
        self._mask = mask
        self._broken = False

    def __call__(self, event: Event) -> None:
        match event:
            case ApprovalRequested(call_id=call, argv=argv, folder=folder, reason=reason, action=action):
                facts = {
                    "call": call,
                    "action": action,
                    "argv": list(argv),
                    "folder": folder,
                    "reason": reason,
                }
                self.note("asked", facts)
            case ApprovalResolved(call_id=call, decision=decision, reason=reason):
                self.note("answered", {"call": call, "decision": decision, "reason": reason})
            case ChoiceResolved(call_id=call, chosen=chosen):
                self.note("chosen", {"call": call, "patch": chosen})
            case FileChanged(path=path, kind=kind):
                self.note("file", {"path": path, "change": kind})
            case TurnFinished(end=end):
                self.note("turn", {"end": end})
            case JobFinished(outcome=outcome, exit_code=code, commit=commit):
                self.note("job", {"outcome": outcome, "exit": code, "commit": commit})
            case _:
                return

    def note(self, kind: str, facts: Mapping[str, Any]) -> None:
        """One line, on disk when this returns."""
        if self._broken:
            return
        try:
            self.path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
            audit.append(self.path, kind, facts)
        except (SandboxError, OSError) as error:
            self._broken = True
            self.on_trouble(str(error))

    def watch(self, runner: CommandRunner, profile: str) -> CommandRunner:
        """The runner, with each of its commands on record."""
        return _Watched(runner, self, profile)

    def command(self, command: Command, runner: CommandRunner, profile: str, how: Mapping[str, Any]) -> None:
        policy = {
            "profile": profile,
            "sandbox": runner.description,
            "read_only": command.read_only,
            "copy": command.tree is not None,
            "writable": [str(folder) for folder in command.writable],
        }
        argv = [self._mask(word) for word in command.argv]
        self.note("command", {"argv": argv, "folder": str(command.cwd), "policy": policy, **how})


class _Watched(Wrapped):
    def __init__(self, runner: CommandRunner, log: SessionAudit, profile: str) -> None:
        super().__init__(runner)
        self._log = log
        self._profile = profile

    async def run(
        self, command: Command, *, on_output: OnOutput | None = None, channel: Channel | None = None
    ) -> CommandResult:
        try:
            result = await self._runner.run(command, on_output=on_output, channel=channel)
        except BaseException as error:  # also a command that was cut off is on record
            self._log.command(command, self._runner, self._profile, {"ended": type(error).__name__})
            raise
        how = {
            "exit": result.exit_code,
            "seconds": round(result.seconds, 3),
            "limit": result.limit,
            "truncated": result.truncated,
        }
        await asyncio.to_thread(self._log.command, command, self._runner, self._profile, how)
        return result


@dataclass(frozen=True, slots=True)
class Audited:
    """What an audit file holds: the entries that are intact from the first line on, and what is wrong after them ('' for
    nothing)."""

    entries: tuple[Mapping[str, Any], ...]
    problem: str = ""


def read_audit(path: Path) -> Audited:
    """Raises WorkspaceError when the file cannot be read."""
    try:
        verdict = audit.verify(path)
        lines = path.read_bytes().splitlines()
    except (SandboxError, OSError) as error:
        raise WorkspaceError(f"The audit {path} cannot be read: {error}") from error
    problem = f"line {verdict.line} {verdict.problem}" if verdict.problem else ""
    return Audited(tuple(islice(_entries(lines), verdict.entries)), problem)


def _entries(lines: Sequence[bytes]) -> Iterator[Mapping[str, Any]]:
    for line in lines:
        with contextlib.suppress(ValueError):  # a line that a crash cut off; the chain accounts for it
            yield json.loads(line)
