"""What the language servers of the project say of its changed files, for the findings of the terminal app. They are asked in the
app's own process, where they stay warm, and never while work runs that may want them."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from typing import Protocol

from flashagent.compose.place import Place
from flashagent.frontends import words
from flashagent.frontends.tui.controller import Found
from flashagent.jobs.watching import Finding
from flashagent.secrecy import Secrets
from flashagent.tools.guarded import Guard
from flashagent.values import Diagnostic, FileChange
from flashagent.workspace.compared import of_work_tree

WAIT_S = 20.0  # a server may have to be started first


class Servers(Protocol):
    async def caused(
        self, changes: Sequence[FileChange], *, wait_s: float = ...
    ) -> tuple[Diagnostic, ...]: ...


async def served(place: Place, servers: Servers) -> list[Found]:
    """What the changes since the last commit brought, by path and line; nothing where no server answers in time."""
    guard = Guard(secret=place.settings.secret_files)
    repository = place.repository
    compared = await asyncio.to_thread(
        lambda: of_work_tree(repository, repository.head() or repository.empty_tree())
    )
    changed = [one for one in compared.changes if not guard.is_secret(one.path)]
    said = await servers.caused(changed, wait_s=WAIT_S) if changed else ()
    mask = Secrets(place.secrets).mask
    return [_found(one, mask(one.message)) for one in sorted(said, key=lambda one: (one.path, one.line))]


def beside(found: Sequence[Found], more: Sequence[Found]) -> list[Found]:
    """Both, a place of which several speak once: errors of servers come after the other errors."""
    told = {(one.path, one.line) for one in found}
    fresh = [one for one in more if (one.path, one.line) not in told]
    errors = sum(one.kind == "error" for one in found)
    return [*found[:errors], *fresh, *found[errors:]]


def _found(one: Diagnostic, message: str) -> Found:
    told = words.one_line(message, 400)
    request = Finding(one.path, one.line, "error", told).request
    return Found(one.path, one.line, "error", f"{one.code or one.source} {told}".strip(), request)
