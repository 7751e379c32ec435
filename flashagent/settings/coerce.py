"""From what a person wrote to a value of the right kind. Pure; a refusal is a ValueError that says what is wanted."""

from __future__ import annotations

import datetime
import math
import shlex
from collections.abc import Callable, Mapping
from pathlib import PurePosixPath
from urllib.parse import urlsplit

from flashagent.dataclass import dataclass
from flashagent.settings.values import CheckSetting


@dataclass(frozen=True, slots=True)
class Located:
    """A value with its line, None where lines are unknown. Mappings and sequences hold Located values."""

    value: object
    line: int | None = None

    def bare(self) -> object:
        """The value with all lines taken away."""
        if isinstance(self.value, dict):
            return {key: item.bare() for key, item in self.value.items()}
        if isinstance(self.value, list):
            return [item.bare() for item in self.value]
        return self.value


class WrongValue(ValueError):
    """`line` is the line of the part that is wrong, when that is more exact than the setting's own line."""

    def __init__(self, wanted: str, line: int | None = None) -> None:
        super().__init__(wanted)
        self.line = line


Coerce = Callable[[Located], object]


def text(given: Located) -> str:
    value = given.value
    if isinstance(value, bool | dict | list) or value is None:
        raise WrongValue("must be a text", given.line)
    result = str(value).strip()
    if not result or "\x00" in result or "\n" in result:
        raise WrongValue("must be a text of one line that is not empty", given.line)
    return result


def flag(given: Located) -> bool:
    if isinstance(given.value, bool):
        return given.value
    words = {
        "true": True,
        "yes": True,
        "on": True,
        "1": True,
        "false": False,
        "no": False,
        "off": False,
        "0": False,
    }
    result = words.get(str(given.value).strip().lower())
    if result is None:
        raise WrongValue("must be true or false", given.line)
    return result


def whole(least: int) -> Coerce:
    def coerce(given: Located) -> int:
        number = _number(given)
        if number is None or number != int(number) or number < least:
            raise WrongValue(f"must be a whole number of at least {least}", given.line)
        return int(number)

    return coerce


def number(least: float, most: float = math.inf, *, above: bool = False) -> Coerce:
    """Numbers from `least` (or, with `above`, over it) to `most`."""
    span = f"{'above' if above else 'from'} {least:g}" + (
        f" to {most:g}" if most < math.inf else "" if above else " up"
    )

    def coerce(given: Located) -> float:
        value = _number(given)
        if value is None or not least <= value <= most or (above and value == least):
            raise WrongValue(f"must be a number {span}", given.line)
        return value

    return coerce


def _number(given: Located) -> float | None:
    value = given.value
    if isinstance(value, bool) or not isinstance(value, int | float | str):
        return None
    try:
        result = float(value)
    except (ValueError, OverflowError):
        return None
    return result if math.isfinite(result) else None


def choice(*names: str) -> Coerce:
    def coerce(given: Located) -> str:
        if given.value not in names:
            raise WrongValue(f"must be one of {', '.join(names)}", given.line)
        return str(given.value)

    return coerce


def table(*names: str) -> Coerce:
    """A mapping from any text to one of the names."""
    one = choice(*names)

    def coerce(given: Located) -> Mapping[str, str]:
        if not isinstance(given.value, dict):
            raise WrongValue(f"must map model names to one of {', '.join(names)}", given.line)
        return {name: str(one(item)) for name, item in given.value.items()}

    return coerce


def names(given: Located) -> Mapping[str, str]:
    """A mapping from any name to a text."""
    if not isinstance(given.value, dict):
        raise WrongValue("must map names to texts", given.line)
    return {name: text(item) for name, item in given.value.items()}


def url(given: Located) -> str:
    value = text(given)
    try:
        parts = urlsplit(value)
        usable = parts.scheme in ("http", "https") and bool(parts.hostname) and " " not in value
    except ValueError:
        usable = False
    if not usable:
        raise WrongValue("must be an address that starts with http:// or https://", given.line)
    return value.rstrip("/")


def texts(given: Located) -> tuple[str, ...]:
    """A list of texts; a single text counts as a list of one."""
    items = given.value if isinstance(given.value, list | tuple) else [given]
    return tuple(text(item if isinstance(item, Located) else Located(item, given.line)) for item in items)


def checks(given: Located) -> tuple[CheckSetting, ...]:
    """A command, or a list of commands or of tables with command, name, cwd and kind."""
    items = given.value if isinstance(given.value, list | tuple) else [given]
    found = tuple(_check(item if isinstance(item, Located) else Located(item, given.line)) for item in items)
    if not found:
        raise WrongValue("must name at least one command", given.line)
    return found


def _check(given: Located) -> CheckSetting:
    if not isinstance(given.value, dict):
        return CheckSetting(_command(given))
    unknown = given.value.keys() - {"command", "name", "cwd", "kind"}
    if unknown:
        raise WrongValue(
            f"has no field {min(unknown)!r}; a check has command, name, cwd and kind", given.line
        )
    if "command" not in given.value:
        raise WrongValue("needs a command for each check", given.line)
    fields = {name: text(item) for name, item in given.value.items() if name != "command"}
    folder = PurePosixPath(fields.get("cwd", "."))
    if folder.is_absolute() or ".." in folder.parts:
        raise WrongValue("must have its cwd inside the repository", given.value["cwd"].line)
    return CheckSetting(_command(given.value["command"]), **fields)


def _command(given: Located) -> str:
    if isinstance(given.value, list):
        return shlex.join(text(item) for item in given.value)
    line = text(given)
    try:
        words = shlex.split(line)
    except ValueError as error:
        raise WrongValue(f"must be a command ({str(error).lower()})", given.line) from error
    if not words:
        raise WrongValue("must be a command", given.line)
    return line


_PRICE = number(0)


def prices(given: Located) -> Mapping[str, Mapping[str, object]]:
    """Model name to input, output and cached_input in US dollars per million tokens, with source and date."""
    if not isinstance(given.value, dict):
        raise WrongValue("must map model names to prices", given.line)
    return {name: _price(item) for name, item in given.value.items()}


def _price(given: Located) -> Mapping[str, object]:
    if not isinstance(given.value, dict):
        raise WrongValue("must give each model a table with input and output", given.line)
    unknown = given.value.keys() - {"input", "output", "cached_input", "source", "date", "approximate"}
    missing = {"input", "output"} - given.value.keys()
    if unknown or missing:
        wrong = f"has no field {min(unknown)!r}" if unknown else f"needs {min(missing)}"
        raise WrongValue(
            f"{wrong}; a price has input, output and cached_input per million tokens", given.line
        )
    fields: dict[str, object] = {"source": "your settings", "date": "not given"}
    for name, item in given.value.items():
        if name in ("input", "output", "cached_input"):
            fields[name] = _PRICE(item)
        elif name == "approximate":
            fields[name] = flag(item)
        else:
            fields[name] = item.value.isoformat() if isinstance(item.value, datetime.date) else text(item)
    return fields
