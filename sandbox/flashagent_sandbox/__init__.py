"""Run commands that nobody trusts: a policy, back-ends that enforce it, and a supervisor that ends everything.

This package knows nothing of flashagent and can be used alone. The threat model is in the README.md beside it.
Importing it loads nothing: the names below are fetched when first used.
"""

from __future__ import annotations

TYPE_CHECKING = False  # as typing defines it; importing typing would double the start of the helpers
if TYPE_CHECKING:
    from flashagent_sandbox.backends import choose_backend
    from flashagent_sandbox.backends.base import Backend
    from flashagent_sandbox.policy import (
        CommandNotFound,
        Completed,
        Limits,
        NoSandbox,
        Policy,
        PolicyError,
        Request,
        SandboxError,
        StartFailed,
    )
    from flashagent_sandbox.probe import ProbeReport, probe
    from flashagent_sandbox.profiles import load_profile
    from flashagent_sandbox.root import find_root
    from flashagent_sandbox.supervisor import run

_HOMES = {
    "Backend": "backends.base",
    "CommandNotFound": "policy",
    "Completed": "policy",
    "Limits": "policy",
    "NoSandbox": "policy",
    "Policy": "policy",
    "PolicyError": "policy",
    "ProbeReport": "probe",
    "Request": "policy",
    "SandboxError": "policy",
    "StartFailed": "policy",
    "choose_backend": "backends",
    "find_root": "root",
    "load_profile": "profiles",
    "run": "supervisor",
}

__all__ = [
    "Backend",
    "CommandNotFound",
    "Completed",
    "Limits",
    "NoSandbox",
    "Policy",
    "PolicyError",
    "ProbeReport",
    "Request",
    "SandboxError",
    "StartFailed",
    "choose_backend",
    "find_root",
    "load_profile",
    "probe",
    "run",
]


def __getattr__(name: str) -> object:
    home = _HOMES.get(name)
    if home is None:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from importlib import import_module

    return getattr(import_module(f"{__name__}.{home}"), name)
