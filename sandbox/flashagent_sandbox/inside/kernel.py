"""The few kernel calls that the standard library lacks, by ctypes. Every failure is an OSError that names the call."""

from __future__ import annotations

import ctypes
import fcntl
import os
import struct

CLONE_NEWNS = 0x00020000
CLONE_NEWCGROUP = 0x02000000
CLONE_NEWUTS = 0x04000000
CLONE_NEWIPC = 0x08000000
CLONE_NEWUSER = 0x10000000
CLONE_NEWPID = 0x20000000
CLONE_NEWNET = 0x40000000

MS_RDONLY, MS_NOSUID, MS_NODEV, MS_NOEXEC = 1, 2, 4, 8
MS_REMOUNT, MS_BIND, MS_REC, MS_SLAVE = 0x20, 0x1000, 0x4000, 0x80000
MNT_DETACH = 2

_PR_SET_PDEATHSIG, _PR_SET_DUMPABLE, _PR_CAPBSET_DROP = 1, 4, 24
_PR_SET_NO_NEW_PRIVS, _PR_SET_CHILD_SUBREAPER = 38, 36
_PR_CAP_AMBIENT, _PR_CAP_AMBIENT_CLEAR_ALL = 47, 4
_PR_SET_SECCOMP, _SECCOMP_MODE_FILTER = 22, 2
_CAPABILITY_VERSION_3 = 0x20080522
_LAST_CAPABILITY = 63

# Numbers that all processor families share.
_NR_MOUNT_SETATTR = 442
_NR_LANDLOCK_RESTRICT_SELF = 446
_NR_PIVOT_ROOT = {"x86_64": 155, "aarch64": 41}
_AT_FDCWD, _AT_RECURSIVE = -100, 0x8000
_SIOCGIFFLAGS, _SIOCSIFFLAGS, _IFF_UP = 0x8913, 0x8914, 1
_AF_INET, _SOCK_DGRAM = 2, 2

_libc = ctypes.CDLL(None, use_errno=True)
_libc.syscall.restype = ctypes.c_long


def _check(result: int, what: str) -> None:
    if result < 0:
        number = ctypes.get_errno()
        raise OSError(number, f"{what}: {os.strerror(number)}")


def _long(value: int) -> ctypes.c_long:
    return ctypes.c_long(value)


def _prctl(option: int, *arguments: int) -> None:
    padded = [ctypes.c_ulong(argument) for argument in (*arguments, 0, 0, 0, 0)[:4]]
    _check(_libc.prctl(option, *padded), f"prctl {option}")


def die_with_parent(signal_number: int, parent: int) -> None:
    """Be sent the signal when the parent ends; end at once when it is gone already."""
    _prctl(_PR_SET_PDEATHSIG, signal_number)
    if os.getppid() != parent:
        os._exit(125)


def adopt_orphans() -> None:
    """Become the parent of every orphaned descendant."""
    _prctl(_PR_SET_CHILD_SUBREAPER, 1)


def hide_from_debuggers() -> None:
    _prctl(_PR_SET_DUMPABLE, 0)


def show_to_debuggers() -> None:
    _prctl(_PR_SET_DUMPABLE, 1)


def no_new_privileges() -> None:
    _prctl(_PR_SET_NO_NEW_PRIVS, 1)


def unshare(flags: int) -> None:
    _check(_libc.unshare(flags), "unshare")


def mount(source: str, target: str, kind: str = "", flags: int = 0, data: str = "") -> None:
    result = _libc.mount(
        os.fsencode(source),
        os.fsencode(target),
        kind.encode() or None,
        ctypes.c_ulong(flags),
        data.encode() or None,
    )
    _check(result, f"mount {target}")


def unmount(target: str, flags: int = 0) -> None:
    _check(_libc.umount2(os.fsencode(target), flags), f"unmount {target}")


def restrict_mount(target: str, *, read_only: bool, no_devices: bool = True) -> None:
    """Take away rights from a mount and everything mounted below it (Linux 5.12)."""
    flags = MS_NOSUID | (MS_RDONLY if read_only else 0) | (MS_NODEV if no_devices else 0)
    attributes = struct.pack("=QQQQ", flags, 0, 0, 0)
    result = _libc.syscall(
        _long(_NR_MOUNT_SETATTR),
        _AT_FDCWD,
        os.fsencode(target),
        _AT_RECURSIVE,
        attributes,
        _long(len(attributes)),
    )
    _check(result, f"mount_setattr {target}")


def pivot_root(new: str, old: str) -> None:
    number = _NR_PIVOT_ROOT[os.uname().machine]
    _check(_libc.syscall(_long(number), os.fsencode(new), os.fsencode(old)), "pivot_root")


def drop_capabilities() -> None:
    """Give up every capability for good, also those that a root user would get back from a new program."""
    for capability in range(_LAST_CAPABILITY + 1):
        try:
            _prctl(_PR_CAPBSET_DROP, capability)
        except OSError:
            break  # beyond the last one that this kernel knows
    _prctl(_PR_CAP_AMBIENT, _PR_CAP_AMBIENT_CLEAR_ALL)
    header = struct.pack("=Ii", _CAPABILITY_VERSION_3, 0)
    _check(_libc.capset(header, struct.pack("=6I", 0, 0, 0, 0, 0, 0)), "capset")


def drop_capabilities_if_any() -> None:
    """Outside of a user namespace only a privileged user has capabilities to give up."""
    if os.geteuid() == 0:
        drop_capabilities()


def load_filter(program: bytes) -> None:
    """Install a system call filter for this process and all that come from it. Needs no_new_privileges."""
    code = ctypes.create_string_buffer(program, len(program))
    header = struct.pack("@HP", len(program) // 8, ctypes.addressof(code))
    pointer = ctypes.create_string_buffer(header, len(header))
    _prctl(_PR_SET_SECCOMP, _SECCOMP_MODE_FILTER, ctypes.addressof(pointer))


def restrict_self(ruleset: int) -> None:
    """Enter the Landlock domain that the ruleset's descriptor describes."""
    _check(
        _libc.syscall(_long(_NR_LANDLOCK_RESTRICT_SELF), _long(ruleset), _long(0)), "landlock_restrict_self"
    )


def raise_loopback() -> None:
    control = _libc.socket(_AF_INET, _SOCK_DGRAM, 0)
    _check(control, "socket")
    try:
        request = struct.pack("16sh22x", b"lo", 0)
        flags = struct.unpack_from("16sh", fcntl.ioctl(control, _SIOCGIFFLAGS, request))[1]
        fcntl.ioctl(control, _SIOCSIFFLAGS, struct.pack("16sh22x", b"lo", flags | _IFF_UP))
    finally:
        os.close(control)
