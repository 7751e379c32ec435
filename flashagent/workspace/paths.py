"""Decide whether a path that somebody wrote may name a file of the work tree. Nothing is ever written here.

A model, a patch or a file name in the repository is never trusted: what leaves the root, or means git's own folder on
some file system, is refused with the reason.
"""

from __future__ import annotations

import os
import re
import stat
import unicodedata
from collections.abc import Collection
from pathlib import Path

from flashagent.errors import WorkspaceError

_DRIVE = re.compile(r"^[A-Za-z]:")
# Not in category Cf, yet ignored by file systems or by eyes: combining grapheme joiner, Hangul fillers, Khmer vowels,
# Mongolian selectors, variation selectors.
_IGNORABLE = re.compile(
    "[\u034f\u115f\u1160\u17b4\u17b5\u180b-\u180f\u3164\uffa0\ufe00-\ufe0f\U000e0100-\U000e01ef]"
)
_NTFS_SHORT = re.compile(r"^git~\d+$")
_MAX_LINKS = 40


def is_git_folder_name(name: str) -> bool:
    """True for `.git` in every spelling that some file system takes for it.

    Case, trailing dots and blanks, an NTFS stream (`.git::$INDEX_ALLOCATION`) or short name (`git~1`), compatibility
    forms, and characters that HFS+ leaves out when it compares names.
    """
    plain = name.casefold() if name.isascii() and name.isprintable() else _as_compared(name)
    plain = plain.split(":", 1)[0].rstrip(" .")
    return plain == ".git" or _NTFS_SHORT.match(plain) is not None


def _as_compared(name: str) -> str:
    """A name without the characters that some file system or eye leaves out, in the form in which names are compared."""
    seen = "".join(c for c in _IGNORABLE.sub("", name) if unicodedata.category(c) not in ("Cf", "Cc"))
    return unicodedata.normalize("NFKC", seen).casefold()


def parts_of(path: str) -> tuple[str, ...]:
    """The components of a relative POSIX path.

    Raises WorkspaceError for what can never name a file of the work tree: an empty, absolute or home path, a drive,
    `..`, NUL, or git's own folder. `./` and doubled slashes are passed over.
    """
    reason = _refusal(path)
    if reason:
        raise WorkspaceError(f"{path!r} {reason}.", hint="Give a path relative to the repository root.")
    return tuple(part for part in path.split("/") if part not in ("", "."))


def _refusal(path: str) -> str:
    parts = [part for part in path.split("/") if part not in ("", ".")]
    # A backslash is an ordinary character here, but a repository travels to systems where it parts folders.
    spellings = [piece for part in parts for piece in part.split("\\")]
    if "\0" in path:
        return "holds a NUL character"
    if path.startswith(("/", "\\\\")) or _DRIVE.match(path):
        return "is not relative to the repository root"
    if not parts:
        return "names no file"
    if parts[0] == "~":
        return "lies in the home folder, outside the repository"
    if ".." in spellings:
        return "leaves the repository with '..'"
    if any(is_git_folder_name(piece) for piece in spellings):
        return "lies in git's own folder, which is never edited"
    return ""


def resolve(root: Path, path: str, *, closed: Collection[str] = ()) -> Path:
    """The real place of `path` under `root`, links inside the root followed; it need not exist.

    `root` may be given through links. `closed` names further folders (relative to the root) that are out of bounds,
    such as submodules that are not checked out. Raises WorkspaceError for what `parts_of` refuses, for a link that
    leaves the root or turns in a circle, and for anything in a submodule or nested repository.
    """
    base = root.resolve()
    pending = list(reversed(parts_of(path)))
    done: list[str] = []
    links = 0
    while pending:
        name = pending.pop()
        if name == "..":
            if not done:
                raise _leaves(path)
            done.pop()
            continue
        here = base.joinpath(*done, name)
        target = _link_target(here)
        if target is not None:
            links += 1
            if links > _MAX_LINKS:
                raise WorkspaceError(f"{path!r} is a circle of symbolic links.", hint="Remove the links.")
            if target.startswith("/"):
                target = _inside(base, target, path)
                done = []
            pending.extend(part for part in reversed(target.split("/")) if part not in ("", "."))
            continue
        done.append(name)
        _check_component(base, done, path, closed, last=not pending)
    if not done:
        raise WorkspaceError(f"{path!r} is the repository root, not a file.", hint="Name a file in it.")
    return base.joinpath(*done)


def _link_target(place: Path) -> str | None:
    try:
        return str(place.readlink())
    except (OSError, ValueError):
        return None


def _inside(base: Path, target: str, path: str) -> str:
    try:
        return Path(os.path.normpath(target)).relative_to(base).as_posix()
    except ValueError:
        raise _leaves(path) from None


def _leaves(path: str) -> WorkspaceError:
    return WorkspaceError(
        f"{path!r} goes through a symbolic link that leaves the repository.",
        hint="Edit the file where it really is.",
    )


def _check_component(base: Path, done: list[str], path: str, closed: Collection[str], *, last: bool) -> None:
    if is_git_folder_name(done[-1]):
        raise WorkspaceError(
            f"{path!r} lies in git's own folder, which is never edited.", hint="Use git itself to change it."
        )
    here = base.joinpath(*done)
    if "/".join(done) in closed or (here / ".git").exists():
        raise WorkspaceError(
            f"{path!r} lies in a submodule or nested repository ({'/'.join(done)}).",
            hint="Start flashagent inside of that repository to edit it.",
        )
    if not last:
        try:
            mode = here.lstat().st_mode
        except OSError:
            return
        if not stat.S_ISDIR(mode):
            raise WorkspaceError(
                f"{path!r}: {'/'.join(done)} is a file, not a folder.", hint="Check the path."
            )


def relative(root: Path, place: Path) -> str:
    """The POSIX path of a resolved place, relative to the root."""
    return place.relative_to(root.resolve()).as_posix()


def folded(path: str) -> str:
    """Two paths with the same folded form collide on a file system that ignores case or Unicode composition."""
    return unicodedata.normalize("NFC", unicodedata.normalize("NFC", path).casefold())
