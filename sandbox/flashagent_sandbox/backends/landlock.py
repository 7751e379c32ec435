"""Landlock and the system call filter, for machines where no namespace can be made (many containers).

Landlock can only allow, and what it allows for a folder holds for everything below. So a folder that holds a protected
name at any depth is never allowed as a whole: its other entries are, one by one. The price is that no new entry can be
made directly in such a folder. It is the weakest tier; `gaps` says what it leaves open.
"""

from __future__ import annotations

import os
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, ClassVar

from flashagent_sandbox.backends.base import Backend, Launch, Plan, launch_helper, make_job
from flashagent_sandbox.mounts import Mount, plan_mounts
from flashagent_sandbox.policy import NoSandbox, StartFailed
from flashagent_sandbox.seccomp import build_filter, machine_name

if TYPE_CHECKING:
    from landlockpy import AccessFS, Ruleset

# 6 brought the scopes for signals and abstract sockets; without them a command could stop flashagent itself.
_OLDEST_ABI = 6
_DEVICES = ("null", "zero", "full", "random", "urandom", "tty", "ptmx", "pts")


class Landlock(Backend):
    name: ClassVar[str] = "landlock"
    description: ClassVar[str] = "Landlock and a system call filter"
    has_pid_namespace: ClassVar[bool] = False
    has_network_namespace: ClassVar[bool] = False
    shows_trees: ClassVar[bool] = False
    gaps: ClassVar[tuple[str, ...]] = (
        "commands cannot create files directly in a folder that holds a protected name, such as the project's top folder",
        "no network at all, not even loopback, and no UNIX sockets by path: test servers fail",
        "no shared memory, so multiprocessing locks fail",
        "mode, times and attributes of the user's files outside of the work tree can be changed",
        "other processes can be seen, with their command lines",
        "the limit on processes works by watching only, except where a control group can be made",
        "no candidate tree in the project's place: checks of other trees are refused",
    )

    def missing(self) -> str:
        if sys.platform != "linux":
            return "Landlock exists on Linux only."
        try:
            import landlockpy
        except ImportError:
            return "the package landlockpy is not installed."
        try:
            build_filter(machine_name())
        except NoSandbox as error:
            return error.message
        version = landlockpy.abi_version()
        if version < _OLDEST_ABI:
            return (
                f"the kernel's Landlock is too old (version {version}, {_OLDEST_ABI} needed; 0 means none)."
            )
        return ""

    def prepare(self, plan: Plan) -> Launch:
        if plan.request.tree is not None:
            raise StartFailed(
                "Landlock cannot show another tree in the project's place.", hint="Install bubblewrap."
            )
        private = Path(tempfile.mkdtemp(prefix="flashagent-"))
        (private / "home").mkdir()
        (private / "tmp").mkdir()
        job = make_job(
            plan, mounts=None, seccomp=build_filter(machine_name(), sockets=False), count_processes=False
        )
        ruleset = self._ruleset(plan, private)
        try:
            descriptor = os.dup(ruleset.fileno())
        finally:
            ruleset.close()
        os.set_inheritable(descriptor, True)
        job.ruleset = descriptor
        job.env |= {"HOME": str(private / "home"), "TMPDIR": str(private / "tmp")}
        return launch_helper("reaper", job, inherit=(descriptor,), remove=(private,))

    def _ruleset(self, plan: Plan, private: Path) -> Ruleset:
        from landlockpy import AccessFS, Ruleset, Scope

        ruleset = Ruleset(scoped=Scope.SIGNAL | Scope.ABSTRACT_UNIX_SOCKET)
        read = AccessFS.EXECUTE | AccessFS.READ_FILE | AccessFS.READ_DIR
        write = ruleset.handled_fs & ~(AccessFS.MAKE_CHAR | AccessFS.MAKE_BLOCK)
        mounts = plan_mounts(plan.policy, plan.request, plan.scan, as_root=False).mounts
        readable, closed = _readable(mounts, plan)
        for path in readable:
            _allow(ruleset, path, read)
        for path in (*_except("/", closed), "/proc"):
            _allow(ruleset, path, read)
        for name in _DEVICES:
            _allow(ruleset, f"/dev/{name}", read | AccessFS.WRITE_FILE | AccessFS.IOCTL_DEV)
        _allow(ruleset, str(private), write)
        if not plan.request.read_only:
            for path in self._writable(plan):
                _allow(ruleset, path, write)
        return ruleset

    @staticmethod
    def _writable(plan: Plan) -> Iterator[str]:
        root = str(plan.policy.root)
        protected = [os.path.join(root, entry.path) for entry in (*plan.scan.protected, *plan.scan.pointed)]
        denied = [os.path.join(root, entry.path) for entry in plan.scan.denied]
        yield from _except(root, [*protected, *denied])
        yield from (str(folder.resolve()) for folder in plan.policy.writable)


def _readable(mounts: tuple[Mount, ...], plan: Plan) -> tuple[list[str], list[str]]:
    """What may be read inside of closed folders, and what is closed."""
    closed = [mount.target for mount in mounts if mount.kind in ("tmpfs", "blank")]
    closed += [mount.target for mount in mounts if mount.kind == "read" and mount.source != mount.target]
    root = str(plan.policy.root)
    inside = [path for path in closed if path.startswith(root + "/")]
    opened = [mount.target for mount in mounts if mount.kind == "read" and mount.source == mount.target]
    return [*opened, *_except(root, inside)], [*closed, "/dev", "/proc", root]


def _except(folder: str, excluded: list[str]) -> Iterator[str]:
    """The largest entries that together are `folder` without the excluded paths. Links are never followed."""
    below = [path for path in excluded if path.startswith(folder.rstrip("/") + "/")]
    if folder in excluded:
        return
    if not below:
        yield folder
        return
    try:
        entries = list(os.scandir(folder))
    except OSError:
        return  # closed to us, so to the command
    for entry in entries:
        if not entry.is_symlink():
            yield from _except(entry.path, below)


def _allow(ruleset: Ruleset, path: str, access: AccessFS) -> None:
    """Files take only the rights that files can have; what is gone meanwhile needs none."""
    from landlockpy import AccessFS

    if not os.path.isdir(path):
        access &= (
            AccessFS.EXECUTE
            | AccessFS.READ_FILE
            | AccessFS.WRITE_FILE
            | AccessFS.TRUNCATE
            | AccessFS.IOCTL_DEV
        )
    try:
        ruleset.allow_path(path, access)
    except FileNotFoundError:
        return
