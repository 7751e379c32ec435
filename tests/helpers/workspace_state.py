"""Everything of a repository that must not be lost, as text to compare: files, modes, index, refs, stash, HEAD.

`fingerprint` is one hash for "nothing changed" checks; `state_of` gives the same as a mapping, so that a failing
comparison shows what differs. Also makes real repositories whose git sees no
configuration of the machine.
"""

from __future__ import annotations

import hashlib
import os
import stat
import subprocess
from collections.abc import Collection, Mapping
from pathlib import Path

GIT = "git"
PRIVATE_REFS = "refs/flashagent/"


def git_environment(home: Path) -> dict[str, str]:
    """An environment in which git sees no configuration but `home`/.gitconfig, with an identity."""
    home.mkdir(parents=True, exist_ok=True)
    config = home / ".gitconfig"
    if not config.exists():
        config.write_text(
            "[user]\n\tname = Test Person\n\temail = test@example.invalid\n[init]\n\tdefaultBranch = main\n"
            "[gc]\n\tauto = 0\n[maintenance]\n\tauto = false\n",
            encoding="utf-8",
        )
    return {
        "PATH": os.environ.get("PATH", "/usr/bin:/bin"),
        "HOME": str(home),
        "XDG_CONFIG_HOME": str(home / ".config"),
        "GIT_CONFIG_GLOBAL": str(config),
        "GIT_CONFIG_NOSYSTEM": "1",
        "GIT_TERMINAL_PROMPT": "0",
        "LC_ALL": "C.UTF-8",
    }


def git(root: Path, *arguments: str, env: Mapping[str, str] | None = None, check: bool = True) -> str:
    """Run git in `root` and return what it printed; without `env` in an environment beside the repository."""
    done = subprocess.run(
        [GIT, *arguments],
        cwd=root,
        env=dict(env) if env is not None else git_environment(root.parent / "home"),
        stdin=subprocess.DEVNULL,
        capture_output=True,
        check=False,
    )
    if check and done.returncode:
        raise AssertionError(f"git {arguments} failed: {done.stderr.decode(errors='replace')}")
    return done.stdout.decode("utf-8", "surrogateescape")


def make_repository(
    root: Path, files: Mapping[str, str | bytes] | None = None, *, home: Path | None = None
) -> dict[str, str]:
    """A repository on branch main with one commit of `files` (unborn when there are none); returns its environment.

    `home` is by default a folder beside the repository."""
    root.mkdir(parents=True, exist_ok=True)
    environment = git_environment(home or root.parent / "home")
    git(root, "init", "-q", "-b", "main", env=environment)
    for path, content in (files or {}).items():
        target = root / path
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(content.encode() if isinstance(content, str) else content)
    if files:
        git(root, "add", "-A", env=environment)
        git(root, "commit", "-q", "-m", "Start", env=environment)
    return environment


def work_tree_state(root: Path, skip: Collection[str] = ()) -> dict[str, str]:
    """Path → kind, permission bits and content hash of each file and link; `.git` and names in `skip` left out."""
    found: dict[str, str] = {}
    for folder, folders, files in os.walk(root):
        folders[:] = sorted(name for name in folders if name != ".git" and name not in skip)
        links = [name for name in folders if (Path(folder) / name).is_symlink()]
        for name in sorted([*files, *links]):
            if name == ".git" or name in skip:
                continue
            path = Path(folder) / name
            found[path.relative_to(root).as_posix()] = _entry(path)
    return found


def _entry(path: Path) -> str:
    status = path.lstat()
    if stat.S_ISLNK(status.st_mode):
        return f"link {os.readlink(path)}"
    if not stat.S_ISREG(status.st_mode):
        return f"special {stat.S_IFMT(status.st_mode):o}"
    return f"file {stat.S_IMODE(status.st_mode):04o} {hashlib.sha256(path.read_bytes()).hexdigest()}"


def index_state(root: Path, env: Mapping[str, str] | None = None) -> str:
    """Each entry of the index with mode, object, stage and flags (intent-to-add, assume-unchanged, ...); no times."""
    flags = [
        line.split("flags:")[1].strip()
        for line in git(root, "ls-files", "--debug", env=env).splitlines()
        if line.startswith("  size:") and "flags:" in line
    ]
    return git(root, "ls-files", "-s", "-v", "-z", env=env) + " ".join(flags)


def state_of(
    root: Path, *, env: Mapping[str, str] | None = None, skip: Collection[str] = ()
) -> dict[str, str]:
    """All parts by name. Reading it changes nothing, the stat data of the index included."""
    refs = [
        line
        for line in git(root, "for-each-ref", "--format=%(refname) %(objectname)", env=env).splitlines()
        if not line.startswith(PRIVATE_REFS)
    ]
    git_dir = Path(git(root, "rev-parse", "--absolute-git-dir", env=env).rstrip("\n"))
    log = git_dir / "logs" / "HEAD"
    return {
        **{f"file {path}": entry for path, entry in work_tree_state(root, skip).items()},
        "index": index_state(root, env),
        "refs": "\n".join(refs),
        "stash": git(root, "stash", "list", "--format=%H %gs", env=env),
        "HEAD": (git_dir / "HEAD").read_text(encoding="utf-8"),
        "reflog": log.read_text(encoding="utf-8") if log.exists() else "",
    }


def fingerprint(root: Path, *, env: Mapping[str, str] | None = None, skip: Collection[str] = ()) -> str:
    """One hash over `state_of`: equal exactly when nothing of the user's was changed."""
    whole = hashlib.sha256()
    for name, value in sorted(state_of(root, env=env, skip=skip).items()):
        whole.update(f"{name}\0{value}\0".encode("utf-8", "surrogateescape"))
    return whole.hexdigest()
