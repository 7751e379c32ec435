"""User namespaces without bubblewrap: nothing to install, the same view and the same limits."""

from __future__ import annotations

import os
import subprocess
import sys
from typing import ClassVar

from flashagent_sandbox.backends.base import Backend, Launch, Plan, launch_helper, make_job
from flashagent_sandbox.mounts import plan_mounts
from flashagent_sandbox.policy import NoSandbox
from flashagent_sandbox.seccomp import build_filter, machine_name

_OLDEST_KERNEL = (5, 12)
_TRY = """
import os, sys
sys.path.append(sys.argv[1])
from flashagent_sandbox.inside import kernel
user, group = os.geteuid(), os.getegid()
kernel.unshare(kernel.CLONE_NEWUSER | kernel.CLONE_NEWNS | kernel.CLONE_NEWPID | kernel.CLONE_NEWNET)
for name, text in (("setgroups", "deny"), ("uid_map", f"{user} {user} 1"), ("gid_map", f"{group} {group} 1")):
    with open(f"/proc/self/{name}", "w") as file:
        file.write(text)
child = os.fork()
if child == 0:
    kernel.mount("none", "/", flags=kernel.MS_REC | kernel.MS_SLAVE)
    kernel.mount("proc", "/proc", "proc")
    os._exit(0)
os._exit(1 if os.waitpid(child, 0)[1] else 0)
"""


class UserNamespaces(Backend):
    name: ClassVar[str] = "userns"
    description: ClassVar[str] = "user namespaces"

    def __init__(self) -> None:
        super().__init__()
        self._filter = b""

    def missing(self) -> str:
        if sys.platform != "linux":
            return "user namespaces exist on Linux only."
        release = tuple(int(part) for part in os.uname().release.split("-")[0].split(".")[:2])
        if release < _OLDEST_KERNEL:
            return "the kernel is older than 5.12 and cannot make mounts read-only recursively."
        try:
            self._program_filter()
        except NoSandbox as error:
            return error.message
        from flashagent_sandbox.backends.base import PACKAGE_PARENT

        tried = subprocess.run(
            [sys.executable, "-I", "-S", "-c", _TRY, PACKAGE_PARENT],
            stdin=subprocess.DEVNULL, capture_output=True, env={}, check=False, timeout=20,
        )  # fmt: skip
        if tried.returncode:
            said = tried.stderr.decode(errors="replace").strip().rpartition("\n")[2]
            return f"unprivileged user namespaces are not allowed ({said})."
        return ""

    def _program_filter(self) -> bytes:
        self._filter = self._filter or build_filter(machine_name())
        return self._filter

    def prepare(self, plan: Plan) -> Launch:
        mounts = plan_mounts(plan.policy, plan.request, plan.scan, as_root=os.geteuid() == 0)
        job = make_job(plan, mounts=mounts, seccomp=self._program_filter(), count_processes=True)
        return launch_helper("userns", job, private=mounts.private)
