"""From a policy and a request to a list of mounts: what a command sees of the file system, independent of who mounts it.

Deeper targets come later, so no mount ever hides a more special one. Sources are host paths; targets are the same
paths inside. The host's root, read-only, lies below everything.
"""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from flashagent_sandbox.policy import MIB, Policy, PolicyError, Request
from flashagent_sandbox.profiles import FOLDER
from flashagent_sandbox.protect import Scan, git_pointer

Kind = Literal["read", "write", "tmpfs", "blank", "link"]
EMPTY_FILE = str(FOLDER / "empty")
PRIVATE = ("/tmp", "/var/tmp")
SHARED_MEMORY = "/dev/shm"
_MASK_BYTES = 4 * MIB
_MAX_LINKS = 40
# A root user in a user namespace still owns these files of the host's root.
_KERNEL_SETTINGS = (
    "/proc/sys",
    "/proc/sysrq-trigger",
    "/proc/irq",
    "/proc/bus",
    "/proc/fs",
    "/proc/acpi",
    "/proc/scsi",
)
_KERNEL_SECRETS = (
    "/proc/kcore",
    "/proc/keys",
    "/proc/kmsg",
    "/proc/timer_list",
    "/proc/sched_debug",
    "/proc/vmallocinfo",
)


@dataclass(frozen=True, slots=True)
class Mount:
    """`read` and `write` show `source` at `target`; `tmpfs` is an empty writable folder of `size` bytes with `mode`;
    `blank` an empty folder that cannot be written; `link` is a symbolic link with the text `source`."""

    kind: Kind
    target: str
    source: str = ""
    size: int = 0
    mode: int = 0o755


@dataclass(frozen=True, slots=True)
class MountPlan:
    """`mounts` in the order in which they must be made; `private` are the tmpfs folders with a user's bytes in them."""

    mounts: tuple[Mount, ...]
    private: tuple[str, ...]


def plan_mounts(policy: Policy, request: Request, scan: Scan, *, as_root: bool) -> MountPlan:
    """Raises PolicyError when a bind that the request asks for holds the user's secrets."""
    view = _View(policy)
    view.mask()
    view.work_tree(request, scan)
    view.tools()
    for path in (*policy.binds, *request.binds):
        view.show(str(path), asked=True)
    view.git_folder_of_worktree()
    view.deny(scan)
    view.keep(request)
    if as_root:
        view.kernel()
    return view.plan()


class _View:
    def __init__(self, policy: Policy) -> None:
        self._policy = policy
        self._root = str(policy.root)
        self._home = os.path.realpath(policy.home)
        self._mounts: dict[str, Mount] = {}
        self._secrets = [path for name in policy.secrets if (path := self._secret(name))]

    def _secret(self, name: str) -> str:
        """The real path of one of the policy's secrets, '' when its variable names no folder."""
        if not name.startswith("$"):
            return os.path.join(self._home, name)
        variable, _, rest = name[1:].partition("/")
        folder = self._policy.environ.get(variable, "")
        return os.path.realpath(os.path.join(folder, rest)) if folder.startswith("/") else ""

    def plan(self) -> MountPlan:
        ordered = sorted(self._mounts.values(), key=lambda mount: mount.target.count("/"))
        private = [path for path in dict.fromkeys((*PRIVATE, self._home)) if path in self._mounts]
        return MountPlan(tuple(ordered), (*private, SHARED_MEMORY))

    def _put(self, mount: Mount) -> None:
        self._mounts[mount.target] = mount

    # ---- what is hidden

    def mask(self) -> None:
        policy = self._policy
        folders = [os.path.realpath(path) for path in policy.hidden if os.path.isdir(path)]
        if policy.visible_top:
            folders += self._other_top_folders()
        for path in folders:
            if path != self._root and not _inside(path, self._root):
                self._put(Mount("tmpfs", path, size=_MASK_BYTES))
        for path in PRIVATE:
            if os.path.isdir(path):
                self._put(Mount("tmpfs", path, size=policy.limits.tmpfs_bytes, mode=0o1777))
        if os.path.isdir(self._home) or self._hidden(self._home):
            self._put(Mount("tmpfs", self._home, size=policy.limits.tmpfs_bytes, mode=0o700))
        self._follow(str(policy.home))

    def _other_top_folders(self) -> list[str]:
        with os.scandir("/") as entries:
            return [
                entry.path
                for entry in entries
                if entry.name not in self._policy.visible_top and entry.is_dir(follow_symlinks=False)
            ]

    def _hidden(self, path: str) -> bool:
        """Whether the nearest mount at or above `path` is an empty folder."""
        while path != "/":
            if mount := self._mounts.get(path):
                return mount.kind in ("tmpfs", "blank")
            path = os.path.dirname(path)
        return False

    # ---- the work tree

    def work_tree(self, request: Request, scan: Scan) -> None:
        source = str(request.tree.resolve()) if request.tree else self._root
        kind: Kind = "read" if request.read_only else "write"
        self._put(Mount(kind, self._root, source))
        for folder in self._policy.writable:
            path = str(folder.resolve())
            self._put(Mount("write", path, path))
        if request.read_only:
            return
        for entry in (*scan.protected, *scan.pointed):
            if not entry.link:
                target = os.path.join(self._root, entry.path)
                self._put(Mount("read", target, os.path.join(source, entry.path)))
            if entry.is_folder or os.path.basename(entry.path) == ".git":
                self._pin(entry.path, source)

    def _pin(self, path: str, source: str) -> None:
        """Make each folder above a nested repository or settings folder a mount of itself: a rename of one would carry it away."""
        while path := os.path.dirname(path):
            target = os.path.join(self._root, path)
            if target in self._mounts:
                return
            self._put(Mount("write", target, os.path.join(source, path)))

    def keep(self, request: Request) -> None:
        if request.tree is None:
            return
        for name in request.keep:
            if name.startswith("/") or ".." in name.split("/"):
                raise PolicyError(f"{name!r} is no folder inside the work tree.")
            source = os.path.realpath(os.path.join(self._root, name))
            if os.path.isdir(source):
                self._refuse_secret(source)
                self._put(Mount("read", os.path.normpath(os.path.join(self._root, name)), source))

    def git_folder_of_worktree(self) -> None:
        """A linked work tree keeps its metadata with the main one: let git read it."""
        target = git_pointer(Path(self._root) / ".git")
        if target is None or target.is_relative_to(self._root):
            return
        common = target.parent.parent if target.parent.name == "worktrees" else target
        if (common / "HEAD").is_file() and (common / "objects").is_dir():
            self.show(str(common), asked=False)

    def deny(self, scan: Scan) -> None:
        absolute = [path for path in self._policy.read_deny if path.startswith("/")]
        inside = [os.path.join(self._root, entry.path) for entry in scan.denied if not entry.link]
        for path in (*absolute, *inside, *self._secrets):
            if os.path.lexists(path) and not os.path.islink(path) and not self._hidden(path):
                self._blank(path)

    def _blank(self, path: str) -> None:
        if os.path.isdir(path):
            self._put(Mount("blank", path, size=4096, mode=0o555))
        else:
            self._put(Mount("read", path, EMPTY_FILE))

    def kernel(self) -> None:
        for path in _KERNEL_SETTINGS:
            if os.path.exists(path):
                self._put(Mount("read", path, path))
        for path in _KERNEL_SECRETS:
            if os.path.exists(path):
                self._put(Mount("read", path, EMPTY_FILE))

    # ---- what comes back

    def tools(self) -> None:
        policy = self._policy
        for name in policy.tool_chains:
            self.show(os.path.join(policy.home, name), asked=False)
        for variable in policy.tool_variables:
            for path in policy.environ.get(variable, "").split(":"):
                if path.startswith("/"):
                    self.show(path, asked=False)

    def show(self, path: str, *, asked: bool) -> None:
        """Make a hidden host path visible read-only, with the links on the way to it. Nothing happens when it is
        visible already or not there; one that gives secrets away is refused if `asked` for, else left out."""
        if _inside(path, self._root) or not os.path.lexists(path):
            return
        real = os.path.realpath(path)
        try:
            self._refuse_secret(real)
        except PolicyError:
            if asked:
                raise
            return
        self._follow(path)
        if os.path.exists(real) and self._hidden(real) and real not in self._mounts:
            self._put(Mount("read", real, real))

    def _refuse_secret(self, real: str) -> None:
        if real == self._home or _inside(self._home, real):
            raise PolicyError(f"{real} is or contains the home folder; it cannot be shown to commands.")
        for secret in self._secrets:
            if real == secret or _inside(real, secret):
                raise PolicyError(f"{real} may hold secrets; it cannot be shown to commands.")

    def _follow(self, path: str) -> None:
        """Recreate each symbolic link of `path` that a mask hides."""
        rest = [part for part in path.split("/") if part]
        done = ""
        for _ in range(_MAX_LINKS * 10):
            if not rest:
                return
            part = rest.pop(0)
            step = os.path.normpath(f"{done}/{part}")
            if not os.path.islink(step):
                done = step.rstrip("/")
                continue
            text = os.readlink(step)
            if self._hidden(os.path.dirname(step)) and step not in self._mounts:
                self._put(Mount("link", step, text))
            rest = [piece for piece in text.split("/") if piece] + rest
            done = "" if text.startswith("/") else done
        raise PolicyError(f"{path} has too many symbolic links.")


def _inside(path: str, folder: str) -> bool:
    """Whether `path` lies in `folder` or is it, by whole components."""
    return path == folder or path.startswith(folder.rstrip("/") + "/")
