"""The only place that puts bytes on the user's disk: file by file, atomically, never through a link.

Every write walks from the root by folder descriptors that refuse links, so that a folder which is swapped for a link
after its path was checked cannot lead the write elsewhere.
"""

from __future__ import annotations

import contextlib
import errno
import json
import os
import secrets
import stat
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, BinaryIO

from flashagent.dataclass import dataclass
from flashagent.errors import WorkspaceError

TEMPORARY = ".flashagent-tmp-"
_FOLDER = os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC
_READ = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_NOCTTY | os.O_CLOEXEC
_CREATE = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC


@dataclass(frozen=True, slots=True)
class Metadata:
    """What a rewritten file keeps: permission bits, owner, extended attributes (access control lists are among them)."""

    mode: int
    uid: int = -1
    gid: int = -1
    xattrs: tuple[tuple[str, bytes], ...] = ()


@dataclass(frozen=True, slots=True)
class Contents:
    """A regular file as it was in one moment. `signature` differs once anybody has written to it."""

    data: bytes
    metadata: Metadata
    signature: tuple[int, ...]


def signature_of(status: os.stat_result) -> tuple[int, ...]:
    """Inode, size, mode and times: equal as long as nobody wrote, up to the tick of the file system's clock."""
    return (status.st_ino, status.st_size, status.st_mode, status.st_mtime_ns, status.st_ctime_ns)


@contextlib.contextmanager
def folder(root: Path, parts: Sequence[str], *, create: bool = False) -> Iterator[int]:
    """A descriptor of root/parts..., no component of which is a link; missing folders are made with `create`.

    Raises OSError (ELOOP or ENOTDIR for a link or file in the way, FileNotFoundError).
    """
    descriptor = os.open(root, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        for name in parts:
            if create:
                with contextlib.suppress(FileExistsError):
                    os.mkdir(name, dir_fd=descriptor)
            deeper = os.open(name, _FOLDER, dir_fd=descriptor)
            os.close(descriptor)
            descriptor = deeper
        yield descriptor
    finally:
        os.close(descriptor)


def status_in(directory: int, name: str) -> os.stat_result | None:
    """lstat of a name in an open folder, None when there is nothing."""
    try:
        return os.stat(name, dir_fd=directory, follow_symlinks=False)
    except (FileNotFoundError, NotADirectoryError):
        return None


def read_in(directory: int, name: str, *, max_bytes: int | None = None) -> Contents:
    """A regular file read whole. Raises OSError, with EINVAL for anything that is not a regular file and EFBIG for one
    over `max_bytes`; never blocks on a FIFO or opens a device."""
    status = os.stat(name, dir_fd=directory, follow_symlinks=False)
    if not stat.S_ISREG(status.st_mode):
        raise OSError(errno.EINVAL, "not a regular file", name)
    descriptor = os.open(name, _READ, dir_fd=directory)
    with os.fdopen(descriptor, "rb") as stream:
        status = os.fstat(descriptor)
        if not stat.S_ISREG(status.st_mode):
            raise OSError(errno.EINVAL, "not a regular file", name)
        if max_bytes is not None and status.st_size > max_bytes:
            raise OSError(errno.EFBIG, "too large", name)
        data = stream.read()
        return Contents(data, _metadata(descriptor, status), signature_of(os.fstat(descriptor)))


@contextlib.contextmanager
def open_in(directory: int, name: str) -> Iterator[BinaryIO]:
    """A regular file, open for reading in pieces. Raises OSError as `read_in` does."""
    descriptor = os.open(name, _READ, dir_fd=directory)
    with os.fdopen(descriptor, "rb") as stream:
        if not stat.S_ISREG(os.fstat(descriptor).st_mode):
            raise OSError(errno.EINVAL, "not a regular file", name)
        yield stream


def _metadata(descriptor: int, status: os.stat_result) -> Metadata:
    attributes: list[tuple[str, bytes]] = []
    if hasattr(os, "listxattr"):
        with contextlib.suppress(OSError):
            attributes = [(name, os.getxattr(descriptor, name)) for name in os.listxattr(descriptor)]
    return Metadata(stat.S_IMODE(status.st_mode), status.st_uid, status.st_gid, tuple(attributes))


def stage(directory: int, name: str, data: bytes, metadata: Metadata | None, *, durable: bool = True) -> None:
    """Write a new file `name` with its final metadata and, if `durable`, fsync it. `metadata` None = as the user's umask
    says.

    Owner and attributes are kept where the system permits; the mode always. The half-written file is removed when
    writing fails (disk full, quota).
    """
    descriptor = os.open(name, _CREATE, 0o666 if metadata is None else 0o600, dir_fd=directory)
    try:
        with os.fdopen(descriptor, "wb") as stream:
            stream.write(data)
            stream.flush()
            if metadata is not None:
                _set_metadata(descriptor, metadata)
            if durable:
                os.fsync(descriptor)
    except BaseException:
        with contextlib.suppress(FileNotFoundError):
            os.unlink(name, dir_fd=directory)
        raise


def _set_metadata(descriptor: int, metadata: Metadata) -> None:
    status = os.fstat(descriptor)
    if (metadata.uid, metadata.gid) not in ((-1, -1), (status.st_uid, status.st_gid)):
        with contextlib.suppress(PermissionError):
            os.fchown(descriptor, metadata.uid, metadata.gid)
    if hasattr(os, "setxattr"):
        for name, value in metadata.xattrs:
            with contextlib.suppress(OSError):  # security.* belongs to the system; it sets its own
                os.setxattr(descriptor, name, value)
    os.fchmod(descriptor, metadata.mode)


def temporary_name() -> str:
    """A fresh name for a file that is about to be renamed; recovery removes leftovers by their exact recorded name."""
    return TEMPORARY + secrets.token_hex(8)


def replace_file(
    root: Path,
    path: str,
    data: bytes,
    metadata: Metadata | None,
    *,
    temporary: str | None = None,
    durable: bool = True,
) -> None:
    """Put `data` at root/path, whole or not at all: temporary file beside it, fsync, rename, fsync of the folder.

    `temporary` is the name to use meanwhile, for a caller that has recorded it. Without `durable` nothing waits for the
    disk: for trees that no crash outlives."""
    *parents, name = path.split("/")
    with folder(root, parents, create=True) as directory:
        temporary = temporary or temporary_name()
        stage(directory, temporary, data, metadata, durable=durable)
        try:
            os.rename(temporary, name, src_dir_fd=directory, dst_dir_fd=directory)
        except OSError:
            os.unlink(temporary, dir_fd=directory)
            raise
        if durable:
            os.fsync(directory)


def replace_link(root: Path, path: str, target: bytes, *, temporary: str | None = None) -> None:
    """Put a symbolic link at root/path in place of a file or link; the target is never followed."""
    *parents, name = path.split("/")
    with folder(root, parents, create=True) as directory:
        temporary = temporary or temporary_name()
        os.symlink(target, os.fsencode(temporary), dir_fd=directory)
        try:
            os.rename(temporary, name, src_dir_fd=directory, dst_dir_fd=directory)
        except OSError:
            os.unlink(temporary, dir_fd=directory)
            raise


def remove_file(root: Path, path: str) -> None:
    """Remove a file or link; nothing there is fine. The folder stays, even when this leaves it empty."""
    *parents, name = path.split("/")
    with contextlib.suppress(FileNotFoundError, NotADirectoryError), folder(root, parents) as directory:
        os.unlink(name, dir_fd=directory)


def remove_folders(root: Path, folders: Sequence[str]) -> None:
    """Remove exactly these folders, deepest first, as far as they are empty."""
    for path in sorted(folders, key=len, reverse=True):
        remove_folder(root, path)


def remove_folder(root: Path, path: str) -> bool:
    """Remove one empty folder; False when it is not there, not empty, or not removable."""
    *parents, name = path.split("/")
    try:
        with folder(root, parents) as directory:
            os.rmdir(name, dir_fd=directory)
    except OSError:
        return False
    return True


def prune_parents(root: Path, path: str) -> None:
    """Remove the folders above a removed file as far as they are empty, as git does; the root stays."""
    parent = path.rpartition("/")[0]
    while parent and remove_folder(root, parent):
        parent = parent.rpartition("/")[0]


@contextlib.contextmanager
def writing_state(path: Path, what: str = "The state folder cannot be written") -> Iterator[None]:
    """Around writing to our own state: an OSError becomes a WorkspaceError that names the place and the remedy."""
    try:
        yield
    except OSError as error:
        # When copying meets a full disk, the error names the source.
        place = path if error.errno in (errno.ENOSPC, errno.EDQUOT) else error.filename or path
        raise WorkspaceError(
            f"{what}: {error.strerror or error} ({place}).",
            hint="Check space and permissions there; FLASHAGENT_HOME chooses another folder for the state.",
        ) from error


def make_state_folder(path: Path) -> None:
    """A folder of our own state with its parents, for the user only. Raises WorkspaceError."""
    with writing_state(path):
        path.mkdir(parents=True, exist_ok=True, mode=0o700)


def write_durably(path: Path, data: bytes) -> None:
    """A file of our own state, mode 0600, old or new after a crash, never half. Raises WorkspaceError."""
    make_state_folder(path.parent)
    temporary = path.with_name(path.name + "." + secrets.token_hex(4))
    with writing_state(path):
        try:
            with os.fdopen(os.open(temporary, _CREATE, 0o600), "wb") as stream:
                stream.write(data)
                stream.flush()
                os.fsync(stream.fileno())
            temporary.replace(path)
        except BaseException:
            temporary.unlink(missing_ok=True)
            raise
        sync_folder(path.parent)


def write_json(path: Path, value: object) -> None:
    write_durably(path, json.dumps(value, ensure_ascii=True, separators=(",", ":")).encode("ascii"))


def read_json(path: Path) -> Any:
    """What `write_json` wrote, None when the file is missing. Raises WorkspaceError when it is damaged."""
    try:
        return json.loads(path.read_bytes())
    except FileNotFoundError:
        return None
    except NotADirectoryError as error:
        raise WorkspaceError(
            f"The state folder cannot be used: a file is in its place ({path.parent}).",
            hint="Choose another folder (FLASHAGENT_HOME).",
        ) from error
    except (ValueError, OSError) as error:
        raise WorkspaceError(
            f"The state file {path} cannot be read: {error}.", hint="Move it aside."
        ) from error


def sync_folder(path: Path) -> None:
    descriptor = os.open(path, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
