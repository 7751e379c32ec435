"""Read the work tree: text with everything needed to write it back bit by bit, and a walk that follows no link."""

from __future__ import annotations

import codecs
import errno
import os
import stat
from collections.abc import Collection, Iterator
from pathlib import Path

from flashagent.dataclass import dataclass
from flashagent.errors import NoSuchFile, WorkspaceError
from flashagent.workspace import disk, paths
from flashagent.workspace.disk import Contents

MAX_TEXT_BYTES = 2_000_000
_BOMS = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)

resolve = paths.resolve


@dataclass(frozen=True, slots=True)
class FileText:
    """A text file. `text` keeps its own line ends, without the byte order mark; `newline` is the line end that most
    lines use ('\\n' when there is none). Bytes that are no UTF-8 appear as lone surrogates, or, where nothing in the
    file is valid beyond ASCII, the file is read as latin-1."""

    text: str
    encoding: str = "utf-8"
    bom: bool = False
    newline: str = "\n"

    def encode(self, text: str) -> bytes:
        """Another text as bytes of this file. Raises WorkspaceError when the encoding lacks a character."""
        try:
            return _bom(self) + text.encode(self.encoding, _errors(self.encoding))
        except UnicodeEncodeError as error:
            missing = error.object[error.start : error.start + 1]
            raise WorkspaceError(
                f"The file is {self.encoding} text, which has no character {missing!r}.",
                hint="Use another character, or convert the file to UTF-8 first.",
            ) from error


def decode(data: bytes) -> FileText:
    """Bytes as text that encodes to the very same bytes. Raises WorkspaceError when they are no text."""
    bom, encoding = next(((mark, name) for mark, name in _BOMS if data.startswith(mark)), (b"", ""))
    body = data[len(bom) :]
    if not encoding:
        encoding = _guess(body)
    try:
        text = body.decode(encoding, _errors(encoding))
    except UnicodeDecodeError as error:
        raise WorkspaceError("It is not a text file.", hint="Binary files are not edited.") from error
    if "\0" in text:
        raise WorkspaceError("It is a binary file.", hint="Binary files are not edited.")
    result = FileText(text, encoding, bool(bom), newline_of(text))
    if result.encode(text) != data:
        raise WorkspaceError(f"It is not valid {encoding} text.", hint="Binary files are not edited.")
    return result


def newline_of(text: str) -> str:
    """The line end that most lines use."""
    windows = text.count("\r\n")
    unix = text.count("\n") - windows
    old = text.count("\r") - windows
    most = max(windows, unix, old)
    if not most or most == unix:
        return "\n"
    return "\r\n" if most == windows else "\r"


def _guess(body: bytes) -> str:
    try:
        body.decode("utf-8")
    except UnicodeDecodeError:
        # Some valid UTF-8 beyond ASCII means a UTF-8 file with stray bytes; none at all means a one-byte encoding.
        known = body.decode("utf-8", "ignore")
        return "latin-1" if known.isascii() else "utf-8"
    return "utf-8"


def _errors(encoding: str) -> str:
    return "surrogateescape" if encoding == "utf-8" else "strict"


def _bom(file: FileText) -> bytes:
    if not file.bom:
        return b""
    return next(mark for mark, name in _BOMS if name == file.encoding)


def read_contents(
    root: Path, path: str, *, max_bytes: int | None = MAX_TEXT_BYTES, closed: Collection[str] = ()
) -> Contents:
    """Bytes and metadata of a regular file. Raises NoSuchFile for nothing or a folder, WorkspaceError with the reason
    for everything else."""
    place = paths.resolve(root, path, closed=closed)
    *parents, name = place.relative_to(root.resolve()).parts
    try:
        with disk.folder(root.resolve(), parents) as directory:
            return disk.read_in(directory, name, max_bytes=max_bytes)
    except FileNotFoundError as error:
        raise NoSuchFile(f"{path} does not exist.", hint="Check the path, or create the file.") from error
    except OSError as error:
        if place.is_dir():
            raise NoSuchFile(f"{path} is a folder.", hint="Name a file in it.") from error
        raise WorkspaceError(f"{path} cannot be read: {_why(place, error)}.", hint=_hint(error)) from error


def _why(place: Path, error: OSError) -> str:
    if error.errno == errno.EFBIG:
        return f"it is larger than {MAX_TEXT_BYTES:,} bytes"
    if error.errno != errno.EINVAL:
        return error.strerror or str(error)
    try:
        return f"it is {kind_of(place.lstat().st_mode)}"
    except OSError:
        return "it is not a regular file"


def _hint(error: OSError) -> str:
    if error.errno == errno.EFBIG:
        return "Search in it, or read a range of lines."
    return "Only regular files are read." if error.errno == errno.EINVAL else "Check its permissions."


def kind_of(mode: int) -> str:
    """What a file is, in words with their article."""
    names = {
        stat.S_IFDIR: "a folder", stat.S_IFLNK: "a symbolic link", stat.S_IFIFO: "a FIFO", stat.S_IFSOCK: "a socket",
        stat.S_IFCHR: "a device", stat.S_IFBLK: "a device", stat.S_IFREG: "a regular file",
    }  # fmt: skip
    return names.get(stat.S_IFMT(mode), "not a regular file")


def read_text(
    root: Path, path: str, *, max_bytes: int = MAX_TEXT_BYTES, closed: Collection[str] = ()
) -> FileText:
    """The text of a file of the work tree.

    Raises WorkspaceError, naming the path and the reason: outside, missing, binary, too large, not a regular file.
    """
    contents = read_contents(root, path, max_bytes=max_bytes, closed=closed)
    try:
        return decode(contents.data)
    except WorkspaceError as error:
        raise WorkspaceError(f"{path}: {error.message}", hint=error.hint) from error


@dataclass(frozen=True, slots=True)
class Skipped:
    """Something that the walk passed over, and what it is."""

    path: str
    reason: str


def walk(root: Path, *, skip: Collection[str] = ()) -> Iterator[str | Skipped]:
    """Relative POSIX paths of all regular files under root, sorted within each folder; folder names in `skip` are
    left out.

    Follows no link, enters neither git's own folder nor a nested repository, opens no file; links, FIFOs, sockets,
    devices and unreadable folders are told as `Skipped`.
    """
    pending = [""]
    while pending:
        here = pending.pop()
        try:
            with os.scandir(root / here) as found:
                entries = sorted(found, key=lambda entry: entry.name)
        except OSError as error:
            yield Skipped(here, error.strerror or "unreadable")
            continue
        if here and any(entry.name == ".git" for entry in entries):
            yield Skipped(here, "a nested repository")
            continue
        deeper: list[str] = []
        for entry in entries:
            path = f"{here}/{entry.name}" if here else entry.name
            if paths.is_git_folder_name(entry.name):
                continue
            if entry.is_symlink():
                yield Skipped(path, "a symbolic link")
            elif entry.is_dir(follow_symlinks=False):
                if entry.name not in skip:
                    deeper.append(path)
            elif entry.is_file(follow_symlinks=False):
                yield path
            else:
                yield Skipped(path, kind_of(entry.stat(follow_symlinks=False).st_mode))
        pending.extend(reversed(deeper))
