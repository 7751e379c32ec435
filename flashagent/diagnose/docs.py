"""What a name is in what is installed for the project, whatever its language: Python by introspection, npm packages by their
declarations, Go by `go doc`, Rust by the sources of the locked version. Nothing from memory and nothing from the network."""

from __future__ import annotations

import asyncio
import difflib
import json
import re
import tomllib
from collections.abc import Awaitable, Callable, Iterator
from dataclasses import replace
from pathlib import Path

from flashagent.diagnose import declared
from flashagent.diagnose.apidocs import ApiDoc, describe
from flashagent.diagnose.project import ProjectPython
from flashagent.errors import RunnerMissing
from flashagent.ports import Command, CommandRunner

Look = Callable[[], Awaitable[ApiDoc]]
_MOST_FILES = 600
_LARGEST = 2_000_000
_GO_LINES = 40


def can_describe(root: Path, environment: ProjectPython) -> bool:
    """Whether there is anything to look names up in."""
    return environment.python is not None or any(
        (root / one).exists() for one in ("node_modules", "go.mod", "Cargo.lock")
    )


async def describe_name(name: str, environment: ProjectPython, runner: CommandRunner, root: Path) -> ApiDoc:
    """What `name` is: 'json.dumps', 'lodash.debounce', 'net/http.Client.Do', 'serde_json::from_str'. Where several languages
    could mean it, the first that has it; what is missing is told for the likeliest.

    Raises RunnerMissing when the project has nothing to look in.
    """
    if not can_describe(root, environment):
        raise RunnerMissing(
            "The project has no Python interpreter, no node_modules, no go.mod and no Cargo.lock.",
            hint="Install its dependencies first.",
        )
    missing: ApiDoc | None = None
    for look in _ways(name, environment, runner, root):
        found = await look()
        if found.exists:
            return found
        if (
            missing is None or found.nearest
        ):  # the later ways are asked only where such a package is installed
            missing = found
    return missing or ApiDoc(name, missing=f"no installed package of that name is known; {name}")


def _ways(name: str, environment: ProjectPython, runner: CommandRunner, root: Path) -> Iterator[Look]:
    if "::" in name:
        yield lambda: asyncio.to_thread(_rust, name, environment, root)
        return
    if environment.python is not None and "/" not in name:
        yield lambda: describe(name, environment, runner, root)
    if (package := _node_package(name, root)) is not None:
        yield lambda: asyncio.to_thread(_node, name, package, root)
    if (root / "go.mod").is_file() and not name.startswith("@"):
        yield lambda: _go(name, environment, runner, root)


# ---- npm packages


def _node_package(name: str, root: Path) -> Path | None:
    """The folder of the package that a name begins with; the longest that is installed."""
    parts = re.split(r"[./]", name) if not name.startswith("@") else re.split(r"\.", name)
    first = parts[0] if not name.startswith("@") else "/".join(parts[0].split("/")[:2])
    if not re.fullmatch(r"(@[\w.-]+/)?[\w-][\w.-]*", first):
        return None
    folder = root / "node_modules" / first
    inside = folder.resolve().is_relative_to(
        root.resolve()
    )  # package managers link, but never out of the project
    return folder if folder.is_dir() and inside else None


def _node(name: str, package: Path, root: Path) -> ApiDoc:
    first = package.relative_to(root / "node_modules").as_posix()
    wanted = name[len(first) :].lstrip("./")
    folders = [package, root / "node_modules" / "@types" / first.lstrip("@").replace("/", "__")]
    told = [_manifest(folder) for folder in folders]
    version = f"{first} {told[0].get('version', '')}".strip()
    files = [file for folder in folders for file in _sources(folder, "*.d.ts", "*.d.mts", "*.d.cts")]
    if not wanted:
        names = list(
            dict.fromkeys(one for file in files[:40] for one in declared.names_in(_text(file), is_rust=False))
        )
        return ApiDoc(
            name, "package", name, str(told[0].get("description", "")), version, members=tuple(names)
        )
    return _declared(name, wanted, version, files, is_rust=False)


def _manifest(folder: Path) -> dict[str, object]:
    try:
        data = json.loads((folder / "package.json").read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return data if isinstance(data, dict) else {}


# ---- Rust


def _rust(name: str, environment: ProjectPython, root: Path) -> ApiDoc:
    crate, *rest = name.split("::")
    registries = [one for one in environment.binds if one.name == "registry"]
    versions = _locked(root, crate)
    for version in versions:
        folders = (one for home in registries for one in home.glob(f"src/*/{version.replace(' ', '-')}"))
        for folder in sorted(folders):
            wanted = (
                ".".join(rest[-2:])
                if len(rest) > 1 and rest[-2][:1].isupper()
                else rest[-1]
                if rest
                else crate
            )
            return _declared(name, wanted, version, _sources(folder, "*.rs"), is_rust=True)
    why = "its sources are not on this machine" if versions else "it is not in Cargo.lock"
    return ApiDoc(name, missing=f"the crate {crate}: {why}; it")


def _locked(root: Path, crate: str) -> list[str]:
    """'name version' of each locked version of a crate."""
    try:
        packages = tomllib.loads((root / "Cargo.lock").read_text(encoding="utf-8")).get("package", [])
    except (OSError, ValueError):
        return []
    return [
        f"{one['name']} {one['version']}"
        for one in packages
        if isinstance(one, dict) and str(one.get("name", "")).replace("-", "_") == crate and "version" in one
    ]


# ---- both


def _declared(name: str, wanted: str, version: str, files: list[Path], *, is_rust: bool) -> ApiDoc:
    look = declared.rust if is_rust else declared.typescript
    for file in files:
        if (found := look(_text(file), wanted)) is not None:
            doc = ApiDoc(name, found.kind, found.signature, found.doc, version, str(file), found.line)
            return replace(doc, members=found.members)
    head, dot, member = wanted.rpartition(".")
    known = {one for file in files for one in declared.names_in(_text(file), is_rust=is_rust)}
    if dot and (around := next((one for f in files if (one := look(_text(f), head)) is not None), None)):
        known = set(around.members)
    close = difflib.get_close_matches(member, sorted(known), n=5, cutoff=0.5)
    return ApiDoc(name, missing=f"{member} in {version}", nearest=tuple(close))


def _sources(folder: Path, *patterns: str) -> list[Path]:
    """Files of a package, those nearest to its top first; links and packages inside of it left out."""
    found = [
        path
        for pattern in patterns
        for path in folder.rglob(pattern)
        if "node_modules" not in path.relative_to(folder).parts and path.is_file() and not path.is_symlink()
    ]
    return sorted(found, key=lambda path: (len(path.parts), path))[:_MOST_FILES]


def _text(file: Path) -> str:
    try:
        if file.stat().st_size > _LARGEST:
            return ""
        return file.read_text(encoding="utf-8", errors="replace")
    except OSError:
        return ""


# ---- Go


async def _go(name: str, environment: ProjectPython, runner: CommandRunner, root: Path) -> ApiDoc:
    if not re.fullmatch(r"[\w.~/-]+", name) or name.startswith("-"):
        return ApiDoc(name, missing=f"{name!r} is no name; it")
    command = Command(
        ("go", "doc", name),
        root,
        env={**environment.variables, "GOPROXY": "off", "GOTOOLCHAIN": "local", "GOFLAGS": "-mod=mod"},
        path=environment.path,
        timeout_s=20.0,
        read_only=True,
        binds=environment.binds,
    )
    result = await runner.run(command)
    text = result.output.decode("utf-8", "replace").strip()
    if result.exit_code:
        return ApiDoc(name, missing=(text.splitlines() or ["go doc"])[0][:200] + ";")
    lines = text.splitlines()
    package = re.search(r'^package \w+ // import "([^"]+)"', text, re.M)
    signature = next(
        (one for one in lines if one.startswith(("func ", "type ", "var ", "const "))),
        lines[0] if lines else "",
    )
    doc = "\n".join(one for one in lines[:_GO_LINES] if one != signature and not one.startswith("package "))
    return ApiDoc(name, "go", signature, doc.strip(), package[1] if package else "")
