"""The ways to run a command in the sandbox, best first, and the choice between them."""

from __future__ import annotations

from collections.abc import Iterable

from flashagent_sandbox.backends.base import Backend
from flashagent_sandbox.policy import NoSandbox

NAMES = ("bwrap", "userns", "landlock")
ALL_NAMES = (*NAMES, "none")


def make_backend(name: str) -> Backend:
    """The named back-end, whether or not it works here."""
    if name == "bwrap":
        from flashagent_sandbox.backends.bwrap import Bubblewrap

        return Bubblewrap()
    if name == "userns":
        from flashagent_sandbox.backends.userns import UserNamespaces

        return UserNamespaces()
    if name == "landlock":
        from flashagent_sandbox.backends.landlock import Landlock

        return Landlock()
    if name == "none":
        from flashagent_sandbox.backends.none import Unprotected

        return Unprotected()
    raise NoSandbox(f"There is no sandbox back-end {name!r}.", hint=f"Back-ends: {', '.join(ALL_NAMES)}.")


def choose_backend(name: str | None = None, candidates: Iterable[Backend] | None = None) -> Backend:
    """The named back-end, or the first of `candidates` (all, best first) that works here; its `warnings` then say why
    each better one does not. `none` must be named: it is never chosen.

    Raises NoSandbox, saying what is missing, when the named one or all of them do not work.
    """
    if name:
        backend = make_backend(name)
        if missing := backend.missing():
            raise NoSandbox(f"The sandbox back-end {name} does not work here: {missing}")
        return backend
    reasons: list[str] = []
    for backend in map(make_backend, NAMES) if candidates is None else candidates:
        missing = backend.missing()
        if not missing:
            backend.warnings = tuple(reasons)
            return backend
        reasons.append(f"{backend.name}: {missing}")
    raise NoSandbox(
        "No sandbox works on this machine. " + " ".join(reasons),
        hint="Install bubblewrap, or allow unprivileged user namespaces.",
    )
