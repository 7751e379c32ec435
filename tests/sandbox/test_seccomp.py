"""The filter's decisions, by running its program in a small interpreter of classic BPF, for both processor families."""

from __future__ import annotations

import errno
import struct

import pytest
from flashagent_sandbox.policy import NoSandbox
from flashagent_sandbox.seccomp import ALLOW, KILL, MACHINES, MISSING, REFUSED, build_filter
from flashagent_sandbox.syscalls import NUMBERS

FAMILIES = sorted(MACHINES)
O_CREAT, O_TMPFILE = 0o100, 0o20200000


def decide(program: bytes, number: int, arguments: tuple[int, ...] = (), *, audit: int) -> int:
    """What the kernel would answer. Every jump must stay inside and every path must return."""
    padded = (*arguments, 0, 0, 0, 0, 0, 0)[:6]
    data = struct.pack("=IIQ6Q", number, audit, 0, *padded)
    accumulator, position = 0, 0
    while True:
        code, if_true, if_false, value = struct.unpack_from("=HBBI", program, position * 8)
        position += 1
        if code == 0x20:
            accumulator = struct.unpack_from("=I", data, value)[0]
        elif code == 0x06:
            return int(value)
        else:
            hit = {0x15: accumulator == value, 0x35: accumulator >= value, 0x45: bool(accumulator & value)}[
                code
            ]
            position += if_true if hit else if_false


def ask(family: str, name: str, *arguments: int, sockets: bool = True) -> int:
    machine = MACHINES[family]
    program = build_filter(family, sockets=sockets)
    answer = decide(program, NUMBERS[name][machine.column], arguments, audit=machine.audit)
    if answer == ALLOW:
        return 0
    assert answer >> 16 == 5
    return answer & 0xFFFF


@pytest.mark.parametrize("family", FAMILIES)
def test_plain_refusals(family: str) -> None:
    column = MACHINES[family].column
    present = [name for name in REFUSED if NUMBERS[name][column] >= 0]
    assert {name: ask(family, name) for name in present} == dict.fromkeys(present, errno.EPERM)
    assert {name: ask(family, name) for name in MISSING} == dict.fromkeys(MISSING, errno.ENOSYS)


@pytest.mark.parametrize("family", FAMILIES)
def test_every_other_call_is_allowed(family: str) -> None:
    machine = MACHINES[family]
    program = build_filter(family)
    known = {numbers[machine.column] for numbers in NUMBERS.values()}
    others = [number for number in range(600) if number not in known]
    assert {decide(program, number, audit=machine.audit) for number in others} == {ALLOW}


@pytest.mark.parametrize("family", FAMILIES)
def test_foreign_abis_end_the_process(family: str) -> None:
    program = build_filter(family)
    foreign = {machine.audit for name, machine in MACHINES.items() if name != family} | {
        0x40000003,
        0x40000028,
    }
    assert {decide(program, 0, audit=audit) for audit in foreign} == {KILL}
    if MACHINES[family].has_x32:
        assert decide(program, 0x40000000 | 1, audit=MACHINES[family].audit) == KILL


@pytest.mark.parametrize("family", FAMILIES)
def test_clone_without_namespaces(family: str) -> None:
    assert ask(family, "clone", 0x003D0F00) == 0  # a thread, as pthread_create makes it
    assert ask(family, "clone", 0x01200011) == 0  # fork
    for bit in (0x00020000, 0x02000000, 0x04000000, 0x08000000, 0x10000000, 0x20000000, 0x40000000):
        assert ask(family, "clone", 0x11 | bit) == errno.EPERM


@pytest.mark.parametrize("family", FAMILIES)
def test_terminal_injection_is_compared_in_32_bits(family: str) -> None:
    assert ask(family, "ioctl", 0, 0x5401) == 0
    for code in (0x5412, 0x541C):
        assert ask(family, "ioctl", 0, code) == errno.EPERM
        assert ask(family, "ioctl", 0, code | 1 << 40) == errno.EPERM


@pytest.mark.parametrize("family", FAMILIES)
def test_sockets(family: str) -> None:
    answers = {
        family_number: ask(family, "socket", family_number, 1, 0)
        for family_number in (1, 2, 10, 16, 17, 38, 40)
    }
    refused = errno.EAFNOSUPPORT
    assert answers == {1: 0, 2: 0, 10: 0, 16: 0, 17: refused, 38: refused, 40: refused}
    assert {protocol: ask(family, "socket", 16, 3, protocol) for protocol in (0, 4, 12, 15)} == {
        0: 0, 4: 0, 12: refused, 15: 0,
    }  # fmt: skip
    assert {
        number: ask(family, "socket", number, 1, 0, sockets=False) for number in (1, 2, 10, 16)
    } == dict.fromkeys((1, 2, 10, 16), refused)


@pytest.mark.parametrize("family", FAMILIES)
def test_set_id_bits(family: str) -> None:
    for bits in (0o4755, 0o2755, 0o6000):
        assert ask(family, "fchmod", 3, bits) == errno.EPERM
        assert ask(family, "fchmodat", 3, 0, bits) == errno.EPERM
        assert ask(family, "mknodat", 3, 0, bits) == errno.EPERM
        assert ask(family, "openat", 3, 0, O_CREAT, bits) == errno.EPERM
        assert ask(family, "openat", 3, 0, O_TMPFILE, bits) == errno.EPERM
        assert ask(family, "openat", 3, 0, 0, bits) == 0  # nothing is created: the mode is noise
    assert ask(family, "fchmod", 3, 0o1777) == 0
    assert ask(family, "openat", 3, 0, O_CREAT, 0o644) == 0


def test_same_input_same_bytes_and_small_enough() -> None:
    for family in FAMILIES:
        program = build_filter(family)
        assert program == build_filter(family)
        assert len(program) // 8 < 4096


def test_an_unknown_processor_has_no_filter() -> None:
    with pytest.raises(NoSandbox, match="riscv64"):
        build_filter("riscv64")
