"""Decide whether a tool call may run. Pure: asks nobody and touches nothing."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Mode = Literal["read-only", "ask", "auto", "full"]
ActionKind = Literal["read", "edit", "run"]


@dataclass(frozen=True, slots=True)
class Action:
    """What is about to happen. `argv` is the very object that will be executed, never a text that is parsed again."""

    kind: ActionKind
    summary: str
    argv: tuple[str, ...] = ()
    folder: str = ""


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
    """What the user said before: exact argv lists, allowed for the session or the project, or denied."""

    allowed: frozenset[tuple[str, ...]] = frozenset()
    denied: frozenset[tuple[str, ...]] = frozenset()

    def allowing(self, argv: tuple[str, ...]) -> Grants:
        return Grants(self.allowed | {argv}, self.denied - {argv})

    def denying(self, argv: tuple[str, ...]) -> Grants:
        return Grants(self.allowed - {argv}, self.denied | {argv})


def decide(action: Action, mode: Mode, grants: Grants, *, sandboxed: bool) -> Ruling:
    """The rules in order: a denial stands, reading is free, read-only stops the rest, and what stays inside the
    sandbox asks nothing. Without a sandbox every command is asked for, whatever the mode, but for an exact grant."""
    if action.argv and action.argv in grants.denied:
        return Deny("You denied this command before.")
    if action.kind == "read":
        return Allow()
    if mode == "read-only":
        return Deny("The session is read-only.")
    if action.argv and action.argv in grants.allowed:
        return Allow()
    if action.kind == "run" and not sandboxed and mode != "full":
        return Ask("It would run outside the sandbox.")
    if mode == "ask":
        return Ask("The session asks before every change.")
    return Allow()
