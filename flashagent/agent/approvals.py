"""Decide whether a tool call may run. Pure: asks nobody and touches nothing."""

from __future__ import annotations

import shlex
from collections.abc import Sequence
from dataclasses import field
from typing import Literal

from flashagent.dataclass import dataclass

Mode = Literal["read-only", "ask", "auto", "full"]
MODES: tuple[Mode, ...] = ("read-only", "ask", "auto", "full")
ActionKind = Literal["read", "edit", "run"]
SHOWN_MATCHES = 3


@dataclass(frozen=True, slots=True)
class Command:
    """What a grant or a denial is about: the very argv that is executed, the folder it starts in, and whether it leaves
    the sandbox. Another folder, one more word or the other side of the sandbox is another command."""

    argv: tuple[str, ...]
    folder: str = ""
    outside: bool = False

    def __str__(self) -> str:
        line = (
            self.argv[2]
            if self.argv[:2] == ("/bin/sh", "-c") and len(self.argv) == 3
            else shlex.join(self.argv)
        )
        return f"{line} (in {self.folder or '.'}, {'OUTSIDE' if self.outside else 'inside'} the sandbox)"


@dataclass(frozen=True, slots=True)
class Action:
    """What is about to happen. `argv` is the very object that will be executed, never a text that is parsed again.
    `outside` says that the call asks to leave the sandbox, and `reason` is why, in the words of who asks."""

    kind: ActionKind
    summary: str
    argv: tuple[str, ...] = ()
    folder: str = ""
    outside: bool = False
    reason: str = ""

    def command(self, *, sandboxed: bool) -> Command:
        """What a grant of this action covers where commands run in a sandbox, or do not."""
        return Command(self.argv, self.folder, self.outside or not sandboxed)


@dataclass(frozen=True, slots=True)
class Allow:
    pass


@dataclass(frozen=True, slots=True)
class Ask:
    reason: str


@dataclass(frozen=True, slots=True)
class Deny:
    reason: str


Ruling = Allow | Ask | Deny


@dataclass(frozen=True, slots=True)
class Grants:
    """What the user said before about exact commands."""

    allowed: frozenset[Command] = field(default_factory=frozenset)
    denied: frozenset[Command] = field(default_factory=frozenset)

    def allowing(self, command: Command) -> Grants:
        return Grants(self.allowed | {command}, self.denied - {command})

    def denying(self, command: Command) -> Grants:
        return Grants(self.allowed - {command}, self.denied | {command})

    def without(self, command: Command) -> Grants:
        return Grants(self.allowed - {command}, self.denied - {command})

    def joined(self, other: Grants) -> Grants:
        """Both together; a denial of either stands."""
        denied = self.denied | other.denied
        return Grants((self.allowed | other.allowed) - denied, denied)


def decide(action: Action, mode: Mode, grants: Grants, *, sandboxed: bool, attended: bool = False) -> Ruling:
    """The rules in order: a denial stands, reading is free, read-only stops the rest, what leaves the sandbox is asked
    for unless exactly this was granted or the mode is `full`, and what stays inside asks nothing but in mode `ask`.

    Without a sandbox nothing is approved by itself: every command leaves it, and where somebody is there to be asked
    (`attended`) every edit is asked for too, since the checks run what was written.
    """
    command = action.command(sandboxed=sandboxed)
    if action.argv and command in grants.denied:
        return Deny("You denied this command before.")
    if action.kind == "read":
        return Allow()
    if mode == "read-only":
        return Deny("The session is read-only.")
    if mode == "full" or (action.argv and command in grants.allowed):
        return Allow()
    if action.kind == "run" and command.outside:
        return Ask(_leaving(action))
    if mode == "ask":
        return Ask("The session asks before every change.")
    if not sandboxed and attended:
        return Ask("There is no sandbox: the checks would run what it writes unprotected.")
    return Allow()


def _leaving(action: Action) -> str:
    why = f" The model's reason: {action.reason}" if action.reason else ""
    return f"It would run outside the sandbox.{why}"


def scope_of(command: Command, recent: Sequence[Command]) -> str:
    """What a lasting grant would cover, in words: the exact command, and which of the recent ones it would have let
    pass without a question."""
    covered = [f"#{age}" for age, one in enumerate(reversed(recent), 1) if one == command]
    if not recent:
        return "A lasting yes covers exactly this command in this folder, nothing else."
    shown = f" ({', '.join(covered[:SHOWN_MATCHES])} from the last)" if covered else ""
    return (
        "A lasting yes covers exactly this command in this folder: "
        f"{len(covered)} of the last {len(recent)} commands{shown}."
    )
