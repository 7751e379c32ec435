"""Which endpoint a model is asked at, and with which key. Pure.

A key goes only to the endpoint that stands beside it: in the same pair of variables, or in the same file.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import field, replace

from flashagent.dataclass import dataclass
from flashagent.settings.coerce import Located
from flashagent.settings.gather import Entry, Layer, checked
from flashagent.settings.presets import Preset, find_preset
from flashagent.settings.schema import KEYS
from flashagent.settings.values import DEFAULT, Origin, OriginKind

OPENAI_ENDPOINT = "https://api.openai.com/v1"
PAIRS = (
    ("MODEL_API_KEY", "MODEL_BASE_URL"),
    ("MAI_API_KEY", "MAI_ENDPOINT"),
    ("OPENAI_API_KEY", "OPENAI_BASE_URL"),
)
_URL = "model_settings.base_url"


@dataclass(frozen=True, slots=True)
class EndpointChoice:
    """An endpoint and its key ('' for none), each with its origin; `preset` where it came from one."""

    base_url: str
    url_origin: Origin
    api_key: str = field(default="", repr=False)
    key_origin: Origin = DEFAULT
    preset: Preset | None = None


@dataclass(frozen=True, slots=True)
class Variables:
    """The environment and a trusted `.env`. The environment wins, variable by variable."""

    environ: Mapping[str, str]
    dotenv: Mapping[str, str]

    def get(self, name: str) -> tuple[str, Origin] | None:
        for kind, variables in _sources(self):
            value = variables.get(name, "").strip()
            if value:
                return value, Origin(kind, name)
        return None


def _sources(variables: Variables) -> tuple[tuple[OriginKind, Mapping[str, str]], ...]:
    return (("environment", variables.environ), (".env", variables.dotenv))


def choose_endpoint(prefix: str, layers: Sequence[Layer], variables: Variables) -> EndpointChoice | None:
    """The first of: the command line's endpoint, a complete pair of variables, a variable's endpoint without a key,
    a file's endpoint, a preset, and last a bare OPENAI_API_KEY with OpenAI's own endpoint. `layers` run from the
    strongest; those that are not trusted say nothing."""
    trusted = [layer for layer in layers if layer.trusted]
    files = [layer for layer in trusted if layer.kind in ("project file", "user file")]
    paired = tuple(_from_variables(variables))
    from_files = [choice for layer in files if (choice := _from_layer(prefix, layer, variables)) is not None]
    from_presets = [
        choice for layer in trusted if (choice := _from_preset(prefix, layer, variables)) is not None
    ]
    if prefix != "model_settings":
        chosen = next(iter((*from_files, *from_presets)), None)
        return _with_habits(chosen, from_presets)
    command_line = next((layer for layer in layers if layer.kind == "command line"), None)
    given = None if command_line is None else command_line.entries.get(_URL)
    if given is not None:
        known = (*paired, *from_files, *from_presets)
        return _with_habits(_with_known_key(given, known), from_presets)
    ordered = (*paired, *from_files, *from_presets, *_openai_alone(variables))
    return _with_habits(next(iter(ordered), None), from_presets)


def _with_habits(
    chosen: EndpointChoice | None, from_presets: Sequence[EndpointChoice]
) -> EndpointChoice | None:
    """The choice, knowing the preset that the user named for this very address."""
    if chosen is None:
        return None
    same = next((one.preset for one in from_presets if one.base_url == chosen.base_url), None)
    return replace(chosen, preset=same)


def bare_keys(variables: Variables) -> tuple[str, ...]:
    """Names of key variables that are set."""
    return tuple(key for key, _ in PAIRS if variables.get(key))


def _from_variables(variables: Variables) -> Iterator[EndpointChoice]:
    """Complete pairs of the environment, then complete pairs, then endpoints without a key."""
    own = Variables(variables.environ, {})
    seen = [choice for source in (own, variables) for pair in PAIRS if (choice := _pair(source, *pair))]
    yield from (choice for choice in seen if choice.api_key)
    yield from (choice for choice in seen if not choice.api_key)


def _pair(variables: Variables, key_name: str, url_name: str) -> EndpointChoice | None:
    url, key = variables.get(url_name), variables.get(key_name)
    if url is None:
        return None
    entry = checked(KEYS[_URL], Located(url[0]), url[1])
    return EndpointChoice(str(entry.value), entry.origin, *(key or ()))


def _openai_alone(variables: Variables) -> Iterator[EndpointChoice]:
    key = variables.get("OPENAI_API_KEY")
    if key is not None:
        yield EndpointChoice(OPENAI_ENDPOINT, Origin("default", "OpenAI's endpoint for OPENAI_API_KEY"), *key)


def _from_layer(prefix: str, layer: Layer, variables: Variables) -> EndpointChoice | None:
    url = layer.entries.get(f"{prefix}.base_url")
    if url is None:
        return None
    return EndpointChoice(str(url.value), url.origin, *(_key_beside(prefix, layer, variables) or ()))


def _key_beside(prefix: str, layer: Layer, variables: Variables) -> tuple[str, Origin] | None:
    """The key that the same source names for its endpoint."""
    key = layer.entries.get(f"{prefix}.api_key")
    if key is not None:
        return str(key.value), key.origin
    named = layer.entries.get(f"{prefix}.api_key_env")
    return None if named is None else variables.get(str(named.value))


def _from_preset(prefix: str, layer: Layer, variables: Variables) -> EndpointChoice | None:
    """The preset that the source names. None where its address comes from a variable that is not set."""
    entry = layer.entries.get(f"{prefix}.preset")
    if entry is None:
        return None
    preset = find_preset(str(entry.value))
    url = (preset.base_url, entry.origin) if preset.base_url else variables.get(preset.url_variable)
    if url is None:
        return None
    address = checked(KEYS[_URL], Located(url[0].rstrip("/") + preset.url_path), url[1])
    key = _key_beside(prefix, layer, variables) or (
        variables.get(preset.key_variable) if preset.key_variable else None
    )
    return EndpointChoice(str(address.value), url[1], *(key or ("", DEFAULT)), preset)


def _with_known_key(given: Entry, known: Sequence[EndpointChoice]) -> EndpointChoice:
    same = next((choice for choice in known if choice.base_url == given.value and choice.api_key), None)
    if same is None:
        return EndpointChoice(str(given.value), given.origin)
    return EndpointChoice(str(given.value), given.origin, same.api_key, same.key_origin)
