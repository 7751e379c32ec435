"""What the terminal app keeps in the user's own settings: the theme, keys, an endpoint with its key."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path

from flashagent.errors import NotARepository, SettingsError, UsageError, WorkspaceError
from flashagent.settings.gather import USER_FILE
from flashagent.settings.presets import preset_names
from flashagent.settings.write import set_value
from flashagent.workspace.git import Repository


def keep(config: Path, present_keys: Mapping[str, str], name: str, value: str) -> str:
    """Keep the theme, or the key of an id; the file. Raises SettingsError for a value that is none."""
    if name == "theme":
        return str(set_value(config, "app.theme", value))
    return str(set_value(config, "app.keys", json.dumps({**present_keys, name: value})))


def set_up(config: Path, address: str, key: str, model: str) -> str:
    """Keep an endpoint (its address, or the name of a preset), its key and the model; says where.

    Raises UsageError, with nothing written, where the key would lie in a repository that does not ignore the file, and
    SettingsError for an address that is none.
    """
    if key:
        refuse_tracked(config / USER_FILE)
    if "://" in address:
        wanted = {"model_settings.base_url": address}  # first: it is what can be wrong
    elif address in preset_names():
        wanted = {"model_settings.preset": address}
    else:
        raise SettingsError(
            f"{address} is neither an address nor a preset.",
            hint=f"Presets are {', '.join(sorted(preset_names()))}.",
        )
    wanted["model_settings.model"] = model
    if key:
        wanted["model_settings.api_key"] = key
    for name, value in wanted.items():
        path = set_value(config, name, json.dumps(value))
    path.chmod(0o600)
    return f"It is kept in {path}, which only you can read." if key else f"It is kept in {path}."


def refuse_tracked(path: Path) -> None:
    """Raises UsageError when the file lies in a work tree that tracks it, or would: a folder of dotfiles, say."""
    real = path.resolve()
    folder = next(place for place in real.parents if place.is_dir())
    try:
        repository = Repository.open(folder)
    except (NotARepository, WorkspaceError):
        return
    try:
        name = real.relative_to(repository.root.resolve()).as_posix()
        tracked = repository.calls.text("ls-files", "--", name)
        if not tracked and repository.is_ignored([name]):
            return
    finally:
        repository.close()
    what = "git tracks it" if tracked else "git does not ignore it"
    raise UsageError(
        f"The key would stand in {path}, and {what}.",
        hint="Ignore the file there, or set the key in a variable: MODEL_API_KEY with MODEL_BASE_URL.",
    )
