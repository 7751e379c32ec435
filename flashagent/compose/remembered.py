"""What the user said about the commands of one project, kept in the user's own state folder, never in the repository."""

from __future__ import annotations

import contextlib
import json
import os
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from flashagent.agent.approvals import Command, Grants
from flashagent.agent.approver import MOST_RECENT
from flashagent.errors import SettingsError
from flashagent.settings.documents import read_bytes
from flashagent.settings.trust import write_private

STORE_NAME, RECENT_NAME = "approvals.json", "commands.jsonl"
_TRIM_AT = 4 * MOST_RECENT


class ApprovalStore:
    """The grants and denials of one project (`folder` is its state folder) and its last commands. What is read is never
    older than the last change, also of another process; a damaged file grants nothing and is told."""

    def __init__(self, folder: Path) -> None:
        self._file = folder / STORE_NAME
        self._recent = folder / RECENT_NAME

    def grants(self) -> Grants:
        """Raises SettingsError when the file is damaged."""
        content = read_bytes(self._file, follow=False)
        if content is None:
            return Grants()
        try:
            data = json.loads(content)
            return Grants(*(frozenset(map(_command, data[kind])) for kind in ("allowed", "denied")))
        except (ValueError, TypeError, KeyError) as error:
            raise SettingsError(
                f"{self._file} is damaged.", hint="Remove it; you will be asked again."
            ) from error

    def keep(self, command: Command) -> None:
        self._write(self.grants().allowing(command))

    def deny(self, command: Command) -> None:
        """Refuse the command from now on, without a question."""
        self._write(self.grants().denying(command))

    def revoke(self, command: Command) -> None:
        """Forget what was said about the command: it is asked for again."""
        self._write(self.grants().without(command))

    def revoke_all(self) -> None:
        self._write(Grants())

    def listed(self) -> tuple[tuple[str, Command], ...]:
        """('allowed' or 'denied', command), in an order that stays the same."""
        grants = self.grants()
        pairs = (("allowed", grants.allowed), ("denied", grants.denied))
        return tuple((kind, one) for kind, commands in pairs for one in sorted(commands, key=_order))

    def recent(self) -> Sequence[Command]:
        return tuple(self._lines())[-MOST_RECENT:]

    def note(self, command: Command) -> None:
        """Only a help for the eyes: a disk that refuses it stops nothing."""
        with contextlib.suppress(OSError):
            self._recent.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
            kept = list(self._lines())
            if len(kept) >= _TRIM_AT:
                lines = (json.dumps(_plain(one)) for one in [*kept[-MOST_RECENT:], command])
                write_private(self._recent, "\n".join(lines) + "\n")
                return
            flags = os.O_WRONLY | os.O_CREAT | os.O_APPEND | os.O_NOFOLLOW | os.O_CLOEXEC
            with os.fdopen(os.open(self._recent, flags, 0o600), "w", encoding="utf-8") as file:
                file.write(json.dumps(_plain(command)) + "\n")

    def _lines(self) -> Iterator[Command]:
        content = read_bytes(self._recent, follow=False) or b""
        for line in content.splitlines():
            with contextlib.suppress(ValueError, TypeError, KeyError):  # a torn line of a killed process
                yield _command(json.loads(line))

    def _write(self, grants: Grants) -> None:
        data = {
            "version": 1,
            "allowed": [_plain(one) for one in sorted(grants.allowed, key=_order)],
            "denied": [_plain(one) for one in sorted(grants.denied, key=_order)],
        }
        write_private(self._file, json.dumps(data, indent=2) + "\n")


def _command(data: Any) -> Command:
    argv = tuple(data["argv"])
    if not argv or not all(isinstance(word, str) for word in argv):
        raise TypeError("argv must be texts")
    return Command(argv, str(data["folder"]), data["outside"] is True)


def _plain(command: Command) -> dict[str, object]:
    return {"argv": list(command.argv), "folder": command.folder, "outside": command.outside}


def _order(command: Command) -> tuple[object, ...]:
    return (command.argv, command.folder, command.outside)
