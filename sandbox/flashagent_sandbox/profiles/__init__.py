"""Policies as TOML files: `strict`, `default`, `network-allowlist` and `off`. A profile says what; the back-ends know how."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import fields
from functools import cache
from pathlib import Path
from types import MappingProxyType
from typing import Any

from flashagent_sandbox.policy import Limits, Policy, PolicyError

FOLDER = Path(__file__).resolve().parent
NAMES = ("strict", "default", "network-allowlist", "off")
_LISTS = frozenset(
    [
        "protected",
        "read_deny",
        "hidden",
        "visible_top",
        "tool_variables",
        "tool_chains",
        "secrets",
        "env_allow",
        "network_allow",
    ]
)
_FALLBACK_HOME = "/tmp/home"


def load_profile(
    name: str = "default",
    *,
    root: Path,
    environ: Mapping[str, str] = MappingProxyType({}),
    limits: Limits | None = None,
) -> Policy:
    """The named profile for the work tree `root`, for the user whose environment is `environ`.

    Every profile is the default one with its own keys on top. Raises PolicyError for an unknown name or a broken file.
    """
    if name not in NAMES:
        raise PolicyError(f"There is no sandbox profile {name!r}.", hint=f"Profiles: {', '.join(NAMES)}.")
    table = _read("default")
    if name != "default":
        table = _merge(table, _read(name))
    lists: dict[str, Any] = {key: tuple(value) for key, value in table.items() if key in _LISTS}
    return Policy(
        root=root.resolve(),
        home=_home(environ),
        name=name,
        environ=MappingProxyType(dict(environ)),
        env_set=MappingProxyType(dict(table.get("env_set", {}))),
        network=table.get("network", "off"),
        backend=table.get("backend", ""),
        limits=limits or _limits(table.get("limits", {})),
        **lists,
    )


@cache
def _read(name: str) -> Mapping[str, Any]:
    """A file of this package, read once: a run asks for the same profile again and again."""
    try:
        return tomllib.loads((FOLDER / f"{name}.toml").read_text(encoding="utf-8"))
    except (OSError, tomllib.TOMLDecodeError) as error:
        raise PolicyError(f"The sandbox profile {name} cannot be read: {error}.") from error


def _merge(base: Mapping[str, Any], top: Mapping[str, Any]) -> dict[str, Any]:
    merged = dict(base)
    for key, value in top.items():
        if key.startswith("extend_"):
            merged[key[7:]] = [*base.get(key[7:], []), *value]
        elif isinstance(value, dict):
            merged[key] = {**base.get(key, {}), **value}
        else:
            merged[key] = value
    known = _LISTS | {"env_set", "limits", "network", "backend"}
    if unknown := sorted(set(merged) - known):
        raise PolicyError(f"Unknown key in a sandbox profile: {', '.join(unknown)}.")
    return merged


def _limits(table: Mapping[str, Any]) -> Limits:
    known = {field.name for field in fields(Limits)}
    if unknown := sorted(set(table) - known):
        raise PolicyError(f"Unknown limit in a sandbox profile: {', '.join(unknown)}.")
    return Limits(**table)


def _home(environ: Mapping[str, str]) -> Path:
    """The user's home folder; a private one where there is none that could be masked."""
    home = environ.get("HOME") or _account_home()
    if not home.startswith("/") or Path(home).resolve() == Path("/"):
        return Path(_FALLBACK_HOME)
    return Path(home)


def _account_home() -> str:
    import os
    import pwd

    try:
        return pwd.getpwuid(os.getuid()).pw_dir
    except KeyError:
        return _FALLBACK_HOME
