"""The network allow-list: what is let through, what is refused, and from where the hosts come. Loopback only."""

from __future__ import annotations

import asyncio
import contextlib
import ipaddress
import json
from collections.abc import AsyncIterator, Sequence
from dataclasses import replace
from pathlib import Path

import pytest
from flashagent_sandbox.network.gate import Gate
from flashagent_sandbox.network.hosts import HostRule, is_public, read_host, read_rule
from flashagent_sandbox.network.registries import registry_hosts
from flashagent_sandbox.policy import PolicyError, Request
from flashagent_sandbox.supervisor import run
from helpers.sandbox_project import PYTHON, TOOLS, Project

# ---- names and addresses


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("Example.ORG.", "example.org"),
        ("a-b.example", "a-b.example"),
        ("xn--bcher-kva.example", "xn--bcher-kva.example"),
        ("8.8.8.8", "8.8.8.8"),
        ("2001:DB8:0::1", "2001:db8::1"),
    ],
)
def test_names_are_read_to_one_form(text: str, name: str) -> None:
    assert read_host(text) == name


@pytest.mark.parametrize(
    "text",
    [
        "", ".", "a..b", "evil.example\0.good.example", "good.example\n", "good_host", "-a.example", "a-.example",
        "a b", "bücher.example", "user@good.example", "good.example:80", "good.example/..", "127.1", "2130706433",
        "0x7f.0.0.1", "0177.0.0.1", "fe80::1%eth0", "1.2.3.4.5", "x." * 127 + "xx", "a" * 64 + ".example",
    ],
)  # fmt: skip
def test_what_is_no_plain_name_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="host name|number"):
        read_host(text)


@pytest.mark.parametrize(
    "address",
    [
        "127.0.0.1", "0.0.0.0", "10.1.2.3", "172.16.0.1", "192.168.1.1", "100.64.0.1", "100.100.100.200",
        "169.254.169.254", "168.63.129.16", "192.0.0.192", "224.0.0.1", "255.255.255.255", "240.0.0.1",
        "::1", "::", "fe80::1", "fc00::1", "fd00:ec2::254", "ff02::1", "::ffff:127.0.0.1", "::ffff:169.254.169.254",
        "64:ff9b::7f00:1", "64:ff9b::a9fe:a9fe", "2002:7f00:1::", "2002:a9fe:a9fe::", "::127.0.0.1",
    ],
)  # fmt: skip
def test_addresses_that_are_not_public(address: str) -> None:
    assert not is_public(ipaddress.ip_address(address))


@pytest.mark.parametrize("address", ["8.8.8.8", "2606:4700::1111", "::ffff:8.8.8.8", "64:ff9b::808:808"])
def test_addresses_that_are(address: str) -> None:
    assert is_public(ipaddress.ip_address(address))


def test_rules() -> None:
    assert read_rule("A.example") == HostRule("a.example")
    assert read_rule("*.a.example:8443") == HostRule("a.example", 8443, subdomains=True)
    assert read_rule("[2001:db8::1]:443") == HostRule("2001:db8::1", 443)
    for text in (
        "*",
        "*.example",
        "*.1.2.3.4",
        "a*.example",
        "a.example:0",
        "a.example:99999",
        "http://a.example",
        "",
    ):
        with pytest.raises(PolicyError):
            read_rule(text)
    web, deep = HostRule("a.example"), HostRule("a.example", subdomains=True)
    asked = [
        ("a.example", 443),
        ("a.example", 80),
        ("a.example", 22),
        ("b.a.example", 443),
        ("evil-a.example", 443),
    ]
    assert [web.allows(*one) for one in asked] == [True, True, False, False, False]
    assert [deep.allows(*one) for one in asked] == [False, False, False, True, False]


# ---- the gate, from inside


@contextlib.asynccontextmanager
async def server(reply: bytes) -> AsyncIterator[tuple[int, list[bytes]]]:
    """A loopback server that notes what comes and answers; its port."""
    seen: list[bytes] = []

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        seen.append(await reader.read(4096))
        writer.write(reply)
        writer.close()

    listening = await asyncio.start_server(answer, "127.0.0.1", 0)
    try:
        yield listening.sockets[0].getsockname()[1], seen
    finally:
        listening.close()


def loopback_gate(port: int, answers: Sequence[str] = ("127.0.0.1",)) -> Gate:
    """Lets `good.example` through, which lies on loopback here."""

    async def resolve(host: str, _: int) -> Sequence[str]:
        return answers if host == "good.example" else [host]

    rules = [HostRule("good.example", port), HostRule("127.0.0.1", port)]
    return Gate(rules, resolve=resolve, acceptable=lambda address: str(address) == "127.0.0.1")


CLIENT = """
import json, os, socket, struct, sys
port = int(sys.argv[1])
proxy = ("127.0.0.1", int(os.environ["HTTPS_PROXY"].rsplit(":", 1)[1]))
def talk(*messages):
    with socket.create_connection(proxy, 30) as link:
        told = b""
        for message in messages:
            link.sendall(message)
            told += link.recv(4096)
        link.shutdown(socket.SHUT_WR)
        while data := link.recv(4096):
            told += data
        return told.decode("latin-1")
def socks(host, number):
    name = host.encode("latin-1")
    return talk(b"\\x05\\x01\\x00", b"\\x05\\x01\\x00\\x03" + bytes([len(name)]) + name + struct.pack("!H", number), b"hello")
"""


async def in_sandbox(project: Project, gate: Gate, port: int, code: str) -> tuple[object, tuple[str, ...]]:
    policy = replace(project.policy(), network="allow", network_allow=("ignored.example",))
    request = Request((PYTHON, "-B", "-c", CLIENT + code, str(port)), project.root, binds=TOOLS)
    done = await run(request, policy, project.backend, gate=gate)
    assert done.exit_code == 0, done.output
    return json.loads(done.output), done.notes


async def test_connect_and_socks_lead_to_the_allowed_host(project: Project) -> None:
    async with server(b"from outside") as (port, seen):
        code = """
connected = talk(f"CONNECT good.example:{port} HTTP/1.1\\r\\n\\r\\n".encode(), b"hello")
print(json.dumps([connected.rpartition("\\r\\n")[2], socks("GOOD.example.", port)[-12:]]))
"""
        told, notes = await in_sandbox(project, loopback_gate(port), port, code)
        assert (told, seen, notes) == (["from outside", "from outside"], [b"hello", b"hello"], ())


async def test_plain_requests_pass_once_and_for_the_host_that_was_judged(project: Project) -> None:
    async with server(b"HTTP/1.1 200 OK\r\n\r\nbody") as (port, seen):
        code = """
head = f"POST http://good.example:{port}/a?b HTTP/1.1\\r\\nHost: other.example\\r\\nX: y\\r\\nContent-Length: 2\\r\\n\\r\\n"
print(json.dumps(talk(head.encode() + b"hiGET http://other.example/ HTTP/1.1\\r\\n\\r\\n")))
"""
        told, _ = await in_sandbox(project, loopback_gate(port), port, code)
        assert told == "HTTP/1.1 200 OK\r\n\r\nbody"
        passed = f"POST /a?b HTTP/1.1\r\nHost: good.example:{port}\r\nConnection: close\r\nX: y\r\nContent-Length: 2\r\n\r\nhi"
        assert b"".join(seen) == passed.encode()


async def test_everything_else_is_refused_and_told(project: Project) -> None:
    async with server(b"reached") as (port, seen):
        code = """
asked = ["bad.example", "good.example\\0.bad.example", "sub.good.example", "good.example@bad.example", "169.254.169.254"]
said = [talk(f"CONNECT {host}:{port} HTTP/1.1\\r\\n\\r\\n".encode())[9:12] for host in asked]
said += [socks(host, port)[2:4] for host in asked[:2]]
said.append(talk(f"CONNECT good.example:{port + 1} HTTP/1.1\\r\\n\\r\\n".encode())[9:12])
said.append(talk(f"CONNECT 2130706433:{port} HTTP/1.1\\r\\n\\r\\n".encode())[9:12])
said.append(talk(b"GET / HTTP/1.1\\r\\n\\r\\n")[9:12])
try:
    socket.create_connection(("127.0.0.1", port), 5)
    said.append("direct")
except OSError:
    said.append("no way but the proxy")
print(json.dumps(said))
"""
        told, notes = await in_sandbox(project, loopback_gate(port), port, code)
        assert told == ["403"] * 5 + ["\x05\x02"] * 2 + ["403"] * 3 + ["no way but the proxy"]
        assert seen == []
        assert f"Refused a connection to bad.example:{port}: it is not in the allow-list." in notes


async def test_a_name_that_leads_to_a_private_address_is_refused(project: Project) -> None:
    async with server(b"reached") as (port, seen):
        gate = loopback_gate(port, ["10.0.0.1", "::ffff:169.254.169.254"])
        code = 'print(json.dumps(talk(f"CONNECT good.example:{port} HTTP/1.1\\r\\n\\r\\n".encode())[9:12]))'
        told, notes = await in_sandbox(project, gate, port, code)
        assert (told, seen, len(notes)) == ("403", [], 1)
        assert "private" in notes[0]


async def test_loopback_of_the_host_is_refused_whatever_the_users_list_says(project: Project) -> None:
    async with server(b"reached") as (port, seen):
        policy = replace(
            project.policy(), network="allow", network_allow=(f"127.0.0.1:{port}", f"localhost:{port}")
        )
        code = (
            CLIENT
            + 'print([talk(f"CONNECT {h}:{port} HTTP/1.1\\r\\n\\r\\n".encode())[9:12] for h in ("127.0.0.1", "localhost")])'
        )
        done = await project.python(code, str(port), policy=policy)
        assert (done.output, seen) == (b"['403', '403']\n", [])


async def test_the_commands_own_loopback_and_children_are_undisturbed(project: Project) -> None:
    code = """
import os, socket
with socket.create_server(("127.0.0.1", 0)) as mine, socket.create_connection(mine.getsockname()) as client:
    print("served", end=" ")
try:
    os.wait()
except ChildProcessError:
    print("no children", os.environ["NO_PROXY"])
"""
    policy = replace(project.policy(), network="allow", network_allow=("a.example",))
    done = await project.python(code, policy=policy)
    assert done.output == b"served no children localhost,127.0.0.1,::1\n"


# ---- registries


def test_registries_come_from_the_users_own_settings(tmp_path: Path) -> None:
    home, root = tmp_path / "home", tmp_path / "home" / "project"
    files = {
        ".config/pip/pip.conf": "[global]\nindex-url = https://user:word@pip.example:8443/simple\nextra-index-url =\n  https://more.example/s\n",
        ".npmrc": "registry=https://npm.example/\n@scope:registry = http://scope.example/\n//npm.example/:_authToken=x\n",
        ".cargo/config.toml": '[registries.own]\nindex = "sparse+https://cargo.example/index/"\n',
        ".cargo/registry/index/index.example-1949cf8c6b5b557f/config.json": '{"dl": "https://dl.example/crates"}',
        "project/.npmrc": "registry=https://evil.example/\n",
        "project/.venv/pip.conf": "[global]\nindex-url = https://evil.example/\n",
    }
    for name, text in files.items():
        path = home / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    environ = {"GOPROXY": "https://go.example|direct", "VIRTUAL_ENV": str(root / ".venv"),
               "NPM_CONFIG_USERCONFIG": ""}  # fmt: skip
    asked: list[str] = []

    def ask(command: Sequence[str]) -> str:
        asked.append(command[0])
        return "https://go.example\nsum.example+key\n"

    found = registry_hosts(root, home, environ, ask)
    assert found == (
        "cargo.example", "dl.example", "go.example", "index.example", "more.example", "npm.example",
        "pip.example:8443", "scope.example", "sum.example",
    )  # fmt: skip
    assert asked == ["go"]


def test_tools_are_asked_for_what_the_files_do_not_say(tmp_path: Path) -> None:
    tools = tmp_path / "bin"
    tools.mkdir()
    (tools / "npm").write_text("#!/bin/sh\necho https://npm.example/\n")
    (tools / "python3").write_text('#!/bin/sh\necho "Base URL (default https://pip.example/simple)"\n')
    root = tmp_path / "project"
    (root / "bin").mkdir(parents=True)
    (root / "bin" / "go").write_text("#!/bin/sh\necho https://evil.example\n")
    for program in (*tools.iterdir(), root / "bin" / "go"):
        program.chmod(0o755)
    environ = {"PATH": f"{root}/bin:{tools}"}
    assert registry_hosts(root, tmp_path / "home", environ) == ("npm.example", "pip.example")
    with pytest.raises(PolicyError, match="no registry"):
        registry_hosts(root, tmp_path / "home", {"PATH": str(root / "bin")})
