"""Put a page where the user wants it: over an earlier page of ours, never over anything else."""

from __future__ import annotations

from pathlib import Path

from flashagent.errors import UsageError

_OURS = b'<meta name="generator" content="flashagent">'
_HEAD = 4_000


def write_page(path: Path, data: bytes) -> None:
    """Raises UsageError, with nothing changed, where the file is somebody else's or cannot be written."""
    try:
        if path.exists() and not _is_ours(path):
            raise UsageError(
                f"{path} is there and is no report of flashagent.",
                hint="Choose another name; nothing was written.",
            )
        path.write_bytes(data)
    except OSError as error:
        raise UsageError(
            f"{path}: {error.strerror or error}.", hint="Choose another name; nothing was written."
        ) from error


def _is_ours(path: Path) -> bool:
    with path.open("rb") as file:
        return _OURS in file.read(_HEAD)
