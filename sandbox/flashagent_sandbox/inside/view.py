"""Build what the command sees of the file system, in a mount namespace of our own, and move into it."""

from __future__ import annotations

import os

from flashagent_sandbox.inside import kernel
from flashagent_sandbox.inside.start import Job

_BASE = "/tmp"
_OLD, _NEW = "/old", "/new"
_DEVICES = ("null", "zero", "full", "random", "urandom", "tty")
_LINKS = {"fd": "/proc/self/fd", "stdin": "/proc/self/fd/0", "stdout": "/proc/self/fd/1", "stderr": "/proc/self/fd/2",
          "core": "/proc/kcore", "ptmx": "pts/ptmx"}  # fmt: skip


def build(job: Job) -> None:
    """Raises OSError, naming the mount, when the view cannot be made exactly as asked."""
    kernel.mount("none", "/", flags=kernel.MS_REC | kernel.MS_SLAVE)
    kernel.mount("tmpfs", _BASE, "tmpfs", kernel.MS_NOSUID | kernel.MS_NODEV, "size=1m,mode=755")
    os.mkdir(_BASE + _OLD)
    os.mkdir(_BASE + _NEW)
    kernel.pivot_root(_BASE, _BASE + _OLD)
    os.chdir("/")
    kernel.mount(_OLD, _NEW, flags=kernel.MS_BIND | kernel.MS_REC)
    kernel.restrict_mount(_NEW, read_only=True)
    _devices(job.shared_memory)
    kernel.mount("proc", _NEW + "/proc", "proc", kernel.MS_NOSUID | kernel.MS_NODEV | kernel.MS_NOEXEC)
    for kind, target, source, size, mode in job.mounts:
        _make(kind, target, source, size, mode)
    os.chdir(_NEW)
    kernel.pivot_root(".", ".")
    kernel.unmount(".", kernel.MNT_DETACH)
    os.chdir("/")


def _devices(shared_memory: int) -> None:
    dev = _NEW + "/dev"
    kernel.mount("tmpfs", dev, "tmpfs", kernel.MS_NOSUID, "size=64k,mode=755")
    for name in _DEVICES:
        os.close(os.open(f"{dev}/{name}", os.O_CREAT | os.O_WRONLY | os.O_CLOEXEC, 0o644))
        kernel.mount(f"{_OLD}/dev/{name}", f"{dev}/{name}", flags=kernel.MS_BIND)
        kernel.restrict_mount(f"{dev}/{name}", read_only=False, no_devices=False)
    for name, text in _LINKS.items():
        os.symlink(text, f"{dev}/{name}")
    os.mkdir(dev + "/pts")
    kernel.mount(
        "devpts",
        dev + "/pts",
        "devpts",
        kernel.MS_NOSUID | kernel.MS_NOEXEC,
        "newinstance,ptmxmode=0666,mode=620",
    )
    os.mkdir(dev + "/shm")
    kernel.mount(
        "tmpfs", dev + "/shm", "tmpfs", kernel.MS_NOSUID | kernel.MS_NODEV, f"size={shared_memory},mode=1777"
    )
    kernel.mount("none", dev, flags=kernel.MS_REMOUNT | kernel.MS_BIND | kernel.MS_RDONLY | kernel.MS_NOSUID)


def _make(kind: str, target: str, source: str, size: int, mode: int) -> None:
    place = _NEW + target
    _parents(place)
    if kind == "link":
        os.symlink(source, place)
        return
    if kind in ("tmpfs", "blank"):
        os.makedirs(place, exist_ok=True)
        _no_links(place)
        kernel.mount(
            "tmpfs", place, "tmpfs", kernel.MS_NOSUID | kernel.MS_NODEV, f"size={size},mode={mode:o}"
        )
        if kind == "blank":
            kernel.restrict_mount(place, read_only=True)
        return
    # Kernel files come from the new /proc, which knows the new namespaces.
    origin = place if source.startswith("/proc/") else _OLD + source
    _place_for(origin, place)
    _no_links(place)
    kernel.mount(origin, place, flags=kernel.MS_BIND | kernel.MS_REC)
    kernel.restrict_mount(place, read_only=kind == "read")


def _parents(place: str) -> None:
    os.makedirs(os.path.dirname(place), exist_ok=True)


def _place_for(origin: str, place: str) -> None:
    if os.path.lexists(place):
        return
    if os.path.isdir(origin):
        os.mkdir(place)
    else:
        os.close(os.open(place, os.O_CREAT | os.O_EXCL | os.O_WRONLY | os.O_CLOEXEC, 0o644))


def _no_links(place: str) -> None:
    """A link on the way would mount somewhere else than the plan says."""
    real = os.path.realpath(place)
    if real != os.path.normpath(place):
        raise OSError(40, f"{place[len(_NEW) :]} is reached through a symbolic link")
