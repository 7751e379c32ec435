"""Take protected names out of a work tree without losing a byte: they are moved to a folder outside of it.

What lies in a work tree after a command may also be a person's, saved while the command ran. Links are never followed,
and what a command made is taken as it is: closed folders, pipes, files with holes, many names for one file.
"""

from __future__ import annotations

import errno
import os
import secrets
import stat
import tempfile
import time
from pathlib import Path

_FOLDER = os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC
_FILE = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC
_OWNER = 0o700
_CHUNK = 1 << 20


class Quarantine:
    """What one command made: `folder`/<time>-<random>/tree/<its path>, beside the file `origin` with the root's path.
    Nothing is made before the first entry comes."""

    def __init__(self, folder: Path, root: Path) -> None:
        self._folder = folder
        self._root = root
        self._tree = ""

    def take(self, parent: int, name: str, relative: str) -> str:
        """Move the entry `name` of the open folder `parent`, and return where it lies now.

        When the quarantine cannot hold it (no space, no rights, too deep), it stays in its folder under a name that
        means nothing. Raises OSError when not even that is possible, FileNotFoundError when it is gone.
        """
        try:
            place = f"{self._made()}/{relative}"
            os.makedirs(os.path.dirname(place), mode=_OWNER, exist_ok=True)
            _move(parent, name, place)
            return place
        except (OSError, RecursionError):
            aside = f"quarantined-{secrets.token_hex(4)}"
            os.rename(name, aside, src_dir_fd=parent, dst_dir_fd=parent)
            return os.path.join(self._root, os.path.dirname(relative), aside)

    def _made(self) -> str:
        if not self._tree:
            os.makedirs(self._folder, mode=_OWNER, exist_ok=True)
            if os.stat(self._folder).st_uid != os.geteuid():
                raise PermissionError(errno.EPERM, "the folder belongs to somebody else", str(self._folder))
            own = tempfile.mkdtemp(prefix=time.strftime("%Y%m%dT%H%M%S-"), dir=self._folder)
            Path(own, "origin").write_bytes(os.fsencode(self._root) + b"\n")
            self._tree = f"{own}/tree"
        return self._tree


def _move(parent: int, name: str, place: str) -> None:
    _unlock(parent, name)
    try:
        os.rename(name, place, src_dir_fd=parent)
    except OSError as error:
        if error.errno != errno.EXDEV:
            raise
        copy_entry(parent, name, place, {})
        remove_entry(parent, name)


def copy_entry(parent: int, name: str, place: str, seen: dict[tuple[int, int], str]) -> None:
    """Copy a file, link or folder to the new path `place`. `seen` holds the files copied so far, so that many names of
    one file do not become many files. A socket has nothing to keep and is left out."""
    status = _unlock(parent, name)
    identity = (status.st_dev, status.st_ino)
    if stat.S_ISDIR(status.st_mode):
        _copy_folder(parent, name, place, seen)
    elif identity in seen:
        os.link(seen[identity], place, follow_symlinks=False)
    elif stat.S_ISLNK(status.st_mode):
        os.symlink(os.readlink(name, dir_fd=parent), place)
    elif stat.S_ISREG(status.st_mode):
        _copy_file(parent, name, place)
        seen[identity] = place
    elif stat.S_ISFIFO(status.st_mode):
        os.mkfifo(place, 0o600)


def _copy_folder(parent: int, name: str, place: str, seen: dict[tuple[int, int], str]) -> None:
    inner = os.open(name, _FOLDER, dir_fd=parent)
    try:
        os.mkdir(place, _OWNER)
        for entry in os.listdir(inner):
            copy_entry(inner, entry, f"{place}/{entry}", seen)
    finally:
        os.close(inner)


def _copy_file(parent: int, name: str, place: str) -> None:
    source = os.open(name, _FILE, dir_fd=parent)
    try:
        status = os.fstat(source)
        target = os.open(place, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
        try:
            _copy_data(source, target, status.st_size)
            os.fchmod(target, status.st_mode & 0o777)
            os.utime(target, ns=(status.st_atime_ns, status.st_mtime_ns))
        finally:
            os.close(target)
    finally:
        os.close(source)


def _copy_data(source: int, target: int, size: int) -> None:
    """Holes stay holes: a file of a gigabyte may hold nothing."""
    os.ftruncate(target, size)
    position = 0
    while position < size:
        try:
            start = os.lseek(source, position, os.SEEK_DATA)
        except OSError as error:
            if error.errno == errno.ENXIO:
                return  # nothing but a hole to the end
            raise
        position = os.lseek(source, start, os.SEEK_HOLE)
        while start < position:
            data = os.pread(source, min(_CHUNK, position - start), start)
            if not data:
                return
            start += os.pwrite(target, data, start)


def remove_entry(parent: int, name: str) -> None:
    """Delete a file, link or whole folder."""
    if not stat.S_ISDIR(_unlock(parent, name).st_mode):
        os.unlink(name, dir_fd=parent)
        return
    inner = os.open(name, _FOLDER, dir_fd=parent)
    try:
        for entry in os.listdir(inner):
            remove_entry(inner, entry)
    finally:
        os.close(inner)
    os.rmdir(name, dir_fd=parent)


def _unlock(parent: int, name: str) -> os.stat_result:
    """Give us back what the command may have closed to us, since it is ours: folders and plain files."""
    status = os.stat(name, dir_fd=parent, follow_symlinks=False)
    needed = _OWNER if stat.S_ISDIR(status.st_mode) else stat.S_IRUSR if stat.S_ISREG(status.st_mode) else 0
    if status.st_mode & needed != needed:
        handle = os.open(name, os.O_PATH | os.O_NOFOLLOW | os.O_CLOEXEC, dir_fd=parent)
        try:
            os.chmod(f"/proc/self/fd/{handle}", stat.S_IMODE(status.st_mode) & 0o777 | needed)
        finally:
            os.close(handle)
    return status
