"""Run the program where there is no network but loopback, and write down every connection that it tries to make.

As a process inside a network namespace: `python e2e_air_gap.py FOLDER ARGUMENTS...` in the repository. It serves the
replies of FOLDER/script.json on loopback (when that file is there), runs `flashagent ARGUMENTS...` against them and
leaves FOLDER/result.json. FOLDER/tries.txt then has a line for each address that a Python process asked for, and
FOLDER/trace.txt, where that is wanted, each connection that any process of the run asked the kernel for.
"""

from __future__ import annotations

import fcntl
import json
import os
import shutil
import socket
import struct
import subprocess
import sys
from contextlib import nullcontext
from dataclasses import dataclass
from pathlib import Path

WITNESS = """
import os, sys

def witness(event, arguments):
    if event in ("socket.connect", "socket.sendto"):
        to = arguments[1]  # a path or nothing for sockets that are no internet's
    elif event in ("socket.getaddrinfo", "socket.gethostbyname"):
        to = (*arguments[:2], "-")
    else:
        return
    if isinstance(to, tuple):
        host = to[0].decode() if isinstance(to[0], bytes) else to[0]
        with open(os.environ["AIR_GAP_TRIES"], "a") as file:
            file.write(f"{host} {to[1]}\\n")

sys.addaudithook(witness)
"""


@dataclass(frozen=True)
class Gapped:
    """`tries` are the addresses (host and port) that Python processes asked for, `traced` those that any process did."""

    code: int
    err: str
    port: int
    requests: int
    tries: frozenset[tuple[str, str]]
    trace: str


def gapped(
    folder: Path, root: Path, environ: dict[str, str], replies: str, *arguments: str, traced: bool = False
) -> Gapped:
    """Run `flashagent ARGUMENTS...` in `root` without a network. `replies` is a script of the model server, '' for none.
    `traced`: look at the system calls of every process too, where strace is installed; that is slow."""
    folder.mkdir()
    if replies:
        (folder / "script.json").write_text(replies, encoding="utf-8")
    inside = [sys.executable, __file__, str(folder), *arguments]
    tests = str(Path(__file__).parents[1])
    done = subprocess.run(
        ["unshare", "--user", "--map-root-user", "--net", *inside],
        cwd=root,
        env={**environ, "PYTHONPATH": tests, "AIR_GAP_STRACE": "1" if traced else ""},
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    result = json.loads((folder / "result.json").read_text())
    tries = (folder / "tries.txt").read_text().splitlines() if (folder / "tries.txt").exists() else []
    trace = (folder / "trace.txt").read_text(errors="replace") if (folder / "trace.txt").exists() else ""
    asked = frozenset((host, port) for host, _, port in (line.partition(" ") for line in tries))
    return Gapped(**result, tries=asked, trace=trace)


def main(folder: Path, arguments: list[str]) -> None:
    from helpers.model_server import read_script, serving

    _raise_loopback()
    (folder / "witness").mkdir()
    (folder / "witness" / "sitecustomize.py").write_text(WITNESS, encoding="utf-8")
    environ = {
        **os.environ,
        "PYTHONPATH": str(folder / "witness"),
        "AIR_GAP_TRIES": str(folder / "tries.txt"),
    }
    script = folder / "script.json"
    replies = read_script(script.read_text(encoding="utf-8")) if script.exists() else None
    with serving(replies) if replies else nullcontext() as server:
        if server is not None:
            environ |= {"MODEL_BASE_URL": server.base_url, "FLASHAGENT_MODEL": "scripted"}
        command = [*_strace(folder), sys.executable, "-m", "flashagent", *arguments]
        done = subprocess.run(command, env=environ, capture_output=True, text=True, check=False)
        result = {
            "code": done.returncode,
            "err": done.stderr + done.stdout,
            "port": server.port if server else 0,
            "requests": len(server.requests) if server else 0,
        }
    (folder / "result.json").write_text(json.dumps(result), encoding="utf-8")


def _strace(folder: Path) -> list[str]:
    if not os.environ["AIR_GAP_STRACE"] or shutil.which("strace") is None:
        return []
    return [
        "strace",
        "-f",
        "-qq",
        "--seccomp-bpf",
        "-e",
        "trace=connect,sendto,sendmsg,sendmmsg",
        "-o",
        str(folder / "trace.txt"),
    ]


def _raise_loopback() -> None:
    """Bring the namespace's own loopback interface up; it has no other."""
    get_flags, set_flags, up = 0x8913, 0x8914, 1
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as one:
        name = struct.pack("16sH14x", b"lo", 0)
        (flags,) = struct.unpack_from("H", fcntl.ioctl(one, get_flags, name), 16)
        fcntl.ioctl(one, set_flags, struct.pack("16sH14x", b"lo", flags | up))


if __name__ == "__main__":
    main(Path(sys.argv[1]), sys.argv[2:])
