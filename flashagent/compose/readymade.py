"""Jobs that come with flashagent, and the blanks of a job file: `${name}` must be given, `${name=default}` may be."""

from __future__ import annotations

import re
from collections.abc import Mapping

from flashagent.errors import SettingsError, UsageError
from flashagent.prompts import bundled
from flashagent.settings.coerce import Located

FOLDER, ENDING = "batch", ".yaml"
_BLANK = re.compile(r"\$\{([a-z_]+)(?:=([^}]*))?\}")


def jobs() -> dict[str, str]:
    """The name of each ready-made job, and the line that says what it does."""
    return {
        name: content.partition("\n")[0].lstrip("# ") for name, content in bundled(FOLDER, ENDING).items()
    }


def job(name: str) -> str:
    """The text of a ready-made job. Raises UsageError for a name that is none."""
    known = bundled(FOLDER, ENDING)
    if name not in known:
        raise UsageError(
            f"There is no ready-made job {name!r}.", hint=f"There are: {', '.join(sorted(known))}."
        )
    return known[name]


def filled(tree: Located, values: Mapping[str, str], file: str) -> Located:
    """The job with its blanks filled; what is put in is text, never YAML.

    Raises SettingsError for a blank that was not given, with its line, and for a value that has no blank.
    """
    used: set[str] = set()
    done = _filled(tree, values, file, used)
    extra = sorted(values.keys() - used)
    if extra:
        raise SettingsError(
            f"{file} has no blank ${{{extra[0]}}}.",
            hint=f"There are: {', '.join(sorted(used)) or 'none'}." if used else "It has none.",
        )
    return done


def _filled(tree: Located, values: Mapping[str, str], file: str, used: set[str]) -> Located:
    value = tree.value
    if isinstance(value, dict):
        value = {key: _filled(one, values, file, used) for key, one in value.items()}
    elif isinstance(value, list):
        value = [_filled(one, values, file, used) for one in value]
    elif isinstance(value, str):

        def put_in(found: re.Match[str]) -> str:
            name, default = found[1], found[2]
            used.add(name)
            if name not in values and default is None:
                raise SettingsError(
                    f"{file}, line {tree.line or 1}: {name} must be given.", hint=f"Add --set {name}=VALUE."
                )
            return values.get(name, default or "")

        value = _BLANK.sub(put_in, value)
    return Located(value, tree.line)
