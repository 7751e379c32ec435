"""What a person is told about protected names that were taken out of a work tree, and how to bring them back."""

from __future__ import annotations

import os
import shlex
from pathlib import Path

from flashagent_sandbox.protect import Findings

_MAX_NOTES = 20
_PARTIAL_WALK = "The work tree has too many folders; protected names in the deepest ones were not looked for."


def notes_on(findings: Findings, root: Path, *, complete: bool = True) -> tuple[str, ...]:
    """One sentence for each thing done to the work tree `root`; `complete` is whether all of it was looked through."""
    moved = [_moved(path, place, findings, root) for path, place in findings.taken]
    notes = moved[:_MAX_NOTES]
    if len(moved) > len(notes):
        notes.append(f"{len(moved) - len(notes)} more names were taken away in the same way.")
    only_linked = sorted({*findings.relinked} - {path for path, _ in findings.taken})
    notes += [f"Put back the link {shown(path)}: commands may not remove it." for path in only_linked]
    for path in findings.replaced:
        notes.append(f"{shown(path)} was replaced while the command ran, not by it; it was left. Look at it.")
    if not complete:
        notes.append(_PARTIAL_WALK)
    return tuple(notes)


def notes_on_processes(most: int, limit: int) -> tuple[str, ...]:
    """What is said of a command of which so many processes and threads were seen, when that is near the limit: where the
    kernel holds it, the command meets a refusal and may not say so."""
    if most < limit - limit // 16:
        return ()
    return (f"It came to the limit of {limit} processes and threads; more are refused.",)


def _moved(path: str, place: str, findings: Findings, root: Path) -> str:
    if not place:
        return f"Removed {shown(path)}: commands may not create it."
    told = f"Moved {shown(path)} to {shown(place)}: commands may not create it."
    if path in findings.relinked:
        return f"{told} The link that was there is back."
    back = f"mv {shown(place)} {shown(str(root / path))}"
    return f"{told} If it is yours, such as from a clone made meanwhile, bring it back: {back}"


def shown(path: str) -> str:
    """A path as a shell takes it, with nothing in it that a terminal would obey."""
    if path.isprintable():
        return shlex.quote(path)
    escaped = (
        chr(byte) if 32 <= byte < 127 and byte not in b"'\\" else f"\\x{byte:02x}"
        for byte in os.fsencode(path)
    )
    return f"$'{''.join(escaped)}'"
