"""What a command can do to the network, to other processes, to the kernel and to the terminal."""

from __future__ import annotations

import os
import socket
from pathlib import Path

from helpers.sandbox_project import Project


async def test_the_environment_is_an_allow_list(project: Project) -> None:
    project.environ = {
        "OPENAI_API_KEY": "SECRET-1", "DATABASE_URL": "SECRET-2", "SSH_AUTH_SOCK": "/x", "LD_PRELOAD": "/evil.so",
        "LANG": "C.UTF-8", "LC_ALL": "C", "JAVA_HOME": "/usr/lib/jvm", "VIRTUAL_ENV": "/venv",
    }  # fmt: skip
    completed = await project.run("/usr/bin/env", env={"OWN": "mine"}, path=("/extra/bin",))
    seen = dict(line.split("=", 1) for line in completed.output.decode().splitlines())
    seen.pop("PWD", None)
    assert seen == {
        "HOME": str(project.home), "JAVA_HOME": "/usr/lib/jvm", "LANG": "C.UTF-8", "LC_ALL": "C", "OWN": "mine",
        "PATH": "/extra/bin:/usr/local/bin:/usr/bin:/bin", "VIRTUAL_ENV": "/venv", "PIP_NO_INPUT": "1",
        "GIT_TERMINAL_PROMPT": "0", "GIT_OPTIONAL_LOCKS": "0",
    }  # fmt: skip


async def test_a_preloaded_library_of_the_request_is_not_loaded_outside(project: Project) -> None:
    library = project.root / "evil.so"
    library.write_text("no library")
    completed = await project.shell("echo runs", env={"LD_PRELOAD": str(library)})
    # Each program inside complains once about it; had a launcher outside loaded it, there would be one line more.
    assert completed.output.endswith(b"runs\n")
    assert completed.exit_code == 0


async def test_no_network_but_an_own_loopback(project: Project) -> None:
    code = """
import socket, sys
try:
    socket.create_connection(("127.0.0.1", int(sys.argv[1])), 2)
    print("reached the host")
except OSError:
    print("refused")
server = socket.create_server(("127.0.0.1", 0))
client = socket.create_connection(server.getsockname(), 2)
server.accept()[0].send(b"own loopback works\\n")
print(client.recv(99).decode().strip())
print(sorted(name for _, name in socket.if_nameindex()))
"""
    with socket.create_server(("127.0.0.1", 0)) as server:
        completed = await project.python(code, str(server.getsockname()[1]))
    assert completed.output.decode().splitlines() == ["refused", "own loopback works", "['lo']"]


async def test_sockets_of_the_host_cannot_be_reached(project: Project) -> None:
    name = f"\0flashagent-test-{os.getpid()}"
    code = "import socket, sys; socket.socket(socket.AF_UNIX).connect('\\0' + sys.argv[1])"
    with socket.socket(socket.AF_UNIX) as server:
        server.bind(name)
        server.listen()
        completed = await project.python(code, name[1:])
    assert b"ConnectionRefusedError" in completed.output


async def test_other_processes_cannot_be_seen(project: Project) -> None:
    completed = await project.python(
        "import os; print(sorted(int(n) for n in os.listdir('/proc') if n.isdigit()))"
    )
    numbers = [int(number) for number in completed.output.decode().strip("[]\n").split(", ")]
    assert numbers[0] == 1
    assert max(numbers) < 10


async def test_namespaces_are_new(project: Project) -> None:
    kinds = ("user", "mnt", "pid", "net", "ipc", "uts", "cgroup")
    script = "; ".join(f"readlink /proc/self/ns/{kind}" for kind in kinds)
    completed = await project.shell(script)
    inside = completed.output.decode().split()
    outside = [os.readlink(f"/proc/self/ns/{kind}") for kind in kinds]
    assert len(inside) == len(kinds)
    assert not set(inside) & set(outside)


async def test_no_capabilities_no_new_privileges_and_a_filter(project: Project) -> None:
    completed = await project.shell(
        "grep -E '^(CapInh|CapPrm|CapEff|CapBnd|CapAmb|NoNewPrivs|Seccomp):' /proc/self/status"
    )
    values = dict(line.split(":\t") for line in completed.output.decode().splitlines())
    zero = "0" * 16
    assert values == {
        "CapInh": zero, "CapPrm": zero, "CapEff": zero, "CapBnd": zero, "CapAmb": zero, "NoNewPrivs": "1", "Seccomp": "2",
    }  # fmt: skip


async def test_dangerous_calls_are_refused(project: Project) -> None:
    code = """
import ctypes, fcntl, os, socket, termios
libc = ctypes.CDLL(None, use_errno=True)
def refused(name, action):
    try:
        action()
        print(name, "worked")
    except OSError as error:
        print(name, error.errno)
def call(function, *arguments):
    if function(*arguments) < 0:
        raise OSError(ctypes.get_errno(), "refused")
refused("unshare", lambda: call(libc.unshare, 0x10000000))
refused("mount", lambda: call(libc.mount, b"none", b"/", None, 0x1020, None))
refused("setuid bit", lambda: os.chmod("main.py", 0o4755))
refused("setuid create", lambda: os.open("s", os.O_CREAT | os.O_WRONLY, 0o4755))
refused("vsock", lambda: socket.socket(40, socket.SOCK_STREAM))
refused("packet", lambda: socket.socket(17, socket.SOCK_RAW))
master, slave = os.openpty()
refused("tiocsti", lambda: fcntl.ioctl(slave, termios.TIOCSTI, b"x"))
refused("tty", lambda: os.open("/dev/tty", os.O_RDWR))
refused("chroot", lambda: os.chroot("."))
refused("sysctl", lambda: open("/proc/sys/kernel/core_pattern", "w"))
os.chmod("main.py", 0o755)
"""
    completed = await project.python(code)
    found = dict(line.rsplit(" ", 1) for line in completed.output.decode().splitlines())
    sysctl = found.pop("sysctl")
    assert found == {
        "unshare": "1", "mount": "1", "setuid bit": "1", "setuid create": "1", "vsock": "97", "packet": "97",
        "tiocsti": "1", "tty": "6", "chroot": "1",
    }  # fmt: skip
    assert sysctl in ("13", "30")


async def test_leaked_descriptors_are_closed_and_passed_ones_arrive(project: Project) -> None:
    leaked = os.open(project.outside, os.O_RDONLY)
    os.set_inheritable(leaked, True)
    ours, theirs = socket.socketpair()
    try:
        code = (
            "import os, socket, sys\n"
            "print([n for n in range(3, 100) if os.path.exists(f'/proc/self/fd/{n}')])\n"
            "channel = socket.socket(fileno=int(sys.argv[1]))\n"
            "channel.sendall(channel.recv(5).upper())\n"
        )
        ours.sendall(b"hello")
        completed = await project.python(code, str(theirs.fileno()), pass_fds=(theirs.fileno(),))
        assert completed.output.decode() == f"[{theirs.fileno()}]\n", completed.output
        assert ours.recv(5) == b"HELLO"
    finally:
        os.close(leaked)
        ours.close()
        theirs.close()


async def test_bytes_for_standard_input_and_the_end_of_it(project: Project) -> None:
    data = os.urandom(300_000)
    received: list[bytes] = []
    completed = await project.run("/bin/cat", stdin=data, on_output=received.append)
    assert completed.output == data
    assert b"".join(received) == data
    assert (await project.run("/bin/cat")).output == b""
    ignored = await project.run("/bin/true", stdin=data)
    assert ignored.exit_code == 0


async def test_nothing_is_left_in_the_project(project: Project) -> None:
    before = set(Path("/tmp").iterdir()), set(Path("/var/tmp").iterdir())
    await project.shell("touch /tmp/own-1 /var/tmp/own-2 /dev/shm/own-3 ~/own-4")
    new = set(Path("/tmp").iterdir()) - before[0] | set(Path("/var/tmp").iterdir()) - before[1]
    assert not [path for path in new if path.name.startswith(("own-", "flashagent-"))]
    assert sorted(path.name for path in project.root.iterdir()) == [".git", "main.py", "sub"]
    assert sorted(path.name for path in project.home.iterdir()) == [".bashrc", ".ssh", "src"]
