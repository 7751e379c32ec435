"""Which variables a command sees: an allow-list, since secrets have no recognisable names."""

from __future__ import annotations

import os
import re
from collections.abc import Callable
from fnmatch import translate
from functools import lru_cache
from pathlib import Path

from flashagent_sandbox.policy import CommandNotFound, Policy, Request

DEFAULT_PATH = "/usr/local/bin:/usr/bin:/bin"


def command_environment(policy: Policy, request: Request) -> dict[str, str]:
    """The user's environment filtered by the policy, plus the policy's and the request's own variables, sorted by name."""
    allowed = _any_of(policy.env_allow)
    kept = {name: value for name, value in policy.environ.items() if allowed(name)}
    kept.update(policy.env_set)
    kept.update(request.env)
    kept["HOME"] = str(policy.home)
    kept["PATH"] = ":".join((*request.path, kept.get("PATH") or DEFAULT_PATH))
    return dict(sorted(kept.items()))


@lru_cache(maxsize=8)
def _any_of(patterns: tuple[str, ...]) -> Callable[[str], object]:
    """Whether a name matches one of them; put together once, since every command of a run asks."""
    return re.compile("|".join(map(translate, patterns)) or r"(?!)").match


def check_command(argv: tuple[str, ...], cwd: Path, path: str) -> None:
    """Raise CommandNotFound when argv[0] is certain not to start: 127 for a missing name, 126 for a file that may
    not be executed. What the sandbox hides is found out when it starts."""
    if not argv or not argv[0] or any("\0" in word for word in argv):
        raise CommandNotFound("There is no command to run.", exit_code=127)
    name = argv[0]
    if "/" in name:
        candidates = [cwd / name]
    else:
        candidates = [cwd / folder / name for folder in path.split(":")]
    # os.path: a folder of the PATH that is closed to us holds no candidate, and is no error.
    present = [candidate for candidate in candidates if os.path.isfile(candidate)]
    if not present:
        raise CommandNotFound(
            f"{name}: command not found.", hint=f"Searched: {name if '/' in name else path}"
        )
    if not any(_executable(candidate) for candidate in present):
        raise CommandNotFound(f"{name}: permission denied.", exit_code=126)


def _executable(path: Path) -> bool:
    return bool(path.stat().st_mode & 0o111)
