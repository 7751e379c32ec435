"""The endpoints that are known by name: where they are, which variable holds their key, and their habits."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from types import MappingProxyType
from typing import Literal

from flashagent.dataclass import dataclass


@dataclass(frozen=True, slots=True)
class Preset:
    """One known endpoint. `base_url` is '' where each customer has an address of their own: `url_variable` then holds it,
    and `url_path` is put after it. `key_variable` is '' for a server that wants no key. `model` and `context` (tokens) are
    set only where there is one model. `returns_reasoning`: it wants the model's earlier reasoning back. `api` is how it is
    asked. `source` is the page that tells the address, `checked` the day (ISO 8601) on which it was read; '' where none is."""

    name: str
    title: str
    base_url: str = ""
    url_variable: str = ""
    url_path: str = ""
    key_variable: str = ""
    model: str = ""
    context: int | None = None
    returns_reasoning: bool = False
    api: Literal["chat", "responses"] = "chat"
    notes: tuple[str, ...] = ()
    source: str = ""
    checked: str = ""


@cache
def presets() -> Mapping[str, Preset]:
    """All presets by name, in the order of the file."""
    import tomllib
    from importlib.resources import files

    text = files("flashagent.settings").joinpath("presets.toml").read_text(encoding="utf-8")
    return MappingProxyType(
        {
            name: Preset(
                name,
                **{
                    **fields,
                    "notes": tuple(fields.get("notes", ())),
                    "checked": str(fields.get("checked", "")),
                },
            )
            for name, fields in tomllib.loads(text).items()
        }
    )


def find_preset(name: str) -> Preset:
    """Raises KeyError for a name that `preset_names` does not have."""
    return presets()[name]


def preset_names() -> tuple[str, ...]:
    """The names without reading the file, since every start looks at them."""
    return (
        "mai", "openai", "azure", "openrouter", "fireworks", "baseten", "deepseek", "qwen", "mistral", "anthropic",
        "github", "llama.cpp", "ollama", "vllm", "lmstudio",
    )  # fmt: skip
