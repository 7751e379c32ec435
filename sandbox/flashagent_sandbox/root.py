"""Find the work tree that a command belongs to, without running git and without believing what a repository says."""

from __future__ import annotations

from pathlib import Path

from flashagent_sandbox.policy import PolicyError

# A root at one of these would make the system itself writable.
SYSTEM_FOLDERS = frozenset(
    [
        "/",
        "/bin",
        "/boot",
        "/dev",
        "/etc",
        "/home",
        "/lib",
        "/lib32",
        "/lib64",
        "/media",
        "/mnt",
        "/opt",
        "/proc",
        "/root",
        "/run",
        "/sbin",
        "/srv",
        "/sys",
        "/tmp",
        "/usr",
        "/usr/bin",
        "/usr/lib",
        "/usr/local",
        "/usr/share",
        "/var",
        "/var/lib",
        "/var/tmp",
    ]
)


def find_root(cwd: Path) -> Path:
    """The nearest folder at or above `cwd` that holds a `.git`, else `cwd` itself; links resolved."""
    start = cwd.resolve(strict=True)
    for folder in (start, *start.parents):
        if (folder / ".git").exists():
            return folder
    return start


def check_root(root: Path, home: Path) -> None:
    """Raise PolicyError when making `root` writable would hand out the home folder or the system."""
    if str(root) in SYSTEM_FOLDERS:
        raise PolicyError(
            f"{root} is a system folder, not a project.", hint="Go to the project's own folder."
        )
    if root == home or root in home.parents:
        raise PolicyError(
            f"The work tree {root} is or contains the home folder, so nothing could be protected.",
            hint="Go to a project folder below it.",
        )
