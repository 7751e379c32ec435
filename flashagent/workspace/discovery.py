"""Find the work tree that a folder belongs to by looking at files only: nothing of the repository is run or believed."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path

from flashagent.dataclass import dataclass
from flashagent.errors import NotARepository, RunnerMissing

_HINT = "Change into a git work tree, or run `git init` first."
_MAX_POINTER_BYTES = 8192
OLDEST_GIT = "2.31"


@dataclass(frozen=True, slots=True)
class Located:
    """A work tree. `git_dir` is its own git folder, `common_dir` the one that linked work trees share; `plain` says that
    the folder is in no repository and `git_dir` a private one of ours."""

    root: Path
    git_dir: Path
    common_dir: Path
    plain: bool = False


class NoRepositoryHere(NotARepository):
    """No folder above is a repository of any kind."""


def locate(path: Path) -> Located:
    """The work tree that holds `path` (a file or folder in it). Raises NotARepository in one clear sentence."""
    start = path.resolve()
    if not start.exists():
        raise NotARepository(f"{path} does not exist.", hint=_HINT)
    if start.is_file():
        start = start.parent
    for folder in (start, *start.parents):
        git_dir = _git_dir_of(folder)
        if git_dir is not None:
            return Located(folder, git_dir, _common_dir(git_dir))
        if _looks_like_git_dir(folder):
            if folder.name == ".git":
                raise NotARepository(f"{path} lies in git's own folder, not in a work tree.", hint=_HINT)
            raise NotARepository(f"{folder} is a bare repository, without a work tree.", hint=_HINT)
    raise NoRepositoryHere(f"{path} is not in a git repository.", hint=_HINT)


def _git_dir_of(folder: Path) -> Path | None:
    marker = folder / ".git"
    if marker.is_dir():
        real = marker.resolve()
        return real if _looks_like_git_dir(real) else None
    if not marker.is_file():
        return None
    with marker.open("rb") as stream:
        text = os.fsdecode(stream.read(_MAX_POINTER_BYTES))
    prefix, _, target = text.strip().partition(": ")
    real = (folder / target).resolve()
    if prefix != "gitdir" or not _looks_like_git_dir(real):
        raise NotARepository(
            f"{marker} points to {target or 'nothing'}, which is no git folder.",
            hint="Repair it with `git worktree repair`, or clone again.",
        )
    return real


def _looks_like_git_dir(folder: Path) -> bool:
    head = folder / "HEAD"
    shared = (folder / "commondir").is_file()
    return (head.is_file() or head.is_symlink()) and (
        shared or ((folder / "objects").is_dir() and (folder / "refs").is_dir())
    )


def _common_dir(git_dir: Path) -> Path:
    try:
        with (git_dir / "commondir").open("rb") as stream:
            target = os.fsdecode(stream.read(_MAX_POINTER_BYTES)).strip()
    except FileNotFoundError:
        return git_dir
    return (git_dir / target).resolve()


def safe_search_path(environ: Mapping[str, str], root: Path) -> tuple[str, ...]:
    """The absolute folders of PATH that lie outside the work tree."""
    kept: list[str] = []
    for entry in environ.get("PATH", os.defpath).split(os.pathsep):
        if entry.startswith("/") and not Path(entry).resolve().is_relative_to(root):
            kept.append(entry)
    return tuple(kept)


def find_git(environ: Mapping[str, str], root: Path) -> str:
    """The absolute path of git, never one in the work tree. Raises RunnerMissing."""
    for entry in safe_search_path(environ, root):
        candidate = Path(entry) / "git"
        if (
            os.access(candidate, os.X_OK)  # first: a folder that is closed to the user makes is_file raise
            and candidate.is_file()
            and not candidate.resolve().is_relative_to(root)
        ):
            return str(candidate)
    raise RunnerMissing("git was not found on PATH.", hint=f"Install git {OLDEST_GIT} or newer.")
