"""What detection reads of a project: its files by name, without following links or entering dependency folders."""

from __future__ import annotations

import json
import re
import tomllib
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

SKIPPED = frozenset({
    "node_modules", "build", "dist", "target", "site-packages", "__pycache__", "venv", "env", "vendor", "third_party", "fixtures",
    "testdata",
})  # fmt: skip
_MAX_FILES = 2000


def read(path: Path) -> str:
    """The text of a file, '' where there is none."""
    try:
        return path.read_text(encoding="utf-8", errors="replace") if path.is_file() else ""
    except OSError:
        return ""


def mentions(path: Path, text: str) -> bool:
    return text in read(path)


def first(root: Path, *names: str) -> str:
    """The first of these files that is there, or ''."""
    return next((name for name in names if (root / name).is_file()), "")


def relative(path: Path, root: Path) -> str:
    return path.relative_to(root).as_posix()


def toml(path: Path) -> Mapping[str, Any]:
    """The tables of a TOML file; nothing where it is missing or cannot be read."""
    try:
        return tomllib.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}


def tool_table(root: Path, name: str) -> Mapping[str, Any] | None:
    """`[tool.NAME]` of pyproject.toml."""
    tool = toml(root / "pyproject.toml").get("tool")
    found = tool.get(name) if isinstance(tool, dict) else None
    return found if isinstance(found, dict) else None


def package_json(root: Path) -> Mapping[str, Any] | None:
    """package.json as a mapping, None where it is missing or cannot be read."""
    try:
        data = json.loads((root / "package.json").read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return None
    return data if isinstance(data, dict) else None


def files_named(root: Path, name: re.Pattern[str]) -> Iterator[Path]:
    """Files of such names, those near the root first."""
    pending, seen = [root], 0
    while pending:
        try:
            entries = sorted(pending.pop(0).iterdir())
        except OSError:
            continue
        for entry in entries:
            if entry.is_symlink():
                continue
            if entry.is_dir():
                if not entry.name.startswith(".") and entry.name not in SKIPPED:
                    pending.append(entry)
            elif name.fullmatch(entry.name):
                yield entry
                seen += 1
                if seen >= _MAX_FILES:
                    return


def make_targets(root: Path) -> tuple[str, frozenset[str]]:
    """The name of the Makefile, '' without one, and its plain targets."""
    name = first(root, "GNUmakefile", "makefile", "Makefile")
    found = (
        re.findall(r"^([\w.-]+(?: [\w.-]+)*)\s*:(?![=:])", read(root / name), re.MULTILINE) if name else []
    )
    return name, frozenset(target for line in found for target in line.split())
