"""The one merge of all sources: command line > environment > .env > project file > user's file > defaults."""

from __future__ import annotations

import types
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any, cast

from flashagent.settings.endpoints import PAIRS, EndpointChoice, Variables, bare_keys, choose_endpoint
from flashagent.settings.gather import (
    Entry,
    Layer,
    command_line_layer,
    dotenv_is_trusted,
    project_layer,
    read_dotenv,
    user_layer,
    variables_layer,
)
from flashagent.settings.instructions import UNTRUSTED, Instructions, read_instructions
from flashagent.settings.presets import find_preset
from flashagent.settings.schema import KEYS, Key
from flashagent.settings.trust import Trust
from flashagent.settings.values import (
    DEFAULT,
    AppSettings,
    Ignored,
    LimitSettings,
    ModelSettings,
    Origin,
    Row,
    SandboxSettings,
    Settings,
)
from flashagent.untrusted import MASK, Secrets, secret_values

ADDED_UP = ("ignore", "secret_files")


def load(
    command_line: Mapping[str, object],
    environ: Mapping[str, str],
    root: Path | None,
    user_dir: Path,
    trust: Trust | None = None,
    *,
    trust_project: bool = False,
) -> Settings:
    """All settings of one run. `command_line` maps setting names to values (None: not given). `root` is the project's
    folder, None for none. `trust_project` trusts its files for this run without keeping that.

    Raises SettingsError naming file, line, key and the nearest known key.
    """
    dotenv, content = read_dotenv(root) if root else ({}, b"")
    dotenv_trusted = (
        bool(content) and root is not None and (trust_project or dotenv_is_trusted(root, content, trust))
    )
    project = project_layer(root, trust, trust_project=trust_project) if root else Layer("project file")
    layers = (
        command_line_layer(command_line),
        variables_layer("environment", environ),
        variables_layer(".env", dotenv) if dotenv_trusted else Layer(".env"),
        project,
        user_layer(user_dir),
    )
    variables = Variables(environ, dotenv if dotenv_trusted else {})
    merged, ignored = merge_layers(layers)
    if not dotenv_trusted:
        ignored += _ignored_dotenv(dotenv)
    said = read_instructions(root, trust, trust_project=trust_project) if root else Instructions()
    settings = _build(merged, layers, variables, ignored, secret_values({**dotenv, **environ}))
    return replace(settings, notes=said.text, ignored=(*settings.ignored, *said.ignored))


def merge_layers(layers: Sequence[Layer]) -> tuple[dict[str, Entry], tuple[Ignored, ...]]:
    """The value of every setting from layers that run from the strongest to the weakest, and what was left out."""
    merged = {name: Entry(key.default, DEFAULT) for name, key in KEYS.items()}
    ignored: list[Ignored] = []
    for layer in reversed(layers):
        ignored += layer.ignored
        for name, entry in layer.entries.items():
            reason = _refusal(layer, KEYS[name], entry.value, merged[name].value)
            if reason:
                ignored.append(Ignored(name, str(entry.origin), reason))
            else:
                merged[name] = _joined(merged[name], entry) if name in ADDED_UP else entry
    return merged, tuple(ignored)


def _refusal(layer: Layer, key: Key, value: object, present: object) -> str:
    """Why this source may not set this; '' when it may."""
    if key.safety == "yours only" and layer.kind in ("project file", ".env"):
        return "only your own settings may say so"
    if layer.trusted or key.safety == "safe":
        return ""
    if key.safety == "tighter only":
        if present is None or cast(float, value) <= cast(float, present):
            return ""
        return f"an untrusted file may only tighten a limit ({present:g} holds)"
    return UNTRUSTED


def _joined(present: Entry, entry: Entry) -> Entry:
    """Lists of files to leave out add up, so that no source can bring back what another one hides."""
    old, new = cast(tuple[str, ...], present.value), cast(tuple[str, ...], entry.value)
    origin = (
        entry.origin
        if present.origin == DEFAULT
        else Origin(entry.origin.kind, f"{entry.origin.where} and others")
    )
    return Entry((*old, *(item for item in new if item not in old)), origin)


def _ignored_dotenv(dotenv: Mapping[str, str]) -> tuple[Ignored, ...]:
    ours = {name for key in KEYS.values() for name in key.variables} | {
        name for pair in PAIRS for name in pair
    }
    return tuple(Ignored(name, ".env", UNTRUSTED) for name in dotenv if name in ours)


def _build(
    merged: Mapping[str, Entry],
    layers: Sequence[Layer],
    variables: Variables,
    ignored: tuple[Ignored, ...],
    secrets: frozenset[str],
) -> Settings:
    flash_at = choose_endpoint("model_settings", layers, variables)
    own_at = choose_endpoint("roles.architect", layers, variables)
    merged = {
        **merged,
        **_from_preset("model_settings", merged, flash_at),
        **_from_preset("roles.architect", merged, own_at),
    }
    values = {name: entry.value for name, entry in merged.items()}
    flash = _role(values, "model_settings", flash_at)
    project = next(layer for layer in layers if layer.kind == "project file")
    keys = {choice.api_key for choice in (flash_at, own_at) if choice and choice.api_key}
    keys |= {
        str(entry.value) for layer in layers for name, entry in layer.entries.items() if KEYS[name].secret
    }
    keys |= {found[0] for pair in PAIRS if (found := variables.get(pair[0]))}
    origins = {name: entry.origin for name, entry in merged.items()}
    _note_endpoint(origins, values, "model_settings", flash_at)
    _note_endpoint(origins, values, "roles.architect", own_at)
    everything_secret = secrets | keys
    return Settings(
        flash=flash,
        architect=_role(values, "roles.architect", own_at or flash_at),
        limits=_limits(values),
        sandbox=_sandbox(values),
        app=_app(values),
        project_trusted=project.trusted,
        ignored=ignored,
        hint="" if flash else _hint(values, flash_at, variables),
        secrets=everything_secret,
        rows=_rows(values, origins, Secrets(everything_secret)),
        origins=types.MappingProxyType(origins),
        **_plain_fields(values),
    )


def _from_preset(prefix: str, merged: Mapping[str, Entry], at: EndpointChoice | None) -> dict[str, Entry]:
    """What the preset knows and nobody has set: its model, its window."""
    if at is None or at.preset is None:
        return {}
    known = {f"{prefix}.model": at.preset.model or None, f"{prefix}.context": at.preset.context}
    origin = Origin("default", f"preset {at.preset.name}")
    return {
        name: Entry(value, origin)
        for name, value in known.items()
        if value is not None and merged[name].value is None
    }


def _plain_fields(values: Mapping[str, Any]) -> dict[str, Any]:
    same = {
        name: values[name]
        for name in (
            "checks",
            "ignore",
            "secret_files",
            "mode",
            "prices",
            "edit_formats",
            "offline",
            "commit",
            "language_servers",
        )
    }
    return {**same, "prompt_folders": values["prompts"]}


def _app(values: Mapping[str, Any]) -> AppSettings:
    return AppSettings(
        values["app.theme"],
        values["app.keys"],
        values["app.bell_after"],
        values["app.comments"],
        values["app.watch"],
    )


def _sandbox(values: Mapping[str, Any]) -> SandboxSettings:
    return SandboxSettings(values["sandbox.profile"], values["sandbox.backend"], values["sandbox.env_files"])


def _limits(values: Mapping[str, Any]) -> LimitSettings:
    return LimitSettings(
        attempts=values["limits.attempts"],
        requests=values["limits.requests"],
        tokens=values["limits.tokens"],
        minutes=values["limits.minutes"],
        search_s=values["limits.search_seconds"],
        max_cost=values["limits.max_cost"],
        test_s=values["limits.test_seconds"],
    )


def _role(values: Mapping[str, Any], prefix: str, at: EndpointChoice | None) -> ModelSettings | None:
    """The role, or None unless both its model and an endpoint are known."""
    if at is None or values[f"{prefix}.model"] is None:
        return None
    return ModelSettings(
        model=values[f"{prefix}.model"],
        base_url=at.base_url,
        api_key=at.api_key,
        max_tokens=values[f"{prefix}.max_tokens"],
        temperature=values[f"{prefix}.temperature"],
        timeout_s=values[f"{prefix}.timeout"],
        context=values[f"{prefix}.context"],
        tools=values[f"{prefix}.tools"],
        fallbacks=values[f"{prefix}.fallbacks"],
        returns_reasoning=at.preset is not None and at.preset.returns_reasoning,
        ca_file=values[f"{prefix}.ca_file"],
        api=values[f"{prefix}.api"] or (at.preset.api if at.preset is not None else "chat"),
    )


def _note_endpoint(
    origins: dict[str, Origin], values: dict[str, object], prefix: str, at: EndpointChoice | None
) -> None:
    if at is not None:
        values[f"{prefix}.base_url"], origins[f"{prefix}.base_url"] = at.base_url, at.url_origin
        values[f"{prefix}.api_key"], origins[f"{prefix}.api_key"] = at.api_key or None, at.key_origin


def _hint(values: Mapping[str, Any], at: EndpointChoice | None, variables: Variables) -> str:
    if at is None and (named := values["model_settings.preset"]) is not None:
        variable = find_preset(str(named)).url_variable
        return f"Preset {named} has no address of its own: set {variable}."
    if values["model_settings.model"] is not None:
        return (
            f"Model {values['model_settings.model']} has no endpoint: set MODEL_BASE_URL and MODEL_API_KEY,"
            " or model_settings.base_url."
        )
    if at is not None:
        return f"An endpoint is set ({at.url_origin}) but no model: add --model NAME or set model_settings.model."
    keys = bare_keys(variables)
    if keys:
        return f"A key is set ({keys[0]}) but no model and no endpoint: set --model NAME and the endpoint beside the key."
    return "To use a model, set MODEL_BASE_URL, MODEL_API_KEY and --model NAME."


def _rows(values: Mapping[str, object], origins: Mapping[str, Origin], secrets: Secrets) -> tuple[Row, ...]:
    def shown(key: Key, value: object) -> object:
        if key.secret and value is not None:
            return MASK
        return secrets.mask(value) if isinstance(value, str) else value

    return tuple(Row(name, shown(key, values[name]), str(origins[name])) for name, key in KEYS.items())
