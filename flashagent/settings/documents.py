"""Settings files as trees of values with their lines. A file is data: links, devices and monsters are refused."""

from __future__ import annotations

import os
import re
import stat
from pathlib import Path
from typing import Any

from flashagent.errors import SettingsError
from flashagent.settings.coerce import Located

MAX_BYTES = 1_000_000
MAX_NODES = 20_000
MAX_DEPTH = 20


def read_bytes(path: Path, *, follow: bool) -> bytes | None:
    """The file's bytes, or None when there is none. With `follow` off, a link does not count as a file.

    Raises SettingsError for what is no regular file, is too large or cannot be read.
    """
    flags = os.O_RDONLY | os.O_CLOEXEC | os.O_NONBLOCK | (0 if follow else os.O_NOFOLLOW)
    try:
        descriptor = os.open(path, flags)
    except (FileNotFoundError, NotADirectoryError):
        return None
    except OSError as error:
        if not follow and path.is_symlink():
            raise SettingsError(
                f"{path.name} is a link.", hint="A project's settings must be a file of its own."
            ) from error
        raise SettingsError(f"{path} cannot be read: {error.strerror}.") from error
    status = os.fstat(descriptor)
    if not stat.S_ISREG(status.st_mode):
        os.close(descriptor)
        raise SettingsError(f"{path} is not a regular file.")
    with os.fdopen(descriptor, "rb") as file:
        if status.st_size > MAX_BYTES:
            raise SettingsError(
                f"{path} is larger than {MAX_BYTES // 1000} kB.", hint="Is it a settings file?"
            )
        return file.read(MAX_BYTES + 1)


def decode(content: bytes, name: str) -> str:
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        raise SettingsError(f"{name}, line {line}: the file is not UTF-8.") from error


def parse_yaml(text: str, name: str) -> Located:
    """The document; an empty one is an empty mapping. Raises SettingsError naming the line."""
    import yaml

    try:
        loader = yaml.SafeLoader(text)
        try:
            node = loader.get_single_node()
            tree = Located({}, 1) if node is None else _from_node(loader, node, name, [0], 0)
        finally:
            loader.dispose()
    except RecursionError as error:
        raise SettingsError(f"{name}: the file is nested too deep.") from error
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        where = name if mark is None else f"{name}, line {mark.line + 1}"
        problem = getattr(error, "problem", None) or "it cannot be read"
        raise SettingsError(f"{where}: this is not YAML: {problem}.") from error
    if not isinstance(tree.value, dict):
        raise SettingsError(f"{name}, line {tree.line}: settings are 'key: value' lines.")
    return tree


def _from_node(loader: Any, node: Any, name: str, count: list[int], depth: int) -> Located:
    import yaml

    line = node.start_mark.line + 1
    count[0] += 1
    # Aliases can make a small file a huge tree, or one without an end.
    if count[0] > MAX_NODES or depth > MAX_DEPTH:
        raise SettingsError(f"{name}, line {line}: the file is nested too deep or too large.")
    if isinstance(node, yaml.MappingNode):
        pairs: dict[str, Located] = {}
        for key_node, value_node in node.value:
            key_line = key_node.start_mark.line + 1
            if not isinstance(key_node, yaml.ScalarNode):
                raise SettingsError(f"{name}, line {key_line}: a key must be a plain word.")
            if key_node.value in pairs:
                raise SettingsError(f"{name}, line {key_line}: {key_node.value!r} is given twice.")
            item = _from_node(loader, value_node, name, count, depth + 1)
            pairs[key_node.value] = Located(item.value, key_line)
        return Located(pairs, line)
    if isinstance(node, yaml.SequenceNode):
        return Located([_from_node(loader, item, name, count, depth + 1) for item in node.value], line)
    try:
        return Located(loader.construct_object(node), line)
    except (ValueError, TypeError, AttributeError, LookupError, OverflowError) as error:
        # PyYAML's own constructors break on values such as the date 2026-99-99.
        shown = str(node.value)[:40]
        raise SettingsError(f"{name}, line {line}: {shown!r} is no value of its kind.") from error


def parse_toml_table(text: str, name: str, table: tuple[str, ...]) -> Located | None:
    """One table of a TOML file, or None when it is not there. Raises SettingsError naming the line."""
    import tomllib

    try:
        value: Any = tomllib.loads(text)
    except RecursionError as error:
        raise SettingsError(f"{name}: the file is nested too deep.") from error
    except ValueError as error:  # TOMLDecodeError is one, and a number of 5,000 digits is another
        raise SettingsError(f"{name}: this is not TOML: {error}.") from error
    for part in table:
        value = value.get(part) if isinstance(value, dict) else None
    if value is None:
        return None
    if not isinstance(value, dict):
        raise SettingsError(f"{name}: {'.'.join(table)} must be a table.")
    return _with_lines(value, table, _toml_lines(text), None)


def _with_lines(
    value: object, path: tuple[str, ...], lines: dict[tuple[str, ...], int], near: int | None
) -> Located:
    line = lines.get(path, near)
    if isinstance(value, dict):
        return Located(
            {key: _with_lines(item, (*path, key), lines, line) for key, item in value.items()}, line
        )
    if isinstance(value, list):
        return Located([_with_lines(item, path, lines, line) for item in value], line)
    return Located(value, line)


_HEADER = re.compile(r"\s*\[\[?\s*([^\[\]#]+?)\s*\]\]?\s*(?:#.*)?$")
_ASSIGNMENT = re.compile(r"""\s*((?:[\w-]+|"[^"]*"|'[^']*')(?:\s*\.\s*(?:[\w-]+|"[^"]*"|'[^']*'))*)\s*=""")
_PART = re.compile(r"""[\w-]+|"[^"]*"|'[^']*'""")


def _toml_lines(text: str) -> dict[tuple[str, ...], int]:
    """The line of each key, as far as lines tell it (tomllib does not); only used to point a person to the place."""
    lines: dict[tuple[str, ...], int] = {}
    prefix: tuple[str, ...] = ()
    for number, line in enumerate(text.splitlines(), 1):
        if header := _HEADER.match(line):
            prefix = _parts(header[1])
            lines.setdefault(prefix, number)
        elif assignment := _ASSIGNMENT.match(line):
            path = (*prefix, *_parts(assignment[1]))
            for length in range(len(prefix) + 1, len(path) + 1):
                lines.setdefault(path[:length], number)
    return lines


def _parts(dotted: str) -> tuple[str, ...]:
    return tuple(part.strip("\"'") for part in _PART.findall(dotted))
