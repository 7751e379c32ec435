"""A tree of the repository as one file that another machine makes a repository of: the files alone, without history."""

from __future__ import annotations

import os
import secrets
import shutil
import subprocess
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path

from flashagent.errors import WorkspaceError
from flashagent.workspace.discovery import find_git
from flashagent.workspace.disk import make_state_folder
from flashagent.workspace.git import Repository
from flashagent.workspace.locks import ProcessLock

_WHO = ("flashagent", "flashagent@localhost")
_WHEN = "2000-01-01T00:00:00Z"  # the same tree is always the same commit
_TIMEOUT_S = 3_600.0


def tree_of(repository: Repository, commit: str) -> str:
    """The id of the tree of a commit."""
    return repository.calls.text("rev-parse", "--verify", f"{commit}^{{tree}}")


def bundled(repository: Repository, tree: str, place: Path) -> None:
    """Write a git bundle with one commit that holds the tree to `place`."""
    made = repository.calls.run("commit-tree", tree, stdin=b"base\n", env=_identity()).decode().strip()
    ref = f"refs/flashagent/bundle-{secrets.token_hex(6)}"
    repository.calls.run("update-ref", ref, made)
    try:
        repository.calls.run("bundle", "create", "-q", str(place), ref, timeout_s=_TIMEOUT_S)
    finally:
        repository.calls.run("update-ref", "-d", ref)


def unbundled(parts: Sequence[bytes], tree: str, folder: Path, environ: Mapping[str, str]) -> Path:
    """The repository of a bundle in `folder`, made once for all processes of the machine. Without parts it must be there
    already. Raises WorkspaceError when it is not, or the bundle holds another tree than it should."""
    make_state_folder(folder)
    with ProcessLock(folder / "lock", wait_s=_TIMEOUT_S, purpose="the base of a batch").held():
        place = folder / tree
        if not place.is_dir() and not parts:
            raise WorkspaceError(
                f"The base of the batch is not on this machine ({place}).",
                hint="Run without --base-on-workers.",
            )
        if not place.is_dir():
            draft = folder / f"draft-{os.getpid()}"
            shutil.rmtree(draft, ignore_errors=True)
            try:
                _check_out(parts, tree, draft, environ)
                draft.rename(place)
            finally:
                shutil.rmtree(draft, ignore_errors=True)
        return place


def _check_out(parts: Sequence[bytes], tree: str, draft: Path, environ: Mapping[str, str]) -> None:
    git = find_git(environ, draft)

    def call(*arguments: str) -> str:
        quiet = (
            "-c",
            "core.hooksPath=/dev/null",
            "-c",
            "core.autocrlf=false",
            "-c",
            "protocol.file.allow=always",
        )
        done = subprocess.run(
            [git, *quiet, *arguments],
            cwd=draft if draft.is_dir() else draft.parent,
            env={**environ, **_identity(), "GIT_TERMINAL_PROMPT": "0", "GIT_LFS_SKIP_SMUDGE": "1"},
            stdin=subprocess.DEVNULL,
            capture_output=True,
            timeout=_TIMEOUT_S,
            check=False,
        )
        if done.returncode != 0:
            said = done.stderr.decode("utf-8", "replace").strip().splitlines() or ["it failed"]
            raise WorkspaceError(f"The base of the batch cannot be unpacked: {said[-1]}")
        return done.stdout.decode().strip()

    call("init", "-q", str(draft))
    with tempfile.NamedTemporaryFile(prefix="flashagent-", suffix=".bundle") as bundle:
        bundle.writelines(parts)
        bundle.flush()
        call("fetch", "-q", bundle.name, "refs/flashagent/*:refs/bundled/*")
    commit = call("for-each-ref", "--format=%(objectname)", "refs/bundled")
    if call("rev-parse", f"{commit}^{{tree}}") != tree:
        raise WorkspaceError("The base of the batch is not the tree that the batch is about.")
    call("checkout", "-q", "-B", "base", commit)


def _identity() -> dict[str, str]:
    name, mail = _WHO
    return {
        "GIT_AUTHOR_NAME": name, "GIT_AUTHOR_EMAIL": mail, "GIT_AUTHOR_DATE": _WHEN,
        "GIT_COMMITTER_NAME": name, "GIT_COMMITTER_EMAIL": mail, "GIT_COMMITTER_DATE": _WHEN,
    }  # fmt: skip
