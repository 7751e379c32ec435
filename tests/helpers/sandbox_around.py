"""What a hostile command tries on what lies around its work tree: other projects, the home, servers, processes.

`Around` puts it all up and says from outside whether any of it was touched; AROUND is run inside, with `Around.words()`
as its only argument, and prints how many attempts it made and those that got something. An attempt returns what it got,
and raises OSError when it was kept from it. Writing always raises: the place may be a private one of the same name, so
what was written is looked for from outside.
"""

from __future__ import annotations

import json
import os
import secrets
import socket
import subprocess
import sys
from pathlib import Path
from types import TracebackType

from helpers.sandbox_project import Project, git, snapshot

AROUND = r"""
import ctypes, json, mmap, os, signal, socket, sys
want = json.loads(sys.argv[1])
home, root, outside, other, nonce = want["home"], os.getcwd(), want["outside"], want["other"], want["nonce"]
libc = ctypes.CDLL(None, use_errno=True)
def call(number, *arguments):
    result = libc.syscall(ctypes.c_long(number), *[ctypes.c_long(a) for a in arguments])
    if result < 0:
        raise OSError(ctypes.get_errno(), "refused")
    return result
def add(path):
    os.makedirs(os.path.dirname(path), exist_ok=True)
    with open(path, "a") as file:
        file.write(nonce)
    judged_outside()
def judged_outside(): raise OSError("seen from outside")
def any_of(*attempts):
    for attempt in attempts:
        try:
            return attempt()
        except OSError:
            pass
    raise OSError("none")
def read(path):
    with open(path) as file:
        return file.read()
def ask(address, family=socket.AF_INET, kind=socket.SOCK_STREAM):
    with socket.socket(family, kind) as link:
        link.settimeout(1)
        link.connect(address)
        link.sendall(nonce.encode())
        return "spoke to " + str(address)
def absolute_path(): return add(outside + "/canary.txt")
def dotted_path(): return add(os.path.relpath(outside) + "/canary.txt")
def process_root(): return any_of(lambda: add("/proc/self/root" + outside + "/canary.txt"),
    lambda: add("/proc/thread-self/cwd/" + os.path.relpath(outside) + "/canary.txt"))
def through_a_link():
    os.symlink(outside + "/canary.txt", "harmless.txt")
    try: return add(root + "/harmless.txt")
    finally: os.unlink("harmless.txt")
def through_a_folder_link():
    os.symlink(outside, "harmless")
    try: return add(root + "/harmless/new.txt")
    finally: os.unlink("harmless")
def cut_to_nothing(): os.truncate(outside + "/canary.txt", 0); judged_outside()
def moved_in(): os.rename(outside + "/canary.txt", "stolen.txt"); judged_outside()
def deleted(): os.unlink(outside + "/canary.txt"); judged_outside()
def mode(): os.chmod(outside + "/canary.txt", 0o666); judged_outside()
def times(): os.utime(outside + "/canary.txt", (0, 0)); judged_outside()
def attribute(): os.setxattr(outside + "/canary.txt", "user.x", b"x"); judged_outside()
def other_project(): return add(other + "/main.py")
def other_hooks(): return add(other + "/.git/hooks/post-commit")
def folder_above(): return any_of(*[lambda n=n: add(os.path.dirname(root) + "/" + n) for n in ("conftest.py", "sitecustomize.py", "pyproject.toml")])
def secret_of_other_project(): return read(other + "/.env")
def key(): return read(home + "/.ssh/id_ed25519")
def environment(): return next(v for v in os.environ.values() if "SECRET" in v)
def environment_of_others():
    for name in os.listdir("/proc"):
        if name.isdigit() and int(name) != os.getpid():
            try:
                if "SECRET" in read(f"/proc/{name}/environ"): return name
            except OSError:
                pass
    raise OSError("none")
def hook(): return add(".git/hooks/post-checkout")
def settings_of_git(): return any_of(lambda: add(".git/config"), lambda: add(".git/config.worktree"), lambda: add(".git/config.lock"))
def attributes_of_git(): return add(".git/info/attributes")
def objects_of_git(): return add(".git/objects/info/alternates")
def git_through_a_link():
    os.symlink(".git", "alias")
    try: return add(root + "/alias/hooks/pre-commit")
    finally: os.unlink("alias")
def git_by_odd_paths(): return any_of(lambda: add(root + "/./sub/../.git/hooks/x"), lambda: add("/proc/self/cwd/.git/hooks/x"))
def moved_work_tree(): os.rename(root, root + "-moved"); return "moved"
def pointer_of_a_work_tree():
    with open("linked/.git", "w") as file: file.write("gitdir: /x")
    judged_outside()
def own_settings(): return add(".flashagent/settings.json")
def tcp(): return ask(("127.0.0.1", want["tcp"]))
def tcp6(): return ask(("::1", want["tcp"]), socket.AF_INET6)
def metadata():
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as link:
        link.connect(("169.254.169.254", 80))
        return "there is a way to " + str(link.getsockname())
def abstract_socket(): return ask("\0" + want["abstract"], socket.AF_UNIX)
def socket_by_path(): return ask(want["path"], socket.AF_UNIX)
def seize(): return any_of(*[lambda p=p: call(101, 0x4206, p, 0, 0) or f"seized {p}" for p in (want["pid"], want["agent"])])
def halt(): return any_of(*[lambda p=p: os.kill(p, signal.SIGSTOP) or f"stopped {p}" for p in (want["pid"], want["agent"])])
def priority(): os.setpriority(os.PRIO_PROCESS, want["agent"], 19); return "priority"
def affinity(): os.sched_setaffinity(want["agent"], {0}); return "affinity"
def limits(): import resource; resource.prlimit(want["agent"], resource.RLIMIT_NOFILE, (3, 3)); return "limits"
def group(): return "the same group" if os.getpgid(0) in (want["agent"], want["pid"]) else read("/nothing")
def foreign_calls():
    # io_uring_setup(2, NULL) in the 32 bit ABI; EFAULT or EINVAL would mean that the kernel was asked.
    code = mmap.mmap(-1, 4096, prot=7)
    code.write(bytes.fromhex("5389f889f389d1cd805bc3"))
    ask_kernel = ctypes.CFUNCTYPE(ctypes.c_int, ctypes.c_int, ctypes.c_int, ctypes.c_int)
    start = ctypes.addressof(ctypes.c_char.from_buffer(code))
    child = os.fork()
    if child == 0:
        os._exit(1 if ask_kernel(start)(425, 2, 0) in (-14, -22) else 0)
    if os.waitpid(child, 0)[1] == 256: return "reached"
    raise OSError("refused")
def home_files():
    return any_of(*[lambda p=p: add(home + "/" + p) for p in (".gitconfig", ".config/pip/pip.conf", ".config/autostart/x.desktop", ".local/bin/git", ".bashrc",
                 ".local/lib/python3.11/site-packages/x.pth", ".config/environment.d/x.conf", ".config/systemd/user/x.service")])
def shared_places(): return any_of(*[lambda f=f: add(f + "/" + nonce) for f in ("/dev/shm", "/tmp", "/var/tmp")])
def own_group(): signal.signal(signal.SIGTERM, signal.SIG_IGN); os.kill(0, signal.SIGTERM); judged_outside()
helpers = ("call", "add", "any_of", "read", "ask", "judged_outside")
names = [n for n, v in list(globals().items()) if callable(v) and getattr(v, "__module__", "") == "__main__" and n not in helpers]
got = {}
for name in names:
    try:
        got[name] = str(globals()[name]())[:90]
    except (OSError, StopIteration):
        pass
print(json.dumps([len(names), got]))
"""


class Around:
    """Another project with secrets, servers of every kind and a process with a secret, all watched until the block ends."""

    def __init__(self, project: Project) -> None:
        self._project = project
        self._nonce = f"fa{secrets.token_hex(6)}"
        self._other = project.root.parent / "other"
        self._servers: list[socket.socket] = []
        self._bystander: subprocess.Popen[bytes] | None = None

    def __enter__(self) -> Around:
        project = self._project
        self._other.mkdir()
        (self._other / "main.py").write_text("print(2)\n")
        (self._other / ".env").write_text("TOKEN=SECRET-other\n")
        git(self._other, "init", "-q")
        git(project.root, "worktree", "add", "-q", "--detach", "linked")
        self._tcp = self._listen(socket.AF_INET, ("127.0.0.1", 0))
        self._listen(socket.AF_UNIX, f"\0{self._nonce}")
        self._path = str(project.home / "agent.socket")
        # A socket's name has room for 107 bytes only, so the folder is gone to for a moment.
        self._listen(socket.AF_UNIX, os.path.relpath(self._path))
        self._bystander = subprocess.Popen(
            [sys.executable, "-c", "input()"], env={"TOKEN": "SECRET-process"}, stdin=subprocess.PIPE
        )
        self._before = self._state()
        return self

    def __exit__(self, *_: type[BaseException] | BaseException | TracebackType | None) -> None:
        for server in self._servers:
            server.close()
        if self._bystander is not None:
            self._bystander.kill()
            self._bystander.communicate()

    def _listen(self, family: int, address: object) -> int:
        server = socket.socket(family, socket.SOCK_STREAM)
        self._servers.append(server)
        server.bind(address)  # type: ignore[arg-type]
        server.listen()
        server.setblocking(False)
        name = server.getsockname()
        return int(name[1]) if isinstance(name, tuple) else 0

    def words(self) -> str:
        assert self._bystander is not None
        return json.dumps(
            {
                "home": str(self._project.home), "outside": str(self._project.outside), "other": str(self._other),
                "nonce": self._nonce, "tcp": self._tcp, "abstract": self._nonce, "path": self._path,
                "pid": self._bystander.pid, "agent": os.getpid(),
            }
        )  # fmt: skip

    def _state(self) -> tuple[object, ...]:
        project = self._project
        return (
            snapshot(project.home / ".ssh"),
            (project.home / ".bashrc").read_bytes(),
            sorted({path.name for path in project.home.iterdir()} - {".cache"}),
            sorted(path.name for path in project.root.parent.iterdir()),
            *(snapshot(folder) for folder in (self._other, project.root, project.outside)),
            [(path.name, path.lstat().st_mtime_ns) for path in sorted(project.outside.iterdir())],
        )

    def touched(self) -> list[str]:
        """What is not as it was, in words."""
        found = [
            f"state {number}"
            for number, (old, new) in enumerate(zip(self._before, self._state(), strict=True))
            if old != new
        ]
        found += [folder for folder in ("/dev/shm", "/tmp", "/var/tmp") if Path(folder, self._nonce).exists()]
        for server in self._servers:
            try:
                server.accept()[0].close()
                found.append(f"visit at {server.getsockname()!r}")
            except BlockingIOError:
                pass
        assert self._bystander is not None
        state = Path(f"/proc/{self._bystander.pid}/stat").read_text().rpartition(")")[2].split()[0]
        return found if state in "RSD" else [*found, f"the bystander is {state}"]
