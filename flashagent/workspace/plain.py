"""A folder that is in no git repository: the same checkpoints, undo and trees, kept by a private repository elsewhere.

That repository lies in the user's state folder and only looks at the folder; nothing is ever put into the folder itself.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from flashagent.errors import NotARepository
from flashagent.workspace import disk
from flashagent.workspace.discovery import Located, NoRepositoryHere
from flashagent.workspace.git import Repository
from flashagent.workspace.gitcalls import GitCalls
from flashagent.workspace.ignored import CACHES, DEPENDENCIES
from flashagent.workspace.state import state_folder

_FOLDER = "plain.git"


def open_work_tree(path: Path, state_home: Path, environ: Mapping[str, str]) -> Repository:
    """The repository around `path`, or, where there is none, the folder itself with a private one under `state_home`
    (flashagent's state folder).

    Raises NotARepository for a bare repository, for the home folder and what holds it; WorkspaceError when the state
    folder cannot be written or lies in the folder; RunnerMissing without git.
    """
    try:
        return Repository.open(path, environ=environ)
    except NoRepositoryHere:
        return _open_plain(path.resolve(), state_home, environ)


def known_folder(path: Path, state_home: Path) -> Path:
    """The folder at or above `path` that was opened as a plain one before; `path` when there is none."""
    here = path.resolve()
    for folder in (here, *here.parents):
        if not state_home.resolve().is_relative_to(folder) and _place(folder, state_home).is_dir():
            return folder
    return path


def _place(folder: Path, state_home: Path) -> Path:
    return state_folder(state_home, folder) / _FOLDER


def _open_plain(folder: Path, state_home: Path, environ: Mapping[str, str]) -> Repository:
    if not folder.is_dir():
        folder = folder.parent
    _refuse_home(folder, environ)
    git_dir = _place(folder, state_home)
    calls = GitCalls.make(Located(folder, git_dir, git_dir, plain=True), environ)
    if not (git_dir / "HEAD").exists():
        disk.make_state_folder(git_dir.parent)
        calls.run("init", "--quiet", "--template=", "--initial-branch=main")
        names = "".join(f"{name}\n" for name in sorted(CACHES | DEPENDENCIES))
        disk.write_durably(git_dir / "info" / "exclude", names.encode("ascii"))
    return Repository(calls)


def _refuse_home(folder: Path, environ: Mapping[str, str]) -> None:
    home = environ.get("HOME", "")
    if folder == Path(folder.anchor) or (home and Path(home).resolve().is_relative_to(folder)):
        raise NotARepository(
            f"{folder} is too much for a project, and is not in a git repository.",
            hint="Change into the project's own folder.",
        )
