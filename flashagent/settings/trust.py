"""Which files of a project the user trusts, each in exactly one content; kept in the user's own folder.

A file that changes by a single byte is untrusted again until the user looks at the difference.
"""

from __future__ import annotations

import hashlib
import json
import os
import tempfile
from dataclasses import asdict
from pathlib import Path
from typing import Protocol

from flashagent.dataclass import dataclass
from flashagent.errors import SettingsError
from flashagent.settings.documents import decode, parse_toml_table, read_bytes

STORE_NAME = "trust.json"
INSTRUCTION_FILES = ("AGENTS.md", "CLAUDE.md")
PROJECT_FILES = ("flashagent.yaml", "flashagent.yml", "pyproject.toml", ".env", *INSTRUCTION_FILES)


class Trust(Protocol):
    """What `settings.load` asks of the user's trust."""

    def is_trusted(self, path: Path, content_hash: str) -> bool: ...


@dataclass(frozen=True, slots=True)
class TrustedFile:
    """One file that was trusted. `shown` is the text the user said yes to (values of `.env` left out)."""

    path: str
    content_hash: str
    shown: str


def trusted_part(path: Path, content: bytes) -> bytes:
    """The bytes that trust is about: the whole file, or of pyproject.toml only our own table, so that a new version
    number does not ask again. Empty when there is no such table."""
    if path.name != "pyproject.toml":
        return content
    table = parse_toml_table(decode(content, path.name), path.name, ("tool", "flashagent"))
    if table is None:
        return b""
    return json.dumps(table.bare(), sort_keys=True, indent=2, default=str).encode()


def content_hash(part: bytes) -> str:
    return hashlib.sha256(part).hexdigest()


def shown_text(path: Path, part: bytes) -> str:
    """The text to show before trust is given. Of an `.env` the names and a short fingerprint of each value."""
    text = part.decode("utf-8", "replace")
    if not path.name.startswith(".env"):
        return text
    lines = []
    for line in text.splitlines():
        name, equals, value = line.partition("=")
        fingerprint = hashlib.sha256(value.strip().encode()).hexdigest()[:6]
        lines.append(f"{name.strip()}=[value {fingerprint}]" if equals else "#" if line.strip() else "")
    return "\n".join(lines) + "\n"


class TrustStore:
    """The trusted files in one JSON file of the folder. Reads it when asked; two processes lose no bytes, since it is
    replaced whole."""

    def __init__(self, folder: Path) -> None:
        self._file = folder / STORE_NAME

    def is_trusted(self, path: Path, content_hash: str) -> bool:
        entry = self._read().get(str(path.absolute()))
        return entry is not None and entry.content_hash == content_hash

    def known(self, path: Path) -> TrustedFile | None:
        """What was trusted under this path, in whatever content."""
        return self._read().get(str(path.absolute()))

    def entries(self) -> tuple[TrustedFile, ...]:
        return tuple(sorted(self._read().values(), key=lambda entry: entry.path))

    def record(self, path: Path, part: bytes) -> TrustedFile:
        """Trust this path in exactly this content (see `trusted_part`)."""
        entry = TrustedFile(str(path.absolute()), content_hash(part), shown_text(path, part))
        files, declined = self._stored()
        declined.pop(entry.path, None)
        self._write({**files, entry.path: entry}, declined)
        return entry

    def decline(self, path: Path, part: bytes) -> None:
        """Remember the user's no to exactly this content, so that nobody asks again before it changes."""
        files, declined = self._stored()
        self._write(files, {**declined, str(path.absolute()): content_hash(part)})

    def is_declined(self, path: Path, content_hash: str) -> bool:
        return self._stored()[1].get(str(path.absolute())) == content_hash

    def revoke(self, path: Path) -> bool:
        """Forget the path. Returns whether it was trusted."""
        files, declined = self._stored()
        if files.pop(str(path.absolute()), None) is None:
            return False
        self._write(files, declined)
        return True

    def _read(self) -> dict[str, TrustedFile]:
        return self._stored()[0]

    def _stored(self) -> tuple[dict[str, TrustedFile], dict[str, str]]:
        """The trusted files, and the hashes of declined contents, each by path."""
        content = read_bytes(self._file, follow=True)
        if content is None:
            return {}, {}
        try:
            data = json.loads(content)
            files = {item["path"]: TrustedFile(**item) for item in data["files"]}
            return files, dict(data.get("declined", {}))
        except (ValueError, TypeError, KeyError) as error:
            raise SettingsError(
                f"{self._file} is damaged.", hint="Remove it and trust your projects again."
            ) from error

    def _write(self, entries: dict[str, TrustedFile], declined: dict[str, str]) -> None:
        files = [asdict(entry) for _, entry in sorted(entries.items())]
        data = {"version": 1, "files": files, "declined": dict(sorted(declined.items()))}
        write_private(self._file, json.dumps(data, indent=2) + "\n")


def write_private(path: Path, text: str) -> None:
    """Replace a file of the user's folder as a whole, readable by its owner only. Makes the folder when needed."""
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    target = path.resolve()  # a user's file may be a link into a folder of dotfiles
    descriptor, temporary = tempfile.mkstemp(dir=target.parent, prefix=f".{target.name}.")
    try:
        with os.fdopen(descriptor, "w", encoding="utf-8") as file:
            file.write(text)
            file.flush()
            os.fsync(file.fileno())
        os.replace(temporary, target)  # noqa: PTH105 (both are plain strings here)
    except BaseException:
        Path(temporary).unlink(missing_ok=True)
        raise
