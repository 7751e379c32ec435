"""No protection: only the limits, the environment filter and the end of the process tree. Never chosen, only named."""

from __future__ import annotations

from typing import ClassVar

from flashagent_sandbox.backends.base import Backend, Launch, Plan, launch_helper, make_job
from flashagent_sandbox.policy import StartFailed


class Unprotected(Backend):
    name: ClassVar[str] = "none"
    description: ClassVar[str] = "none: commands run with all your rights"
    protects: ClassVar[bool] = False
    has_pid_namespace: ClassVar[bool] = False
    has_network_namespace: ClassVar[bool] = False
    shows_trees: ClassVar[bool] = False
    gaps: ClassVar[tuple[str, ...]] = ("nothing is protected",)

    def missing(self) -> str:
        return ""

    def prepare(self, plan: Plan) -> Launch:
        if plan.request.tree is not None or plan.request.read_only:
            raise StartFailed(
                "Without a sandbox a command can neither see another tree in the project's place nor be kept from writing.",
                hint="Install bubblewrap.",
            )
        return launch_helper("reaper", make_job(plan, mounts=None, seccomp=b"", count_processes=False))
