"""Store file contents exactly as they are: in the repository's object store, or beside it in the user's state folder."""

from __future__ import annotations

import hashlib
import os
import re
import tempfile
from pathlib import Path
from typing import BinaryIO

from flashagent.errors import WorkspaceError
from flashagent.workspace import disk
from flashagent.workspace.disk import make_state_folder
from flashagent.workspace.gitcalls import GitCalls

LARGE_BYTES = 10_000_000
LARGEST_KEPT_BYTES = 256_000_000
MOST_KEPT_BYTES = 1_000_000_000
_PIECE = 1 << 20
_SECRET = re.compile(
    r"^(\.env(\..+)?|\.netrc|\.pgpass|\.npmrc|\.pypirc|\.htpasswd|id_(rsa|dsa|ecdsa|ed25519)|credentials(\..+)?"
    r"|secrets?(\..+)?|.+\.(pem|key|p12|pfx|jks|keystore|kdbx))$",
    re.IGNORECASE,
)


def stays_out_of_git(path: str, size: int) -> bool:
    """True for large files, and for those whose name says that they hold secrets: no copy goes into git objects."""
    return size > LARGE_BYTES or _SECRET.match(path.rpartition("/")[2]) is not None


def object_id(data: bytes, algorithm: str) -> str:
    """The id that git gives a blob. `algorithm` is 'sha1' or 'sha256', the repository's object format."""
    return hashlib.new(algorithm, b"blob %d\0" % len(data) + data, usedforsecurity=False).hexdigest()


class BlobWriter:
    """Writes blobs into the object store with one git process for all of them, no conversion or filter involved.

    Nothing is promised to be there before `close` has returned; `close` with nothing written starts no process.
    """

    def __init__(self, calls: GitCalls, algorithm: str) -> None:
        self._calls = calls
        self._algorithm = algorithm
        self._pending: list[bytes] = []
        self._size = 0

    def add(self, data: bytes) -> str:
        """Take a blob and return its id."""
        self._pending += [b"blob\ndata %d\n" % len(data), data, b"\n"]
        self._size += len(data)
        if self._size > 4 * LARGE_BYTES:
            self.close()
        return object_id(data, self._algorithm)

    def close(self) -> None:
        """Raises GitFailed when the objects could not be written."""
        if self._pending:
            stream = b"".join([*self._pending, b"done\n"])
            self._pending, self._size = [], 0
            self._calls.run("-c", "core.fsync=committed", "fast-import", "--quiet", "--done", stdin=stream)


class KeptFiles:
    """Contents that stay out of git, by their SHA-256, readable by the user only."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def add(self, data: bytes) -> str:
        digest = hashlib.sha256(data).hexdigest()
        if not (self._folder / digest).exists():
            disk.write_durably(self._folder / digest, data)
        return digest

    def add_from(self, source: BinaryIO) -> str:
        """As `add`, in pieces: memory stays flat however large the file is."""
        make_state_folder(self._folder)
        whole = hashlib.sha256()
        with disk.writing_state(self._folder), tempfile.NamedTemporaryFile(dir=self._folder) as copy:
            while piece := source.read(_PIECE):
                whole.update(piece)
                copy.write(piece)
            copy.flush()
            os.fsync(copy.fileno())
            place = self._folder / whole.hexdigest()
            if not place.exists():
                os.link(copy.name, place)
        return whole.hexdigest()

    def size(self) -> int:
        """Bytes of everything that is kept."""
        return sum(place.stat().st_size for place in self._folder.glob("*"))

    def read(self, digest: str) -> bytes:
        """Raises WorkspaceError when it was removed."""
        try:
            return (self._folder / digest).read_bytes()
        except OSError as error:
            raise WorkspaceError(
                f"A copy that the checkpoint needs is gone: {self._folder / digest}.",
                hint="Choose a later checkpoint.",
            ) from error

    def keep_only(self, digests: set[str]) -> None:
        """Remove what no checkpoint needs any more."""
        for place in self._folder.glob("*"):
            if place.name not in digests:
                place.unlink(missing_ok=True)
