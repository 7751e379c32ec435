"""An audit log: JSON lines that are only ever added, each with the hash of the one before.

Each line is `{"at": ..., "type": ..., ..., "previous": HASH, "hash": HASH}`; `hash` is the SHA-256 of the line without it,
as canonical JSON. A line changed, taken out or put in between breaks the chain. What a chain alone cannot show is that
lines at the end are gone: who wants to know keeps the last hash elsewhere. A line that was cut off by a crash stays, and
the next one says so by its hash.
"""

from __future__ import annotations

import fcntl
import hashlib
import json
import os
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from flashagent_sandbox.policy import SandboxError

START = "0" * 64
_BLOCK = 1 << 16
_OWN = frozenset({"at", "type", "previous", "hash", "torn"})


class AuditError(SandboxError):
    """The log cannot be read or written, or is no audit log."""


@dataclass(frozen=True, slots=True)
class Verdict:
    """`entries` are intact from the first one on; `head` is the hash of the last of them. `problem` says what is wrong with
    line number `line` (from 1), '' when the whole log is intact."""

    entries: int
    head: str = START
    problem: str = ""
    line: int = 0

    @property
    def intact(self) -> bool:
        return not self.problem


def append(path: Path, kind: str, facts: Mapping[str, Any]) -> str:
    """Add one line, on disk when this returns, and return its hash. Several processes may do so at once.

    Raises AuditError when the file cannot be written, or its last whole line is no line of such a log; ValueError when a
    fact has one of the log's own names.
    """
    if clash := sorted(_OWN & facts.keys()):
        raise ValueError(f"an audit entry has its own {clash[0]!r}")
    try:
        flags = os.O_RDWR | os.O_APPEND | os.O_CREAT | os.O_CLOEXEC | os.O_NOFOLLOW
        descriptor = os.open(path, flags, 0o600)
    except OSError as error:
        raise AuditError(f"The audit log {path} cannot be opened: {error.strerror}.") from error
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        previous, torn = _last(descriptor, path)
        entry = {"at": time.time(), "type": kind, **facts, "previous": previous}
        if torn:
            entry["torn"] = hashlib.sha256(torn).hexdigest()
        entry["hash"] = _hash(entry)
        line = _canonical(entry) + b"\n"
        _write(descriptor, (b"\n" if torn else b"") + line)
        os.fsync(descriptor)
        return str(entry["hash"])
    except OSError as error:
        raise AuditError(f"The audit log {path} cannot be written: {error.strerror}.") from error
    finally:
        os.close(descriptor)  # and with it the lock


def _write(descriptor: int, data: bytes) -> None:
    view = memoryview(data)
    while view:
        view = view[os.write(descriptor, view) :]


def _last(descriptor: int, path: Path) -> tuple[str, bytes]:
    """The hash of the last whole line, and the bytes of one that a crash cut off after it."""
    whole, torn = b"", b""
    for number, line in enumerate(_backwards(descriptor)):
        if number == 0:
            torn = line  # what stands after the last newline
            continue
        if line and (entry := _entry(line)) is not None:
            return str(entry["hash"]), torn
        # A line cut off earlier; the line after it would have told. Nothing whole may stand before the first entry.
        whole = line or whole
    if whole:
        raise AuditError(f"{path} is no audit log.", hint="Name a new file.")
    return START, torn


def _backwards(descriptor: int) -> Iterator[bytes]:
    """What stands between the newlines, from the end; the first one is what follows the last newline."""
    position = os.fstat(descriptor).st_size
    rest = b""
    while position:
        size = min(_BLOCK, position)
        position -= size
        rest = os.pread(descriptor, size, position) + rest
        lines = rest.split(b"\n")
        rest = lines[0]
        yield from reversed(lines[1:])
    yield rest


def read(path: Path) -> tuple[dict[str, Any], ...]:
    """All whole entries, first to last. Raises AuditError when the log is not intact or cannot be read."""
    verdict = verify(path)
    if not verdict.intact:
        raise AuditError(f"{path} was changed: line {verdict.line} {verdict.problem}.")
    return tuple(entry for line in _lines(path) if (entry := _entry(line)) is not None)


def verify(path: Path) -> Verdict:
    """Follow the chain from the first line to the last. Raises AuditError when the file cannot be read."""
    head, entries, torn = START, 0, b""
    for number, line in enumerate(_lines(path), 1):
        entry = _entry(line)
        if torn and (entry is None or entry.get("torn") != hashlib.sha256(torn).hexdigest()):
            return Verdict(entries, head, "is not a line of this log", number - 1)
        if entry is None:
            torn = line
            continue
        torn = b""
        if entry["previous"] != head:
            return Verdict(entries, head, "does not follow the one before", number)
        stated = entry.pop("hash")
        if _hash(entry) != stated:
            return Verdict(entries, head, "was changed", number)
        head, entries = stated, entries + 1
    return Verdict(entries, head, "was cut off", entries + 1) if torn else Verdict(entries, head)


def _lines(path: Path) -> list[bytes]:
    try:
        data = path.read_bytes()
    except OSError as error:
        raise AuditError(f"The audit log {path} cannot be read: {error.strerror}.") from error
    return data.removesuffix(b"\n").split(b"\n") if data else []


def _entry(line: bytes) -> dict[str, Any] | None:
    try:
        found = json.loads(line)
    except ValueError:
        return None
    if not isinstance(found, dict) or not {"at", "type", "previous", "hash"} <= found.keys():
        return None
    return found


def _hash(entry: Mapping[str, Any]) -> str:
    return hashlib.sha256(_canonical(entry)).hexdigest()


def _canonical(entry: Mapping[str, Any]) -> bytes:
    """One line, names in order, no needless space. Bytes that are no text come as lone surrogates and stay told apart."""
    return json.dumps(entry, sort_keys=True, separators=(",", ":"), ensure_ascii=True).encode("ascii")
