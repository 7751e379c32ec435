"""What a command would be allowed, in words and as data: the same plan that would be carried out, and nothing is run."""

from __future__ import annotations

import os
import shutil
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

from flashagent_sandbox.backends.base import Backend
from flashagent_sandbox.environment import command_environment
from flashagent_sandbox.mounts import EMPTY_FILE, MountPlan, plan_mounts
from flashagent_sandbox.notes import shown
from flashagent_sandbox.policy import Limits, Policy, Request

_MAX_SHOWN = 12


@dataclass(frozen=True, slots=True)
class Explanation:
    """All paths are those of the host. `program` is what `argv[0]` means here ('' when it is not found). `masked` folders are
    seen empty; those in `private` can be written and vanish afterwards. `read_denied` read as empty, `protected` can be
    read and not changed, `protected_names` are taken away again when a command makes one."""

    argv: tuple[str, ...]
    program: str
    cwd: str
    backend: str
    profile: str
    writable: tuple[str, ...]
    private: tuple[str, ...]
    protected: tuple[str, ...]
    protected_names: tuple[str, ...]
    masked: tuple[str, ...]
    read_denied: tuple[str, ...]
    shown_again: tuple[str, ...]
    environment: tuple[str, ...]
    environment_dropped: tuple[str, ...]
    network: str
    hosts: tuple[str, ...]
    limits: Limits
    gaps: tuple[str, ...]

    def data(self) -> dict[str, Any]:
        return asdict(self)

    def text(self) -> str:
        limits = self.limits
        network = {
            "off": "off: only this command's own loopback",
            "host": "everything that you reach",
            "allow": f"through a proxy, to {_some(self.hosts)}; nothing else",
        }[self.network]
        lines = [
            ("command", " ".join(map(shown, self.argv))),
            ("program", shown(self.program) if self.program else "not found"),
            ("folder", shown(self.cwd)),
            ("backend", f"{self.backend}, profile {self.profile}"),
            ("may write", _some(self.writable)),
            ("own copies", f"{_some(self.private)}: empty, writable, gone afterwards"),
            ("read only", f"everything else; in the work tree: {_some(self.protected)}"),
            ("may not make", _some(self.protected_names)),
            ("seen empty", _some(self.masked)),
            ("unreadable", _some(self.read_denied)),
            ("shown again", _some(self.shown_again)),
            ("variables", _some(self.environment)),
            ("kept from it", f"{len(self.environment_dropped)} other variables"),
            ("network", network),
            ("limits", _limits(limits)),
        ]
        told = [f"{name:13} {value}" for name, value in lines]
        return "\n".join([*told, *(f"{'gap':13} {gap}" for gap in self.gaps)])


def explain(request: Request, policy: Policy, backend: Backend) -> Explanation:
    """Raises PolicyError when the command would be refused."""
    limits = request.limits or policy.limits
    policy = replace(policy, limits=limits)
    scan = backend.guard(policy, policy.root).scan()
    mounts = plan_mounts(policy, request, scan, as_root=os.geteuid() == 0)
    environment = command_environment(policy, request)
    rules = backend.host_rules(policy) if policy.network == "allow" else ()
    root = str(policy.root)
    return Explanation(
        argv=request.argv,
        program=shutil.which(request.argv[0], path=environment["PATH"]) or "",
        cwd=str(request.cwd),
        backend=backend.name,
        profile=policy.name,
        writable=_targets(mounts, "write"),
        private=mounts.private,
        protected=tuple(os.path.join(root, found.path) for found in (*scan.protected, *scan.pointed)),
        protected_names=policy.protected,
        masked=_targets(mounts, "tmpfs", "blank"),
        read_denied=tuple(mount.target for mount in mounts.mounts if mount.source == EMPTY_FILE),
        shown_again=tuple(
            mount.target for mount in mounts.mounts
            if mount.kind == "read" and mount.source == mount.target and not Path(mount.target).is_relative_to(root)
        ),
        environment=tuple(environment),
        environment_dropped=tuple(sorted(policy.environ.keys() - environment.keys())),
        network=policy.network if backend.protects else "host",
        hosts=tuple(
            f"{'*.' if rule.subdomains else ''}{rule.host}{f':{rule.port}' if rule.port else ''}" for rule in rules
        ),
        limits=limits,
        gaps=backend.gaps,
    )  # fmt: skip


def _targets(mounts: MountPlan, *kinds: str) -> tuple[str, ...]:
    return tuple(mount.target for mount in mounts.mounts if mount.kind in kinds)


def _some(names: tuple[str, ...]) -> str:
    shown_names = ", ".join(map(shown, names[:_MAX_SHOWN])) or "nothing"
    more = len(names) - _MAX_SHOWN
    return f"{shown_names} and {more} more" if more > 0 else shown_names


def _limits(limits: Limits) -> str:
    return (
        f"{limits.wall_s:g} s, {limits.memory_bytes >> 20} MiB memory, {limits.processes} processes, "
        f"{limits.growth_bytes >> 20} MiB more on disk, {limits.file_bytes >> 20} MiB a file, "
        f"{limits.tmpfs_bytes >> 20} MiB in each private folder, {limits.output_bytes >> 20} MiB output"
    )
