"""What a project says it depends on: the names in its manifests and lock files, ecosystem by ecosystem. Pure."""

from __future__ import annotations

import json
import re
import tomllib
from collections.abc import Iterator, Mapping
from pathlib import PurePosixPath
from typing import Any, Literal

from flashagent.dataclass import dataclass

Ecosystem = Literal["python", "node", "go", "rust", "java"]
LOCKS: Mapping[str, Ecosystem] = {
    "poetry.lock": "python", "uv.lock": "python", "pdm.lock": "python", "Pipfile.lock": "python",
    "package-lock.json": "node", "pnpm-lock.yaml": "node", "yarn.lock": "node", "bun.lock": "node",
    "go.sum": "go", "Cargo.lock": "rust",
}  # fmt: skip
_NODE_TABLES = ("dependencies", "devDependencies", "peerDependencies", "optionalDependencies")
_NAME = re.compile(r"\s*([A-Za-z0-9][\w.-]*)")


@dataclass(frozen=True, slots=True)
class Declared:
    """A dependency as a manifest names it."""

    ecosystem: Ecosystem
    name: str
    path: str
    line: int


def ecosystem_of(path: str) -> Ecosystem | None:
    """Whose manifest the file is; None for any other file."""
    name = PurePosixPath(path).name
    if name in ("pyproject.toml", "setup.cfg", "Pipfile", "environment.yml", "environment.yaml"):
        return "python"
    if re.fullmatch(r"(.*[-_.])?requirements([-_.].*)?\.(txt|in)", name):
        return "python"
    known: dict[str, Ecosystem] = {
        "package.json": "node", "go.mod": "go", "Cargo.toml": "rust", "pom.xml": "java",
        "build.gradle": "java", "build.gradle.kts": "java",
    }  # fmt: skip
    return known.get(name)


def declared(path: str, text: str) -> tuple[Declared, ...]:
    """The dependencies that a manifest names, each once. A manifest that cannot be read names none."""
    ecosystem = ecosystem_of(path)
    if ecosystem is None:
        return ()
    try:
        names = dict.fromkeys(plain(ecosystem, name) for name in _names(path, ecosystem, text) if name)
    except (ValueError, TypeError, AttributeError, RecursionError):
        return ()
    return tuple(Declared(ecosystem, name, path, _line(text, name)) for name in names)


def plain(ecosystem: Ecosystem, name: str) -> str:
    """The name as the ecosystem compares it."""
    return re.sub(r"[-_.]+", "-", name).lower() if ecosystem == "python" else name


def _names(path: str, ecosystem: Ecosystem, text: str) -> Iterator[str]:
    if ecosystem == "node":
        tables = json.loads(text)
        for table in _NODE_TABLES:
            yield from tables.get(table) or {}
    elif ecosystem == "go":
        yield from re.findall(r"^\s*(?:require\s+|replace\s+)?([\w.-]+\.[\w./~-]+)\s+(?:v\d|=>)", text, re.M)
    elif ecosystem == "rust":
        yield from _cargo(tomllib.loads(text))
    elif ecosystem == "java":
        yield from re.findall(r"<groupId>\s*([^<\s]+)\s*</groupId>", text)
        yield from re.findall(r"""["']([\w.-]+):[\w.-]+(?::[^"']*)?["']""", text)
    else:
        yield from _python(PurePosixPath(path).name, text)


def _cargo(data: Mapping[str, Any]) -> Iterator[str]:
    for key, value in data.items():
        if key.endswith("dependencies") and isinstance(value, Mapping):
            yield from value
        elif isinstance(value, Mapping):
            yield from _cargo(value)


def _python(name: str, text: str) -> Iterator[str]:
    if name == "pyproject.toml":
        yield from _pyproject(tomllib.loads(text))
    elif name == "Pipfile":
        data = tomllib.loads(text)
        yield from (*data.get("packages", {}), *data.get("dev-packages", {}))
    else:
        # One requirement a line, however the file is indented: setup.cfg, environment.yml and requirements alike.
        for line in text.splitlines():
            found = re.match(r"\s*(?:-\s+)?([A-Za-z0-9][\w.-]*)\s*(?:\[[^]]*\])?\s*(?:[=<>!~;@#].*)?$", line)
            if found:
                yield found[1]


def _pyproject(data: Mapping[str, Any]) -> Iterator[str]:
    project = data.get("project", {})
    groups = data.get("dependency-groups", {})
    lists = [
        project.get("dependencies", []),
        *project.get("optional-dependencies", {}).values(),
        *groups.values(),
        data.get("build-system", {}).get("requires", []),
    ]
    for one in (entry for entries in lists for entry in entries if isinstance(entry, str)):
        if found := _NAME.match(one):
            yield found[1]
    poetry = data.get("tool", {}).get("poetry", {})
    tables = [poetry, *poetry.get("group", {}).values()]
    for table in tables:
        yield from (*table.get("dependencies", {}), *table.get("dev-dependencies", {}))


def _line(text: str, name: str) -> int:
    pattern = re.compile(re.escape(name).replace(r"\-", "[-_.]"), re.IGNORECASE)
    found = pattern.search(text)
    return 1 if found is None else text.count("\n", 0, found.start()) + 1
