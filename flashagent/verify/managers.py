"""Where poetry, hatch and pipenv keep a project's environments: names and folders as these tools compute them."""

from __future__ import annotations

import base64
import hashlib
import os
import re
import tomllib
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any


def environments(folder: Path, env: Mapping[str, str], home: Path) -> Iterator[tuple[str, Path, str]]:
    """Kind, prefix and reason of each environment that a manager made for the project in `folder`; newest name first."""
    project = _pyproject(folder)
    if "poetry" in project.get("tool", {}) or (folder / "poetry.lock").is_file():
        for prefix in _poetry(folder, project, env, home):
            yield "poetry", prefix, f"poetry made {prefix} for this project"
    if "hatch" in project.get("tool", {}) or (folder / "hatch.toml").is_file():
        for prefix in _hatch(folder, project, env, home):
            yield "hatch", prefix, f"hatch made {prefix} for this project"
    if (folder / "Pipfile").is_file():
        for prefix in _pipenv(folder, env, home):
            yield "pipenv", prefix, f"pipenv made {prefix} for this project"


def _pyproject(folder: Path) -> dict[str, Any]:
    try:
        return tomllib.loads((folder / "pyproject.toml").read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}


def _name(project: dict[str, Any]) -> str:
    tool = project.get("tool", {}).get("poetry", {})
    name = project.get("project", {}).get("name") or (tool.get("name") if isinstance(tool, dict) else None)
    return str(name or "non-package-mode")


def _hash(folder: Path) -> str:
    """Eight characters of the folder's SHA-256 in URL-safe base 64, as poetry and hatch name their environments."""
    digest = hashlib.sha256(os.path.realpath(folder).encode()).digest()
    return base64.urlsafe_b64encode(digest).decode()[:8]


def _poetry(folder: Path, project: dict[str, Any], env: Mapping[str, str], home: Path) -> list[Path]:
    caches = [home / ".cache/pypoetry", home / "Library/Caches/pypoetry"]
    if env.get("XDG_CACHE_HOME"):
        caches.insert(0, Path(env["XDG_CACHE_HOME"]) / "pypoetry")
    if env.get("POETRY_CACHE_DIR"):
        caches.insert(0, Path(env["POETRY_CACHE_DIR"]))
    places = [cache / "virtualenvs" for cache in caches]
    if env.get("POETRY_VIRTUALENVS_PATH"):
        places.insert(0, Path(env["POETRY_VIRTUALENVS_PATH"]))
    name = re.sub(r"[ $`!*@\"\\\r\n\t]", "_", _name(project).lower())[:42]
    return _matching(places, f"{name}-{_hash(folder)}-py")


def _hatch(folder: Path, project: dict[str, Any], env: Mapping[str, str], home: Path) -> list[Path]:
    places = [home / ".local/share/hatch", home / "Library/Application Support/hatch"]
    if env.get("XDG_DATA_HOME"):
        places.insert(0, Path(env["XDG_DATA_HOME"]) / "hatch")
    if env.get("HATCH_DATA_DIR"):
        places.insert(0, Path(env["HATCH_DATA_DIR"]))
    name = re.sub(r"[-_.]+", "-", _name(project)).lower()
    found: list[Path] = []
    for place in places:
        made = place / "env" / "virtual" / name / _hash(folder)
        # The environment of `hatch test` has the test dependencies; then the default one, named like the project.
        entries = _subfolders(made)
        found += sorted(
            entries, key=lambda path: (not path.name.startswith("hatch-test"), path.name != name, path.name)
        )
    return found


def _pipenv(folder: Path, env: Mapping[str, str], home: Path) -> list[Path]:
    """Environments whose `.project` file names this folder."""
    place = Path(env.get("WORKON_HOME") or home / ".local/share/virtualenvs")
    return [path for path in _subfolders(place) if _project_of(path) == folder]


def _project_of(prefix: Path) -> Path | None:
    try:
        return Path((prefix / ".project").read_text(encoding="utf-8").strip()).resolve()
    except (OSError, ValueError):
        return None


def _matching(places: list[Path], start: str) -> list[Path]:
    found = (path for place in places for path in _subfolders(place) if path.name.startswith(start))
    return sorted(
        found, key=lambda path: [int(n) for n in re.findall(r"\d+", path.name[len(start) :])], reverse=True
    )


def _subfolders(place: Path) -> list[Path]:
    try:
        return sorted(path for path in place.iterdir() if path.is_dir())
    except OSError:
        return []
