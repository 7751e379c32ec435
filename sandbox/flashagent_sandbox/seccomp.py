"""The system call filter, as a classic BPF program made by a small assembler of our own: same input, same bytes.

It is a deny list: ordinary programs, compilers, debuggers and test runners work unchanged, while what only serves to
attack the kernel, other processes or the terminal is refused. A call of a foreign ABI (i386, x32) ends the process,
since the numbers checked here would mean something else there.
"""

from __future__ import annotations

import errno
import os
import struct
from collections.abc import Iterable
from dataclasses import dataclass

from flashagent_sandbox.policy import NoSandbox
from flashagent_sandbox.syscalls import NUMBERS

ALLOW = 0x7FFF0000
KILL = 0x80000000
_ERRNO = 0x00050000

_LOAD = 0x20  # BPF_LD | BPF_W | BPF_ABS
_EQUAL = 0x15  # BPF_JMP | BPF_JEQ | BPF_K
_AT_LEAST = 0x35  # BPF_JMP | BPF_JGE | BPF_K
_ANY_BIT = 0x45  # BPF_JMP | BPF_JSET | BPF_K
_RETURN = 0x06  # BPF_RET | BPF_K
_NUMBER_AT, _ARCH_AT, _ARGUMENTS_AT = 0, 4, 16

_X32_BIT = 0x40000000
# CLONE_NEWNS, NEWCGROUP, NEWUTS, NEWIPC, NEWUSER, NEWPID, NEWNET; NEWTIME (0x80) is clone3's and unshare's only.
_NEW_NAMESPACE = 0x00020000 | 0x02000000 | 0x04000000 | 0x08000000 | 0x10000000 | 0x20000000 | 0x40000000
_SET_ID_BITS = 0o6000
_CREATES = 0o100 | 0o20000000  # O_CREAT | __O_TMPFILE
_TIOCSTI, _TIOCLINUX = 0x5412, 0x541C
_UNIX, _INET, _INET6, _NETLINK = 1, 2, 10, 16
_NETLINK_ALLOWED = (0, 4, 15)  # routes, socket listing, device events

REFUSED = [
    "acct",
    "add_key",
    "bpf",
    "chroot",
    "clock_adjtime",
    "clock_settime",
    "create_module",
    "delete_module",
    "fanotify_init",
    "finit_module",
    "fsconfig",
    "fsmount",
    "fsopen",
    "fspick",
    "get_kernel_syms",
    "init_module",
    "io_uring_enter",
    "io_uring_register",
    "io_uring_setup",
    "ioperm",
    "iopl",
    "kcmp",
    "kexec_file_load",
    "kexec_load",
    "keyctl",
    "lookup_dcookie",
    "modify_ldt",
    "mount",
    "mount_setattr",
    "move_mount",
    "move_pages",
    "nfsservctl",
    "open_by_handle_at",
    "open_tree",
    "open_tree_attr",
    "perf_event_open",
    "pidfd_getfd",
    "pivot_root",
    "process_madvise",
    "process_mrelease",
    "process_vm_readv",
    "process_vm_writev",
    "query_module",
    "quotactl",
    "quotactl_fd",
    "reboot",
    "request_key",
    "setdomainname",
    "sethostname",
    "setns",
    "settimeofday",
    "swapoff",
    "swapon",
    "syslog",
    "umount2",
    "unshare",
    "uselib",
    "userfaultfd",
    "ustat",
    "vhangup",
    "_sysctl",
]
# Programs that find these missing use an older call whose arguments can be looked at.
MISSING = ("clone3", "openat2")


@dataclass(frozen=True, slots=True)
class Machine:
    """A processor family: its audit number, its column in the table, and whether an x32 ABI exists."""

    audit: int
    column: int
    has_x32: bool = False


MACHINES = {
    "x86_64": Machine(0xC000003E, 0, has_x32=True),
    "aarch64": Machine(0xC00000B7, 1),
}


def _step(code: int, value: int, if_true: int = 0, if_false: int = 0) -> bytes:
    return struct.pack("=HBBI", code, if_true, if_false, value)


def _refuse(error: int) -> bytes:
    return _step(_RETURN, _ERRNO | error)


def _argument(index: int) -> bytes:
    """Load the low 32 bits, which is what the kernel itself looks at for an int (both families: little endian)."""
    return _step(_LOAD, _ARGUMENTS_AT + 8 * index)


class _Program:
    def __init__(self, machine: Machine) -> None:
        self._machine = machine
        self.code = b"".join(
            (
                _step(_LOAD, _ARCH_AT),
                _step(_EQUAL, machine.audit, 1, 0),
                _step(_RETURN, KILL),
                _step(_LOAD, _NUMBER_AT),
            )
        )
        if machine.has_x32:
            self.code += _step(_AT_LEAST, _X32_BIT, 0, 1) + _step(_RETURN, KILL)

    def rule(self, name: str, *body: bytes) -> None:
        """Run `body` for this call. A body that falls through allows it."""
        number = NUMBERS[name][self._machine.column]
        if number < 0:
            return
        block = b"".join(body)
        if not block.endswith(_step(_RETURN, ALLOW)) and len(block) > 8:
            block += _step(_RETURN, ALLOW)
        self.code += _step(_EQUAL, number, 0, len(block) // 8) + block

    def finish(self) -> bytes:
        return self.code + _step(_RETURN, ALLOW)


def _refuse_bits(argument: int, bits: int, error: int) -> bytes:
    return _argument(argument) + _step(_ANY_BIT, bits, 0, 1) + _refuse(error)


def _refuse_creation(flags: int, mode: int) -> bytes:
    """The mode counts only when a file may be created; else the register holds whatever was there."""
    inner = _refuse_bits(mode, _SET_ID_BITS, errno.EPERM)
    return _argument(flags) + _step(_ANY_BIT, _CREATES, 0, len(inner) // 8) + inner


def _only(argument: int, allowed: Iterable[int], error: int) -> bytes:
    values = list(allowed)
    tests = b"".join(_step(_EQUAL, value, len(values) - index, 0) for index, value in enumerate(values))
    return _argument(argument) + tests + _refuse(error)


def _refuse_values(argument: int, values: Iterable[int], error: int) -> bytes:
    return _argument(argument) + b"".join(_step(_EQUAL, value, 0, 1) + _refuse(error) for value in values)


def build_filter(machine_name: str, *, sockets: bool = True) -> bytes:
    """The program for one processor family, ready for SECCOMP_SET_MODE_FILTER.

    With `sockets`, UNIX, INET, INET6 and NETLINK can be opened (the network namespace keeps them in); without, none
    can, and only socketpair stays. Raises NoSandbox for another family.
    """
    machine = MACHINES.get(machine_name)
    if machine is None:
        raise NoSandbox(f"There is no system call filter for {machine_name} processors.")
    program = _Program(machine)
    for name in REFUSED:
        program.rule(name, _refuse(errno.EPERM))
    for name in MISSING:
        program.rule(name, _refuse(errno.ENOSYS))
    program.rule("clone", _refuse_bits(0, _NEW_NAMESPACE, errno.EPERM))
    _set_id_rules(program)
    program.rule("ioctl", _refuse_values(1, (_TIOCSTI, _TIOCLINUX), errno.EPERM))
    program.rule("socket", _socket_rule(sockets))
    return program.finish()


def _set_id_rules(program: _Program) -> None:
    for name, mode in (("chmod", 1), ("fchmod", 1), ("fchmodat", 2), ("fchmodat2", 2), ("creat", 1)):
        program.rule(name, _refuse_bits(mode, _SET_ID_BITS, errno.EPERM))
    for name, mode in (("mknod", 1), ("mknodat", 2)):
        program.rule(name, _refuse_bits(mode, _SET_ID_BITS, errno.EPERM))
    program.rule("open", _refuse_creation(1, 2))
    program.rule("openat", _refuse_creation(2, 3))


def _socket_rule(sockets: bool) -> bytes:
    if not sockets:
        return _refuse(errno.EAFNOSUPPORT)
    netlink = _only(2, _NETLINK_ALLOWED, errno.EAFNOSUPPORT)
    skip = 1 + len(netlink) // 8
    return b"".join(
        (
            _argument(0),
            _step(_EQUAL, _UNIX, skip + 3, 0),
            _step(_EQUAL, _INET, skip + 2, 0),
            _step(_EQUAL, _INET6, skip + 1, 0),
            _step(_EQUAL, _NETLINK, 1, 0),
            _refuse(errno.EAFNOSUPPORT),
            netlink,
        )
    )


def machine_name() -> str:
    """This machine's processor family, in the words of `build_filter`."""
    name = os.uname().machine
    return {"amd64": "x86_64", "arm64": "aarch64"}.get(name.lower(), name)
