"""Collect each source of settings into a layer of checked values. Reads files; decides nothing about precedence."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import field
from pathlib import Path

from flashagent.dataclass import dataclass
from flashagent.errors import SettingsError
from flashagent.settings.coerce import Located, WrongValue
from flashagent.settings.documents import decode, parse_toml_table, parse_yaml, read_bytes
from flashagent.settings.envfile import variables_in
from flashagent.settings.schema import (
    ALIASES,
    GROUPS,
    KEYS,
    OTHER_VARIABLES,
    Key,
    find_key,
    full_name,
    nearest,
    unknown_key,
)
from flashagent.settings.trust import Trust, content_hash, trusted_part
from flashagent.settings.values import Ignored, Origin, OriginKind

USER_FILE = "config.yaml"
PROJECT_NAMES = ("flashagent.yaml", "flashagent.yml")


@dataclass(frozen=True, slots=True)
class Entry:
    """One checked value and where it stands."""

    value: object
    origin: Origin


@dataclass(frozen=True, slots=True)
class Layer:
    """One source. `trusted` is false only for files of a project that the user has not trusted in this content."""

    kind: OriginKind
    entries: Mapping[str, Entry] = field(default_factory=dict)
    trusted: bool = True
    ignored: tuple[Ignored, ...] = ()


def checked(key: Key, given: Located, origin: Origin) -> Entry:
    """The value in its right kind. Raises SettingsError naming place, key and what is wanted; never shows a secret."""
    try:
        return Entry(key.coerce(given), origin)
    except WrongValue as error:
        place = str(Origin(origin.kind, origin.where, error.line or origin.line))
        shown = (
            "" if key.secret or isinstance(given.value, dict | list) else f", not {str(given.value)[:80]!r}"
        )
        raise SettingsError(
            f"{place}: {key.name} {error}{shown}.", hint=f"{key.name}: {key.summary}."
        ) from error


def command_line_layer(options: Mapping[str, object]) -> Layer:
    """Options by setting name; None means not given. Raises SettingsError."""
    entries = {}
    for name, value in options.items():
        if value is None:
            continue
        key = find_key(name, "command line")
        origin = Origin("command line", key.option or f"--{key.name}")
        items = [Located(item) for item in value] if isinstance(value, list | tuple) else value
        entries[key.name] = checked(key, Located(items), origin)
    return Layer("command line", entries)


def variables_layer(kind: OriginKind, variables: Mapping[str, str]) -> Layer:
    """The settings that variables give; an empty variable is not set. Endpoints and keys are paired elsewhere."""
    entries = {}
    for key in KEYS.values():
        name = next((name for name in key.variables if variables.get(name, "").strip()), None)
        if name is not None:
            entries[key.name] = checked(key, Located(variables[name]), Origin(kind, name))
    return Layer(kind, entries, ignored=_misspelt(kind, variables))


def _misspelt(kind: OriginKind, variables: Mapping[str, str]) -> tuple[Ignored, ...]:
    known = [name for key in KEYS.values() for name in key.variables]
    strange = {name for name in variables if name.startswith("FLASHAGENT_")} - {*known, *OTHER_VARIABLES}
    return tuple(
        Ignored(
            name, kind, f"no setting has this name; {near} is near" if near else "no setting has this name"
        )
        for name in sorted(strange)
        for near in [nearest(name, known)]
    )


def user_layer(user_dir: Path) -> Layer:
    """The user's own file. Raises SettingsError."""
    path = user_dir / USER_FILE
    content = read_bytes(path, follow=True)
    if content is None:
        return Layer("user file")
    return Layer(
        "user file", flatten(parse_yaml(decode(content, str(path)), str(path)), "user file", str(path))
    )


def project_layer(root: Path, trust: Trust | None, *, trust_project: bool) -> Layer:
    """`flashagent.yaml`, else `[tool.flashagent]` of pyproject.toml. Raises SettingsError."""
    for name in PROJECT_NAMES:
        content = read_bytes(root / name, follow=False)
        if content is not None:
            tree = parse_yaml(decode(content, name), name)
            trusted = trust_project or _is_trusted(trust, root / name, content)
            return Layer("project file", flatten(tree, "project file", name), trusted)
    return _pyproject_layer(root / "pyproject.toml", trust, trust_project=trust_project)


def _pyproject_layer(path: Path, trust: Trust | None, *, trust_project: bool) -> Layer:
    content = _bytes_of_other_tools_file(path)
    if content is None or b"flashagent" not in content:
        return Layer("project file")
    table = parse_toml_table(decode(content, path.name), path.name, ("tool", "flashagent"))
    if table is None:
        return Layer("project file")
    trusted = trust_project or _is_trusted(trust, path, content)
    return Layer("project file", flatten(table, "project file", path.name), trusted)


def _bytes_of_other_tools_file(path: Path) -> bytes | None:
    """pyproject.toml belongs to other tools first: one that we cannot read has no settings of ours."""
    try:
        return read_bytes(path, follow=False)
    except SettingsError:
        return None


def read_dotenv(root: Path) -> tuple[Mapping[str, str], bytes]:
    """The variables of `.env` as a dict (never the process environment) and its bytes. A link or a monster is empty."""
    path = root / ".env"
    try:
        content = read_bytes(path, follow=False)
    except SettingsError:
        content = None  # it belongs to the project's own tools; what is no plain file gives us nothing
    if not content:
        return {}, b""
    return variables_in(content.decode("utf-8-sig", "replace")), content


def dotenv_is_trusted(root: Path, content: bytes, trust: Trust | None) -> bool:
    return _is_trusted(trust, root / ".env", content)


def _is_trusted(trust: Trust | None, path: Path, content: bytes) -> bool:
    return trust is not None and trust.is_trusted(path, content_hash(trusted_part(path, content)))


def flatten(tree: Located, kind: OriginKind, where: str) -> dict[str, Entry]:
    """Every setting of a file by its full name. Raises SettingsError for unknown keys, wrong values and doubles."""
    found: dict[str, Entry] = {}
    _flatten(tree, "", kind, where, found)
    return found


def _flatten(tree: Located, prefix: str, kind: OriginKind, where: str, found: dict[str, Entry]) -> None:
    assert isinstance(tree.value, dict)  # both parsers hand out tables only
    for short, item in tree.value.items():
        written = f"{prefix}{short}"
        name = full_name(written)
        origin = Origin(kind, where, item.line)
        if name in KEYS:
            if name in found:
                raise SettingsError(f"{origin}: {written!r} is given twice.", hint=_other_names(name))
            found[name] = checked(KEYS[name], item, origin)
        elif name in GROUPS:
            if item.value is None:
                continue
            if not isinstance(item.value, dict):
                raise SettingsError(f"{origin}: {written!r} needs settings under it, not a value.")
            _flatten(item, f"{written}.", kind, where, found)
        else:
            raise unknown_key(written, str(origin))


def _other_names(name: str) -> str:
    short = [alias for alias, full in ALIASES.items() if full == name or name.startswith(f"{full}.")]
    return f"{name!r} may also be written {', '.join(map(repr, short))}." if short else ""
