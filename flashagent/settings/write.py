"""Set one value in the user's own file; comments, order and all other lines stay as they are."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from flashagent.errors import SettingsError
from flashagent.settings.coerce import Located
from flashagent.settings.documents import decode, parse_yaml, read_bytes
from flashagent.settings.gather import USER_FILE, checked, flatten
from flashagent.settings.schema import find_key
from flashagent.settings.trust import write_private
from flashagent.settings.values import Origin


def set_value(user_dir: Path, name: str, text: str) -> Path:
    """Write `name: text` into the user's file and return its path. The text is read as YAML (`[a, b]` is a list).

    Raises SettingsError for an unknown key, a wrong value, or a file that cannot be changed without losing lines.
    """
    key = find_key(name, "config set")
    value = _parsed(text)
    wanted = checked(key, value, Origin("command line", "config set"))
    path = user_dir / USER_FILE
    content = read_bytes(path, follow=True)
    before = "" if content is None else decode(content, str(path))
    flatten(
        parse_yaml(before, str(path)), "user file", str(path)
    )  # a file that is wrong already is not touched
    after = with_value(before, key.name.split("."), _dump(value.bare()))
    result = flatten(parse_yaml(after, str(path)), "user file", str(path))
    if result.get(key.name) is None or result[key.name].value != wanted.value:
        raise SettingsError(
            f"{path} cannot be changed by a program as it is written.", hint=f"Edit {key.name} there."
        )
    write_private(path, after)
    return path


def with_value(text: str, path: list[str], value: str) -> str:
    """The YAML text with the value (YAML on one line) set at the path."""
    import yaml

    node = yaml.compose(text, Loader=yaml.SafeLoader)
    ending = "" if not text or text.endswith("\n") else "\n"
    if node is None:
        return text + ending + _lines(path, value, "")
    depth = 0
    while depth < len(path):
        pair = _child(node, path[depth:])
        if pair is None:
            break
        node, used = pair
        depth += used
    if depth == len(path):
        return _replaced(text, node, value)
    return _inserted(text + ending, node, path[depth:], value)


def _child(node: Any, path: list[str]) -> tuple[Any, int] | None:
    """The value under the next key, which may be written in its short form (`check` for `checks`)."""
    import yaml

    from flashagent.settings.schema import ALIASES

    if not isinstance(node, yaml.MappingNode):
        return None
    names = {path[0]: 1}
    for short, full in ALIASES.items():
        if path[: full.count(".") + 1] == full.split(".") and "." not in short:
            names[short] = full.count(".") + 1
    return next(((value, names[key.value]) for key, value in node.value if key.value in names), None)


def _replaced(text: str, node: Any, value: str) -> str:
    import yaml

    start, end = node.start_mark.index, node.end_mark.index
    if not isinstance(node, yaml.ScalarNode) and not node.flow_style:
        # A block stands on lines of its own; its mark ends where the next key begins, after comments that stay.
        rest = text[_last_line_end(text, node) :]
        return f"{text[:start].rstrip()} {value}{rest}"
    gap = " " if text[:start].endswith(":") else ""
    return f"{text[:start]}{gap}{value}{text[end:]}"


def _last_line_end(text: str, node: Any) -> int:
    """Where the line of the node's last leaf ends."""
    while not isinstance(node.value, str) and node.value:
        last = node.value[-1]
        node = last[1] if isinstance(last, tuple) else last
    end = text.find("\n", node.end_mark.index)
    return len(text) if end < 0 else end


def _inserted(text: str, node: Any, path: list[str], value: str) -> str:
    """A new line under the mapping, before its other keys, so that trailing comments keep their place."""
    import yaml

    if not isinstance(node, yaml.MappingNode):
        where = node.start_mark.line + 1
        raise SettingsError(
            f"Line {where} of the file has a value where settings were looked for.", hint="Edit it there."
        )
    if node.flow_style:
        start = node.start_mark.index + 1
        inner = value
        for name in reversed(path[1:]):
            inner = f"{{{name}: {inner}}}"
        comma = ", " if node.value else ""
        return f"{text[:start]}{path[0]}: {inner}{comma}{text[start:]}"
    if node.start_mark.column == 0:
        return text + _lines(path, value, "")
    start = node.start_mark.index - node.start_mark.column
    return text[:start] + _lines(path, value, " " * node.start_mark.column) + text[start:]


def _lines(path: list[str], value: str, indent: str) -> str:
    lines = [f"{indent}{'  ' * depth}{name}:" for depth, name in enumerate(path)]
    return "\n".join(lines) + f" {value}\n"


def _parsed(text: str) -> Located:
    tree = parse_yaml(f"value: {text}\n", "config set")
    assert isinstance(tree.value, dict)  # parse_yaml refuses all else
    if tree.value.keys() != {"value"}:
        raise SettingsError("config set: a value must be on one line.")
    found: Located = tree.value["value"]
    return found


def _dump(value: object) -> str:
    import yaml

    dumped: str = yaml.safe_dump([value], default_flow_style=True, width=100_000, allow_unicode=True)
    return dumped.strip()[1:-1]
