"""Really take parts of the kernel and the machine away from a program: it runs as it would where they are missing."""

from __future__ import annotations

import os
import struct
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

import pytest

# Loads, compares and returns of the kernel's packet filter; the number of landlock_create_ruleset, 444, is that of every
# processor family.
_NO_LANDLOCK = (
    (0x20, 0, 0, 0), (0x15, 0, 1, 444), (0x06, 0, 0, 0x50000 | 38), (0x06, 0, 0, 0x7FFF0000),
)  # fmt: skip
_SAME_MACHINE = ("bwrap", "--dev-bind", "/", "/", "--unshare-user", "--die-with-parent")


def run_without(
    hidden: tuple[str, ...], *command: str, cwd: Path, environ: Mapping[str, str]
) -> subprocess.CompletedProcess[str]:
    """Run it with the whole machine in view, but without 'bwrap', 'userns' or 'landlock'."""
    wrapper = [*_SAME_MACHINE]
    if "bwrap" in hidden:
        for place in ("/usr/bin/bwrap", "/bin/bwrap", "/run/current-system/sw/bin/bwrap"):
            if os.path.exists(place):
                wrapper += ["--ro-bind", "/dev/null", os.path.realpath(place)]
    if "userns" in hidden:
        told = subprocess.run(["bwrap", "--help"], capture_output=True, text=True, check=False)
        if "--disable-userns" not in told.stdout + told.stderr:
            pytest.skip("this bubblewrap is too old to forbid user namespaces")
        wrapper.append("--disable-userns")
    filter_fd = os.memfd_create("filter")
    try:
        os.write(filter_fd, b"".join(struct.pack("HBBI", *step) for step in _NO_LANDLOCK))
        os.lseek(filter_fd, 0, os.SEEK_SET)
        if "landlock" in hidden:
            wrapper += ["--seccomp", str(filter_fd)]
        return subprocess.run(
            [*wrapper, "--", *command], cwd=cwd, env=dict(environ), pass_fds=(filter_fd,), check=False,
            capture_output=True, text=True, stdin=subprocess.DEVNULL, timeout=120,
        )  # fmt: skip
    finally:
        os.close(filter_fd)


def can_nest() -> bool:
    """Whether a program in a user namespace may make another one; some systems allow only the first."""
    tried = subprocess.run(
        [*_SAME_MACHINE, "--", *_SAME_MACHINE, "--unshare-pid", "--proc", "/proc", "--", sys.executable, "-c", ""],
        capture_output=True, check=False, timeout=60,
    )  # fmt: skip
    return tried.returncode == 0
