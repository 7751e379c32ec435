"""Which package registries the user's own pip, npm, cargo and go are set to use. No host is known here: they are read
from the user's files and variables, and where these say nothing, the tool itself is asked for its default.

Files and programs in the work tree are never looked at: a repository must not widen its own allow-list.
"""

from __future__ import annotations

import configparser
import json
import re
import shutil
import subprocess
import tomllib
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from flashagent_sandbox.network.hosts import read_rule
from flashagent_sandbox.policy import PolicyError

# What a tool prints; '' when it is not there or fails. Its name comes first.
Ask = Callable[[Sequence[str]], str]
_ASK_S = 20.0
_URL = re.compile(r"https?://[^\s\"'<>,|)]+")
_PIP_KEYS = ("index-url", "extra-index-url")


def registry_hosts(
    root: Path, home: Path, environ: Mapping[str, str], ask: Ask | None = None
) -> tuple[str, ...]:
    """Hosts as entries of an allow-list, sorted. Raises PolicyError when no tool names any."""
    user = _User(root, home, environ)
    question = ask or user.ask
    with ThreadPoolExecutor() as pool:
        found = pool.map(lambda tool: tool(user, question), (_pip, _npm, _cargo, _go))
        hosts = {entry for urls in found for url in urls if (entry := _entry(url))}
    if not hosts:
        raise PolicyError(
            "allow:registries found no registry in your pip, npm, cargo or go settings.",
            hint="Name the hosts: --network allow:HOST,HOST.",
        )
    return tuple(sorted(hosts))


def _entry(url: str) -> str:
    """The allow-list entry for a URL; '' for what is none (`direct`, a folder)."""
    try:
        parts = urlsplit(url if "://" in url else "")
        entry = parts.hostname or ""
        if parts.scheme not in ("http", "https") or not entry:
            return ""
        entry = f"[{entry}]" if ":" in entry else entry
        entry += f":{parts.port}" if parts.port else ""
        read_rule(entry)
    except (ValueError, PolicyError):
        return ""
    return entry


class _User:
    """What belongs to the user, as against the work tree."""

    def __init__(self, root: Path, home: Path, environ: Mapping[str, str]) -> None:
        self._root = root.resolve()
        self.home = home
        self.environ = environ

    def text(self, *path: str) -> str:
        """A file's text; '' when it is not there, cannot be read or belongs to the work tree."""
        file = self.home.joinpath(*path)
        try:
            return "" if self._foreign(file) else file.read_text(encoding="utf-8", errors="replace")
        except OSError:
            return ""

    def folder(self, variable: str, *default: str) -> str:
        return self.environ.get(variable) or str(self.home.joinpath(*default))

    def ask(self, command: Sequence[str]) -> str:
        program = shutil.which(command[0], path=self.environ.get("PATH"))
        if program is None or self._foreign(Path(program)):
            return ""
        try:
            done = subprocess.run(
                [program, *command[1:]], cwd="/", env=dict(self.environ), stdin=subprocess.DEVNULL,
                capture_output=True, text=True, check=False, timeout=_ASK_S,
            )  # fmt: skip
        except (OSError, subprocess.TimeoutExpired, UnicodeDecodeError):
            return ""
        return done.stdout if done.returncode == 0 else ""

    def _foreign(self, path: Path) -> bool:
        return path.resolve().is_relative_to(self._root) or path.absolute().is_relative_to(self._root)


def _pip(user: _User, ask: Ask) -> list[str]:
    environ = user.environ
    found = [*environ.get("PIP_INDEX_URL", "").split(), *environ.get("PIP_EXTRA_INDEX_URL", "").split()]
    files = [
        environ.get("PIP_CONFIG_FILE", ""),
        "/etc/pip.conf",
        f"{user.folder('XDG_CONFIG_HOME', '.config')}/pip/pip.conf",
        ".pip/pip.conf",
        f"{environ['VIRTUAL_ENV']}/pip.conf" if environ.get("VIRTUAL_ENV") else "",
    ]
    for name in files:
        found += _pip_file(user.text(name)) if name else []
    return found or _URL.findall(ask(("python3", "-m", "pip", "download", "--help")))


def _pip_file(text: str) -> Iterator[str]:
    parser = configparser.ConfigParser(interpolation=None, strict=False)
    try:
        parser.read_string(text)
    except configparser.Error:
        return
    for section in parser.sections():
        for key in _PIP_KEYS:
            yield from parser.get(section, key, fallback="").split()


def _npm(user: _User, ask: Ask) -> list[str]:
    environ = user.environ
    found = [value for name, value in environ.items() if name.lower() == "npm_config_registry"]
    for line in user.text(environ.get("NPM_CONFIG_USERCONFIG") or ".npmrc").splitlines():
        key, equals, value = line.partition("=")
        if equals and key.strip().rpartition(":")[2] == "registry":
            found.append(value.strip())
    return found or ask(("npm", "config", "get", "registry")).split()


def _cargo(user: _User, ask: Ask) -> list[str]:
    home = user.folder("CARGO_HOME", ".cargo")
    found = [
        value
        for name, value in user.environ.items()
        if name.startswith("CARGO_REGISTRIES_") and name.endswith("_INDEX")
    ]
    for name in ("config.toml", "config"):
        found += _cargo_file(user.text(home, name))
    # What cargo itself noted about the registries that it has used: where their packages are.
    for noted in sorted(Path(home, "registry", "index").glob("*/config.json")):
        host = noted.parent.name.rpartition("-")[0]
        found += [f"https://{host}", *_strings(_json(user.text(str(noted))))]
    return [url.removeprefix("sparse+").removeprefix("registry+") for url in found]


def _cargo_file(text: str) -> list[str]:
    try:
        table = tomllib.loads(text)
    except tomllib.TOMLDecodeError:
        return []
    entries = [entry for key in ("registries", "source") for entry in _tables(table.get(key))]
    return [str(entry[key]) for entry in [*entries, table.get("registry")] if isinstance(entry, dict)
            for key in ("index", "registry") if key in entry]  # fmt: skip


def _tables(value: Any) -> list[Any]:
    return list(value.values()) if isinstance(value, dict) else []


def _json(text: str) -> Any:
    try:
        return json.loads(text)
    except ValueError:
        return {}


def _strings(value: Any) -> list[str]:
    return [text for text in _tables(value) if isinstance(text, str)]


def _go(user: _User, ask: Ask) -> list[str]:
    names = ("GOPROXY", "GOSUMDB")
    values = [user.environ.get(name, "") for name in names]
    if not all(values):
        told = ask(("go", "env", *names)).splitlines()
        values = [own or other for own, other in zip(values, [*told, "", ""], strict=False)]
    found = re.split(r"[,|\s]+", values[0])
    *_, database = values[1].split() or [""]
    return [*found, database if "://" in database else f"https://{database.partition('+')[0]}"]
